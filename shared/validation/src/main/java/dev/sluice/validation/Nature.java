package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.NumberSummary;
import dev.sluice.statistics.ValueCount;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.TimeDomain;

/**
 * Columns that move on by nature: times, running numbers, identifiers, and a number that is the
 * same in a whole batch and steps on with the next. Comparing where their values lie says nothing.
 */
final class Nature {
  private static final double YEAR_1990 = 631_152_000.0;
  private static final double YEAR_2100 = 4_102_444_800.0;
  private static final double NEARLY_UNIQUE = 0.9;
  private static final int YEARS = -1;
  private static final double MOST_STEP = 20;
  private static final Pattern DATE =
      Pattern.compile(
          "(19|20)\\d\\d-[01]\\d(-[0-3]\\d([ T][0-2]\\d:[0-5]\\d(:[0-6]\\d(\\.\\d+)?)?"
              + "( ?(Z|UTC|[+-]\\d\\d:?\\d\\d))?)?)?"
              + "|[0-3]?\\d[./][0-3]?\\d[./](19|20)\\d\\d( [0-2]?\\d:[0-5]\\d(:[0-6]\\d)?)?"
              + "|(19|20)\\d\\d/[01]?\\d/[0-3]?\\d( [0-2]?\\d:[0-5]\\d(:[0-6]\\d)?)?");

  private Nature() {}

  /** The time domain of a column whose values all read as times; null for others. */
  static @Nullable TimeDomain time(FeatureStatistics feature) {
    NumberSummary numbers = feature.numbers();
    if (numbers != null) {
      return epoch(numbers.min(), numbers.max());
    }
    List<ValueCount> top = feature.values().top();
    return !top.isEmpty() && top.stream().allMatch(v -> DATE.matcher(v.value()).matches())
        ? TimeDomain.newBuilder().setStringFormat(format(top.getFirst().value())).build()
        : null;
  }

  private static String format(String value) {
    String text = value.replace('T', ' ');
    String date = text.contains(" ") ? text.substring(0, text.indexOf(' ')) : text;
    String day =
        date.indexOf('-') == 4
            ? date.length() == 7 ? "%Y-%m" : "%Y-%m-%d"
            : date.indexOf('/') == 4 ? "%Y/%m/%d" : date.contains(".") ? "%d.%m.%Y" : "%m/%d/%Y";
    if (date.length() == text.length()) {
      return day;
    }
    String separator = value.indexOf('T') > 0 ? "T" : " ";
    boolean seconds = text.indexOf(':') != text.lastIndexOf(':');
    return day + separator + (seconds ? "%H:%M:%S" : "%H:%M");
  }

  private static @Nullable TimeDomain epoch(double min, double max) {
    TimeDomain.IntegerTimeFormat[] formats = {
      TimeDomain.IntegerTimeFormat.UNIX_SECONDS,
      TimeDomain.IntegerTimeFormat.UNIX_MILLISECONDS,
      TimeDomain.IntegerTimeFormat.UNIX_MICROSECONDS,
      TimeDomain.IntegerTimeFormat.UNIX_NANOSECONDS
    };
    double unit = 1;
    for (TimeDomain.IntegerTimeFormat format : formats) {
      if (min >= YEAR_1990 * unit && max < YEAR_2100 * unit) {
        return TimeDomain.newBuilder().setIntegerFormat(format).build();
      }
      unit *= 1000;
    }
    return null;
  }

  /** Why a feature's values are not compared with the baseline's; null where they are. */
  static @Nullable String movesOn(FeatureStatistics before, FeatureStatistics after) {
    if (time(before) != null && time(after) != null) {
      return "its values are times";
    }
    NumberSummary old = before.numbers();
    NumberSummary now = after.numbers();
    if (old == null || now == null) {
      return nearlyUnique(before) && nearlyUnique(after)
          ? "nearly every value occurs once, as in an identifier"
          : null;
    }
    if (isDay(old) && isDay(now)) {
      return "its values are days written as YYYYMMDD";
    }
    if (before.type() != ValueType.INT || after.type() != ValueType.INT) {
      return null;
    }
    if (isPartOfDate(before, old, after, now)) {
      return "it is a part of a date, and a batch covers a part of the calendar";
    }
    if (old.min() == old.max() && now.min() == now.max() && steps(old.min(), now.min())) {
      return "one number a batch that steps on, as a month or a year does";
    }
    return nearlyUnique(before) && nearlyUnique(after) && isRunning(before, old, after, now)
        ? "it is a running number, in which each batch has a range of its own"
        : null;
  }

