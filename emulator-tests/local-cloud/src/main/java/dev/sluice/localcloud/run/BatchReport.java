package dev.sluice.localcloud.run;

import com.google.gson.annotations.SerializedName;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of one file: the JSON that {@code --json} prints for it, and what the text is made of.
 *
 * @param state the batch's last state, such as {@code LIVE}, {@code BLOCKED} or {@code FAILED}
 * @param reason why it is in that state, or null
 * @param columns in the file's order
 * @param rejected at most {@value #MOST_REJECTED} of the rejected rows
 * @param features null where the run did not get so far
 * @param model null where the run did not get so far
 */
record BatchReport(
    String file,
    String batch,
    String state,
    @Nullable String reason,
    long rows,
    @SerializedName("rejected_rows") long rejectedRows,
    List<Stages.Stage> stages,
    List<Column> columns,
    List<Finding> findings,
    List<Rejected> rejected,
    @Nullable Features features,
    @Nullable Model model,
    List<Judgement> verdicts,
    @Nullable Failure failure) {
  static final int MOST_REJECTED = 20;

  /**
   * A column as it was measured over all rows.
   *
   * @param type {@code INT}, {@code FLOAT} or {@code STRING}
   * @param distinct estimated where they are many
   * @param values the most frequent ones, most frequent first
   */
  record Column(
      String name,
      String type,
      long present,
      long missing,
      long distinct,
      @Nullable Double min,
      @Nullable Double median,
      @Nullable Double max,
      List<String> values) {
    /** Share of rows without a value, 0 to 1. */
    double missingShare() {
      return present + missing == 0 ? 0 : (double) missing / (present + missing);
    }
  }

  /**
   * Something that a person should know of the data.
   *
   * @param column "" for the whole
   * @param severity {@code FAIL}, {@code WARN} or {@code INFO}
   */
  record Finding(String column, String severity, String text) {}

  /** A row that could not be split or decoded. */
  record Rejected(@Nullable Long row, @Nullable Long line, @Nullable String reason) {}

  /**
   * What the model sees.
   *
   * @param positive the value whose probability is learned
   * @param used column to how it enters
   * @param left column to why it does not
   */
  record Features(
      String label,
      @Nullable String expression,
      String positive,
      long positives,
      long negatives,
      long unlabeled,
      Map<String, String> used,
      Map<String, String> left) {
    /** Share of positives among train's labeled rows, 0 to 1. */
    double rate() {
      return (double) positives / Math.max(1, positives + negatives);
    }
  }

  /**
   * A model and what one would have without it.
   *
   * @param metrics by name, on rows that it has not seen
   * @param baseline the same metrics of the predictor that always says train's rate
   * @param importance feature to share of the gain, largest first
   */
  record Model(
      String model,
      int rounds,
      @SerializedName("train_rows") long trainRows,
      @SerializedName("eval_rows") long evalRows,
      Map<String, Metric> metrics,
      Map<String, Double> baseline,
      Map<String, Double> importance) {}

  /** A metric with its 95 % interval. */
  record Metric(double value, @Nullable Double low, @Nullable Double high) {}

  /**
   * A gate's word.
   *
   * @param subject {@code DATA} or {@code MODEL}
   * @param outcome {@code PASS}, {@code WARN}, {@code FAIL} or {@code UNKNOWN}
   */
  record Judgement(String subject, String outcome, List<String> reasons) {}

  /** The operation that failed, and its error. */
  record Failure(String operation, String error) {}
}
