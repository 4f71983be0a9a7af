package dev.sluice.validation;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What may have happened to a number that moved: one factor, one offset, or both, of which the
 * simplest is taken that brings the new quantiles back to within {@value #CLOSE} of their old
 * ranks, and a name for it where one is known: a currency's rate, cents, miles, Fahrenheit. A
 * guess, and said to be one. Constant cost.
 *
 * @param factor by which values were multiplied, 1 where they were not
 * @param offset added after that
 * @param left the largest distance of a rank that remains, 0 to 1
 */
record Guess(double factor, double offset, double left) {
  private static final double CLOSE = 0.1;
  private static final double[] RANKS = {.05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95};

  /** How far a factor may be from a unit's, which quantiles of some hundred rows blur. */
  private static final double EXACT = 0.06;

  /** How far from a currency's rate, as that moves over the years. */
  private static final double RATE = 0.25;

  private static final Pattern CODE = Pattern.compile("(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])");

  /** Units per US dollar, the average of 2020 to 2025 in round numbers (Federal Reserve, H.10). */
  private static final Map<String, Double> PER_DOLLAR =
      Map.ofEntries(
          Map.entry("AUD", 1.48),
          Map.entry("BRL", 5.3),
          Map.entry("CAD", 1.33),
          Map.entry("CHF", 0.91),
          Map.entry("CLP", 860.0),
          Map.entry("CNY", 7.0),
          Map.entry("COP", 4_000.0),
          Map.entry("CZK", 22.8),
          Map.entry("DKK", 6.8),
          Map.entry("EUR", 0.91),
          Map.entry("GBP", 0.78),
          Map.entry("HKD", 7.8),
          Map.entry("HUF", 345.0),
          Map.entry("IDR", 15_200.0),
          Map.entry("ILS", 3.5),
          Map.entry("INR", 80.0),
          Map.entry("JPY", 135.0),
          Map.entry("KRW", 1_270.0),
          Map.entry("MXN", 19.0),
          Map.entry("MYR", 4.4),
          Map.entry("NOK", 9.9),
          Map.entry("NZD", 1.6),
          Map.entry("PHP", 54.0),
          Map.entry("PLN", 4.1),
          Map.entry("RUB", 80.0),
          Map.entry("SEK", 10.0),
          Map.entry("SGD", 1.35),
          Map.entry("THB", 34.0),
          Map.entry("TRY", 20.0),
          Map.entry("TWD", 30.5),
          Map.entry("VND", 24_000.0),
          Map.entry("ZAR", 17.5));

  private static final Map<Double, String> UNITS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(100.0, "cents for a whole unit, or percent for a share"),
              Map.entry(1_000.0, "thousandths (grams for kilograms, milliseconds for seconds)"),
              Map.entry(1_000_000.0, "millionths (microseconds for seconds)"),
              Map.entry(60.0, "seconds for minutes, or minutes for hours"),
              Map.entry(3_600.0, "seconds for hours"),
              Map.entry(24.0, "hours for days"),
              Map.entry(86_400.0, "seconds for days"),
              Map.entry(1.609344, "kilometres for miles"),
              Map.entry(2.204623, "pounds for kilograms"),
              Map.entry(2.54, "centimetres for inches"),
              Map.entry(3.28084, "feet for metres"),
              Map.entry(3.785412, "litres for gallons"),
              Map.entry(28.349523, "grams for ounces")));

  /** The simplest change that explains the move; null where none does. */
  static @Nullable Guess of(Shape before, Shape after) {
    double was = before.quantile(.5);
    double is = after.quantile(.5);
    double width = before.quantile(.75) - before.quantile(.25);
    double widthNow = after.quantile(.75) - after.quantile(.25);
    double unchanged = left(before, after, 1, 0);
    // From the simplest on; the Fahrenheit scale is the one mixed change that has a name.
    Stream<Guess> guesses =
        Stream.of(
            guess(before, after, ratio(before, after), 0),
            guess(before, after, 1, is - was),
            guess(before, after, 1.8, 32),
            guess(before, after, 1 / 1.8, -32 / 1.8),
            guess(
                before,
                after,
                width > 0 ? widthNow / width : Double.NaN,
                width > 0 ? is - was * widthNow / width : Double.NaN));
    List<Guess> fitting =
        guesses.filter(guess -> guess.left <= Math.min(CLOSE, unchanged / 2)).toList();
    double best = fitting.stream().mapToDouble(Guess::left).min().orElse(1);
    return fitting.stream().filter(guess -> guess.left <= best + 0.03).findFirst().orElse(null);
  }

  /** The geometric mean of what the quantiles were multiplied by; NaN where signs differ. */
  private static double ratio(Shape before, Shape after) {
    boolean turned = before.quantile(.5) * after.quantile(.5) < 0;
    double sum = 0;
    int n = 0;
    for (double rank : RANKS) {
      double was = before.quantile(rank);
      double is = after.quantile(turned ? 1 - rank : rank);
      if (was != 0 && is != 0) {
        double ratio = (turned ? -is : is) / was;
        if (!(ratio > 0)) {
          return Double.NaN;
        }
        sum += Math.log(ratio);
        n++;
      }
    }
    return n == 0 ? Double.NaN : (turned ? -1 : 1) * Math.exp(sum / n);
  }

  private static Guess guess(Shape before, Shape after, double factor, double offset) {
    return new Guess(factor, offset, left(before, after, factor, offset));
  }

  private static double left(Shape before, Shape after, double factor, double offset) {
    if (!Double.isFinite(factor) || !Double.isFinite(offset) || factor == 0) {
      return 1;
    }
    double most = 0;
    for (double rank : RANKS) {
      double value = (after.quantile(factor > 0 ? rank : 1 - rank) - offset) / factor;
      // Within a step any rank will do.
      double low = before.below(value - 1e-9 * Math.abs(value));
      double high = before.atOrBelow(value + 1e-9 * Math.abs(value));
      most = Math.max(most, Math.max(low - rank, rank - high));
    }
    return most;
  }

  /**
   * A sentence that says the guess.
   *
   * @param slice {@code column=value} of the rows concerned, '' for all; a currency's code in it is
   *     looked up
   */
  String sentence(String slice) {
    String what =
        offset == 0
            ? "by the factor " + Wording.factor(factor)
            : factor == 1
                ? "by the offset " + signed(offset)
                : String.format(Locale.ROOT, "by %s x %s", Wording.factor(factor), signed(offset));
    String name = name(slice);
    return "All quantiles moved " + what + (name == null ? "." : ", a guess: " + name + ".");
  }

  private static String signed(double offset) {
    return (offset < 0 ? "- " : "+ ") + Wording.number(Math.abs(offset));
  }

  private @Nullable String name(String slice) {
    if (offset != 0) {
      if (Math.abs(factor - 1.8) < 0.09 && Math.abs(offset - 32) < 4) {
        return "degrees Fahrenheit for Celsius";
      }
      return Math.abs(factor - 1 / 1.8) < 0.03 && Math.abs(offset + 17.8) < 3
          ? "degrees Celsius for Fahrenheit"
          : null;
    }
    if (Math.abs(factor + 1) < EXACT) {
      return "the sign was turned";
    }
    Matcher codes = CODE.matcher(slice);
    while (codes.find()) {
      Double rate = PER_DOLLAR.get(codes.group());
      if (rate != null && near(factor, rate, RATE)) {
        return "near the rate of "
            + codes.group()
            + " to the dollar (about "
            + Wording.number(rate)
            + "), amounts that were not converted";
      }
      if (rate != null && near(factor, 1 / rate, RATE)) {
        return "near one dollar in "
            + codes.group()
            + " (about 1 in "
            + Wording.number(rate)
            + "), amounts that were converted twice or are converted now";
      }
    }
    return UNITS.entrySet().stream()
        .filter(
            unit -> near(factor, unit.getKey(), EXACT) || near(1 / factor, unit.getKey(), EXACT))
        .min(Comparator.comparingDouble(unit -> Math.abs(Math.log(factor / unit.getKey()))))
        .map(unit -> (factor < 1 ? "the reverse of " : "") + unit.getValue())
        .orElse(null);
  }

  private static boolean near(double factor, double known, double within) {
    return factor > 0 && Math.abs(Math.log(factor / known)) <= Math.log1p(within);
  }
}
