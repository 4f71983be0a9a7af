package dev.sluice.examples;

import dev.sluice.contracts.ValueType;

/**
 * 64-bit floating point numbers; NaN and infinities are values, not missing.
 *
 * @param values length at least {@code validity.rows()}; the holder of the column must not change
 *     it
 */
@SuppressWarnings("ArrayRecordComponent")
public record FloatColumn(double[] values, Validity validity) implements Column {
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
    return ValueType.FLOAT;
  }
}
