package dev.sluice.validation;

import dev.sluice.examples.Column;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.NumberSummary;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.TimeDomain;

/**
 * The column that says when a row happened, for things that begin at a moment in rows that are not
 * in the order of time. Texts without a zone are UTC.
 *
 * @param perSecond of a numeric column's unit, 1000 for milliseconds
 */
record TimeAxis(String column, double perSecond) {
  private static final double LEAST_PRESENT = 0.9;
  private static final Pattern TEXT =
      Pattern.compile(
          "(?:(\\d{4})[-/](\\d\\d?)(?:[-/](\\d\\d?))?|(\\d\\d?)\\.(\\d\\d?)\\.(\\d{4})"
              + "|(\\d\\d?)/(\\d\\d?)/(\\d{4}))"
              + "(?:[ T](\\d\\d?):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?)?"
              + " ?(Z|UTC|[+-]\\d\\d:?\\d\\d)?");

  /** The column of most distinct times; null where no column holds times. */
  static @Nullable TimeAxis of(DatasetStatistics batch) {
    TimeAxis best = null;
    long most = 1;
    for (FeatureStatistics feature : batch.features()) {
      TimeDomain domain =
          feature.repeated() || feature.count() == 0 || feature.presence() < LEAST_PRESENT
              ? null
              : Nature.time(feature);
      Long unique = feature.values().unique();
      if (domain != null && unique != null && unique > most) {
        most = unique;
        best = new TimeAxis(feature.name(), perSecond(domain, feature.numbers()));
      }
    }
    return best;
  }

  private static double perSecond(TimeDomain domain, @Nullable NumberSummary numbers) {
    if (numbers == null) {
      return 1;
    }
    return switch (domain.getIntegerFormat()) {
      case UNIX_MILLISECONDS -> 1e3;
      case UNIX_MICROSECONDS -> 1e6;
      case UNIX_NANOSECONDS -> 1e9;
      default -> 1;
    };
  }

  /** Of each row, seconds since 1970-01-01T00:00:00Z; NaN where that is not known. */
  double[] seconds(RowLook.Rows rows) {
    double[] seconds = new double[rows.count()];
    Column times = rows.batch().column(column);
    double[] ofCode =
        times instanceof StringColumn texts ? parsed(texts.dictionary()) : new double[0];
    for (int row = 0; row < seconds.length; row++) {
      seconds[row] =
          times == null || times.isMissing(row)
              ? Double.NaN
              : switch (times) {
                case IntColumn numbers -> numbers.values()[row] / perSecond;
                case FloatColumn numbers -> numbers.values()[row] / perSecond;
                case StringColumn texts -> ofCode[texts.codes()[row]];
                case ListColumn lists -> Double.NaN;
              };
    }
    return seconds;
  }

  private static double[] parsed(List<String> texts) {
    double[] seconds = new double[texts.size()];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = parse(texts.get(i));
    }
    return seconds;
  }

  /** Seconds since 1970-01-01T00:00:00Z; NaN where the text is no time. */
  static double parse(String text) {
    Matcher found = TEXT.matcher(text);
    if (!found.matches()) {
      return Double.NaN;
    }
    int year = number(found, 1) + number(found, 6) + number(found, 9);
    int month = number(found, 2) + number(found, 5) + number(found, 7);
    int day = number(found, 3) + number(found, 4) + number(found, 8);
    try {
      LocalDateTime time =
          LocalDateTime.of(
              year,
              month,
              day == 0 ? 1 : day,
              number(found, 10),
              number(found, 11),
              number(found, 12));
      String zone = found.group(14);
      ZoneOffset offset = zone == null || zone.equals("UTC") ? ZoneOffset.UTC : ZoneOffset.of(zone);
      String fraction = found.group(13);
      return time.toEpochSecond(offset)
          + (fraction == null ? 0 : Double.parseDouble("0." + fraction));
    } catch (DateTimeException e) {
      return Double.NaN;
    }
  }

  private static int number(Matcher found, int group) {
    String digits = found.group(group);
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  /** As people read it, to the second. */
  static String words(double seconds) {
    return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
        .withZone(ZoneOffset.UTC)
        .format(Instant.ofEpochSecond((long) Math.floor(seconds)));
  }
}
