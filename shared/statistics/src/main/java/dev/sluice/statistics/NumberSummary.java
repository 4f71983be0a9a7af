package dev.sluice.statistics;

/**
 * What only numbers have. All but the three counts of special values describe the finite values,
 * and are NaN where those are none (or the number is beyond a double's range).
 *
 * @param zeros values equal to 0
 * @param positiveInfinities values that are +infinity
 * @param negativeInfinities values that are -infinity
 * @param nans values that are not a number
 * @param stdDev the population's
 * @param median halfway between the two middle values where their number is even
 * @param skewness the population's (biased); NaN where all values are equal
 * @param kurtosis the population's excess kurtosis, 0 for a normal distribution; NaN where all
 *     values are equal
 * @param quantiles finer than {@code median}, with their error
 * @param histogram bins of equal width
 */
public record NumberSummary(
    long zeros,
    long positiveInfinities,
    long negativeInfinities,
    long nans,
    double mean,
    double stdDev,
    double min,
    double median,
    double max,
    double skewness,
    double kurtosis,
    Quantiles quantiles,
    Histogram histogram) {
  /** Values that are infinite, of either sign. */
  public long infinities() {
    return positiveInfinities + negativeInfinities;
  }

  /**
   * Bowley's skewness, (Q3 + Q1 - 2 Q2) / (Q3 - Q1) of the quartiles (A. L. Bowley, Elements of
   * Statistics, 1901): what the tails, however long, do not move.
   *
   * @return -1 to 1; NaN where there are no finite values or the quartiles are equal
   */
  public double quantileSkewness() {
    // Halves, as the distance of two doubles may be none.
    double low = quantiles.value(.25) / 2;
    double middle = quantiles.value(.5) / 2;
    double high = quantiles.value(.75) / 2;
    return low == high ? Double.NaN : ((high - middle) - (middle - low)) / (high - low);
  }
}
