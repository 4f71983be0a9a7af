package dev.sluice.functions.evaluate;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.StageResult;
import dev.sluice.evaluation.Evaluation;
import dev.sluice.evaluation.Metric;
import dev.sluice.evaluation.Slices;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Split;
import dev.sluice.models.Predictor;
import dev.sluice.models.TreeModel;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ExampleFiles;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import dev.sluice.transform.FeatureBatches;
import dev.sluice.transform.FeatureMatrix;
import dev.sluice.transform.MappingFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Scores eval with the candidate and, through its own mapping, with the model that serves; features
 * and examples have the same rows in the same order.
 */
final class EvaluateStage implements Stage {
  @Override
  public Made make(StageCall call) throws IOException {
    TreeModel model = model(call, call.input("model"));
    Predictor live = call.optionalInput("live_model").map(uri -> predictor(call, uri)).orElse(null);
    ExampleFiles features = ExampleFiles.of(call, call.input("features"));
    ExampleFiles examples = ExampleFiles.of(call, call.input("examples"));
    int rows = Math.toIntExact(features.manifest().files(Split.EVAL).rows());
    Scores scores = new Scores(rows, live != null);
    try (ExampleReader reader = features.open(Split.EVAL)) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        FeatureMatrix matrix = FeatureBatches.toMatrix(batch);
        scores.candidate(model.predict(matrix), matrix.labels());
      }
    }
    Slices slices = new Slices(call.spec().slices());
    if (live != null || !call.spec().slices().isEmpty()) {
      try (ExampleReader reader = examples.read(Split.EVAL, Set.of())) {
        for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
          slices.add(batch);
          if (live != null) {
            scores.live(live.predict(live.mapping().apply(batch)));
          }
        }
      }
    }
    Evaluation evaluation = scores.evaluate(slices.members());
    call.output("evaluation").write(Evaluation.FILE, Json.bytes(evaluation), "application/json");
    return Made.of(summary(evaluation));
  }

  private static Map<String, Object> summary(Evaluation evaluation) {
    Map<String, Object> out = new TreeMap<>();
    out.put("examples", evaluation.examples());
    for (Metric metric : evaluation.slices().getOrDefault("", List.of())) {
      out.put(metric.name(), metric.estimate().value());
    }
    if (evaluation.difference() != null) {
      out.put("auc_difference", evaluation.difference().value());
    }
    return out;
  }

  @Override
  public void report(StageCall call, StageResult result) {
    ArtifactUri uri = ArtifactUri.parse(String.valueOf(result.outputs().get("evaluation")));
    Evaluation evaluation =
        Json.read(call.read(uri, Evaluation.FILE), Evaluation.class, uri + Evaluation.FILE);
    List<Fact> facts = new ArrayList<>();
    facts(call, call.input("model"), evaluation.slices(), facts);
    Map<String, List<Metric>> live = evaluation.live();
    if (live != null) {
      facts(call, call.input("live_model"), live, facts);
    }
    call.platform().report(facts);
  }

  private static void facts(
      StageCall call, ArtifactUri model, Map<String, List<Metric>> slices, List<Fact> out) {
    String pipeline = call.request().pipeline();
    String batch = call.batch().batch();
    for (Map<String, Object> row : Evaluation.rows(slices)) {
      row.put("pipeline", pipeline);
      row.put("model", model.fingerprint());
      row.put("run", call.request().run());
      row.put("batch", batch);
      out.add(
          new Fact(
              "evaluations",
              String.join(
                  "/",
                  pipeline,
                  model.fingerprint(),
                  batch,
                  String.valueOf(row.get("slice")),
                  String.valueOf(row.get("metric"))),
              row));
    }
  }

  private static TreeModel model(StageCall call, ArtifactUri uri) {
    return TreeModel.read(call.read(uri, TreeModel.FILE), uri + TreeModel.FILE);
  }

  /** A model with the mapping it was trained on. */
  private static Predictor predictor(StageCall call, ArtifactUri model) {
    Map<String, String> inputs = call.sealed(model).artifact().inputs();
    ArtifactUri transform = ArtifactUri.parse(String.valueOf(inputs.get("transform")));
    try {
      return new Predictor(
          MappingFiles.read(name -> call.read(transform, name)), model(call, model));
    } catch (IOException e) {
      throw new BadInput("the live model's mapping " + transform + " cannot be read", e);
    }
  }

  /** Scores and labels of every row, those without a label included until the end. */
  private static final class Scores {
    private final float[] candidate;
    private final float @Nullable [] live;
    private final float[] labels;
    private int filled;
    private int liveFilled;

    Scores(int rows, boolean live) {
      this.candidate = new float[rows];
      this.live = live ? new float[rows] : null;
      this.labels = new float[rows];
    }

    void candidate(float[] scores, float[] truth) {
      System.arraycopy(scores, 0, candidate, filled, scores.length);
      System.arraycopy(truth, 0, labels, filled, truth.length);
      filled += scores.length;
    }

    void live(float[] scores) {
      float[] all = live;
      if (all != null) {
        System.arraycopy(scores, 0, all, liveFilled, scores.length);
        liveFilled += scores.length;
      }
    }

    Evaluation evaluate(Map<String, int[]> members) {
      int[] places = new int[labels.length];
      int labeled = 0;
      for (int row = 0; row < labels.length; row++) {
        places[row] = Float.isNaN(labels[row]) ? -1 : labeled++;
      }
      float[] scores = new float[labeled];
      float[] all = live;
      float[] liveScores = all == null ? null : new float[labeled];
      boolean[] truth = new boolean[labeled];
      for (int row = 0; row < labels.length; row++) {
        if (places[row] >= 0) {
          scores[places[row]] = candidate[row];
          truth[places[row]] = labels[row] == 1;
          if (all != null && liveScores != null) {
            liveScores[places[row]] = all[row];
          }
        }
      }
      Map<String, int[]> withLabel = new TreeMap<>();
      members.forEach((slice, rows) -> {
        int[] kept =
            java.util.Arrays.stream(rows).map(r -> places[r]).filter(p -> p >= 0).toArray();
        if (kept.length >= Slices.LEAST_EXAMPLES) {
          withLabel.put(slice, kept);
        }
      });
      return Evaluation.of(scores, liveScores, truth, labels.length - labeled, withLabel);
    }
  }
}
