package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Tells which rows lie at or after a moment. */
final class TimeSplit {
  private final String column;
  private final String from;

  TimeSplit(String column, String from) {
    this.column = column;
    this.from = from;
  }

  boolean[] eval(ExampleBatch batch) {
    boolean[] eval = new boolean[batch.rows()];
    Column times = batch.column(column);
    switch (times) {
      case null -> {}
      case IntColumn ints -> {
        double least = number();
        for (int r = 0; r < eval.length; r++) {
          eval[r] = !ints.isMissing(r) && ints.values()[r] >= least;
        }
      }
      case FloatColumn floats -> {
        double least = number();
        for (int r = 0; r < eval.length; r++) {
          eval[r] = !floats.isMissing(r) && floats.values()[r] >= least;
        }
      }
      case StringColumn texts -> {
        Instant least = time(from);
        if (least == null) {
          throw new BadInput(
              "split.eval_from is '"
                  + from
                  + "', but column "
                  + column
                  + " holds texts; write a time such as 2026-11-01 or 2026-11-01T12:00:00Z");
        }
        boolean[] ofCode = new boolean[texts.dictionary().size()];
        for (int code = 0; code < ofCode.length; code++) {
          Instant time = time(texts.dictionary().get(code));
          ofCode[code] = time != null && !time.isBefore(least);
        }
        for (int r = 0; r < eval.length; r++) {
          eval[r] = !texts.isMissing(r) && ofCode[texts.codes()[r]];
        }
      }
      case ListColumn _ -> throw ListColumn.refused(column, "tell the time of a split");
    }
    return eval;
  }

  private double number() {
    try {
      return Double.parseDouble(from);
    } catch (NumberFormatException e) {
      throw new BadInput(
          "split.eval_from is '"
              + from
              + "', but column "
              + column
              + " holds numbers; write a number",
          e);
    }
  }

  /** A date, a date and time, or one with an offset; null where it is none. */
  private static @Nullable Instant time(String text) {
    String iso = text.strip().replace(' ', 'T');
    try {
      if (iso.length() <= 10) {
        return LocalDate.parse(iso).atStartOfDay(ZoneOffset.UTC).toInstant();
      }
      if (iso.endsWith("Z") || iso.lastIndexOf('+') > 10 || iso.lastIndexOf('-') > 10) {
        return OffsetDateTime.parse(iso).toInstant();
      }
      return LocalDateTime.parse(iso.endsWith("TUTC") ? iso.substring(0, iso.length() - 4) : iso)
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
