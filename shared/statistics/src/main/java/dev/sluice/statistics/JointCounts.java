package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import java.util.Arrays;

/**
 * How often the cells of two features meet in a row: a contingency table, counted in constant time
 * a row and merged by addition. The last row and the last column of it are for missing values.
 */
final class JointCounts {
  private final int columns;
  private final long[] counts;

  /** Where the row of each cell of the first feature begins. */
  private final int[] starts;

  /**
   * Empty.
   *
   * @param rowOf the table's row of each cell of the first feature, the greatest that of missing
   *     values
   * @param columns cells of the second feature, the one for missing values included
   */
  JointCounts(short[] rowOf, int columns) {
    this.columns = columns;
    starts = new int[rowOf.length];
    int rows = 0;
    for (int i = 0; i < rowOf.length; i++) {
      starts[i] = rowOf[i] * columns;
      rows = Math.max(rows, rowOf[i] + 1);
    }
    counts = new long[rows * columns];
  }

  /** Counts the first {@code n} rows of a batch by the cells of both features. */
  void add(short[] a, short[] b, int n) {
    for (int r = 0; r < n; r++) {
      counts[starts[a[r]] + b[r]]++;
    }
  }

  void merge(JointCounts other) {
    if (other.columns != columns || other.counts.length != counts.length) {
      throw new Bug("tables of different cells cannot be added");
    }
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
  }

  /** Rows in which both have a value. */
  long rows() {
    return Arrays.stream(byRow()).sum();
  }

  private long[] byRow() {
    long[] sums = new long[counts.length / columns - 1];
    for (int i = 0; i < sums.length; i++) {
      for (int j = 0; j < columns - 1; j++) {
        sums[i] += counts[i * columns + j];
      }
    }
    return sums;
  }

  private long[] byColumn() {
    long[] sums = new long[columns - 1];
    for (int i = 0; i < counts.length / columns - 1; i++) {
      for (int j = 0; j < sums.length; j++) {
        sums[j] += counts[i * columns + j];
      }
    }
    return sums;
  }

  /**
   * Cramér's V of the rows in which both have a value, without correction for bias (H. Cramér,
   * "Mathematical Methods of Statistics", 1946, section 21.9): the root of chi-squared over its
   * greatest possible value. NaN where one of them has a single value there.
   */
  double cramersV() {
    long[] byRow = byRow();
    long[] byColumn = byColumn();
    long rows = Arrays.stream(byRow).filter(sum -> sum > 0).count();
    long filled = Arrays.stream(byColumn).filter(sum -> sum > 0).count();
    if (rows < 2 || filled < 2) {
      return Double.NaN;
    }
    double n = (double) Arrays.stream(byRow).sum();
    double squares = 0;
    for (int i = 0; i < byRow.length; i++) {
      for (int j = 0; j < byColumn.length; j++) {
        double observed = counts[i * columns + j];
        if (byRow[i] > 0 && byColumn[j] > 0) {
          // From the deviations, as a difference of large sums would lose small associations.
          double expected = (double) byRow[i] * byColumn[j] / n;
          squares += (observed - expected) * (observed - expected) / expected;
        }
      }
    }
    return Math.min(1, Math.sqrt(squares / n / (Math.min(rows, filled) - 1)));
  }

  /**
   * Mutual information of the cells in nats, as observed (C. Shannon, "A Mathematical Theory of
   * Communication", 1948); NaN where there are no rows.
   */
  double mutualInformation() {
    long[] byRow = byRow();
    long[] byColumn = byColumn();
    double n = (double) Arrays.stream(byRow).sum();
    double sum = 0;
    for (int i = 0; i < byRow.length; i++) {
      for (int j = 0; j < byColumn.length; j++) {
        double observed = counts[i * columns + j];
        if (observed > 0) {
          sum += observed / n * Math.log(observed / byRow[i] * (n / byColumn[j]));
        }
      }
    }
    return n == 0 ? Double.NaN : Math.max(0, sum);
  }

  /**
   * At most so much more, in nats, is the mutual information of what share a row of the table with
   * others: the share of the row times the entropy of the second feature there.
   */
  double lostInRow(int row) {
    long[] inRow = Arrays.copyOfRange(counts, row * columns, row * columns + columns - 1);
    return lost(inRow);
  }

  /** The same of a column. */
  double lostInColumn(int column) {
    long[] inColumn = new long[counts.length / columns - 1];
    for (int i = 0; i < inColumn.length; i++) {
      inColumn[i] = counts[i * columns + column];
    }
    return lost(inColumn);
  }

  private double lost(long[] within) {
    Double entropy = Entropy.of(within);
    return entropy == null ? 0 : entropy * Arrays.stream(within).sum() / rows();
  }
}
