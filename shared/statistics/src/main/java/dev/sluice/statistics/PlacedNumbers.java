package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;

/** Numbers in their cells. */
final class PlacedNumbers implements Placed {
  private final Field field;
  private final NumberCells cells;
  private final Scratch scratch;
  private double[] values = new double[0];
  private short[] cellOf = new short[0];

  PlacedNumbers(Field field, NumberCells cells, Scratch scratch) {
    this.field = field;
    this.cells = cells;
    this.scratch = scratch;
  }

  @Override
  public Field field() {
    return field;
  }

  NumberCells cells() {
    return cells;
  }

  @Override
  public int size() {
    return cells.size();
  }

  @Override
  public short[] cellOf() {
    return cellOf;
  }

  /** The number of each row of the batch, arbitrary where it is missing; no negative zero. */
  double[] values() {
    return values;
  }

  /** As many places as the batch has rows, for whoever needs them until the next column. */
  double[] packed() {
    return scratch.packed(values.length);
  }

  @Override
  public void take(Column column) {
    int rows = column.rows();
    values = scratch.values(rows);
    cellOf = scratch.cellOf(rows);
    switch (column) {
      case IntColumn ints -> {
        for (int r = 0; r < rows; r++) {
          values[r] = (double) ints.values()[r];
        }
      }
      case FloatColumn floats -> {
        for (int r = 0; r < rows; r++) {
          values[r] = floats.values()[r] + 0.0;
        }
      }
      case ListColumn _ -> throw new Bug("lists stand where their values are needed");
      case StringColumn _ ->
          throw new BadInput("column " + field.name() + " became STRING between two readings");
    }
    boolean none = column.missing() == 0;
    short missing = (short) missing();
    for (int r = 0; r < rows; r++) {
      cellOf[r] = none || !column.isMissing(r) ? (short) cells.of(values[r]) : missing;
    }
  }
}
