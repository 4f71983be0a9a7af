package dev.sluice.localcloud.demo;

import dev.sluice.contracts.BadInput;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A retail marketplace that is made up: listings in fourteen countries, priced in their currencies,
 * with what a shop knows of each and whether it was sold within thirty days.
 *
 * <p>Brands and sellers are few and unevenly known (Zipf), prices and reviews have long tails, some
 * values are missing, of some columns more where sellers are new. The label is drawn from a
 * logistic model of the other columns, so that the best possible AUC is about .86. A row depends on
 * seed, day and its number alone: the same in any order, on any machine, and faults change nothing
 * but what they name.
 */
public final class Marketplace {
  /** Whether the listing was sold within thirty days: 1 or 0. */
  public static final String LABEL = "sold";

  /** The columns in the order of the file. */
  public static final List<String> COLUMNS =
      List.of(
          "listing_id",
          "seller_id",
          "country",
          "currency",
          "price",
          "price_usd",
          "category",
          "brand",
          "product_number",
          "condition",
          "title_length",
          "photos",
          "rating",
          "reviews",
          "seller_age_days",
          "shipping_days",
          "free_returns",
          LABEL);

  private static final int BRAND_COUNT = 320;
  private static final int SELLER_COUNT = 9_000;

  private record Category(String name, double share, double dollars, double appeal) {}

  private static final List<Category> CATEGORIES =
      List.of(
          new Category("fashion", 0.19, 38, 0.2),
          new Category("electronics", 0.16, 140, 0.5),
          new Category("home", 0.13, 45, -0.1),
          new Category("collectibles", 0.10, 30, -0.6),
          new Category("sports", 0.09, 48, 0.1),
          new Category("toys", 0.08, 22, 0.3),
          new Category("books", 0.07, 11, -0.5),
          new Category("car_parts", 0.06, 55, -0.3),
          new Category("beauty", 0.05, 18, 0.6),
          new Category("jewelry", 0.04, 85, -0.4),
          new Category("garden", 0.02, 32, 0.0),
          new Category("music", 0.01, 28, -0.2));

  private static final double[] SHARES = CATEGORIES.stream().mapToDouble(Category::share).toArray();
  private static final double[] MARKETS = Market.ALL.stream().mapToDouble(Market::share).toArray();

  private record Brand(String name, int home, double premium, double appeal) {}

  private record Seller(
      String id, Market market, int ageDays, long reviews, double rating, double care) {}

  private final long seed;
  private final List<Brand> brands = new ArrayList<>();
  private final double[] brandWeights = new double[BRAND_COUNT];
  private final double[] sellerWeights = new double[SELLER_COUNT];

  private Marketplace(long seed) {
    this.seed = seed;
    SplittableRandom random = new SplittableRandom(mix(seed, 1, 0));
    Set<String> names = new LinkedHashSet<>();
    while (names.size() < BRAND_COUNT) {
      names.add(brandName(random));
    }
    int rank = 0;
    for (String name : names) {
      brands.add(new Brand(name, pick(random, SHARES), 0.35 * gaussian(random), gaussian(random)));
      brandWeights[rank] = 1 / StrictMath.pow(rank + 3.0, 1.05);
      rank++;
    }
    for (int i = 0; i < SELLER_COUNT; i++) {
      sellerWeights[i] = 1 / StrictMath.pow(i + 40.0, 0.8);
    }
    cumulate(brandWeights);
    cumulate(sellerWeights);
  }

  /**
   * A day's listings.
   *
   * @param day two days of the same seed have the same brands and sellers and other listings
   * @param rows at least 1
   */
  public static Day day(LocalDate day, long seed, int rows, Fault... faults) {
    return day(day, seed, rows, List.of(faults));
  }

  /** As {@link #day(LocalDate, long, int, Fault...)}. */
  public static Day day(LocalDate day, long seed, int rows, List<Fault> faults) {
    return new Day(new Marketplace(seed), day, rows, faults);
  }

  /** The listings of one day, each made when it is asked for. Safe for use by several threads. */
  public static final class Day {
    private final Marketplace marketplace;
    private final LocalDate date;
    private final int rows;
    private final List<Fault> faults;

    private Day(Marketplace marketplace, LocalDate date, int rows, List<Fault> faults) {
      if (rows < 1) {
        throw new BadInput("the marketplace is asked for " + rows + " rows; it needs at least 1");
      }
      this.marketplace = marketplace;
      this.date = date;
      this.rows = rows;
      this.faults = List.copyOf(faults);
    }