  /**
   * True where both ranges are dense, as numbers given out one by one are, or where the second
   * follows the first at the same pace. A wrong unit changes the pace.
   */
  private static boolean isRunning(
      FeatureStatistics before, NumberSummary old, FeatureStatistics after, NumberSummary now) {
    double width = Math.max(1, old.max() - old.min());
    double widthNow = Math.max(1, now.max() - now.min());
    double step = width / before.valueCount();
    double stepNow = widthNow / after.valueCount();
    boolean samePace = Math.abs(Math.log(step / stepNow)) < Math.log(5);
    boolean follows =
        now.min() >= old.median()
            && now.max() > old.max()
            && now.min() - old.max() <= 10 * Math.max(width, widthNow);
    return Math.max(step, stepNow) <= MOST_STEP || (samePace && follows);
  }

  private static boolean steps(double old, double now) {
    return now == old + 1 || (now <= 1 && (old == 6 || old == 7 || old == 12 || old == 23));
  }

  /** By name and range; not where all of the period is there, as 24 hours: then shares compare. */
  private static boolean isPartOfDate(
      FeatureStatistics before, NumberSummary old, FeatureStatistics after, NumberSummary now) {
    Long unique = before.values().unique();
    Long uniqueNow = after.values().unique();
    double min = Math.min(old.min(), now.min());
    double max = Math.max(old.max(), now.max());
    int period = period(after.name().toLowerCase(Locale.ROOT), max);
    if (period == 0 || unique == null || uniqueNow == null || min < 0) {
      return false;
    }
    return period == YEARS
        ? min >= 1900 && max <= 2100
        : max <= period && Math.min(unique, uniqueNow) < 0.95 * period;
  }

  /**
   * True for a part of a date, such as a month or a weekday. Of two of them, which go together is a
   * matter of the days that a batch holds.
   */
  static boolean isPartOfDate(@Nullable FeatureStatistics feature) {
    NumberSummary numbers = feature == null ? null : feature.numbers();
    return feature != null
        && numbers != null
        && feature.type() == ValueType.INT
        && numbers.min() >= 0
        && period(feature.name().toLowerCase(Locale.ROOT), numbers.max()) != 0;
  }

  private static int period(String name, double max) {
    if (names(name, "year")) {
      return max > 366 ? YEARS : 366;
    } else if (names(name, "quarter")) {
      return 4;
    } else if (names(name, "month")) {
      return max > 12 ? 31 : 12;
    } else if (names(name, "weekday")) {
      return 7;
    } else if (names(name, "week")) {
      return max > 7 ? 53 : 7;
    } else if (names(name, "day")) {
      return max > 31 ? 366 : max > 7 ? 31 : 7;
    } else if (names(name, "hour")) {
      return 24;
    }
    return names(name, "minute") ? 60 : 0;
  }

  /** One of the units, not many: {@code shipping_days} is how long, no part of a date. */
  private static boolean names(String name, String unit) {
    for (int at = name.indexOf(unit); at >= 0; at = name.indexOf(unit, at + 1)) {
      int end = at + unit.length();
      if (end == name.length() || name.charAt(end) != 's') {
        return true;
      }
    }
    return false;
  }

  private static boolean isDay(NumberSummary numbers) {
    return day(numbers.min()) && day(numbers.max());
  }

  private static boolean day(double value) {
    long day = (long) value;
    return value == day
        && day / 10_000 >= 1900
        && day / 10_000 <= 2100
        && day / 100 % 100 >= 1
        && day / 100 % 100 <= 12
        && day % 100 >= 1
        && day % 100 <= 31;
  }

  static boolean nearlyUnique(FeatureStatistics feature) {
    Long unique = feature.values().unique();
    return unique != null && feature.count() > 0 && unique >= NEARLY_UNIQUE * feature.valueCount();
  }
}
