package dev.sluice.functions.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Split;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.ExampleArtifacts;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TransformStageTest {
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
            StageEndpoint.making(platform, new TransformStage())::service, (Object) request);
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

  @Test
  void theMappingIsSavedAndTheFeaturesKeepTheExamplesRows() throws Exception {
    cloud.spec("p", "label: sold\nexclude: [country]\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    String examples = ExampleArtifacts.of(cloud, "p", csv(400, 1));
    StageResult result =
        answer(
            MemoryCloud.call(
                batch,
                "transform",
                Map.of(
                    "examples", examples,
                    "schema", cloud.artifact("p", "schema", "schema.pbtxt", ""),
                    "data_blessing", cloud.artifact("p", "blessing", "blessing.json", "{}"))));
    String transform = result.outputs().get("transform");
    Mapping mapping = MappingFiles.read(name -> cloud.read(transform, name));
    assertThat(mapping.label().name()).isEqualTo("sold");
    assertThat(mapping.features()).isNotEmpty().noneMatch(name -> name.contains("country"));
    assertThat(mapping.features()).noneMatch(name -> name.contains("sold"));
    for (Split split : Split.values()) {
      assertThat(manifest(result.outputs().get("features")).files(split).rows())
          .isEqualTo(manifest(examples).files(split).rows());
    }
    assertThat(result.summary()).containsEntry("label", "sold");
  }

  @Test
  void aLabelThatIsNoColumnIsRefused() throws Exception {
    cloud.spec("p", "label: solt\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(platform, new TransformStage())::service,
            (Object)
                MemoryCloud.call(
                    batch,
                    "transform",
                    Map.of(
                        "examples", ExampleArtifacts.of(cloud, "p", csv(100, 1)),
                        "schema", cloud.artifact("p", "schema", "schema.pbtxt", ""),
                        "data_blessing", cloud.artifact("p", "blessing", "blessing.json", "{}"))));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("solt");
  }

  private ExamplesManifest manifest(String uri) {
    return ExamplesManifest.fromJson(
        new String(cloud.read(uri, ExamplesManifest.NAME), StandardCharsets.UTF_8));
  }
}