    /** The day. */
    public LocalDate date() {
      return date;
    }

    /** How many listings. */
    public int rows() {
      return rows;
    }

    /**
     * One listing, with the day's faults.
     *
     * @param row 1-based, as the file's rows without its header
     */
    public Listing listing(int row) {
      if (row < 1 || row > rows) {
        throw new BadInput("row is " + row + "; the day has rows 1 to " + rows);
      }
      Listing listing = marketplace.listing(date, row);
      if (faults.isEmpty()) {
        return listing;
      }
      List<@Nullable Object> values = new ArrayList<>(listing.values());
      for (Fault fault : faults) {
        switch (fault) {
          case Fault.NotConverted f -> {
            if (f.currency().equals(listing.value("currency"))) {
              values.set(COLUMNS.indexOf("price_usd"), listing.value("price"));
            }
          }
          case Fault.LostFrom f -> {
            if (row >= f.firstRow(rows)) {
              values.set(COLUMNS.indexOf(f.column()), null);
            }
          }
        }
      }
      return new Listing(values, listing.probability());
    }

    /** Writes the day as CSV: a header, comma, LF, UTF-8, missing values empty; leaves it open. */
    public void writeCsv(OutputStream out) throws IOException {
      Writer writer =
          new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
      writer.append(String.join(",", COLUMNS)).append('\n');
      for (int row = 1; row <= rows; row++) {
        char separator = 0;
        for (Object value : listing(row).values()) {
          if (separator != 0) {
            writer.append(separator);
          }
          separator = ',';
          if (value != null) {
            writer.append(value.toString());
          }
        }
        writer.append('\n');
      }
      writer.flush();
    }
  }

  private Listing listing(LocalDate date, int row) {
    SplittableRandom random = new SplittableRandom(mix(seed, date.toEpochDay(), row));
    Seller seller = seller(find(sellerWeights, random.nextDouble()));
    Market market = seller.market();
    int brandRank = find(brandWeights, random.nextDouble());
    Brand brand = brands.get(brandRank);
    int kind = random.nextDouble() < 0.7 ? brand.home() : pick(random, SHARES);
    Category category = CATEGORIES.get(kind);
    String condition = condition(random.nextDouble());

    double discount = 0.55 * gaussian(random);
    double worth =
        category.dollars()
            * market.level()
            * StrictMath.exp(brand.premium())
            * switch (condition) {
              case "used" -> 0.55;
              case "refurbished" -> 0.75;
              default -> 1;
            };
    double tail = random.nextDouble() < 0.01 ? 1.5 * Math.abs(gaussian(random)) : 0;
    long cents = market.cents(worth * StrictMath.exp(discount + tail));
    BigDecimal price = BigDecimal.valueOf(cents, 2);
    BigDecimal dollars =
        price.multiply(BigDecimal.valueOf(market.rate())).setScale(2, RoundingMode.HALF_EVEN);

    long title = Math.clamp(Math.round(52 + 17 * gaussian(random)), 8, 140);
    long photos = Math.min(12, geometric(random, 0.22 - 0.08 * seller.care()));
    long shipping = market.shippingDays() + Math.min(25, geometric(random, 0.45));
    boolean returns = random.nextDouble() < (seller.care() > 0 ? 0.62 : 0.3);
    boolean rated = seller.reviews() > 0;

    double expected = category.dollars() * market.level();
    double score =
        -0.9
            - 1.8 * StrictMath.log(Math.max(0.05, dollars.doubleValue()) / expected)
            + 0.6 * brand.appeal()
            + 1.3 * category.appeal()
            + 1.25 * (StrictMath.log(1 + photos) - 1.2)
            - 0.26 * (shipping - 5)
            + (rated ? 1.5 * (seller.rating() - 4.4) : -0.8)
            + 0.22 * (StrictMath.log(1 + seller.reviews()) - 3)
            - 0.8 * StrictMath.pow((title - 60) / 30.0, 2)
            + (returns ? 0.6 : 0)
            + (condition.equals("new") ? 0.3 : condition.equals("used") ? -0.9 : 0);
    double probability = 1 / (1 + StrictMath.exp(-score));
    long sold = random.nextDouble() < probability ? 1 : 0;

    List<@Nullable Object> values = new ArrayList<>(COLUMNS.size());
    values.add(date.toEpochDay() * 1_000_000L + row);
    values.add(seller.id());
    values.add(market.country());
    values.add(market.currency());
    values.add(price);
    values.add(dollars);
    values.add(category.name());
    values.add(random.nextDouble() < 0.03 ? null : brand.name());
    values.add(random.nextDouble() < 0.015 ? null : productNumber(random, brandRank));
    values.add(condition);
    values.add(title);
    values.add(photos);
    values.add(rated ? BigDecimal.valueOf(Math.round(seller.rating() * 100), 2) : null);
    values.add(seller.reviews());
    values.add(random.nextDouble() < 0.012 ? null : (Object) (long) seller.ageDays());
    values.add(random.nextDouble() < 0.02 ? null : (Object) shipping);
    values.add(returns ? "yes" : "no");
    values.add(sold);
    return new Listing(values, probability);
  }

