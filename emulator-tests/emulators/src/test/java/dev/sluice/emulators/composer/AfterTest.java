package dev.sluice.emulators.composer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.sluice.emulators.composer.FunctionServer.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines that start after the releases of others, as Airflow starts a DAG after assets. */
final class AfterTest {
  @TempDir private Path state;

  private static Bench bench(Path state, Map<String, List<String>> after) throws Exception {
    Bench bench = new Bench(state, settings -> settings.withAfter(() -> after));
    bench.pipelines.addAll(List.of("prices", "sellers", "listings"));
    releasing(bench, true);
    return bench;
  }

  private static void releasing(Bench bench, boolean released) {
    bench.functions.on(
        "release",
        request -> {
          JsonObject answer = new JsonObject();
          JsonObject outputs = new JsonObject();
          outputs.addProperty("version", "gs://serving/versions/1/");
          answer.add("outputs", outputs);
          JsonObject summary = new JsonObject();
          summary.addProperty("released", released);
          answer.add("summary", summary);
          return new Reply(200, "application/json", answer.toString());
        });
  }

  private static List<JsonObject> runs(Bench bench, String pipeline) throws Exception {
    JsonArray runs =
        bench.rest.get("/dags/" + pipeline + "/dagRuns").object().getAsJsonArray("dag_runs");
    List<JsonObject> out = new ArrayList<>();
    runs.forEach(run -> out.add(run.getAsJsonObject()));
    return out;
  }

  @Test
  void aReleaseStartsWhatWaitsForItAlone() throws Exception {
    try (Bench bench = bench(state, Map.of("listings", List.of("prices")))) {
      assertThat(bench.run("prices", "r1", "{}")).isEqualTo("success");
      bench.settle();

      assertThat(runs(bench, "listings"))
          .singleElement()
          .satisfies(run -> {
            assertThat(run.get("run_type").getAsString()).isEqualTo("asset_triggered");
            assertThat(run.get("triggered_by").getAsString()).isEqualTo("asset");
            assertThat(run.get("dag_run_id").getAsString()).startsWith("asset_triggered__");
            assertThat(run.get("conf")).hasToString("{}");
            assertThat(run.get("state").getAsString()).isEqualTo("success");
          });
    }
  }

  @Test
  void aRunThatReleasedNothingNewStartsNothing() throws Exception {
    try (Bench bench = bench(state, Map.of("listings", List.of("prices")))) {
      releasing(bench, false);
      bench.run("prices", "r1", "{}");
      bench.functions.on("gate", request -> Reply.gives(Map.of("verdict", "gs://v"), Map.of()));
      bench.run("prices", "r2", "{}");
      bench.settle();
      assertThat(runs(bench, "listings")).isEmpty();
    }
  }

  @Test
  void whatWaitsForSeveralStartsOnceEachOfThemHasReleasedSince() throws Exception {
    try (Bench bench = bench(state, Map.of("listings", List.of("prices", "sellers")))) {
      bench.run("prices", "r1", "{}");
      bench.run("prices", "r2", "{}");
      assertThat(runs(bench, "listings")).isEmpty();

      bench.run("sellers", "r1", "{}");
      bench.settle();
      assertThat(runs(bench, "listings")).hasSize(1);

      bench.run("sellers", "r2", "{}");
      bench.settle();
      assertThat(runs(bench, "listings")).hasSize(1);
    }
  }

  @Test
  void whatHasReleasedIsKnownAfterARestart() throws Exception {
    try (Bench bench = bench(state, Map.of("listings", List.of("prices", "sellers")))) {
      bench.run("prices", "r1", "{}");
      bench.restart(state);
      bench.run("sellers", "r1", "{}");
      bench.settle();
      assertThat(runs(bench, "listings")).hasSize(1);
    }
  }

  @Test
  void aPausedPipelineMissesTheRelease() throws Exception {
    try (Bench bench = bench(state, Map.of("listings", List.of("prices")))) {
      bench.rest.patch("/dags/listings", "{\"is_paused\":true}");
      bench.run("prices", "r1", "{}");
      bench.rest.patch("/dags/listings", "{\"is_paused\":false}");
      bench.settle();
      assertThat(runs(bench, "listings")).isEmpty();
    }
  }

  @Test
  void pipelinesThatWaitForEachOtherAreNotStartedForEver() throws Exception {
    Map<String, List<String>> circle =
        Map.of("listings", List.of("sellers"), "sellers", List.of("listings"));
    try (Bench bench = bench(state, circle)) {
      bench.run("sellers", "r1", "{}");
      bench.settle();
      assertThat(runs(bench, "listings")).isEmpty();
    }
  }

  @Test
  void aCircleIsWhatLeadsBackToItself() {
    assertThat(
            Circles.of(
                Map.of(
                    "a", List.of("b"),
                    "b", List.of("c"),
                    "c", List.of("a"),
                    "d", List.of("a"),
                    "e", List.of("e"),
                    "f", List.of("unknown"))))
        .containsExactly("a", "b", "c", "e");
  }
}
