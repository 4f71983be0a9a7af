package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Schema;

/**
 * A batch and what to hold it to.
 *
 * @param batch statistics of all rows of the batch
 * @param groups of its groups, {@code slice} being {@code column=value}
 * @param baseline what to compare with; null where nothing passed before
 * @param schema the previous one, or the user's; null to infer it from the batch
 * @param schemaGiven true where {@code schema} is the user's: its limits then hold to the letter,
 *     where those of an inferred one are judged by statistics
 * @param label the label's column; null where it is computed or there is none
 * @param excluded columns that are never a feature; checked as others
 * @param examples to find the first row of an anomaly; null to do without
 */
public record ValidationInput(
    DatasetStatistics batch,
    List<DatasetStatistics> groups,
    @Nullable Baseline baseline,
    @Nullable Schema schema,
    boolean schemaGiven,
    Checks checks,
    @Nullable String label,
    Set<String> excluded,
    @Nullable ExampleSource examples) {
  public ValidationInput {
    groups = List.copyOf(groups);
    excluded = Set.copyOf(excluded);
  }
}
