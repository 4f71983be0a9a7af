package dev.sluice.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code evaluation.json}: a model on the eval split.
 *
 * @param examples with a label
 * @param unlabeled examples left out, as they have none
 * @param slices slice ("" for all) to its metrics
 * @param live slice to the metrics of the model that serves, on the same examples; null without one
 * @param difference AUC of the candidate less that of the live model, paired; null without both
 */
public record Evaluation(
    long examples,
    long unlabeled,
    Map<String, List<Metric>> slices,
    @Nullable Map<String, List<Metric>> live,
    @Nullable Estimate difference) {
  /** The file's name in the artifact. */
  public static final String FILE = "evaluation.json";

  /**
   * @param scores of the candidate, one an example with a label
   * @param liveScores of the model that serves, on the same examples; null without one
   * @param labels true = positive
   * @param members slice to the places of its examples
   */
  public static Evaluation of(
      float[] scores,
      float @Nullable [] liveScores,
      boolean[] labels,
      long unlabeled,
      Map<String, int[]> members) {
    Estimate difference = null;
    boolean both = false;
    for (boolean label : labels) {
      both |= label != labels[0];
    }
    if (liveScores != null && both) {
      difference = RocAuc.difference(scores, liveScores, labels);
    }
    return new Evaluation(
        labels.length,
        unlabeled,
        bySlice(scores, labels, members),
        liveScores == null ? null : bySlice(liveScores, labels, members),
        difference);
  }

  /** A metric of the whole, or null where the examples could not tell it. */
  public @Nullable Estimate overall(String metric) {
    for (Metric candidate : slices.getOrDefault("", List.of())) {
      if (candidate.name().equals(metric)) {
        return candidate.estimate();
      }
    }
    return null;
  }

  /** Rows of table {@code evaluations}, without the columns that say of which model and batch. */
  public static List<Map<String, Object>> rows(Map<String, List<Metric>> slices) {
    List<Map<String, Object>> out = new ArrayList<>();
    slices.forEach((slice, metrics) -> {
      for (Metric metric : metrics) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("split", "eval");
        row.put("slice", slice);
        row.put("metric", metric.name());
        row.put("value", metric.estimate().value());
        row.put("low", metric.estimate().low());
        row.put("high", metric.estimate().high());
        row.put("examples", metric.examples());
        out.add(row);
      }
    });
    return out;
  }

  private static Map<String, List<Metric>> bySlice(
      float[] scores, boolean[] labels, Map<String, int[]> members) {
    Map<String, List<Metric>> out = new LinkedHashMap<>();
    out.put("", BinaryMetrics.of(scores, labels));
    members.forEach((slice, places) -> {
      float[] some = new float[places.length];
      boolean[] truth = new boolean[places.length];
      for (int i = 0; i < places.length; i++) {
        some[i] = scores[places[i]];
        truth[i] = labels[places[i]];
      }
      out.put(slice, BinaryMetrics.of(some, truth));
    });
    return out;
  }
}
