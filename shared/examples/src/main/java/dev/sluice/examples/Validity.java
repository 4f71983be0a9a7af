package dev.sluice.examples;

import org.jspecify.annotations.Nullable;

/**
 * Which rows of a column are present, one bit a row, 64 to a word, lowest bit first. A column
 * without missing values holds no words at all, so that hot loops may skip the test.
 */
public final class Validity {
  private final long @Nullable [] words;
  private final int rows;
  private final int missing;

  private Validity(long @Nullable [] words, int rows, int missing) {
    this.words = words;
    this.rows = rows;
    this.missing = missing;
  }

  /** Every one of {@code rows} rows is present. */
  public static Validity all(int rows) {
    return new Validity(null, rows, 0);
  }

  /**
   * The rows whose bits are set are present.
   *
   * @param words bit set = present; length at least {@code (rows + 63) / 64}; not copied
   */
  public static Validity of(long[] words, int rows) {
    int present = 0;
    for (int i = 0; i < rows >> 6; i++) {
      present += Long.bitCount(words[i]);
    }
    if ((rows & 63) != 0) {
      present += Long.bitCount(words[rows >> 6] & ((1L << (rows & 63)) - 1));
    }
    return present == rows ? all(rows) : new Validity(words, rows, rows - present);
  }

  /** Rows covered. */
  public int rows() {
    return rows;
  }

  /** Rows that are missing. */
  public int missing() {
    return missing;
  }

  /** True where {@code row} has no value. */
  public boolean isMissing(int row) {
    long[] present = words;
    return present != null && (present[row >> 6] >>> row & 1) == 0;
  }
}
