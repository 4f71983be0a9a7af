package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Several batches taken together, by slice and feature; the first, the newest, says what a feature
 * is.
 */
final class Pooled {
  private final List<BatchStatistics> batches;
  private final Map<String, List<Indexed>> slices = new LinkedHashMap<>();
  private final List<Indexed> wholes = new ArrayList<>();

  private record Indexed(long rows, Map<String, FeatureStatistics> features) {
    static Indexed of(DatasetStatistics dataset) {
      return new Indexed(dataset.rows(), Slices.byName(dataset));
    }
  }

  /**
   * @param batches newest first, at least one
   */
  Pooled(List<BatchStatistics> batches) {
    this.batches = List.copyOf(batches);
    for (BatchStatistics batch : batches) {
      wholes.add(Indexed.of(batch.whole()));
      for (DatasetStatistics group : batch.groups()) {
        slices.computeIfAbsent(group.slice(), slice -> new ArrayList<>()).add(Indexed.of(group));
      }
    }
  }

  int size() {
    return batches.size();
  }

  /** Rows of all batches. */
  long rows() {
    return batches.stream().mapToLong(batch -> batch.whole().rows()).sum();
  }

  /** The newest of the batches. */
  BatchStatistics newest() {
    return batches.getFirst();
  }

  List<BatchStatistics> batches() {
    return batches;
  }

  /** {@code column=value} of every group. */
  Iterable<String> slices() {
    return slices.keySet();
  }

  /** Rows of a slice. */
  long rows(String slice) {
    long rows = 0;
    for (Indexed group : slices.getOrDefault(slice, List.of())) {
      rows += group.rows();
    }
    return rows;
  }

  @Nullable FeatureStatistics feature(String name) {
    return wholes.getFirst().features().get(name);
  }

  /** A feature in all rows; null where the newest batch lacks it. */
  @Nullable Cell whole(String name) {
    return cell(wholes, name);
  }

  /** A feature in a slice; null where no batch has it. */
  @Nullable Cell cell(String slice, String name) {
    return cell(slices.getOrDefault(slice, List.of()), name);
  }

  private @Nullable Cell cell(List<Indexed> datasets, String name) {
    List<Cell> cells = new ArrayList<>();
    FeatureStatistics kind = feature(name);
    for (Indexed dataset : datasets) {
      FeatureStatistics feature = dataset.features().get(name);
      // A text in one batch and a number in another cannot be taken together.
      if (feature != null && kind != null && (feature.text() == null) == (kind.text() == null)) {
        cells.add(Cell.of(feature));
      }
    }
    return cells.isEmpty() ? null : cells.size() == 1 ? cells.getFirst() : Cell.pool(cells);
  }
}
