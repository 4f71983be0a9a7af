package dev.sluice.statistics;

import org.jspecify.annotations.Nullable;

/**
 * Numbers that read as times: days written as YYYYMMDD from 1900 to 2100, and seconds, milli-,
 * micro- or nanoseconds since 1970 from 1990 to 2100. The ranges are apart, so each number reads in
 * one way at most; a column's is that of most of its numbers. Constant memory; a look at each
 * number only where a batch has any in range.
 */
final class NumberTimes {
  private static final double FIRST_DAY = 19_000_101;
  private static final double LAST_DAY = 21_001_231;
  private static final double YEAR_1990 = 631_152_000;
  private static final double YEAR_2100 = 4_102_444_800.0;
  private static final int UNITS = 4;

  /** Days, then seconds to nanoseconds; each made when needed. */
  private final @Nullable TimeTally[] tallies = new @Nullable TimeTally[1 + UNITS];

  private long numbers;

  /** Adds {@code values[0..n)}, all finite, the least and greatest of which are given. */
  void add(double[] values, int n, double least, double greatest) {
    numbers += n;
    if (greatest < FIRST_DAY) {
      return;
    }
    if (least <= LAST_DAY) {
      days(values, n);
    }
    double unit = 1;
    for (int i = 1; i <= UNITS; i++) {
      if (least < YEAR_2100 * unit && greatest >= YEAR_1990 * unit) {
        instants(values, n, unit, i);
      }
      unit *= 1000;
    }
  }

  private void days(double[] values, int n) {
    for (int i = 0; i < n; i++) {
      double value = values[i];
      if (value >= FIRST_DAY && value <= LAST_DAY) {
        int number = (int) value;
        long day =
            number == value
                ? TimeTally.day(number / 10_000, number / 100 % 100, number % 100)
                : TimeTally.NO_DAY;
        if (day != TimeTally.NO_DAY) {
          tally(0).addDay(day, 1);
        }
      }
    }
  }

  private void instants(double[] values, int n, double unit, int place) {
    TimeTally tally = tally(place);
    double from = YEAR_1990 * unit;
    double to = YEAR_2100 * unit;
    for (int i = 0; i < n; i++) {
      double value = values[i];
      if (value >= from && value < to) {
        tally.add(value / unit, 1);
      }
    }
  }

  private TimeTally tally(int place) {
    TimeTally tally = tallies[place];
    if (tally == null) {
      tally = new TimeTally();
      tallies[place] = tally;
    }
    return tally;
  }

  void merge(NumberTimes other) {
    numbers += other.numbers;
    for (int i = 0; i < tallies.length; i++) {
      TimeTally theirs = other.tallies[i];
      if (theirs != null) {
        tally(i).merge(theirs);
      }
    }
  }

  /** Null where most numbers do not read as times of one kind. */
  @Nullable TimeSummary result() {
    for (TimeTally tally : tallies) {
      TimeSummary result = tally == null ? null : tally.result(numbers);
      if (result != null) {
        return result;
      }
    }
    return null;
  }
}
