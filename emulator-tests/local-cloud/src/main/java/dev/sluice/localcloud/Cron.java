package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A line of five fields as Cloud Scheduler takes it from unix cron: minute, hour, day of the month,
 * month and day of the week (0 or 7 is Sunday), each {@code *}, a number, a range {@code 1-5}, a
 * step {@code *}{@code /5} or {@code 1-30/5}, or a list of these. Where both days are given, either
 * will do. Times are UTC; names of months and days are refused.
 */
final class Cron {
  private final String line;
  private final List<BitSet> fields = new ArrayList<>();
  private final boolean anyDay;
  private final boolean anyWeekday;

  private Cron(String line) {
    this.line = line;
    String[] parts = line.strip().split("\\s+", -1);
    if (parts.length != 5) {
      throw new BadInput(
          "schedule '"
              + line
              + "' has "
              + parts.length
              + " fields; it must have minute, hour, day, month and day of the week");
    }
    int[] least = {0, 0, 1, 1, 0};
    int[] most = {59, 23, 31, 12, 7};
    for (int i = 0; i < parts.length; i++) {
      fields.add(field(parts[i], least[i], most[i]));
    }
    if (fields.get(4).get(7)) {
      fields.get(4).set(0);
    }
    anyDay = parts[2].startsWith("*");
    anyWeekday = parts[4].startsWith("*");
  }

  /**
   * @throws BadInput naming the line and the field
   */
  static Cron parse(String line) {
    return new Cron(line);
  }

  /** True for the line that means each minute. */
  boolean eachMinute() {
    return line.strip().matches("\\*(\\s+\\*){4}");
  }

  /** Whether that minute is meant. */
  boolean matches(ZonedDateTime time) {
    ZonedDateTime utc = time.withZoneSameInstant(ZoneOffset.UTC);
    boolean day = fields.get(2).get(utc.getDayOfMonth());
    boolean weekday = fields.get(4).get(utc.getDayOfWeek().getValue() % 7);
    return fields.get(0).get(utc.getMinute())
        && fields.get(1).get(utc.getHour())
        && fields.get(3).get(utc.getMonthValue())
        && ((anyDay || anyWeekday) ? (day && weekday) : (day || weekday));
  }

  private BitSet field(String text, int least, int most) {
    BitSet out = new BitSet();
    for (String part : text.split(",", -1)) {
      if (!part.matches("(\\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[1-9][0-9]?)?")) {
        throw refuse(part, least, most);
      }
      String[] step = part.split("/", -1);
      String[] range = step[0].split("-", -1);
      int from = range[0].equals("*") ? least : Integer.parseInt(range[0]);
      int to =
          range[0].equals("*") || (range.length == 1 && step.length > 1)
              ? most
              : Integer.parseInt(range[range.length - 1]);
      if (from < least || to > most || from > to) {
        throw refuse(part, least, most);
      }
      for (int i = from; i <= to; i += step.length > 1 ? Integer.parseInt(step[1]) : 1) {
        out.set(i);
      }
    }
    return out;
  }

  private BadInput refuse(String part, int least, int most) {
    return new BadInput(
        "schedule '"
            + line
            + "': '"
            + part
            + "' is no number, range or step in ["
            + least
            + ", "
            + most
            + "]");
  }
}
