package dev.sluice.functions.finishrun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FinishRunActionTest {
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
  private final FinishRunAction action = new FinishRunAction(platform);

  private static StageRequest call(@Nullable String batch, String run, Map<String, Object> tasks) {
    return new StageRequest(
        "p", run, batch, "finish-run", null, 1, Map.of(), Map.of("tasks", tasks));
  }

  private static Map<String, String> task(String state) {
    return Map.of("state", state);
  }

  private Batch batch() {
    cloud.spec("p", "label: sold\n");
    return cloud.batch("p", "s1", "x\n1\n");
  }

  @Test
  void aRunWithoutFailuresSaysNothing() {
    Batch batch = batch();
    StageResult result =
        action.perform(
            call(batch.batch(), "r", Map.of("ingest", task("success"), "train", task("skipped"))));
    assertThat(result.summary()).containsEntry("failed", List.of());
    assertThat(cloud.facts().of("batches")).isEmpty();
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aFailedTaskFailsTheBatchWithItsErrorAndAWayOn() {
    Batch batch = batch();
    StageResult result =
        action.perform(
            call(
                batch.batch(),
                "r",
                Map.of(
                    "ingest", task("success"),
                    "train", Map.of("state", "failed", "error", "the label has one class"),
                    "evaluate", task("upstream_failed"))));
    assertThat(result.summary()).containsEntry("failed", List.of("train"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("FAILED");
    assertThat(cloud.facts().column("batches", "reason"))
        .containsExactly("the label has one class");
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.FAIL);
    assertThat(alarm.subject()).isEqualTo("train");
    assertThat(alarm.text())
        .contains(
            "train failed",
            "the label has one class",
            "./sluice trigger p --batch " + batch.batch());
    assertThat(alarm.uri()).isEqualTo("gs://test-inbox/p/s1/data.csv");
  }

  private static Map<String, Object> mapped(int shards, Integer... failed) {
    return Map.of(
        "state",
        "failed",
        "error",
        "record 7 has no end",
        "shards",
        shards,
        "failed",
        List.of(failed));
  }

  @Test
  void aFailedShardIsNamedInTheAlarmAndInTheBatchsReason() {
    Batch batch = batch();
    StageResult result =
        action.perform(
            call(
                batch.batch(),
                "r",
                Map.of("ingest-shard", mapped(16, 3), "ingest", task("upstream_failed"))));
    assertThat(result.summary()).containsEntry("failed", List.of("ingest-shard[3]"));
    assertThat(cloud.facts().column("batches", "reason"))
        .containsExactly("ingest-shard[3]: record 7 has no end");
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.subject()).isEqualTo("ingest-shard");
    assertThat(alarm.text())
        .startsWith(
            "ingest-shard[3] failed on gs://test-inbox/p/s1/data.csv: record 7 has no end.");
  }

  @Test
  void manyFailedShardsAreCountedAfterTheFirstThree() {
    action.perform(call(batch().batch(), "r", Map.of("ingest-shard", mapped(16, 3, 7, 8, 9, 12))));
    assertThat(cloud.messages().alarms().getFirst().text())
        .startsWith("ingest-shard[3, 7, 8 and 2 more of 16] failed on ");
  }

  @Test
  void figuresThatCameAsJsonAreReadAsNumbers() {
    // What Gson makes of a number in a map without types.
    Map<String, Object> task =
        Map.of("state", "failed", "shards", 4.0, "failed", List.of(1.0, 3.0));
    action.perform(call(batch().batch(), "r", Map.of("ingest-shard", task)));
    assertThat(cloud.messages().alarms().getFirst().text()).startsWith("ingest-shard[1, 3] failed");
  }

  @Test
  void aMappedTaskWithoutFailedShardsSaysNothing() {
    StageResult result =
        action.perform(
            call(
                batch().batch(),
                "r",
                Map.of("ingest-shard", Map.of("state", "success", "shards", 16))));
    assertThat(result.summary()).containsEntry("failed", List.of());
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aRepeatedCallIsTheSameAlarm() {
    Batch batch = batch();
    Map<String, Object> tasks = Map.of("train", Map.of("state", "failed", "error", "e"));
    action.perform(call(batch.batch(), "r", tasks));
    action.perform(call(batch.batch(), "r", tasks));
    assertThat(cloud.messages().alarms()).hasSize(2);
    assertThat(cloud.messages().alarms().stream().map(Alarm::alarm).distinct()).hasSize(1);
  }

  @Test
  void theBatchIsFoundThroughThePinsWhereTheRunHadNone() {
    Batch batch = batch();
    cloud.pin(batch, "manual", null, null, null);
    action.perform(call(null, "manual", Map.of("train", task("failed"))));
    assertThat(cloud.facts().column("batches", "batch")).containsExactly(batch.batch());
    assertThat(cloud.messages().alarms().getFirst().text()).contains("nothing was said");
  }

  @Test
  void aRunThatFailedBeforeItHadABatchStillRaisesAnAlarm() {
    action.perform(
        call(null, "r", Map.of("resolve", Map.of("state", "failed", "error", "no spec"))));
    assertThat(cloud.facts().of("batches")).isEmpty();
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.text()).contains("resolve failed: no spec").doesNotContain("--batch");
    assertThat(alarm.uri()).isNull();
  }
}
