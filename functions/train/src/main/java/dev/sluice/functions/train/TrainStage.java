package dev.sluice.functions.train;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Split;
import dev.sluice.models.BinaryTrainer;
import dev.sluice.models.ModelCard;
import dev.sluice.models.TrainConfig;
import dev.sluice.models.TrainedModel;
import dev.sluice.models.TrainingRows;
import dev.sluice.models.TreeModel;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ExampleFiles;
import dev.sluice.stages.ModelFacts;
import dev.sluice.stages.Output;
import dev.sluice.stages.Platform;
import dev.sluice.stages.SealedArtifact;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import dev.sluice.transform.FeatureBatches;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Trains on the features of train and registers the model under its version number. */
final class TrainStage implements Stage {
  private static final String CURVE = "training_curve.json";

  private record Curve(List<TrainedModel.CurvePoint> points) {}

  @Override
  public Made make(StageCall call) throws IOException {
    ArtifactUri transform = call.input("transform");
    Mapping mapping = MappingFiles.read(name -> call.read(transform, name));
    TrainingRows rows = new TrainingRows(mapping.features());
    ExampleFiles features = ExampleFiles.of(call, call.input("features"));
    try (ExampleReader train = features.open(Split.TRAIN)) {
      for (ExampleBatch batch = train.next(); batch != null; batch = train.next()) {
        rows.add(FeatureBatches.toMatrix(batch));
      }
    }
    TrainedModel trained =
        BinaryTrainer.train(rows, call.spec().section("train", TrainConfig::parse));
    ModelCard card =
        ModelCard.of(
            call.request().pipeline(),
            mapping.label(),
            trained,
            call.batch().batch(),
            call.platform().codeVersion());
    Output model = call.output("model");
    model.write(TreeModel.FILE, trained.model(), "application/octet-stream");
    model.write(CURVE, Json.bytes(new Curve(trained.curve())), "application/json");
    model.write(ModelCard.FILE, card.toFile(), "application/json");
    return Made.of(
        Map.of(
            "rounds", trained.rounds(),
            "rows", trained.trainRows(),
            "held_out", card.heldOutMetrics()));
  }

  @Override
  public void report(StageCall call, StageResult result) {
    Platform platform = call.platform();
    String pipeline = call.request().pipeline();
    ArtifactUri model = ArtifactUri.parse(String.valueOf(result.outputs().get("model")));
    SealedArtifact sealed = call.sealed(model);
    Artifact artifact = sealed.artifact();
    String sha256 = Fingerprint.sha256(sealed.read(TreeModel.FILE));
    Registry registry =
        platform
            .registries()
            .update(
                pipeline,
                before ->
                    before.register(
                        model.fingerprint(),
                        model.toString(),
                        String.valueOf(artifact.inputs().get("transform")),
                        call.batch().batch(),
                        Order.of(call.batch()),
                        sha256));
    Registry.Version version = registry.find(model.fingerprint()).orElseThrow();
    List<Fact> facts = new ArrayList<>(curve(call, model));
    facts.add(known(call, model, artifact, version, state(registry, version), sha256));
    platform.report(facts);
  }

  /** What a repeated call finds may have been released since. */
  private static ModelFacts.State state(Registry registry, Registry.Version version) {
    if (!version.served()) {
      return ModelFacts.State.CANDIDATE;
    }
    boolean live =
        registry.liveVersion().map(Registry.Version::number).equals(Optional.of(version.number()));
    return live ? ModelFacts.State.LIVE : ModelFacts.State.RETIRED;
  }

  private static Fact known(
      StageCall call,
      ArtifactUri model,
      Artifact artifact,
      Registry.Version version,
      ModelFacts.State state,
      String sha256) {
    ModelCard card = ModelCard.fromFile(call.read(model, ModelCard.FILE));
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("sha256", sha256);
    more.put("run", artifact.run());
    more.put("created_at", artifact.createdAt());
    more.put("rounds", card.rounds());
    more.put("features", card.features().size());
    more.put("train_rows", card.trainRows());
    more.put("memory_bytes", card.memoryBytes());
    return ModelFacts.fact(call.request().pipeline(), version, state, more);
  }

  private static List<Fact> curve(StageCall call, ArtifactUri model) {
    String pipeline = call.request().pipeline();
    List<Fact> facts = new ArrayList<>();
    for (TrainedModel.CurvePoint point :
        Json.read(call.read(model, CURVE), Curve.class, CURVE).points()) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("pipeline", pipeline);
      values.put("model", model.fingerprint());
      values.put("run", call.request().run());
      values.put("batch", call.batch().batch());
      values.put("iteration", point.round());
      values.put("metric", point.metric());
      values.put("split", point.part());
      values.put("value", point.value());
      facts.add(
          new Fact(
              "training_metrics",
              String.join(
                  "/",
                  pipeline,
                  model.fingerprint(),
                  point.part(),
                  point.metric(),
                  "" + point.round()),
              values));
    }
    return facts;
  }
}
