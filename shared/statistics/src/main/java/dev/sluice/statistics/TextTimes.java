package dev.sluice.statistics;

import org.jspecify.annotations.Nullable;

/**
 * Texts that read as times: RFC 3339 and ISO 8601 dates ({@code 2026-11}, {@code 2026-11-01},
 * {@code 2026-11-01T12:00:00.5Z}, a blank for the T, an offset such as {@code +01:00} or none),
 * {@code 2026/11/1}, {@code 1.11.2026}, {@code 11/1/2026} and {@code 1/11/2026} with hours and
 * minutes and, if at all, seconds and AM or PM. Whether the day or the month comes first before
 * slashes and hyphens is told by the column: the order in which more texts are days of the
 * calendar, the month first where both are. Times without a zone are taken as UTC. One look at each
 * distinct text of a batch, constant memory.
 */
final class TextTimes {
  private static final int SHORTEST = 7;
  private static final int LONGEST = 40;
  private static final int FIRST_YEAR = 1800;
  private static final int LAST_YEAR = 2199;
  private static final int SECONDS_A_DAY = 86_400;

  private final TimeTally sure = new TimeTally();
  private final TimeTally monthFirst = new TimeTally();
  private final TimeTally dayFirst = new TimeTally();

  private String text = "";
  private int at;

  /** Adds a text that occurs so many times. */
  void add(String value, long times) {
    int length = value.length();
    if (length < SHORTEST || length > LONGEST || !isDigit(value.charAt(0))) {
      return;
    }
    text = value;
    at = 0;
    int first = number(4);
    int digits = at;
    if (at == length) {
      return;
    }
    char separator = value.charAt(at++);
    if (digits == 4 && (separator == '-' || separator == '/')) {
      yearFirst(first, separator, times);
    } else if (digits <= 2 && (separator == '.' || separator == '/' || separator == '-')) {
      yearLast(first, separator, times);
    }
  }

  private void yearFirst(int year, char separator, long times) {
    int from = at;
    int month = number(2);
    boolean two = at - from == 2;
    if (at == text.length()) {
      if (separator == '-' && two) {
        add(sure, day(year, month, 1), times);
      }
      return;
    }
    if (text.charAt(at++) != separator) {
      return;
    }
    from = at;
    int day = number(2);
    // Hyphens with one digit are no ISO 8601, and more often numbers of something else.
    if (separator == '/' || (two && at - from == 2)) {
      add(sure, day(year, month, day), times);
    }
  }

  private void yearLast(int first, char separator, long times) {
    int second = number(2);
    if (at == text.length() || text.charAt(at++) != separator) {
      return;
    }
    int from = at;
    int year = number(4);
    if (at - from != 4) {
      return;
    }
    int rest = at;
    if (separator == '.') {
      add(sure, day(year, second, first), times);
      return;
    }
    add(monthFirst, day(year, first, second), times);
    at = rest;
    add(dayFirst, day(year, second, first), times);
  }

  private static long day(int year, int month, int day) {
    return year < FIRST_YEAR || year > LAST_YEAR
        ? TimeTally.NO_DAY
        : TimeTally.day(year, month, day);
  }

  /** Adds a day where nothing follows, a time where one does, nothing where anything else does. */
  private void add(TimeTally tally, long day, long times) {
    if (day == TimeTally.NO_DAY) {
      return;
    }
    if (at == text.length()) {
      tally.addDay(day, times);
      return;
    }
    double ofDay = timeOfDay();
    if (at == text.length() && !Double.isNaN(ofDay)) {
      tally.add((double) day * SECONDS_A_DAY + ofDay, times);
    }
  }

  /** Seconds since midnight UTC, below 0 or beyond a day where the zone makes it so; else NaN. */
  private double timeOfDay() {
    char between = text.charAt(at++);
    int from = at;
    int hour = number(2);
    if ((between != ' ' && between != 'T' && between != 't') || at == from || !take(':')) {
      return Double.NaN;
    }
    from = at;
    int minute = number(2);
    if (at - from != 2 || hour > 23 || minute > 59) {
      return Double.NaN;
    }
    double seconds = 0;
    if (take(':')) {
      from = at;
      seconds = number(2);
      if (at - from != 2 || seconds > 60) {
        return Double.NaN;
      }
      // A leap second has no place of its own in seconds since 1970.
      seconds = Math.min(seconds, 59);
      if (take('.')) {
        double part = 1;
        for (from = at; at < text.length() && isDigit(text.charAt(at)); at++) {
          part /= 10;
          seconds += part * (text.charAt(at) - '0');
        }
        if (at == from) {
          return Double.NaN;
        }
      }
    }
    int half = half(hour);
    int zone = half < 0 ? zone() : 0;
    if (zone == NO_ZONE) {
      return Double.NaN;
    }
    return (half < 0 ? hour : half) * 3600 + minute * 60 + seconds - zone;
  }

  private static final int NO_ZONE = Integer.MIN_VALUE;

  /** The hour of 24 where AM or PM ends the text; else -1. */
  private int half(int hour) {
    String rest = text.substring(at).stripLeading();
    boolean morning = rest.equalsIgnoreCase("AM");
    if (hour < 1 || hour > 12 || (!morning && !rest.equalsIgnoreCase("PM"))) {
      return -1;
    }
    at = text.length();
    return hour % 12 + (morning ? 0 : 12);
  }

  /** Seconds that the zone is ahead of UTC, 0 where none is given. */
  private int zone() {
    boolean blank = take(' ');
    if (at == text.length()) {
      return blank ? NO_ZONE : 0;
    }
    if (text.startsWith("UTC", at)) {
      at += 3;
      return 0;
    }
    char sign = text.charAt(at++);
    if (sign == 'Z' || sign == 'z') {
      return 0;
    }
    int from = at;
    int hours = number(2);
    boolean whole = at - from == 2;
    take(':');
    from = at;
    int minutes = number(2);
    if ((sign != '+' && sign != '-') || !whole || at - from != 2 || hours > 18 || minutes > 59) {
      return NO_ZONE;
    }
    int seconds = hours * 3600 + minutes * 60;
    return sign == '-' ? -seconds : seconds;
  }

  private boolean take(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  /** The value of the digits there, at most so many; 0 where there are none. */
  private int number(int most) {
    int value = 0;
    for (int i = 0; i < most && at < text.length() && isDigit(text.charAt(at)); i++) {
      value = 10 * value + (text.charAt(at++) - '0');
    }
    return value;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  void merge(TextTimes other) {
    sure.merge(other.sure);
    monthFirst.merge(other.monthFirst);
    dayFirst.merge(other.dayFirst);
  }

  /**
   * Null where most texts do not read as times.
   *
   * @param texts of the column
   */
  @Nullable TimeSummary result(long texts) {
    TimeTally all = new TimeTally();
    all.merge(sure);
    all.merge(dayFirst.count() > monthFirst.count() ? dayFirst : monthFirst);
    return all.result(texts);
  }
}
