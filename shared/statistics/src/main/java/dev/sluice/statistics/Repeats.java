package dev.sluice.statistics;

/**
 * Rows that are equal in every column.
 *
 * @param distinct different rows
 * @param error relative standard error of {@code distinct}; 0 where it is exact
 */
public record Repeats(double distinct, double error) {
  /**
   * The share of rows that repeat an earlier one.
   *
   * @param rows all rows
   */
  public double share(long rows) {
    return rows == 0 ? 0 : Math.max(0, 1 - distinct / rows);
  }
}
