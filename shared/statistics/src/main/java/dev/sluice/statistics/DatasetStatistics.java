package dev.sluice.statistics;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The features of a split, or of one of its groups.
 *
 * @param split {@code train}, {@code eval}, or {@code ""} for all
 * @param slice {@code ""} for the whole, else {@code column=value}; {@code column=} holds the rows
 *     where the column is missing
 * @param rows examples described
 * @param features in the order of the columns
 */
public record DatasetStatistics(
    String split, String slice, long rows, List<FeatureStatistics> features) {
  /** The split that holds all examples has this name where an empty name cannot be. */
  private static final String ALL = "all";

  public DatasetStatistics {
    features = List.copyOf(features);
  }

  /** {@code train}, {@code train/currency=JPY}, {@code all}: the data set's name in protos. */
  public String name() {
    String whole = split.isEmpty() ? ALL : split;
    return slice.isEmpty() ? whole : whole + "/" + slice;
  }

  /** The split of a data set's name, see {@link #name}. */
  static String splitOf(String name) {
    int slash = name.indexOf('/');
    String whole = slash < 0 ? name : name.substring(0, slash);
    return whole.equals(ALL) ? "" : whole;
  }

  /** The slice of a data set's name, see {@link #name}. */
  static String sliceOf(String name) {
    int slash = name.indexOf('/');
    return slash < 0 ? "" : name.substring(slash + 1);
  }

  /** The feature of that name, or null. */
  public @Nullable FeatureStatistics feature(String name) {
    for (FeatureStatistics feature : features) {
      if (feature.name().equals(name)) {
        return feature;
      }
    }
    return null;
  }
}
