package dev.sluice.validation;

import dev.sluice.validation.GroupScan.Finding;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** How numbers and findings read to a person. */
final class Wording {
  static final int MOST_LISTED = 3;
  private static final Pattern PLAIN_WORD = Pattern.compile("[a-z]+[a-rt-z]");

  private Wording() {}

  static String number(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (size >= 1 || value == 0) {
      return value == Math.rint(value)
          ? String.format(Locale.ROOT, "%.0f", value)
          : String.format(Locale.ROOT, "%.2f", value);
    }
    String digits = String.format(Locale.ROOT, "%.3g", value);
    return digits.contains("e") ? digits : digits.replaceFirst("0+$", "");
  }

  /** A row's number, as counts are written. */
  static String row(long row) {
    return String.format(Locale.ROOT, "row %,d", row);
  }

  static String count(long value, String unit) {
    return String.format(Locale.ROOT, "%,d %s%s", value, unit, value == 1 ? "" : "s");
  }

  static String percent(double share) {
    double percent = 100 * share;
    if (percent == 0 || percent == 100) {
      return String.format(Locale.ROOT, "%.0f %%", percent);
    }
    return percent >= 0.1
        ? String.format(Locale.ROOT, "%.1f %%", percent)
        : String.format(Locale.ROOT, "%.2g %%", percent);
  }

  static String quoted(String value) {
    String cut = value.length() > 60 ? value.substring(0, 60) + "..." : value;
    return "'" + cut.replace("\n", "\\n") + "'";
  }

  static String list(List<String> values) {
    StringJoiner joiner = new StringJoiner(", ");
    values.stream().limit(MOST_LISTED).map(Wording::quoted).forEach(joiner::add);
    return values.size() <= MOST_LISTED
        ? joiner.toString()
        : joiner + " and " + (values.size() - MOST_LISTED) + " more";
  }

  /** {@code currency=JPY}, several joined. */
  static String slice(List<Move> moved) {
    StringJoiner joiner = new StringJoiner(", ");
    moved.forEach(move -> joiner.add(move.group() + "=" + move.value()));
    return joiner.toString();
  }

  private static String where(Finding finding) {
    List<Move> moved = finding.moved();
    if (moved.isEmpty()) {
      return "";
    }
    long rows = moved.stream().mapToLong(m -> m.after().rows()).sum();
    String names =
        moved.size() <= MOST_LISTED
            ? slice(moved)
            : slice(moved.subList(0, MOST_LISTED))
                + " and "
                + (moved.size() - MOST_LISTED)
                + " more";
    return " only where "
        + names
        + " ("
        + count(rows, "row")
        + ", "
        + percent((double) rows / Math.max(1, finding.whole().after().rows()))
        + ")";
  }

  private static String others(Finding finding) {
    if (finding.moved().isEmpty()) {
      return "";
    }
    long named = finding.stayed().stream().filter(m -> m.value() != null).count();
    String column = finding.moved().getFirst().group();
    if (named == 0) {
      return "; the other values of " + column + " stayed";
    }
    return "; the other "
        + (named == 1 ? "value of " + column : named + " " + plural(column))
        + " stayed";
  }

  /** {@code currencies} where the name is a plain word, else {@code values of trip_day}. */
  static String plural(String column) {
    if (!PLAIN_WORD.matcher(column).matches()) {
      return "values of " + column;
    }
    return column.matches(".*[^aeiou]y")
        ? column.substring(0, column.length() - 1) + "ies"
        : column.matches(".*(s|x|z|ch|sh)") ? column + "es" : column + "s";
  }

  /** The one that says most: the largest group that moved, or the whole. */
  static Move lead(Finding finding) {
    return finding.moved().isEmpty() ? finding.whole() : finding.moved().getFirst();
  }

