package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;

/**
 * Several values a row: row {@code r} holds the values {@code offsets[r]} to {@code offsets[r + 1]}
 * of {@code values}, in order. A row without any value is missing.
 *
 * @param offsets length at least {@code validity.rows() + 1}, never falling, the first one 0
 * @param values every one present; not itself a list
 */
@SuppressWarnings("ArrayRecordComponent")
public record ListColumn(int[] offsets, Column values, Validity validity) implements Column {
  public ListColumn {
    if (values instanceof ListColumn) {
      throw new Bug("a list of lists is no column");
    }
    if (offsets[validity.rows()] != values.rows()) {
      throw new Bug(
          "lists end at value " + offsets[validity.rows()] + ", there are " + values.rows());
    }
  }

  /**
   * Why one column cannot be put to a use that needs one value a row.
   *
   * @param use such as {@code be the label}
   */
  public static BadInput refused(String column, String use) {
    return new BadInput(
        "column '"
            + column
            + "' holds several values a row, so it cannot "
            + use
            + "; name a column of one value a row, or derive one upstream (the first value, their"
            + " number)");
  }

  /** For readers of one value a row. */
  public static BadInput refused() {
    return new BadInput("a multi-valued column stands where one value a row is needed");
  }

  /** How many values the row has, 0 where it is missing. */
  public int length(int row) {
    return offsets[row + 1] - offsets[row];
  }

  @Override
  public int rows() {
    return validity.rows();
  }

  @Override
  public boolean isMissing(int row) {
    return validity.isMissing(row);
  }

  @Override
  public int missing() {
    return validity.missing();
  }

  @Override
  public ValueType type() {
    return values.type();
  }
}
