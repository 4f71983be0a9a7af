package dev.sluice.statistics;

import dev.sluice.examples.Column;
import dev.sluice.examples.Field;

/**
 * A feature whose rows are put into cells of the whole's values, once a batch for all that count
 * cells: groups and relations. What it tells of a batch holds until another feature with the same
 * {@link Scratch} takes its column.
 */
sealed interface Placed permits PlacedNumbers, PlacedTexts {
  Field field();

  /** Takes the next batch's column. */
  void take(Column column);

  /** Cells, the one for missing rows included, which is the last. */
  int size();

  /** The cell of each row of the batch. */
  short[] cellOf();

  /** The cell of rows without a value. */
  default int missing() {
    return size() - 1;
  }

  /** Arrays that features use in turn. */
  final class Scratch {
    private double[] values = new double[0];
    private double[] packed = new double[0];
    private short[] cellOf = new short[0];

    double[] values(int rows) {
      values = values.length < rows ? new double[rows] : values;
      return values;
    }

    double[] packed(int rows) {
      packed = packed.length < rows ? new double[rows] : packed;
      return packed;
    }

    short[] cellOf(int rows) {
      cellOf = cellOf.length < rows ? new short[rows] : cellOf;
      return cellOf;
    }
  }

  /** A feature of one value a row, or the values of one of several, when the whole is known. */
  static Placed of(Field field, FeatureAccumulator feature, Scratch scratch) {
    return switch (feature) {
      case NumberAccumulator number -> new PlacedNumbers(field, number.cells(), scratch);
      case TextAccumulator text -> new PlacedTexts(field, text.result(field), scratch);
      case ListAccumulator lists -> of(field, lists.values(), scratch);
    };
  }
}
