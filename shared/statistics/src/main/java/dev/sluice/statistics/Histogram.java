package dev.sluice.statistics;

import java.util.List;

/**
 * Counts in bins of equal width; the last bin includes {@code high}.
 *
 * @param low the least value
 * @param high the greatest value
 * @param counts one a bin; empty where there are no finite values
 */
public record Histogram(double low, double high, List<Double> counts) {
  public Histogram {
    counts = List.copyOf(counts);
  }
}
