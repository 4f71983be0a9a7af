package dev.sluice.functions.validatemodel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Verdict;
import dev.sluice.evaluation.Evaluation;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ValidateModelStageTest {
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
            StageEndpoint.making(platform, new ValidateModelStage())::service, (Object) request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  /** An evaluation whose scores follow the label as closely as asked, 0 to 1. */
  private String evaluation(double skill) {
    Random random = new Random(3);
    float[] scores = new float[400];
    boolean[] labels = new boolean[400];
    for (int i = 0; i < scores.length; i++) {
      labels[i] = random.nextBoolean();
      scores[i] = (float) (skill * (labels[i] ? 0.8 : 0.2) + (1 - skill) * random.nextDouble());
    }
    return cloud.artifact(
        "p",
        "evaluation",
        Evaluation.FILE,
        Json.write(Evaluation.of(scores, null, labels, 0, Map.of())));
  }

  private StageResult judge(double skill) throws Exception {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    String model = cloud.artifact("p", "model", "model_card.json", "{\"memory_bytes\": 1000}");
    platform
        .registries()
        .update(
            "p",
            r ->
                r.register(
                    ArtifactUri.parse(model).fingerprint(),
                    model,
                    "gs://test-artifacts/p/transform/" + "0".repeat(32) + "/",
                    batch.batch(),
                    Order.of(batch),
                    /* sha256= */ null));
    return answer(
        MemoryCloud.call(
            batch, "validate-model", Map.of("model", model, "evaluation", evaluation(skill))));
  }

  @Test
  void aModelThatKnowsSomethingIsBlessed() throws Exception {
    StageResult result = judge(0.8);
    assertThat(result.verdict()).isEqualTo(Outcome.PASS);
    Verdict blessing =
        Json.read(
            cloud.read(result.outputs().get("model_blessing"), Verdict.BLESSING),
            Verdict.class,
            "it");
    assertThat(blessing.about()).isEqualTo(platform.registries().read("p").get(1).fingerprint());
    assertThat(cloud.facts().column("models", "state")).containsExactly("BLESSED");
    assertThat(cloud.facts().of("batches")).isEmpty();
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aModelThatKnowsNothingIsHeldWithAnAlarm() throws Exception {
    StageResult result = judge(0);
    assertThat(result.verdict()).isEqualTo(Outcome.FAIL);
    assertThat(result.outputs()).containsOnlyKeys("model_verdict");
    assertThat(cloud.facts().column("models", "state")).containsExactly("REJECTED");
    assertThat(cloud.facts().column("batches", "state")).containsExactly("BLOCKED");
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.FAIL);
    assertThat(alarm.subject()).isEqualTo("MODEL");
    assertThat(alarm.text()).contains("the model is held");
  }

  @Test
  void theLiveModelIsNotMarkedAgain() throws Exception {
    judge(0.8);
    platform.registries().update("p", r -> r.release(1, r.get(1).order()));
    int before = cloud.facts().of("models").size();
    judge(0.8);
    assertThat(cloud.facts().of("models")).hasSize(before);
    assertThat(cloud.facts().column("verdicts", "outcome")).containsExactly("PASS", "PASS");
  }
}
