package dev.sluice.statistics;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;

/**
 * Gathers the statistics of one feature: {@link #of create}, {@link #add}, {@link #merge}, {@link
 * #result}. Counts, moments, least and greatest values are exact; values and quantiles are exact up
 * to a number of distinct values and carry their error beyond. However the rows are cut into
 * columns, and in whatever order the accumulators are merged, the result is the same: to rounding
 * (1e-12) for moments, within the stated error for the frequencies of heavy values beyond the exact
 * number, bit for bit for all else. Not safe for use by several threads.
 */
public sealed interface FeatureAccumulator
    permits NumberAccumulator, TextAccumulator, ListAccumulator {
  /** Distinct values that are counted exactly unless told otherwise. */
  int EXACT_VALUES = 1 << 14;

  /** Points in {@link NumberSummary#quantiles} of a whole data set. */
  int QUANTILE_POINTS = 257;

  /** An empty accumulator for a column of that type. */
  static FeatureAccumulator of(ValueType type) {
    return of(type, /* base64= */ false);
  }

  /** An empty accumulator for that column, of one value a row or of several. */
  static FeatureAccumulator of(Field field) {
    FeatureAccumulator values = of(field.type(), field.base64());
    return field.repeated() ? new ListAccumulator(values) : values;
  }

  private static FeatureAccumulator of(ValueType type, boolean base64) {
    return switch (type) {
      case INT -> new NumberAccumulator(/* integers= */ true, EXACT_VALUES);
      case FLOAT -> new NumberAccumulator(/* integers= */ false, EXACT_VALUES);
      case STRING -> new TextAccumulator(base64, EXACT_VALUES);
    };
  }

  /** The type of the values in the columns it takes. */
  ValueType type();

  /** Adds every row of a column of its type; a {@code Bug} where the type is another. */
  void add(Column column);

  /** Adds all that another of the same type gathered, which stays as it is. */
  void merge(FeatureAccumulator other);

  /** The statistics so far, under the name of {@code field}. */
  FeatureStatistics result(Field field);
}
