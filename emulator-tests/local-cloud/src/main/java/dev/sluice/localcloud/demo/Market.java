package dev.sluice.localcloud.demo;

import java.util.List;

/**
 * A country where listings are sold.
 *
 * @param country ISO 3166 code
 * @param currency ISO 4217 code
 * @param rate US dollars for one unit of the currency
 * @param share of all listings, 0 to 1; the shares of {@link #ALL} add up to 1
 * @param level of prices against the United States'
 * @param shippingDays typical days until a parcel arrives
 * @param step what prices are a multiple of, less {@code below}, in units of the currency
 * @param below a price lies this far below a multiple of {@code step}, as 19.99 does
 */
public record Market(
    String country,
    String currency,
    double rate,
    double share,
    double level,
    int shippingDays,
    double step,
    double below) {

  /** Fourteen countries, twelve currencies. */
  public static final List<Market> ALL =
      List.of(
          new Market("US", "USD", 1, 0.28, 1.00, 3, 1, 0.01),
          new Market("DE", "EUR", 1.08, 0.11, 1.02, 2, 1, 0.01),
          new Market("GB", "GBP", 1.27, 0.10, 1.05, 2, 1, 0.01),
          new Market("JP", "JPY", 0.0067, 0.09, 0.95, 4, 100, 20),
          new Market("FR", "EUR", 1.08, 0.07, 1.04, 3, 1, 0.10),
          new Market("CA", "CAD", 0.73, 0.06, 1.03, 4, 1, 0.01),
          new Market("IT", "EUR", 1.08, 0.05, 0.94, 4, 1, 0.10),
          new Market("AU", "AUD", 0.66, 0.05, 1.10, 5, 1, 0.05),
          new Market("BR", "BRL", 0.19, 0.04, 0.78, 9, 1, 0.10),
          new Market("IN", "INR", 0.012, 0.04, 0.62, 7, 50, 1),
          new Market("CH", "CHF", 1.13, 0.03, 1.28, 3, 1, 0.10),
          new Market("SE", "SEK", 0.096, 0.03, 1.08, 3, 10, 1),
          new Market("PL", "PLN", 0.25, 0.03, 0.82, 3, 1, 0.01),
          new Market("MX", "MXN", 0.055, 0.02, 0.74, 6, 10, 1));

  /** US dollars for one unit of a currency. */
  static double rate(String currency) {
    return ALL.stream()
        .filter(market -> market.currency().equals(currency))
        .findFirst()
        .orElseThrow()
        .rate();
  }

  /** The nearest price that a seller here would ask, in the currency's hundredths. */
  long cents(double dollars) {
    double steps = Math.max(1, Math.rint(dollars / rate / step));
    return Math.round((steps * step - below) * 100);
  }
}
