package dev.sluice.statistics;

import java.util.List;

/**
 * What a feature that holds times has. Times without a zone are taken as UTC.
 *
 * @param count values that read as times
 * @param earliest seconds since 1970-01-01T00:00:00Z
 * @param latest seconds since 1970-01-01T00:00:00Z
 * @param hours values in each of the 24 hours of the day; empty where the values are days
 * @param weekdays values on each of the 7 days of the week, Monday first
 */
public record TimeSummary(
    long count, double earliest, double latest, List<Long> hours, List<Long> weekdays) {
  public TimeSummary {
    hours = List.copyOf(hours);
    weekdays = List.copyOf(weekdays);
  }
}
