package dev.sluice.statistics;

import java.util.List;

/**
 * The statistics of a batch.
 *
 * @param train the whole of split {@code train}
 * @param eval the whole of split {@code eval}
 * @param all both together, split {@code ""}
 * @param trainGroups the groups of {@code train} that have rows, column by column; the rows of a
 *     group may be few
 * @param allGroups the groups of {@code all}
 * @param relations of {@code all}, across features
 * @param notes why a column that was named makes no groups, a sentence each
 */
public record Statistics(
    DatasetStatistics train,
    DatasetStatistics eval,
    DatasetStatistics all,
    List<DatasetStatistics> trainGroups,
    List<DatasetStatistics> allGroups,
    Relations relations,
    List<String> notes) {
  public Statistics {
    trainGroups = List.copyOf(trainGroups);
    allGroups = List.copyOf(allGroups);
    notes = List.copyOf(notes);
  }

  /** What {@code statistics.pb} holds: the data sets {@code train} and {@code eval}. */
  public List<DatasetStatistics> splits() {
    return List.of(train, eval);
  }
}
