package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import java.util.List;

/**
 * What a batch is compared with.
 *
 * @param whole statistics of all its rows
 * @param groups statistics of its groups, {@code slice} being {@code column=value}
 */
public record Baseline(DatasetStatistics whole, List<DatasetStatistics> groups) {
  public Baseline {
    groups = List.copyOf(groups);
  }
}
