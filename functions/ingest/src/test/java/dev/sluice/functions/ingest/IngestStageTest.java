package dev.sluice.functions.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.ParquetExampleReader;
import dev.sluice.examples.Split;
import dev.sluice.examples.StringColumn;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        Exchange.post(StageEndpoint.making(platform, Ingest.stages())::service, (Object) request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  private StageRequest call(String csv) {
    return call(csv, "label: sold\n");
  }

  private StageRequest call(String csv, String spec) {
    cloud.spec("p", spec);
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
    StageRequest call = call("a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n", "label: a\nmax_rejected: 0.4\n");
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
        Exchange.post(StageEndpoint.making(platform, Ingest.stages())::service, (Object) call(""));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("gs://test-inbox/p/s1/data.csv");
  }

  @Test
  void aBatchWithTooManyRejectedRowsIsHeldAndItsRowsAreKept() throws Exception {
    StageResult result = answer(call("a,b\n1,2\n3\n4,5\n"));
    assertThat(result.verdict()).isEqualTo(Outcome.FAIL);
    assertThat(result.outputs()).containsOnlyKeys("rejected");
    assertThat(
            new String(
                cloud.read(result.outputs().get("rejected"), "rejected.jsonl"),
                StandardCharsets.UTF_8))
        .contains("\"line\":3");
    assertThat(cloud.facts().column("batches", "state")).containsExactly("BLOCKED");
    assertThat(cloud.facts().column("batches", "rows")).containsExactly(3L);
    assertThat(cloud.facts().column("batches", "rejected_rows")).containsExactly(1L);
    assertThat(String.valueOf(cloud.facts().column("batches", "reason").getFirst()))
        .contains("1 of 3 rows were rejected, more than max_rejected allows (10 % of the rows)")
        .contains("on line 3 of gs://test-inbox/p/s1/data.csv");
  }

  @Test
  void aCountInPlaceOfAShareIsTakenAtItsWord() throws Exception {
    String csv = "a,b\n1,2\n3\n4,5\n";
    assertThat(answer(call(csv, "label: a\nmax_rejected: 1\n")).verdict()).isNull();
    assertThat(answer(call(csv + "6\n", "label: a\nmax_rejected: 1\n")).verdict())
        .isEqualTo(Outcome.FAIL);
  }

  @Test
  void aBatchOfRejectedRowsAloneIsHeldWhateverTheLimit() throws Exception {
    assertThat(answer(call("a,b\n1\n2\n", "label: a\nmax_rejected: 5\n")).verdict())
        .isEqualTo(Outcome.FAIL);
  }

  private StageRequest shard(
      StageRequest call, String operation, int shard, int shards, Map<String, String> inputs) {
    Map<String, String> all = new HashMap<>(call.inputs());
    all.putAll(inputs);
    return new StageRequest(
        call.pipeline(), call.run(), call.batch(), operation, shard, shards, 1, all, Map.of());
  }

  @Test
  void shardsGiveWhatOneCallGives() throws Exception {
    StringBuilder csv = new StringBuilder("id,price,note\n");
    for (int i = 0; i < 400; i++) {
      csv.append(i).append(',').append(i / 4.0).append(i % 50 == 7 ? "\n" : ",n" + i % 9 + "\n");
    }
    StageRequest call = call(csv.toString());
    StageResult one = answer(call);

    int shards = 5;
    Map<String, String> inspections = new HashMap<>();
    for (int k = 0; k < shards; k++) {
      StageResult inspected = answer(shard(call, "inspect-shard", k, shards, Map.of()));
      inspections.put(StageRequest.joined("inspection", k), inspected.outputs().get("inspection"));
    }
    inspections.putAll(call.inputs());
    StageResult plan =
        answer(
            new StageRequest(
                "p", call.run(), call.batch(), "plan-shards", null, 1, inspections, Map.of()));
    Map<String, String> parts = new HashMap<>(call.inputs());
    parts.putAll(plan.outputs());
    for (int k = 0; k < shards; k++) {
      StageResult part = answer(shard(call, "ingest-shard", k, shards, plan.outputs()));
      parts.put(StageRequest.joined("part", k), part.outputs().get("part"));
    }
    StageResult many =
        answer(new StageRequest("p", call.run(), call.batch(), "ingest", null, 1, parts, Map.of()));

    assertThat(many.outputs().get("examples")).isNotEqualTo(one.outputs().get("examples"));
    assertThat(many.summary()).isEqualTo(one.summary());
    for (Split split : Split.values()) {
      assertThat(rows(many, split)).isEqualTo(rows(one, split)).isNotEmpty();
    }
    assertThat(cloud.read(many.outputs().get("rejected"), "rejected.jsonl"))
        .isEqualTo(cloud.read(one.outputs().get("rejected"), "rejected.jsonl"));
  }

  /** Rows of a split in order, each as text. */
  private List<String> rows(StageResult result, Split split) throws Exception {
    String examples = String.valueOf(result.outputs().get("examples"));
    ExamplesManifest manifest =
        ExamplesManifest.fromJson(
            new String(cloud.read(examples, ExamplesManifest.NAME), StandardCharsets.UTF_8));
    List<String> rows = new ArrayList<>();
    for (ExamplesManifest.Part part : manifest.files(split).files()) {
      byte[] file = cloud.read(examples, part.file());
      try (ExampleReader reader =
          ParquetExampleReader.open(ByteBuffer.wrap(file), part.file(), Set.of())) {
        for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
          for (int r = 0; r < batch.rows(); r++) {
            rows.add(text(batch, r));
          }
        }
      }
    }
    return rows;
  }

  private static String text(ExampleBatch batch, int row) {
    StringBuilder text = new StringBuilder();
    for (Column column : batch.columns()) {
      text.append(
              column.isMissing(row)
                  ? ""
                  : switch (column) {
                    case IntColumn ints -> (Object) ints.values()[row];
                    case FloatColumn floats -> floats.values()[row];
                    case StringColumn texts -> texts.value(row);
                    case ListColumn _ -> throw ListColumn.refused();
                  })
          .append('|');
    }
    return text.toString();
  }
}
