package dev.sluice.statistics;

import java.util.Comparator;

/**
 * A value, as text, and how often it occurs.
 *
 * @param frequency at least 0
 */
public record ValueCount(String value, long frequency) {
  /** Most frequent first, equals by text. */
  static final Comparator<ValueCount> MOST_FREQUENT =
      Comparator.comparingLong(ValueCount::frequency).reversed().thenComparing(ValueCount::value);
}
