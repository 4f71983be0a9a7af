package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.LocalDate;

/**
 * Dates and times as ISO 8601 texts, written into bytes: {@code 2026-11-01}, {@code 12:00:00},
 * {@code 2026-11-01T12:00:00}, and with {@code Z} the RFC 3339 text of an instant. A fraction
 * stands only where there is one, without zeros at its end. Years outside 0 to 9999 have a sign, as
 * in {@link LocalDate#toString}.
 *
 * <p>Days to dates by H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021).
 */
final class IsoTimes {
  /** Room that the longest text needs. */
  static final int LONGEST = 48;

  static final long NANOS_A_DAY = 86_400_000_000_000L;

  private static final int SECONDS_A_DAY = 86_400;
  private static final int NANOS = 1_000_000_000;

  /** Days from 0000-03-01 to 1970-01-01. */
  private static final long EPOCH = 719_468;

  /** Days of 400 years. */
  private static final int ERA = 146_097;

  private IsoTimes() {}

  /**
   * Writes a date.
   *
   * @param days since 1970-01-01
   * @return after the last byte
   */
  static int date(byte[] to, int at, long days) {
    long shifted = days + EPOCH;
    long era = Math.floorDiv(shifted, ERA);
    int day = (int) (shifted - era * ERA);
    int year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    int ofYear = day - (365 * year + year / 4 - year / 100);
    int march = (5 * ofYear + 2) / 153;
    int month = march < 10 ? march + 3 : march - 9;
    long full = era * 400 + year + (month <= 2 ? 1 : 0);
    if (full < 0 || full > 9999) {
      byte[] text = LocalDate.ofEpochDay(days).toString().getBytes(US_ASCII);
      System.arraycopy(text, 0, to, at, text.length);
      return at + text.length;
    }
    int i = two(to, at, (int) full / 100);
    i = two(to, i, (int) full % 100);
    to[i++] = '-';
    i = two(to, i, month);
    to[i++] = '-';
    return two(to, i, ofYear - (153 * march + 2) / 5 + 1);
  }

  /**
   * Writes a time of day.
   *
   * @param nanos since midnight, below {@link #NANOS_A_DAY}
   * @return after the last byte
   */
  static int time(byte[] to, int at, long nanos) {
    return time(to, at, (int) (nanos / NANOS), (int) (nanos % NANOS));
  }

  private static int time(byte[] to, int at, int seconds, int nanos) {
    int i = two(to, at, seconds / 3600);
    to[i++] = ':';
    i = two(to, i, seconds / 60 % 60);
    to[i++] = ':';
    i = two(to, i, seconds % 60);
    if (nanos == 0) {
      return i;
    }
    int digits = 9;
    int rest = nanos;
    while (rest % 10 == 0) {
      rest /= 10;
      digits--;
    }
    to[i] = '.';
    for (int k = i + digits; k > i; k--) {
      to[k] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return i + digits + 1;
  }

  /**
   * Writes a date and a time of day.
   *
   * @param units since 1970-01-01T00:00:00
   * @param unitsASecond 1000, 1,000,000 or 1,000,000,000
   * @param utc true for an instant, which ends with {@code Z}
   * @return after the last byte
   */
  static int dateTime(byte[] to, int at, long units, int unitsASecond, boolean utc) {
    long seconds = Math.floorDiv(units, unitsASecond);
    int nanos = (int) (units - seconds * unitsASecond) * (NANOS / unitsASecond);
    long days = Math.floorDiv(seconds, SECONDS_A_DAY);
    int i = date(to, at, days);
    to[i++] = 'T';
    i = time(to, i, (int) (seconds - days * SECONDS_A_DAY), nanos);
    if (utc) {
      to[i++] = 'Z';
    }
    return i;
  }

  private static int two(byte[] to, int at, int value) {
    to[at] = (byte) ('0' + value / 10);
    to[at + 1] = (byte) ('0' + value % 10);
    return at + 2;
  }
}
