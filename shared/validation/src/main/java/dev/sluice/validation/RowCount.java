package dev.sluice.validation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The number of rows against what the batches before had: on a logarithmic scale it scatters about
 * its mean with a variance that the history tells, shrunk to {@link #PRIOR} until there are {@link
 * BetweenBatches#ENOUGH} batches; from then on Student's distribution allows for how little is
 * known of it.
 *
 * @param before the geometric mean of the rows before
 * @param ratio rows now per row before
 * @param logP natural logarithm of the chance, two-sided
 */
record RowCount(double before, double ratio, double logP) {
  /** Where nothing is known, two batches in three differ by less than a factor of two. */
  private static final double PRIOR = 0.25;

  private static final int LEAST = 3;

  /** Degrees of freedom at which Student's distribution is the normal one. */
  private static final double NORMAL = 1e6;

  /**
   * @param history rows of the batches before; null is returned where they are fewer than {@value
   *     #LEAST}, which do not tell how batches differ in size
   */
  static @Nullable RowCount compare(List<Long> history, long rows) {
    double[] logs = history.stream().filter(n -> n > 0).mapToDouble(Math::log).toArray();
    int n = logs.length;
    if (n < LEAST || rows == 0) {
      return null;
    }
    double mean = 0;
    for (double log : logs) {
      mean += log / n;
    }
    double squares = 0;
    for (double log : logs) {
      squares += (log - mean) * (log - mean);
    }
    int enough = BetweenBatches.ENOUGH;
    double prior = Math.max(0, (double) (enough - n) / enough);
    double known = n > 1 ? squares / (n - 1) : 0;
    // Counting rows has noise of its own, so that equal counts do not make any other one
    // impossible.
    double variance = prior * PRIOR + (1 - prior) * known + 1.0 / rows;
    double off = Math.log(rows) - mean;
    double score = off / Math.sqrt(variance * (1 + 1.0 / n));
    return new RowCount(
        Math.exp(mean),
        Math.exp(off),
        Significance.logStudent(score, n < enough ? NORMAL : n - 1.0));
  }
}
