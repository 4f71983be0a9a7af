package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.Relations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of a batch.
 *
 * @param whole statistics of all its rows
 * @param groups statistics of its groups, {@code slice} being {@code column=value}
 * @param relations across its features; null where not known
 */
public record BatchStatistics(
    DatasetStatistics whole, List<DatasetStatistics> groups, @Nullable Relations relations) {
  public BatchStatistics {
    groups = List.copyOf(groups);
  }

  /** Of which nothing is known across features. */
  public BatchStatistics(DatasetStatistics whole, List<DatasetStatistics> groups) {
    this(whole, groups, null);
  }
}
