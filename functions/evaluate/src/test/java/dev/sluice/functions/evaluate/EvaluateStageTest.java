package dev.sluice.functions.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.evaluation.Estimate;
import dev.sluice.evaluation.Evaluation;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Split;
import dev.sluice.models.BinaryTrainer;
import dev.sluice.models.TrainConfig;
import dev.sluice.models.TrainingRows;
import dev.sluice.models.TreeModel;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.ExampleArtifacts;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.FeatureArtifacts;
import dev.sluice.testing.MemoryCloud;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluateStageTest {
  private final MemoryCloud cloud = new MemoryCloud();
  private final Platform platform =
      Platform.of(
          Configuration.of(cloud::setting),
          "code-1",
          cloud.clock(),
          cloud.objects(),
          cloud.facts(),
          cloud.messages(),
          cloud.composer());

  private StageResult answer(StageRequest request) throws Exception {
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(platform, new EvaluateStage())::service, (Object) request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  private static String csv(int rows, long seed) {
    Random random = new Random(seed);
    StringBuilder out = new StringBuilder("x,color,country,sold\n");
    for (int i = 0; i < rows; i++) {
      double x = random.nextGaussian();
      out.append(x)
          .append(random.nextBoolean() ? ",red" : ",blue")
          .append(random.nextBoolean() ? ",de" : ",fr")
          .append(x + random.nextGaussian() / 2 > 0 ? ",yes" : ",no")
          .append('\n');
    }
    return out.toString();
  }

  private String model(FeatureArtifacts artifacts) throws Exception {
    TrainingRows rows = new TrainingRows(artifacts.mapping().features());
    try (ExampleReader train = ExampleArtifacts.open(cloud, artifacts.examples(), Split.TRAIN)) {
      for (ExampleBatch batch = train.next(); batch != null; batch = train.next()) {
        rows.add(artifacts.mapping().apply(batch));
      }
    }
    byte[] model = BinaryTrainer.train(rows, TrainConfig.parse(Map.of("rounds", 5L))).model();
    return cloud.artifact(
        "p", "model", Map.of(TreeModel.FILE, model), Map.of("transform", artifacts.transform()));
  }

  private Evaluation evaluation(StageResult result) {
    return Json.read(
        cloud.read(result.outputs().get("evaluation"), Evaluation.FILE), Evaluation.class, "it");
  }

  @Test
  void theCandidateAndTheLiveModelAreHeldAgainstTheSameRows() throws Exception {
    cloud.spec("p", "label: sold\nslices: [[country]]\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    PipelineSpec spec = PipelineSpec.parse("p", "label: sold\n");
    FeatureArtifacts artifacts = FeatureArtifacts.of(cloud, spec, csv(600, 1));
    Map<String, String> inputs = new HashMap<>();
    inputs.put("model", model(artifacts));
    inputs.put("features", artifacts.features());
    inputs.put("examples", artifacts.examples());
    Evaluation alone = evaluation(answer(MemoryCloud.call(batch, "evaluate", inputs)));
    Estimate auc = alone.overall("auc");
    assertThat(auc).isNotNull();
    assertThat(auc.value()).isBetween(0.8, 1.0);
    assertThat(auc.low()).isLessThan(auc.value());
    assertThat(alone.slices()).containsOnlyKeys("", "country=de", "country=fr");
    assertThat(alone.live()).isNull();
    assertThat(alone.difference()).isNull();
    assertThat(cloud.facts().column("evaluations", "slice")).contains("", "country=de");

    inputs.put("live_model", inputs.get("model"));
    Evaluation both = evaluation(answer(MemoryCloud.call(batch, "evaluate", inputs)));
    assertThat(both.live()).isEqualTo(both.slices());
    assertThat(both.difference()).isNotNull();
    assertThat(both.difference().value()).isZero();
  }
}
