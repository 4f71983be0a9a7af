package dev.sluice.examples;

import dev.sluice.contracts.ValueType;

/** One column of a batch: a primitive array and which of its rows are present. */
public sealed interface Column permits IntColumn, FloatColumn, StringColumn, ListColumn {
  /** Rows in this column, present or missing. */
  int rows();

  /** True where the row has no value; its place in the array then holds an arbitrary value. */
  boolean isMissing(int row);

  /** Rows without a value. */
  int missing();

  /** The type of the values. */
  ValueType type();
}