  /** A seller is the same every day. */
  private Seller seller(int rank) {
    SplittableRandom random = new SplittableRandom(mix(seed, 2, rank));
    Market market = Market.ALL.get(pick(random, MARKETS));
    int age = (int) Math.clamp(StrictMath.exp(6.0 + 1.05 * gaussian(random)), 1, 7_500);
    double care = gaussian(random);
    long reviews =
        (long) Math.min(250_000, age / 20.0 * StrictMath.exp(-0.7 + 1.4 * gaussian(random)));
    double rating = Math.clamp(4.5 + 0.25 * care - 0.25 * Math.abs(gaussian(random)), 1, 5);
    return new Seller(
        String.format(Locale.ROOT, "S%05d", 10_000 + (rank * 7_919L) % 90_000),
        market,
        age,
        reviews,
        rating,
        Math.clamp(care, -1.5, 1.5));
  }

  private static String condition(double draw) {
    return draw < 0.63 ? "new" : draw < 0.93 ? "used" : "refurbished";
  }

  /** Two letters of the maker and four digits, as in AB-1234. */
  private static String productNumber(SplittableRandom random, int brand) {
    char first = (char) ('A' + brand % 26);
    char second = (char) ('A' + (brand * 7 + brand / 26) % 26);
    return first + "" + second + "-" + (1_000 + random.nextInt(9_000));
  }

  private static String brandName(SplittableRandom random) {
    String[] starts = {
      "Al", "Bel", "Cor", "Dal", "El", "Fen", "Gar", "Hel", "Il", "Jor", "Kel", "Lum", "Mar", "Nor",
      "Or", "Pel", "Quin", "Ros", "Sol", "Tor", "Ul", "Vel", "Wil", "Xen", "Yor", "Zan"
    };
    String[] middles = {"", "a", "e", "i", "o", "ba", "di", "la", "mi", "no", "ra", "ta", "vi"};
    String[] ends = {
      "da", "ko", "lin", "mar", "nix", "ra", "ris", "sen", "ton", "va", "vo", "wick"
    };
    return starts[random.nextInt(starts.length)]
        + middles[random.nextInt(middles.length)]
        + ends[random.nextInt(ends.length)];
  }

  private static long mix(long seed, long day, long row) {
    long z = seed * 0x9E3779B97F4A7C15L + day * 0xC2B2AE3D27D4EB4FL + row * 0x165667B19E3779F9L;
    z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
    return z ^ (z >>> 29);
  }

  /** Box and Muller (1958); the strict functions give the same on every machine. */
  private static double gaussian(SplittableRandom random) {
    double u = 1 - random.nextDouble();
    double v = random.nextDouble();
    return StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * v);
  }

  /** Failures before the first success. */
  private static long geometric(SplittableRandom random, double success) {
    return (long) (StrictMath.log(1 - random.nextDouble()) / StrictMath.log(1 - success));
  }

  private static int pick(SplittableRandom random, double[] shares) {
    double draw = random.nextDouble();
    for (int i = 0; i < shares.length - 1; i++) {
      draw -= shares[i];
      if (draw < 0) {
        return i;
      }
    }
    return shares.length - 1;
  }

  private static void cumulate(double[] weights) {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i];
      weights[i] = sum;
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= sum;
    }
  }

  /** The first index whose cumulated share is above the draw. */
  private static int find(double[] cumulated, double draw) {
    int low = 0;
    int high = cumulated.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulated[middle] > draw) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
