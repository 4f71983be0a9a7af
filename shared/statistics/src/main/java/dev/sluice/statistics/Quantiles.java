package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import java.util.Arrays;

/**
 * A distribution of numbers as its quantiles at evenly spaced probabilities 0, 1/(n-1), ..., 1,
 * interpolated linearly between order statistics (Hyndman and Fan 1996, type 7, the default of
 * numpy). Immutable. Empty where there are no finite values.
 */
public final class Quantiles {
  private static final Quantiles EMPTY = new Quantiles(new double[0], 0, 0);

  private final double[] points;
  private final double rankError;
  private final double valueError;

  private Quantiles(double[] points, double rankError, double valueError) {
    this.points = points;
    this.rankError = rankError;
    this.valueError = valueError;
  }

  /** Of no values. */
  public static Quantiles empty() {
    return EMPTY;
  }

  /**
   * Quantiles at evenly spaced probabilities.
   *
   * @param points ascending and finite; at least two, the first the least value and the last the
   *     greatest
   * @param rankError each point is within this share (0 to 1) of the values from its true rank; 0
   *     where the points are exact
   * @param valueError each point is within this share (0 to 1) of its true value; 0 where the
   *     points are exact, 1 where only the rank is bounded
   */
  public static Quantiles of(double[] points, double rankError, double valueError) {
    if (points.length < 2) {
      throw new Bug("quantiles need at least 2 points, not " + points.length);
    }
    if (!(rankError >= 0 && rankError <= 1) || !(valueError >= 0 && valueError <= 1)) {
      throw new Bug(
          "the errors of quantiles are shares from 0 to 1, not rank "
              + rankError
              + ", value "
              + valueError);
    }
    for (int i = 0; i < points.length; i++) {
      if (!Double.isFinite(points[i]) || (i > 0 && points[i] < points[i - 1])) {
        throw new Bug("quantile " + i + " is " + points[i] + "; they must be finite and ascending");
      }
    }
    return new Quantiles(points.clone(), rankError, valueError);
  }

  /** True where there were no finite values. */
  public boolean isEmpty() {
    return points.length == 0;
  }

  /** How many points, the least and the greatest value included. */
  public int size() {
    return points.length;
  }

  /** The quantile of probability {@code i / (size() - 1)}. */
  public double point(int i) {
    return points[i];
  }

  /** A copy of the points, ascending. */
  public double[] toArray() {
    return points.clone();
  }

  /** The largest distance, as a share of the values, of a point from its true rank; 0 if exact. */
  public double rankError() {
    return rankError;
  }

  /** The largest distance of a point from its true value, as a share of that; 0 if exact. */
  public double valueError() {
    return valueError;
  }

  /**
   * The value at a probability, linear between points.
   *
   * @param probability 0 to 1
   * @return NaN where empty
   */
  public double value(double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new Bug("a probability is from 0 to 1, not " + probability);
    }
    if (points.length == 0) {
      return Double.NaN;
    }
    double place = probability * (points.length - 1);
    int below = Math.min((int) place, points.length - 2);
    return interpolate(points[below], points[below + 1], place - below);
  }

  /**
   * The share of values at or below {@code x}, linear between points; where points repeat, that of
   * the last.
   *
   * @return 0 to 1; NaN where empty
   */
  public double shareAtOrBelow(double x) {
    int last = points.length - 1;
    if (last < 0) {
      return Double.NaN;
    }
    if (x >= points[last]) {
      return 1;
    }
    if (!(x >= points[0])) {
      return 0;
    }
    int low = 0;
    int high = last;
    // The last point at or below x: points[low] <= x < points[high].
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (points[middle] <= x) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + (x - points[low]) / (points[high] - points[low])) / last;
  }

  /** Between two finite numbers, without overflow where they lie far apart. */
  static double interpolate(double low, double high, double share) {
    return low == high ? low : low * (1 - share) + high * share;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Quantiles that
        && rankError == that.rankError
        && valueError == that.valueError
        && Arrays.equals(points, that.points);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(points) + Double.hashCode(rankError + valueError);
  }

  @Override
  public String toString() {
    return isEmpty()
        ? "Quantiles[]"
        : "Quantiles[%s .. %s .. %s, %d points, rank error %s]"
            .formatted(points[0], value(.5), points[points.length - 1], points.length, rankError);
  }
}
