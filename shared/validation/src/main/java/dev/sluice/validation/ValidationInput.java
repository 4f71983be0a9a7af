package dev.sluice.validation;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Schema;

/**
 * A batch and what to hold it to.
 *
 * @param batch the batch's statistics
 * @param baseline what to compare it with, taken together; empty where nothing passed before
 * @param history batches that passed before, newest first, to tell how far batches differ by
 *     nature; the baseline's may be among them
 * @param live the batch that the live model was trained on; null where none is live or it is the
 *     baseline
 * @param schema the previous one, or the user's; null to infer it from the batch
 * @param schemaGiven true where {@code schema} is the user's: its limits then hold to the letter,
 *     where those of an inferred one are judged by statistics
 * @param label the label's column; null where it is computed or there is none
 * @param excluded columns that are never a feature; checked as others
 * @param examples to find the rows of an anomaly; null to do without
 * @param environment of the schema, whose features the batch must have
 * @param serving data that a model was asked about, for the schema's {@code skew_comparator}s; null
 *     where there are none
 */
public record ValidationInput(
    BatchStatistics batch,
    List<BatchStatistics> baseline,
    List<BatchStatistics> history,
    @Nullable BatchStatistics live,
    @Nullable Schema schema,
    boolean schemaGiven,
    Checks checks,
    @Nullable String label,
    Set<String> excluded,
    @Nullable ExampleSource examples,
    String environment,
    @Nullable BatchStatistics serving) {
  public ValidationInput {
    baseline = List.copyOf(baseline);
    history = List.copyOf(history);
    excluded = Set.copyOf(excluded);
  }

  /** Of data to train on. */
  public ValidationInput(
      BatchStatistics batch,
      List<BatchStatistics> baseline,
      List<BatchStatistics> history,
      @Nullable BatchStatistics live,
      @Nullable Schema schema,
      boolean schemaGiven,
      Checks checks,
      @Nullable String label,
      Set<String> excluded,
      @Nullable ExampleSource examples) {
    this(
        batch,
        baseline,
        history,
        live,
        schema,
        schemaGiven,
        checks,
        label,
        excluded,
        examples,
        SchemaInference.TRAINING,
        null);
  }
}