  /** One line: what moved, where, from what to what. */
  static String shortText(Finding finding) {
    Move lead = lead(finding);
    String where = where(finding);
    return switch (lead.aspect()) {
      case MISSING ->
          lead.feature()
              + " is missing "
              + (lead.effect() > 0 ? "more" : "less")
              + " often"
              + where
              + ": "
              + percent(lead.before().missingShare())
              + " -> "
              + percent(lead.after().missingShare())
              + others(finding);
      case NUMBERS -> lead.feature() + " moved" + where + ": " + numbers(lead) + others(finding);
      case TEXTS -> lead.feature() + " moved" + where + ": " + texts(lead) + others(finding);
    };
  }

  static String numbers(Move move) {
    Shape before = move.before().needShape();
    Shape after = move.after().needShape();
    double was = before.median();
    double is = after.median();
    StringBuilder text = new StringBuilder();
    text.append("median ").append(number(was)).append(" -> ").append(number(is));
    double factor = is / was;
    if (was != 0 && factor > 0 && (factor >= 1.05 || factor <= 0.95)) {
      text.append(", factor ").append(factor(factor));
    } else {
      text.append(", middle half ").append(middle(before)).append(" -> ").append(middle(after));
    }
    return text.toString();
  }

  static String factor(double factor) {
    return String.format(
        Locale.ROOT,
        Math.abs(factor) >= 100
            ? "%,.0f"
            : Math.abs(factor) >= 10 ? "%.1f" : Math.abs(factor) >= 1 ? "%.2f" : "%.3g",
        factor);
  }

  private static String middle(Shape shape) {
    return number(shape.quantile(0.25)) + ".." + number(shape.quantile(0.75));
  }

  static String texts(Move move) {
    Frequencies before = move.before().needTexts();
    Frequencies after = move.after().needTexts();
    String largest = "";
    double most = -1;
    for (String value : Frequencies.comparable(before, after)) {
      double change = Math.abs(before.share(value) - after.share(value));
      if (change > most || (change == most && value.compareTo(largest) < 0)) {
        most = change;
        largest = value;
      }
    }
    if (most < 0) {
      return "its common values are others than before";
    }
    return quoted(largest)
        + " "
        + percent(before.share(largest))
        + " -> "
        + percent(after.share(largest))
        + " of the values";
  }

  static String overall(Move whole) {
    return switch (whole.aspect()) {
      case MISSING ->
          "missing "
              + percent(whole.before().missingShare())
              + " -> "
              + percent(whole.after().missingShare());
      case NUMBERS -> numbers(whole);
      case TEXTS -> texts(whole);
    };
  }

  /** The share of ordinary batches of which one of so many comparisons is as unlikely. */
  static double ordinary(double logP, double family) {
    return -Math.expm1(family * Math.log1p(-Math.min(1 - 1e-12, Math.exp(logP))));
  }

  /** How many ordinary batches look as different somewhere, once in so many. */
  static String howOften(double logP, double family) {
    double share = ordinary(logP, family);
    double logShare = share > 1e-9 ? Math.log(share) : Math.min(0, logP + Math.log(family));
    if (logShare > Math.log(0.1)) {
      return "an ordinary batch looks as different " + percent(Math.exp(logShare)) + " of the time";
    }
    double digits = -logShare / Math.log(10);
    return "of ordinary batches one in "
        + (digits > 9
            ? "a billion or more"
            : String.format(Locale.ROOT, "%,d", rounded(Math.exp(-logShare))))
        + " looks as different";
  }

  /** To two digits. */
  private static long rounded(double value) {
    double unit = Math.pow(10, Math.max(0, Math.floor(Math.log10(value)) - 1));
    return (long) (Math.rint(value / unit) * unit);
  }

  /** With its sign, to two digits. */
  static String signed(double value) {
    return String.format(Locale.ROOT, "%+.2f", value);
  }

  /** What to do where it is meant. */
  static String silence(String feature) {
    return " If it is meant, accept the batch"
        + (feature.isEmpty()
            ? ", or raise the threshold under checks in the spec."
            : ", or write in the spec: checks: {features: {"
                + key(feature)
                + ": {severity: warn}}}.");
  }

  /** A name as a key of YAML, quoted where it could be read as anything else. */
  private static String key(String name) {
    return name.matches("[A-Za-z_][A-Za-z0-9_.-]*") ? name : "'" + name.replace("'", "''") + "'";
  }
}
