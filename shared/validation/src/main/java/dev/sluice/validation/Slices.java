package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import org.jspecify.annotations.Nullable;

/** Names of slices, {@code column=value}. */
final class Slices {
  private Slices() {}

  /**
   * The column of a slice; a column's name may hold '=': the longest that fits is meant.
   *
   * @param batch has the columns
   * @return null where no column fits
   */
  static @Nullable String column(String slice, DatasetStatistics batch) {
    String best = null;
    for (FeatureStatistics feature : batch.features()) {
      if (slice.startsWith(feature.name() + "=")
          && (best == null || feature.name().length() > best.length())) {
        best = feature.name();
      }
    }
    return best;
  }
}
