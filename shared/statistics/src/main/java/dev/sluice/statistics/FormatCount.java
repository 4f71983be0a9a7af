package dev.sluice.statistics;

import java.util.Comparator;

/**
 * A format of text and how often it occurs.
 *
 * @param format the shape of the values, see {@link Formats}
 * @param frequency values of that shape, at least 0
 * @param example one of them, the first by text
 */
public record FormatCount(String format, long frequency, String example) {
  /** Most frequent first, equals by format. */
  static final Comparator<FormatCount> MOST_FREQUENT =
      Comparator.comparingLong(FormatCount::frequency)
          .reversed()
          .thenComparing(FormatCount::format);
}
