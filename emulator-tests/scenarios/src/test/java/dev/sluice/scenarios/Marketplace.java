package dev.sluice.scenarios;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A small marketplace: a day's listings, and whether each was sold, which can be learned. */
final class Marketplace {
  private static final String[] CURRENCIES = {"USD", "EUR", "GBP", "JPY", "CAD", "CHF"};
  private static final String[] COUNTRIES = {"US", "DE", "GB", "JP", "CA", "CH"};
  private static final double[] SHARES = {.35, .25, .12, .10, .10, .08};
  private static final String[] CATEGORIES = {"books", "garden", "home", "music", "pets", "toys"};
  private static final int BRANDS = 40;

  /** The header that {@link #csv} writes. */
  static final String HEADER =
      "listing,price_usd,currency,country,brand,category,title_length,seller_age,sold";

  private Marketplace() {}

  /**
   * @param sellerAge days since the seller's first listing, null where it is not known
   */
  record Listing(
      String listing,
      double priceUsd,
      String currency,
      String country,
      @Nullable String brand,
      String category,
      int titleLength,
      @Nullable Integer sellerAge,
      int sold) {
    Listing withPrice(double price) {
      return new Listing(
          listing, price, currency, country, brand, category, titleLength, sellerAge, sold);
    }

    Listing withoutBrand() {
      return new Listing(
          listing, priceUsd, currency, country, null, category, titleLength, sellerAge, sold);
    }

    Listing withSold(int value) {
      return new Listing(
          listing, priceUsd, currency, country, brand, category, titleLength, sellerAge, value);
    }

    /** What a caller of predict knows. */
    Map<String, Object> features() {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("listing", listing);
      out.put("price_usd", priceUsd);
      out.put("currency", currency);
      out.put("country", country);
      if (brand != null) {
        out.put("brand", brand);
      }
      out.put("category", category);
      out.put("title_length", titleLength);
      if (sellerAge != null) {
        out.put("seller_age", sellerAge);
      }
      return out;
    }

    String line() {
      return String.join(
          ",",
          listing,
          String.format(Locale.ROOT, "%.2f", priceUsd),
          currency,
          country,
          brand == null ? "" : brand,
          category,
          String.valueOf(titleLength),
          sellerAge == null ? "" : String.valueOf(sellerAge),
          String.valueOf(sold));
    }
  }

  /** Every day is drawn from the same distribution. */
  static List<Listing> day(int day, int rows) {
    Random random = new Random(7_919L * day + 1);
    List<Listing> out = new ArrayList<>(rows);
    for (int i = 0; i < rows; i++) {
      int place = draw(random);
      int category = random.nextInt(CATEGORIES.length);
      int brand = (int) (BRANDS * Math.pow(random.nextDouble(), 2));
      double logPrice = 3 + .3 * category + .7 * random.nextGaussian();
      int age = 1 + (int) Math.exp(5 + random.nextGaussian());
      int title = 20 + random.nextInt(60);
      double logit =
          -.3
              - 1.3 * (logPrice - 3.7)
              + .5 * (Math.log(age) - 5)
              + (brand % 5 == 0 ? 1.3 : 0)
              - (category == 2 ? 1 : 0)
              + .015 * (title - 50);
      boolean sold = random.nextDouble() < 1 / (1 + Math.exp(-logit));
      out.add(
          new Listing(
              "L" + day + "-" + i,
              Math.round(100 * Math.exp(logPrice)) / 100.0,
              CURRENCIES[place],
              COUNTRIES[place],
              random.nextDouble() < .02 ? null : "brand-" + brand,
              CATEGORIES[category],
              title,
              random.nextDouble() < .03 ? null : age,
              sold ? 1 : 0));
    }
    return out;
  }

  /** Two classic faults: yen are not converted, and the brand is gone from the middle on. */
  static List<Listing> broken(List<Listing> listings) {
    List<Listing> out = new ArrayList<>(listings.size());
    for (int i = 0; i < listings.size(); i++) {
      Listing listing = listings.get(i);
      if (listing.currency().equals("JPY")) {
        listing = listing.withPrice(listing.priceUsd() * 150);
      }
      out.add(i < listings.size() / 2 ? listing : listing.withoutBrand());
    }
    return out;
  }

  static String csv(List<Listing> listings) {
    StringBuilder out = new StringBuilder(HEADER).append('\n');
    listings.forEach(listing -> out.append(listing.line()).append('\n'));
    return out.toString();
  }

  private static int draw(Random random) {
    double left = random.nextDouble();
    for (int i = 0; i < SHARES.length; i++) {
      left -= SHARES[i];
      if (left < 0) {
        return i;
      }
    }
    return 0;
  }
}
