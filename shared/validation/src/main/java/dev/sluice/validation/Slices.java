package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Slices and their names, {@code column=value}. */
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

  /** The features of a data set by name, for those who ask for many. */
  static Map<String, FeatureStatistics> byName(DatasetStatistics dataset) {
    Map<String, FeatureStatistics> byName = new HashMap<>();
    dataset.features().forEach(feature -> byName.putIfAbsent(feature.name(), feature));
    return byName;
  }
}
