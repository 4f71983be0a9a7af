package dev.sluice.evaluation;

import dev.sluice.contracts.Bug;

/**
 * A value and the 95 % interval around it.
 *
 * @param value the estimate; NaN is refused, as an estimate that cannot be made is not made
 * @param low at most {@code value}
 * @param high at least {@code value}
 */
public record Estimate(double value, double low, double high) {
  /** The 97.5 % point of the standard normal distribution. */
  static final double Z = 1.959963984540054;

  public Estimate {
    if (!(low <= value && value <= high)) {
      throw new Bug("the interval [" + low + ", " + high + "] does not hold " + value);
    }
  }

  /** The normal interval around a mean. */
  static Estimate normal(double value, double standardError) {
    return new Estimate(value, value - Z * standardError, value + Z * standardError);
  }

  /** Wilson's score interval (1927) for a share of {@code hits} in {@code n} trials, n above 0. */
  static Estimate share(long hits, long n) {
    double p = (double) hits / n;
    double z2 = Z * Z;
    double center = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z / (1 + z2 / n) * Math.sqrt(p * (1 - p) / n + z2 / (4.0 * n * n));
    return new Estimate(p, Math.min(p, center - half), Math.max(p, center + half));
  }
}
