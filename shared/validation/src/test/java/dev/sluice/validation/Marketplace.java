package dev.sluice.validation;

import dev.sluice.statistics.Statistics;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Listings of a small marketplace, drawn from one distribution, and the ways they break. */
final class Marketplace {
  private static final String[] CURRENCIES = {
    "USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CHF", "SEK", "PLN", "BRL", "INR", "MXN", "KRW", "CNY"
  };
  private static final String[] CATEGORIES = {"books", "garden", "home", "music", "pets", "toys"};

  private Marketplace() {}

  /**
   * @param yen share of the rows in JPY
   */
  static Table listings(int rows, long seed, double yen) {
    Random random = new Random(seed);
    @Nullable Object[] currency = new @Nullable Object[rows];
    @Nullable Object[] country = new @Nullable Object[rows];
    @Nullable Object[] category = new @Nullable Object[rows];
    @Nullable Object[] brand = new @Nullable Object[rows];
    @Nullable Object[] price = new @Nullable Object[rows];
    @Nullable Object[] stock = new @Nullable Object[rows];
    @Nullable Object[] rating = new @Nullable Object[rows];
    @Nullable Object[] listing = new @Nullable Object[rows];
    @Nullable Object[] at = new @Nullable Object[rows];
    @Nullable Object[] seller = new @Nullable Object[rows];
    @Nullable Object[] sold = new @Nullable Object[rows];
    for (int i = 0; i < rows; i++) {
      int money = random.nextDouble() < yen ? 3 : skewed(random, CURRENCIES.length);
      money = money == 3 && yen == 0 ? 0 : money;
      int kind = skewed(random, CATEGORIES.length);
      currency[i] = CURRENCIES[money];
      country[i] = random.nextDouble() < 0.9 ? CURRENCIES[money].substring(0, 2) : "US";
      category[i] = CATEGORIES[kind];
      brand[i] = random.nextDouble() < 0.02 ? null : "brand-" + skewed(random, 150);
      price[i] = Math.round(100 * Math.exp(3 + 0.3 * kind + 0.8 * random.nextGaussian())) / 100.0;
      stock[i] = random.nextDouble() < 0.01 ? null : (Object) (long) random.nextInt(60);
      rating[i] = Math.clamp(4 + 0.6 * random.nextGaussian(), 1, 5);
      listing[i] = 10_000_000L * (1 + Math.floorMod(seed, 7)) + i;
      at[i] = 1_700_000_000L + 86_400L * Math.floorMod(seed, 1000) + i;
      seller[i] = "S" + random.nextInt(5_000);
      sold[i] = random.nextDouble() < 0.2 ? 1L : 0L;
    }
    return new Table(rows)
        .with("currency", currency)
        .with("country", country)
        .with("category", category)
        .with("brand", brand)
        .with("price_usd", price)
        .with("stock", stock)
        .with("rating", rating)
        .with("listing_id", listing)
        .with("listed_at", at)
        .with("seller_id", seller)
        .with("sold", sold);
  }

  static Table listings(int rows, long seed) {
    return listings(rows, seed, 0.05);
  }

  private static int skewed(Random random, int n) {
    return (int) (n * Math.pow(random.nextDouble(), 2));
  }

  /** The prices of one currency as they came, not converted. */
  static Table notConverted(Table table, String currency, double rate) {
    Table broken = table.copy();
    for (int i = 0; i < table.rows(); i++) {
      Object price = broken.column("price_usd")[i];
      if (currency.equals(broken.column("currency")[i]) && price instanceof Double value) {
        broken.column("price_usd")[i] = value * rate;
      }
    }
    return broken;
  }

  /** A column without values from a 1-based row on. */
  static Table nullFrom(Table table, String column, int row) {
    Table broken = table.copy();
    for (int i = row - 1; i < table.rows(); i++) {
      broken.column(column)[i] = null;
    }
    return broken;
  }

  static Validation validate(Table baseline, Table batch) {
    return validate(baseline, batch, Checks.defaults());
  }

  static Validation validate(Table baseline, Table batch, Checks checks) {
    var old = baseline.statistics();
    var now = batch.statistics();
    return new DataValidator()
        .validate(
            new ValidationInput(
                measured(now),
                List.of(measured(old)),
                List.of(),
                null,
                SchemaInference.infer(old.all(), Set.of("sold")),
                /* schemaGiven= */ false,
                checks,
                "sold",
                Set.of(),
                columns -> batch.reader()));
  }

  static BatchStatistics measured(Statistics statistics) {
    return new BatchStatistics(statistics.all(), statistics.allGroups(), statistics.relations());
  }

  /** The gravest anomalies of each severity, for assertions that read well. */
  static List<Anomaly> of(Validation validation, Severity severity) {
    return validation.anomalies().stream().filter(a -> a.severity() == severity).toList();
  }
}
