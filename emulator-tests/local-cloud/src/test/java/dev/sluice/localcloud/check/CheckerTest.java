package dev.sluice.localcloud.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Operations;
import dev.sluice.localcloud.check.Step.Effect;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CheckerTest {
  private static final Operations OPERATIONS =
      Operations.parse(
          """
          resolve: {expands: shard, takes: [], gives: [batch]}
          cut: {map_over: shard, takes: [batch], gives: [part], reads: [source]}
          read: {takes: [batch, {part: optional}], gives: [examples], reads: [source]}
          judge: {takes: [examples], gives: [schema], reads: [checks, label]}
          learn: {takes: [examples, schema], gives: [model], reads: [train]}
          release: {takes: [model], gives: [version]}
          finish-run: {teardown: true}
          """,
          "operations.yaml");

  private static CheckReport check(String before, String after) {
    return new Checker(OPERATIONS, "p", after).against(before, "what was");
  }

  private static Map<String, Effect> effects(CheckReport report) {
    Map<String, Effect> out = new LinkedHashMap<>();
    report.operations().forEach(step -> out.put(step.operation(), step.effect()));
    return out;
  }

  private static String because(CheckReport report, String operation) {
    return report.operations().stream()
        .filter(step -> step.operation().equals(operation))
        .findFirst()
        .orElseThrow()
        .because();
  }

  @Test
  void whatIsEqual_makesNothingAnew() {
    CheckReport report = check("label: sold\n", "# only a comment\nlabel: sold\n");
    assertThat(report.changes()).isEmpty();
    assertThat(effects(report))
        .containsEntry("read", Effect.CACHED)
        .containsEntry("judge", Effect.CACHED)
        .containsEntry("learn", Effect.CACHED)
        .containsEntry("cut", Effect.SKIPPED)
        .containsEntry("resolve", Effect.ALWAYS)
        .containsEntry("release", Effect.ALWAYS)
        .containsEntry("finish-run", Effect.ALWAYS);
    assertThat(report.lines()).contains("  nothing differs");
  }

  @Test
  void aKeyMakesItsReadersAnew_andThoseAfterThemMayFollow() {
    CheckReport report =
        check("label: sold\nchecks: {min_rows: 50}\n", "label: sold\nchecks: {min_rows: 60}\n");
    assertThat(report.changes())
        .singleElement()
        .satisfies(change -> {
          assertThat(change.path()).isEqualTo("checks.min_rows");
          assertThat(change.before()).isEqualTo("50");
          assertThat(change.after()).isEqualTo("60");
          assertThat(change.readBy()).containsExactly("judge");
        });
    assertThat(effects(report))
        .containsEntry("read", Effect.CACHED)
        .containsEntry("judge", Effect.ANEW)
        .containsEntry("learn", Effect.DEPENDS);
    assertThat(because(report, "judge")).isEqualTo("checks.min_rows changed");
    assertThat(because(report, "learn"))
        .isEqualTo("anew, unless judge gives the same bytes as before");
    assertThat(report.notes()).singleElement().asString().startsWith("checks: The batch is judged");
  }

  @Test
  void aKeyThatNoOperationReads_makesNothingAnew() {
    CheckReport report = check("label: sold\n", "label: sold\nschedule: '@daily'\n");
    assertThat(report.changes()).singleElement().satisfies(c -> assertThat(c.readBy()).isEmpty());
    assertThat(effects(report)).containsEntry("read", Effect.CACHED);
    assertThat(report.lines()).contains("      read by no operation that makes anything");
  }

  @Test
  void anotherCut_readsAnew() {
    CheckReport report = check("label: sold\n", "label: sold\nengine: shards\nshards: 4\n");
    assertThat(effects(report))
        .containsEntry("cut", Effect.ANEW)
        .containsEntry("read", Effect.ANEW)
        .containsEntry("judge", Effect.DEPENDS);
    assertThat(because(report, "read")).isEqualTo("the batch is cut in another way");
  }

  @Test
  void aNewPipeline_makesEverythingForTheFirstTime() {
    CheckReport report =
        new Checker(OPERATIONS, "p", "label: sold\n").against((@Nullable String) null, "nothing");
    assertThat(effects(report))
        .containsEntry("read", Effect.ANEW)
        .containsEntry("learn", Effect.ANEW);
    assertThat(because(report, "learn")).isEqualTo("its first run");
  }

  @Test
  void aWrongSpec_isToldAndNotCompared() {
    CheckReport report = check("label: sold\n", "labl: sold\n");
    assertThat(report.problems()).isNotEmpty();
    assertThat(report.operations()).isEmpty();
    assertThat(report.lines()).allSatisfy(line -> assertThat(line).startsWith("wrong: p.yaml"));
  }

  @Test
  void aSpecThatIsWrongItself_cannotBeComparedWith() {
    assertThatThrownBy(() -> check("labl: sold\n", "label: sold\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("what was cannot be compared with, as it is wrong itself: ");
  }

  @Test
  void anotherSource_saysWhereItsFirstBatchComesFrom() {
    CheckReport report = check("label: sold\n", "label: sold\nsource: {bigquery: {table: d.t}}\n");
    assertThat(effects(report)).containsEntry("read", Effect.ANEW);
    assertThat(report.notes())
        .singleElement()
        .asString()
        .contains("./sluice trigger p takes the first batch of it");
  }
}
