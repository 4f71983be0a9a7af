package dev.sluice.functions.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Split;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IngestStageTest {
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
        Exchange.post(StageEndpoint.making(platform, new IngestStage())::service, (Object) request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  private StageRequest call(String csv) {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", "s1", csv);
    cloud.pin(batch);
    return MemoryCloud.call(batch, "ingest", Map.of());
  }

  @Test
  void everyRowGoesToOneSplit() throws Exception {
    StringBuilder csv = new StringBuilder("id,sold\n");
    for (int i = 0; i < 200; i++) {
      csv.append(i).append(",x").append(i % 2).append('\n');
    }
    StageResult result = answer(call(csv.toString()));
    ExamplesManifest manifest =
        ExamplesManifest.fromJson(
            new String(
                cloud.read(result.outputs().get("examples"), ExamplesManifest.NAME),
                StandardCharsets.UTF_8));
    long train = manifest.files(Split.TRAIN).rows();
    long eval = manifest.files(Split.EVAL).rows();
    assertThat(train + eval).isEqualTo(200);
    assertThat(eval).isBetween(10L, 90L);
    assertThat(result.summary()).containsEntry("rows", 200.0).containsEntry("rejected_rows", 0.0);
    assertThat(cloud.facts().of("rejected_rows")).isEmpty();
  }

  @Test
  void rejectedRowsAreKeptAndReportedWithTheirPlaceOnEachCall() throws Exception {
    StageRequest call = call("a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n");
    StageResult result = answer(call);
    assertThat(result.summary()).containsEntry("rejected_rows", 2.0);
    assertThat(cloud.facts().column("rejected_rows", "line")).containsExactly(3L, 5L);
    assertThat(cloud.facts().column("rejected_rows", "row")).containsExactly(2L, 4L);
    assertThat(cloud.facts().column("rejected_rows", "object"))
        .containsOnly("gs://test-inbox/p/s1/data.csv");
    assertThat(
            new String(
                cloud.read(result.outputs().get("rejected"), "rejected.jsonl"),
                StandardCharsets.UTF_8))
        .hasLineCount(2);
    assertThat(answer(call).cached()).isTrue();
    assertThat(cloud.facts().of("rejected_rows")).hasSize(4);
  }

  @Test
  void theGenerationThatWasPinnedIsRead() throws Exception {
    StageRequest call = call("a,b\n1,2\n3,4\n");
    cloud.drop("p/s1/data.csv", "other\nthings\n");
    assertThat(answer(call).summary()).containsEntry("columns", 2.0);
  }

  @Test
  void aFileWithoutRowsIsRefusedByName() throws Exception {
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(platform, new IngestStage())::service, (Object) call(""));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("gs://test-inbox/p/s1/data.csv");
  }
}
