package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import java.util.Arrays;

/**
 * The statistics of numbers. A column is first packed into the finite values that are present, so
 * that the loops after it need no test for missing or special values.
 */
final class NumberAccumulator implements FeatureAccumulator {
  private static final int HISTOGRAM_BINS = 10;

  private final boolean integers;
  private final NumberCounts values;
  private final Moments moments = new Moments();
  private final NumberTimes times = new NumberTimes();
  private long count;
  private long missing;
  private long zeros;
  private long nans;
  private long positiveInfinities;
  private long negativeInfinities;
  private double least = Double.POSITIVE_INFINITY;
  private double greatest = Double.NEGATIVE_INFINITY;
  private long up;
  private long down;
  private long same;

  NumberAccumulator(boolean integers, int exactValues) {
    this.integers = integers;
    this.values = new NumberCounts(integers, exactValues);
  }

  @Override
  public ValueType type() {
    return integers ? ValueType.INT : ValueType.FLOAT;
  }

  @Override
  public void add(Column column) {
    switch (column) {
      case IntColumn ints when integers -> addInts(ints);
      case FloatColumn floats when !integers -> addFloats(floats);
      default ->
          throw new Bug("statistics of " + type() + " were given a column of " + column.type());
    }
    count += column.rows() - column.missing();
    missing += column.missing();
  }

  private void addInts(IntColumn column) {
    int rows = column.rows();
    long[] present = column.values();
    int n = rows;
    if (column.missing() > 0) {
      long[] packed = new long[rows - column.missing()];
      n = 0;
      for (int r = 0; n < packed.length; r++) {
        if (!column.isMissing(r)) {
          packed[n++] = present[r];
        }
      }
      present = packed;
    }
    double[] doubles = new double[n];
    for (int i = 0; i < n; i++) {
      doubles[i] = (double) present[i];
    }
    values.add(present, n);
    addSteps(present, n);
    addFinite(doubles, n);
  }

  private void addFloats(FloatColumn column) {
    int rows = column.rows();
    double[] from = column.values();
    double[] finite = new double[rows - column.missing()];
    int n = 0;
    if (column.missing() == 0) {
      for (int r = 0; r < rows; r++) {
        double value = from[r];
        if (Double.isFinite(value)) {
          finite[n++] = value + 0.0;
        } else {
          special(value);
        }
      }
    } else {
      for (int r = 0; r < rows; r++) {
        if (!column.isMissing(r)) {
          double value = from[r];
          if (Double.isFinite(value)) {
            finite[n++] = value + 0.0;
          } else {
            special(value);
          }
        }
      }
    }
    values.add(finite, n);
    addSteps(finite, n);
    addFinite(finite, n);
  }

  private void addSteps(long[] values, int n) {
    int more = 0;
    int less = 0;
    for (int i = 1; i < n; i++) {
      more += values[i] > values[i - 1] ? 1 : 0;
      less += values[i] < values[i - 1] ? 1 : 0;
    }
    addSteps(n, more, less);
  }

  private void addSteps(double[] values, int n) {
    int more = 0;
    int less = 0;
    for (int i = 1; i < n; i++) {
      more += values[i] > values[i - 1] ? 1 : 0;
      less += values[i] < values[i - 1] ? 1 : 0;
    }
    addSteps(n, more, less);
  }

  private void addSteps(int n, int more, int less) {
    up += more;
    down += less;
    same += Math.max(0, n - 1) - more - less;
  }

  private void special(double value) {
    if (Double.isNaN(value)) {
      nans++;
    } else if (value > 0) {
      positiveInfinities++;
    } else {
      negativeInfinities++;
    }
  }

  private void addFinite(double[] finite, int n) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    int zero = 0;
    for (int i = 0; i < n; i++) {
      double value = finite[i];
      low = Math.min(low, value);
      high = Math.max(high, value);
      zero += value == 0 ? 1 : 0;
    }
    least = Math.min(least, low);
    greatest = Math.max(greatest, high);
    zeros += zero;
    moments.add(finite, n, low, high);
    times.add(finite, n, low, high);
  }

  @Override
  public void merge(FeatureAccumulator other) {
    if (!(other instanceof NumberAccumulator that) || that.integers != integers) {
      throw new Bug("statistics of " + type() + " cannot take in those of " + other.type());
    }
    values.merge(that.values);
    moments.merge(that.moments);
    times.merge(that.times);
    count += that.count;
    missing += that.missing;
    zeros += that.zeros;
    nans += that.nans;
    positiveInfinities += that.positiveInfinities;
    negativeInfinities += that.negativeInfinities;
    least = Math.min(least, that.least);
    greatest = Math.max(greatest, that.greatest);
    up += that.up;
    down += that.down;
    same += that.same;
  }

  @Override
  public FeatureStatistics result(Field field) {
    NumberCounts.Sorted sorted = values.sorted();
    boolean none = moments.count() == 0;
    NumberSummary numbers =
        new NumberSummary(
            zeros,
            positiveInfinities,
            negativeInfinities,
            nans,
            moments.mean(),
            moments.standardDeviation(),
            none ? Double.NaN : least,
            sorted.median(least, greatest),
            none ? Double.NaN : greatest,
            moments.skewness(),
            moments.excessKurtosis(),
            sorted.quantiles(QUANTILE_POINTS, least, greatest),
            sorted.histogram(HISTOGRAM_BINS, least, greatest));
    return new FeatureStatistics(
        field.name(),
        type(),
        count,
        missing,
        values.result(sorted),
        numbers,
        /* text= */ null,
        /* lists= */ null,
        times.result(),
        new Steps(up, down, same));
  }

  /** Mean and standard deviation of the finite values, and more. */
  Moments moments() {
    return moments;
  }

  /** The ranks of the finite values among each other. */
  Ranks ranks() {
    return values.ranks();
  }

  /**
   * Cells that groups count in: each distinct number where they are few, else between quantiles.
   */
  NumberCells cells() {
    NumberCounts.Sorted sorted = values.sorted();
    if (sorted.valueError() == 0 && sorted.size() < QUANTILE_POINTS) {
      double[] numbers = sorted.low();
      if (Arrays.stream(numbers).distinct().count() == numbers.length) {
        return NumberCells.ofNumbers(numbers, integers);
      }
    }
    return NumberCells.between(sorted.quantiles(QUANTILE_POINTS, least, greatest), integers);
  }
}
