package dev.sluice.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts times by hour and weekday. Constant memory; merging in any order gives the same. */
final class TimeTally {
  private static final int SECONDS_A_DAY = 86_400;
  private static final int SECONDS_AN_HOUR = 3600;

  /** 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday. */
  private static final int FIRST_WEEKDAY = 3;

  /** Times are a column's nature where they are nine in ten of its values. */
  private static final int MOSTLY_OF_TEN = 9;

  private long count;
  private double earliest = Double.POSITIVE_INFINITY;
  private double latest = Double.NEGATIVE_INFINITY;

  /** The last place counts days, of which no hour is known. */
  private final long[] hours = new long[25];

  private final long[] weekdays = new long[7];

  /**
   * Adds a time of day.
   *
   * @param seconds since 1970-01-01T00:00:00Z
   */
  void add(double seconds, long times) {
    long whole = (long) Math.floor(seconds);
    int ofDay = (int) Math.floorMod(whole, (long) SECONDS_A_DAY);
    add(seconds, Math.floorDiv(whole, (long) SECONDS_A_DAY), ofDay / SECONDS_AN_HOUR, times);
  }

  /**
   * Adds a day.
   *
   * @param days since 1970-01-01
   */
  void addDay(long days, long times) {
    add((double) days * SECONDS_A_DAY, days, hours.length - 1, times);
  }

  private void add(double seconds, long days, int hour, long times) {
    count += times;
    earliest = Math.min(earliest, seconds);
    latest = Math.max(latest, seconds);
    hours[hour] += times;
    weekdays[(int) Math.floorMod(days + FIRST_WEEKDAY, 7L)] += times;
  }

  void merge(TimeTally other) {
    count += other.count;
    earliest = Math.min(earliest, other.earliest);
    latest = Math.max(latest, other.latest);
    for (int i = 0; i < hours.length; i++) {
      hours[i] += other.hours[i];
    }
    for (int i = 0; i < weekdays.length; i++) {
      weekdays[i] += other.weekdays[i];
    }
  }

  long count() {
    return count;
  }

  /**
   * What was counted, where it is most of {@code values}; else null.
   *
   * @param values of the column, whether they read as times or not
   */
  @Nullable TimeSummary result(long values) {
    if (count == 0 || 10 * count < MOSTLY_OF_TEN * values) {
      return null;
    }
    boolean days = hours[hours.length - 1] == count;
    return new TimeSummary(
        count,
        earliest,
        latest,
        days ? List.of() : list(Arrays.copyOf(hours, hours.length - 1)),
        list(weekdays));
  }

  private static List<Long> list(long[] counts) {
    List<Long> list = new ArrayList<>();
    for (long each : counts) {
      list.add(each);
    }
    return list;
  }

  /** Days from 1970-01-01 to a day of the Gregorian calendar; {@link #NO_DAY} where none is. */
  static long day(int year, int month, int day) {
    if (month < 1 || month > 12 || day < 1 || day > length(year, month)) {
      return NO_DAY;
    }
    // H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021): years begin in March.
    int shifted = month <= 2 ? year - 1 : year;
    int era = Math.floorDiv(shifted, 400);
    int ofEra = shifted - era * 400;
    int ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146_097L + ofEra * 365L + ofEra / 4 - ofEra / 100 + ofYear - 719_468;
  }

  /** What {@link #day} answers where the calendar has no such day. */
  static final long NO_DAY = Long.MIN_VALUE;

  private static int length(int year, int month) {
    if (month == 2) {
      return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }
}
