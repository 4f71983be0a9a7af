package dev.sluice.functions.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.models.ModelCard;
import dev.sluice.models.TreeModel;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.FeatureArtifacts;
import dev.sluice.testing.MemoryCloud;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TrainStageTest {
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
        Exchange.post(StageEndpoint.making(platform, new TrainStage())::service, (Object) request);
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

  private static final String SPEC = "label: sold\ntrain: {rounds: 5}\n";

  private StageRequest call(String span, String csv) throws Exception {
    cloud.spec("p", SPEC);
    Batch batch = cloud.batch("p", span, csv);
    cloud.pin(batch);
    FeatureArtifacts artifacts =
        FeatureArtifacts.of(cloud, PipelineSpec.parse("p", "label: sold\n"), csv);
    return MemoryCloud.call(
        batch,
        "train",
        Map.of("transform", artifacts.transform(), "features", artifacts.features()));
  }

  @Test
  void aModelIsTrainedAndRegisteredOnce() throws Exception {
    StageRequest call = call("s1", csv(400, 1));
    StageResult result = answer(call);
    String uri = result.outputs().get("model");
    assertThat(TreeModel.read(cloud.read(uri, TreeModel.FILE), "the model").trees()).isPositive();
    ModelCard card = ModelCard.fromFile(cloud.read(uri, ModelCard.FILE));
    assertThat(card.trainRows()).isPositive();
    assertThat(answer(call)).isEqualTo(result.asCached());
    Registry registry = platform.registries().read("p");
    assertThat(registry.versions())
        .singleElement()
        .satisfies(version -> {
          assertThat(version.number()).isEqualTo(1);
          assertThat(version.model()).isEqualTo(uri);
          assertThat(version.transform()).isEqualTo(call.inputs().get("transform"));
        });
    assertThat(registry.live()).isNull();
    assertThat(cloud.facts().column("models", "state")).containsOnly("CANDIDATE").hasSize(2);
    assertThat(cloud.facts().of("training_metrics")).isNotEmpty();
  }

  @Test
  void anotherModelGetsTheNextNumberAndALiveOneIsNoCandidateAgain() throws Exception {
    StageRequest first = call("s1", csv(400, 1));
    answer(first);
    answer(call("s2", csv(400, 2)));
    Registry registry = platform.registries().read("p");
    assertThat(registry.versions()).extracting(Registry.Version::number).containsExactly(1, 2);
    platform.registries().update("p", r -> r.release(1, r.get(1).order()));
    answer(first);
    assertThat(cloud.facts().column("models", "state"))
        .containsExactly("CANDIDATE", "CANDIDATE", "LIVE");
    assertThat(cloud.facts().column("models", "sha256")).doesNotContainNull();
    platform.registries().update("p", r -> r.release(2, r.get(2).order()));
    answer(first);
    assertThat(cloud.facts().column("models", "state").getLast()).isEqualTo("RETIRED");
  }
}
