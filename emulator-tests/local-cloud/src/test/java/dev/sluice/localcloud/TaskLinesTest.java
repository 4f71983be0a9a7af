package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Operations;
import dev.sluice.localcloud.TaskLines.Line;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskLinesTest {
  private static final String OPERATIONS =
      """
      resolve: {expands: shard, gives: [batch]}
      inspect-shard: {map_over: shard, takes: [batch], gives: [inspection]}
      plan-shards: {takes: [inspection], gives: [plan]}
      ingest-shard: {map_over: shard, takes: [batch, plan], gives: [part]}
      ingest: {takes: [batch, {part: optional}], gives: [examples]}
      train: {takes: [examples], gives: [model]}
      finish-run: {teardown: true}
      """;

  private final TaskLines lines = new TaskLines(Operations.parse(OPERATIONS, "operations.yaml"));
  private final List<String> told = new ArrayList<>();

  private void ended(String task, int mapIndex, int shards, String state, int millis) {
    for (Line line :
        lines.ended("taxi r1", task, mapIndex, shards, state, Duration.ofMillis(millis))) {
      told.add(line.task() + " " + line.state() + " " + line.took());
    }
  }

  @Test
  void aTaskIsALine() {
    ended("ingest", -1, 0, "success", 1_230);
    ended("train", -1, 0, "failed", 5);
    assertThat(told).containsExactly("ingest success 1.23 s", "train failed 0.01 s");
    assertThat(new Line("ingest", "success", "1.23 s"))
        .hasToString("ingest           success            1.23 s");
  }

  @Test
  void eachOfAFewShardsIsALine() {
    ended("ingest-shard", 3, 4, "success", 1_200);
    assertThat(told).containsExactly("ingest-shard[3] success 1.20 s");
  }

  @Test
  void manyShardsAreOneLineOnceAllHaveEnded() {
    for (int k = 0; k < 15; k++) {
      ended("ingest-shard", k, 16, "success", 1_200 + 100 * k);
    }
    assertThat(told).isEmpty();
    ended("ingest-shard", 15, 16, "success", 3_400);
    assertThat(told).containsExactly("ingest-shard x16 success 1.20 to 3.40 s");
  }

  private void oneOfManyFails() {
    for (int k = 0; k < 16; k++) {
      ended("ingest-shard", k, 16, k == 7 ? "failed" : "success", 100);
    }
  }

  @Test
  void aShardThatFailsAmongManyIsTold() {
    oneOfManyFails();
    assertThat(told)
        .containsExactly(
            "ingest-shard[7] failed 0.10 s", "ingest-shard x15 success 0.10 to 0.10 s");
  }

  @Test
  void aShardThatIsRepeatedLaterIsTold() {
    oneOfManyFails();
    ended("ingest-shard", 7, 16, "success", 200);
    assertThat(told).hasSize(3).last().isEqualTo("ingest-shard[7] success 0.20 s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect-shard", "plan-shards", "ingest-shard"})
  void whatIsSkippedBecauseThereAreNoShardsIsNotTold(String task) {
    ended(task, -1, 0, "skipped", 0);
    assertThat(told).isEmpty();
  }

  @Test
  void whatIsSkippedForAnotherReasonIsTold() {
    ended("train", -1, 0, "skipped", 0);
    ended("plan-shards", -1, 0, "upstream_failed", 0);
    ended("inspect-shard", 0, 1, "success", 100);
    ended("plan-shards", -1, 0, "skipped", 0);
    assertThat(told)
        .containsExactly(
            "train skipped 0.00 s",
            "plan-shards upstream_failed 0.00 s",
            "inspect-shard[0] success 0.10 s",
            "plan-shards skipped 0.00 s");
  }

  @Test
  void runsDoNotMixAndAForgottenOneBeginsAnew() {
    ended("inspect-shard", 0, 1, "success", 100);
    assertThat(lines.ended("taxi r2", "plan-shards", -1, 0, "skipped", Duration.ZERO)).isEmpty();
    lines.forget("taxi r1");
    assertThat(lines.ended("taxi r1", "plan-shards", -1, 0, "skipped", Duration.ZERO)).isEmpty();
  }
}
