package dev.sluice.validation;

import java.util.ArrayList;
import java.util.List;

/**
 * One aspect of a distribution before and after, each with its interval of 95 % confidence.
 *
 * @param aspect center, mode, spread, symmetry, left tail or right tail
 * @param before in the feature's unit; symmetry and tails have none
 * @param beforeLow the interval's lower end
 * @param beforeHigh its upper end
 * @param after the same now
 * @param words what changed, in a few words; empty where the intervals overlap
 */
public record ShapeChange(
    String aspect,
    double before,
    double beforeLow,
    double beforeHigh,
    double after,
    double afterLow,
    double afterHigh,
    String words) {
  /** Two-sided 95 % of a normal distribution. */
  private static final double Z = 1.959964;

  /** Places at which an interval of a tenth may begin, evenly by rank. */
  private static final int TENTHS = 36;

  /** A value with its interval. */
  private record Estimate(double value, double low, double high) {}

  /**
   * All aspects. Intervals of quantiles come from the order statistics (Conover 1999, section 3.2),
   * those of symmetry and tails from the extremes that the quantiles in them can take.
   *
   * @param rowsBefore rows that the old shape is worth, see {@link Noise}
   * @param rowsAfter the same of the new one
   */
  static List<ShapeChange> of(Shape before, Shape after, double rowsBefore, double rowsAfter) {
    List<ShapeChange> changes = new ArrayList<>();
    Estimate was = quantile(before, .5, rowsBefore);
    Estimate is = quantile(after, .5, rowsAfter);
    changes.add(
        change("center", was, is, "median " + verb(was, is, "rose", "fell") + fromTo(was, is)));
    was = mode(before, rowsBefore);
    is = mode(after, rowsAfter);
    changes.add(
        change(
            "mode", was, is, "most values now lie about " + range(is) + ", before " + range(was)));
    was = spread(before, rowsBefore);
    is = spread(after, rowsAfter);
    changes.add(
        change(
            "spread",
            was,
            is,
            "the middle half is " + verb(was, is, "wider", "narrower") + fromTo(was, is)));
    was = symmetry(before, rowsBefore);
    is = symmetry(after, rowsAfter);
    changes.add(
        change(
            "symmetry", was, is, "leans " + verb(was, is, "right", "left") + " more than before"));
    was = tail(before, rowsBefore, .99);
    is = tail(after, rowsAfter, .99);
    changes.add(change("right tail", was, is, "right tail " + tail(was, is)));
    was = tail(before, rowsBefore, .01);
    is = tail(after, rowsAfter, .01);
    changes.add(change("left tail", was, is, "left tail " + tail(was, is)));
    return changes;
  }

  private static ShapeChange change(String aspect, Estimate was, Estimate is, String words) {
    boolean apart = was.high < is.low || is.high < was.low;
    return new ShapeChange(
        aspect, was.value, was.low, was.high, is.value, is.low, is.high, apart ? words : "");
  }

  private static Estimate quantile(Shape shape, double rank, double rows) {
    double off = Z * Math.sqrt(rank * (1 - rank) / rows);
    return new Estimate(at(shape, rank), at(shape, rank - off), at(shape, rank + off));
  }

  private static double at(Shape shape, double rank) {
    return shape.quantile(Math.clamp(rank, 1e-9, 1));
  }

  /**
   * The shortest interval that holds a tenth of the values; the mode's own interval spans all
   * tenths that chance alone could make as short.
   */
  private static Estimate mode(Shape shape, double rows) {
    double shortest = Double.POSITIVE_INFINITY;
    double middle = 0;
    for (int i = 0; i <= TENTHS; i++) {
      double width = to(shape, i) - from(shape, i);
      if (width < shortest) {
        shortest = width;
        middle = from(shape, i) + width / 2;
      }
    }
    double noise = 1 + 2 * Z / Math.sqrt(Math.max(1, rows / 10));
    double low = middle;
    double high = middle;
    for (int i = 0; i <= TENTHS; i++) {
      if (to(shape, i) - from(shape, i) <= noise * shortest) {
        low = Math.min(low, from(shape, i));
        high = Math.max(high, to(shape, i));
      }
    }
    return new Estimate(middle, low, high);
  }

  private static double from(Shape shape, int tenth) {
    return at(shape, 0.9 * tenth / TENTHS);
  }

  private static double to(Shape shape, int tenth) {
    return at(shape, 0.9 * tenth / TENTHS + 0.1);
  }

  private static Estimate spread(Shape shape, double rows) {
    Estimate low = quantile(shape, .25, rows);
    Estimate high = quantile(shape, .75, rows);
    return new Estimate(
        high.value - low.value, Math.max(0, high.low - low.high), high.high - low.low);
  }

  /**
   * Bowley's quantile skewness, -1 to 1; 0 where the middle half has no width. Its standard error
   * is that of a normal distribution, 1.84 / sqrt(n) (by the delta method on three order
   * statistics).
   */
  private static Estimate symmetry(Shape shape, double rows) {
    double value = bowley(at(shape, .25), at(shape, .5), at(shape, .75));
    double off = Z * 1.84 / Math.sqrt(rows);
    return new Estimate(value, value - off, value + off);
  }

  private static double bowley(double low, double middle, double high) {
    return high > low ? (low + high - 2 * middle) / (high - low) : 0;
  }

  /** How far the tail reaches from the median, in half widths of the middle half. */
  private static Estimate tail(Shape shape, double rows, double rank) {
    double middle = at(shape, .5);
    double width = (at(shape, .75) - at(shape, .25)) / 2;
    Estimate end = quantile(shape, rank, rows);
    if (width <= 0) {
      return new Estimate(0, 0, 0);
    }
    double value = Math.abs(end.value - middle) / width;
    double a = Math.abs(end.low - middle) / width;
    double b = Math.abs(end.high - middle) / width;
    // The width and the median are estimates too: 1.17 and .93 / sqrt(n) for a normal distribution.
    double off = Z * Math.hypot(1.17 * value, .93) / Math.sqrt(rows);
    return new Estimate(
        value,
        value - Math.hypot(off, value - Math.min(a, b)),
        value + Math.hypot(off, Math.max(a, b) - value));
  }

  private static String tail(Estimate was, Estimate is) {
    return is.value < was.value / 3
        ? "gone"
        : is.value < was.value ? "shorter" : is.value > 3 * was.value ? "new" : "longer";
  }

  private static String verb(Estimate was, Estimate is, String more, String less) {
    return is.value > was.value ? more : less;
  }

  private static String fromTo(Estimate was, Estimate is) {
    return " from "
        + Wording.number(was.value)
        + " ("
        + range(was)
        + ") to "
        + Wording.number(is.value)
        + " ("
        + range(is)
        + ")";
  }

  private static String range(Estimate estimate) {
    return Wording.number(estimate.low) + " to " + Wording.number(estimate.high);
  }
}
