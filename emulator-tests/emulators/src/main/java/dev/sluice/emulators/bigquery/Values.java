package dev.sluice.emulators.bigquery;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads GoogleSQL's canonical texts of dates, times and numbers. */
final class Values {
  private static final Pattern TIMES =
      Pattern.compile(
          "(?:(\\d{4})-(\\d{1,2})-(\\d{1,2}))?(?:[ Tt]?(\\d{1,2}):(\\d{1,2}):(\\d{1,2})(?:\\.(\\d{0,9}))?)?"
              + "\\s?([zZ]|UTC|[+-]\\d{1,2}(?::?\\d{2})?|[A-Za-z_]+/[A-Za-z_/]+)?");

  private Values() {}

  static double parseDouble(String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "nan" -> Double.NaN;
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> {
        if (!text.strip().matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
          throw new IllegalArgumentException("not a number: " + text);
        }
        yield Double.parseDouble(text.strip());
      }
    };
  }

  /**
   * The text in the one form that DuckDB reads the same way; TIMESTAMP in UTC with a zone.
   *
   * @throws IllegalArgumentException where BigQuery would not read it
   */
  static String canonical(SqlType type, String text) {
    Matcher m = TIMES.matcher(text.strip());
    if (!m.matches() || text.isBlank()) {
      throw new IllegalArgumentException("not a " + type + ": " + text);
    }
    try {
      boolean hasTime = m.group(4) != null;
      LocalTime time =
          hasTime
              ? LocalTime.of(
                  Integer.parseInt(m.group(4)),
                  Integer.parseInt(m.group(5)),
                  Integer.parseInt(m.group(6)),
                  fraction(m.group(7)))
              : LocalTime.MIDNIGHT;
      if (type.is(SqlType.Kind.TIME)) {
        if (m.group(1) != null || !hasTime || m.group(8) != null) {
          throw new IllegalArgumentException("not a TIME: " + text);
        }
        return clock(time);
      }
      if (m.group(1) == null) {
        throw new IllegalArgumentException("not a " + type + ": " + text);
      }
      LocalDate date =
          LocalDate.of(
              Integer.parseInt(m.group(1)),
              Integer.parseInt(m.group(2)),
              Integer.parseInt(m.group(3)));
      if (type.is(SqlType.Kind.DATE)) {
        if (hasTime || m.group(8) != null) {
          throw new IllegalArgumentException("not a DATE: " + text);
        }
        return date.toString();
      }
      LocalDateTime at = date.atTime(time);
      if (type.is(SqlType.Kind.DATETIME)) {
        if (m.group(8) != null) {
          throw new IllegalArgumentException("not a DATETIME: " + text);
        }
        return at.toLocalDate() + " " + clock(time);
      }
      ZonedDateTime utc = at.atZone(zone(m.group(8))).withZoneSameInstant(ZoneOffset.UTC);
      return utc.toLocalDate() + " " + clock(utc.toLocalTime()) + "+00";
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("not a " + type + ": " + text, e);
    }
  }

  private static ZoneId zone(@org.jspecify.annotations.Nullable String zone) {
    if (zone == null || zone.equalsIgnoreCase("z") || zone.equals("UTC")) {
      return ZoneOffset.UTC;
    }
    if (zone.charAt(0) == '+' || zone.charAt(0) == '-') {
      String digits = zone.substring(1);
      String hours = digits.contains(":") ? digits.substring(0, digits.indexOf(':')) : digits;
      String minutes = digits.contains(":") ? digits.substring(digits.indexOf(':') + 1) : "00";
      if (hours.length() == 4) {
        minutes = hours.substring(2);
        hours = hours.substring(0, 2);
      }
      return ZoneId.of(
          zone.charAt(0) + (hours.length() == 1 ? "0" + hours : hours) + ":" + minutes);
    }
    return ZoneId.of(zone);
  }

  private static int fraction(@org.jspecify.annotations.Nullable String digits) {
    return digits == null || digits.isEmpty()
        ? 0
        : Integer.parseInt((digits + "000000000").substring(0, 9)) / 1000 * 1000;
  }

  static String clock(LocalTime time) {
    int micros = time.getNano() / 1000;
    return String.format(
            Locale.ROOT, "%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond())
        + (micros == 0 ? "" : String.format(Locale.ROOT, ".%06d", micros));
  }
}
