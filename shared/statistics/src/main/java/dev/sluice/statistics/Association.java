package dev.sluice.statistics;

/**
 * How strongly two features go together.
 *
 * @param a the first feature
 * @param b the second one; the label, where {@code measure} is MUTUAL_INFORMATION
 * @param value in the measure's unit; NaN where it is not defined, as with a constant
 * @param rows rows in which both have a value
 * @param error {@code value} is within this of the true one; 0 where exact
 */
public record Association(
    String a, String b, Measure measure, double value, long rows, double error) {
  /** What is measured. */
  public enum Measure {
    /** Pearson's correlation of two numbers, -1 to 1. */
    PEARSON,
    /** Spearman's rank correlation of two numbers, ties at their mean rank, -1 to 1. */
    SPEARMAN,
    /** Cramer's V of two texts without correction for bias, 0 to 1. */
    CRAMERS_V,
    /** Mutual information with the label, in nats, at least 0. */
    MUTUAL_INFORMATION
  }
}
