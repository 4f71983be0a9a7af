package dev.sluice.validation;

import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** How numbers and findings read to a person. */
final class Wording {
  private static final int MOST_LISTED = 3;

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
        + (named == 1 ? "group" : named + " groups")
        + " of "
        + column
        + " stayed";
  }

  /** The one that says most: the largest group that moved, or the whole. */
  private static Move lead(Finding finding) {
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

  private static String numbers(Move move) {
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

  private static String factor(double factor) {
    return String.format(
        Locale.ROOT,
        factor >= 100 ? "%,.0f" : factor >= 10 ? "%.1f" : factor >= 1 ? "%.2f" : "%.3g",
        factor);
  }

  private static String middle(Shape shape) {
    return number(shape.quantile(0.25)) + ".." + number(shape.quantile(0.75));
  }

  private static String texts(Move move) {
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

  /** All there is to say: what, the likely cause, the wider picture, what to do, the figures. */
  static String longText(Finding finding, double measured, double threshold) {
    Move lead = lead(finding);
    StringBuilder text = new StringBuilder(shortText(finding)).append('.');
    text.append(
        switch (lead.aspect()) {
          case MISSING ->
              " Look at what fills "
                  + lead.feature()
                  + " upstream (a parser, a join, a renamed key).";
          case NUMBERS ->
              factorIsConstant(lead)
                  ? " All quantiles changed by about the same factor: a likely cause is a unit or a"
                      + " currency that is (not) converted."
                  : " Look at what changed upstream in " + lead.feature() + ".";
          case TEXTS -> " Look at what changed upstream in " + lead.feature() + ".";
        });
    if (!finding.moved().isEmpty()) {
      Move whole = finding.whole();
      if (finding.moved().size() > MOST_LISTED) {
        text.append(" Moved: ").append(slice(finding.moved())).append('.');
      }
      if (!finding.alike().isEmpty()) {
        text.append(" About the same rows: ").append(slice(finding.alike())).append('.');
      }
      text.append(" Over all rows: ").append(overall(whole)).append('.');
    }
    if (lead.aspect() == Aspect.MISSING && lead.after().notFinite() > 0) {
      text.append(" NaN or infinite: ")
          .append(count(lead.after().notFinite(), "row"))
          .append(", before ")
          .append(count(lead.before().notFinite(), "row"))
          .append('.');
    }
    text.append(" If it is meant, lower the severity of ")
        .append(lead.feature())
        .append(" under checks in the spec.");
    return text.append(
            String.format(
                Locale.ROOT,
                " (%s %s, threshold %s; chance alone: p %s.)",
                scale(lead.aspect(), measured == lead.divergence() && measured != lead.effect()),
                number(measured),
                number(threshold),
                probability(lead.logP())))
        .toString();
  }

  private static String overall(Move whole) {
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

  private static String scale(Aspect aspect, boolean divergence) {
    return divergence
        ? "Jensen-Shannon divergence"
        : switch (aspect) {
          case MISSING -> "Cohen's h";
          case NUMBERS -> "Kolmogorov-Smirnov distance";
          case TEXTS -> "Largest change of a share";
        };
  }

  private static String probability(double logP) {
    double digits = logP / Math.log(10);
    return digits < -15
        ? "< 1e-15"
        : digits < -2
            ? String.format(Locale.ROOT, "= %.0e", Math.pow(10, digits))
            : String.format(Locale.ROOT, "= %.3f", Math.exp(logP));
  }

  /** True where the quantiles from the tenth to the ninetieth all changed by one factor. */
  static boolean factorIsConstant(Move move) {
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (double rank : new double[] {0.1, 0.25, 0.5, 0.75, 0.9}) {
      double factor =
          move.after().needShape().quantile(rank) / move.before().needShape().quantile(rank);
      if (!(factor > 0) || Double.isInfinite(factor)) {
        return false;
      }
      least = Math.min(least, factor);
      most = Math.max(most, factor);
    }
    boolean changed = least > 1.3 || most < 1 / 1.3;
    return changed && Math.log(most / least) < 0.25 * Math.abs(Math.log(Math.sqrt(most * least)));
  }
}
