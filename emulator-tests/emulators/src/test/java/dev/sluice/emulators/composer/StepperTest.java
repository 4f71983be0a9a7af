package dev.sluice.emulators.composer;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.google.gson.JsonObject;
import dev.sluice.contracts.Operations;
import dev.sluice.emulators.composer.FunctionServer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StepperTest {
  @TempDir private Path state;

  private static JsonObject tasks(JsonObject teardown) {
    return teardown.getAsJsonObject("parameters").getAsJsonObject("tasks");
  }

  @Test
  void callsGiversBeforeTakersAndTheTeardownLast() throws Exception {
    try (Bench bench = new Bench(state)) {
      assertThat(bench.run("taxi", "r1", "{\"batch\":\"b-7\"}")).isEqualTo("success");

      List<String> called = bench.functions.called();
      assertThat(called.subList(0, 2)).containsExactly("resolve", "ingest");
      assertThat(called.subList(2, 4)).containsExactlyInAnyOrder("left", "right");
      assertThat(called.subList(4, 7)).containsExactly("gate", "release", "finish-run");
      JsonObject gate = bench.functions.call("gate");
      assertThat(gate.getAsJsonObject("inputs").asMap().keySet())
          .containsExactlyInAnyOrder("left", "right");
      assertThat(gate.getAsJsonObject("inputs").get("left").getAsString())
          .isEqualTo("gs://artifacts/left");
      assertThat(gate.get("pipeline").getAsString()).isEqualTo("taxi");
      assertThat(gate.get("run").getAsString()).isEqualTo("r1");
      assertThat(gate.get("batch").getAsString()).isEqualTo("b-7");
      assertThat(gate.get("attempt").getAsInt()).isEqualTo(1);
      assertThat(gate.get("parameters")).hasToString("{}");
      assertThat(gate.has("force")).isFalse();
      JsonObject ends = tasks(bench.functions.call("finish-run"));
      assertThat(ends.keySet())
          .containsExactly("resolve", "ingest", "left", "right", "gate", "release");
      assertThat(ends.get("gate")).hasToString("{\"state\":\"success\"}");
    }
  }

  @Test
  void forceAndOptionsGoWithEveryCallAndTheSpanWithTheFirst() throws Exception {
    try (Bench bench = new Bench(state)) {
      String conf =
          "{\"batch\":null,\"span\":\"2026-11-01\",\"force\":true,\"options\":{\"a\":1,\"b\":null}}";
      assertThat(bench.run("taxi", "r1", conf)).isEqualTo("success");

      assertThat(bench.functions.call("resolve").get("span").getAsString()).isEqualTo("2026-11-01");
      for (JsonObject call : bench.functions.calls()) {
        assertThat(call.get("force").getAsBoolean()).isTrue();
        assertThat(call.getAsJsonObject("parameters").get("a").getAsInt()).isEqualTo(1);
        assertThat(call.getAsJsonObject("parameters").has("b")).isFalse();
        assertThat(call.has("span"))
            .isEqualTo(call.get("operation").getAsString().equals("resolve"));
      }
    }
  }

  @Test
  void takesTheBatchFromResolveWhereTheConfHasNone() throws Exception {
    try (Bench bench = new Bench(state)) {
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.call("resolve").has("batch")).isFalse();
      assertThat(bench.functions.call("ingest").get("batch").getAsString()).isEqualTo("b-1");
      assertThat(bench.functions.call("finish-run").get("batch").getAsString()).isEqualTo("b-1");
    }
  }

  @Test
  void givesEveryOneOfAListAsItsGiverNumberedIt() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.text.set(
          Bench.OPERATIONS
              .replace("gives: [batch, live_model]", "gives: [batch, {history: list}, live_model]")
              .replace("takes: [left,", "takes: [{history: optional}, left,"));
      bench.functions.on(
          "resolve",
          request ->
              FunctionServer.Reply.gives(
                  Map.of("batch", "gs://b", "history#0", "gs://h/0", "history#1", "gs://h/1"),
                  Map.of("batch", "b-1")));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      JsonObject inputs = bench.functions.call("gate").getAsJsonObject("inputs");
      assertThat(inputs.asMap().keySet())
          .containsExactlyInAnyOrder("history#0", "history#1", "left", "right");
      assertThat(inputs.get("history#1").getAsString()).isEqualTo("gs://h/1");
    }
  }

  @Test
  void runsIndependentOperationsAtOnce() throws Exception {
    try (Bench bench = new Bench(state)) {
      CyclicBarrier both = new CyclicBarrier(2);
      for (String side : List.of("left", "right")) {
        bench.functions.on(
            side,
            request -> {
              try {
                both.await(10, SECONDS);
              } catch (java.util.concurrent.BrokenBarrierException
                  | java.util.concurrent.TimeoutException e) {
                return Reply.problem(422, "alone");
              }
              return bench.functions.everything(request);
            });
      }
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
    }
  }

  @Test
  void runsNoMoreAtOnceThanTheParallelism() throws Exception {
    try (Bench bench = new Bench(state, settings -> settings.withParallelism(1))) {
      bench.rest.trigger("taxi", "r1", "{}");
      bench.rest.trigger("taxi", "r2", "{}");
      bench.settle();

      assertThat(bench.functions.calls()).hasSize(14);
      assertThat(bench.functions.mostActive()).isEqualTo(1);
    }
  }

  @Test
  void runsTwoRunsAtOnce() throws Exception {
    try (Bench bench = new Bench(state)) {
      CountDownLatch second = new CountDownLatch(1);
      bench.functions.on(
          "ingest",
          request -> {
            if (request.get("run").getAsString().equals("r2")) {
              second.countDown();
            } else if (!second.await(10, SECONDS)) {
              return Reply.problem(422, "alone");
            }
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      bench.rest.trigger("tips", "r2", "{}");
      bench.settle();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
      assertThat(bench.rest.state("tips", "r2")).isEqualTo("success");
    }
  }

  @Test
  void skipsWhatTakesABlessingThatWasNotGivenAndSucceeds() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on(
          "gate", request -> Reply.gives(Map.of("verdict", "gs://artifacts/verdict"), Map.of()));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.rest.states("taxi", "r1"))
          .contains(
              entry("gate", "success"),
              entry("release", "skipped"),
              entry("finish-run", "success"));
      assertThat(bench.functions.called()).doesNotContain("release").endsWith("finish-run");
      assertThat(tasks(bench.functions.call("finish-run")).get("release"))
          .hasToString("{\"state\":\"skipped\"}");
    }
  }

  @Test
  void skipsDownstreamOfWhatWasSkipped() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("resolve", request -> Reply.gives(Map.of(), Map.of("batch", "b-1")));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.called()).containsExactly("resolve", "finish-run");
      assertThat(bench.rest.states("taxi", "r1").values())
          .containsExactly(
              "success", "skipped", "skipped", "skipped", "skipped", "skipped", "success");
    }
  }

  @Test
  void passesAnOptionalInputThatWasGiven() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on(
          "resolve",
          request -> Reply.gives(Map.of("batch", "gs://b", "live_model", "gs://live"), Map.of()));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(
              bench
                  .functions
                  .call("gate")
                  .getAsJsonObject("inputs")
                  .get("live_model")
                  .getAsString())
          .isEqualTo("gs://live");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"408", "429", "500", "503", "html 404", "html 200", "cut", "ours 503"})
  void triesAgainAfterWhatMayPass(String failure) throws Exception {
    try (Bench bench = new Bench(state)) {
      AtomicInteger calls = new AtomicInteger();
      bench.functions.on(
          "ingest",
          request -> {
            if (calls.incrementAndGet() == 3) {
              return bench.functions.everything(request);
            }
            return switch (failure) {
              case "cut" -> Reply.cut();
              case "html 404" -> Reply.html(404);
              case "html 200" -> Reply.html(200);
              case "ours 503" -> Reply.problem(503, "try again");
              case "408", "429" -> Reply.problem(Integer.parseInt(failure), "try again");
              default -> Reply.html(Integer.parseInt(failure));
            };
          });
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.each("ingest", call -> call.get("attempt").getAsInt()))
          .containsExactly(1, 2, 3);
      assertThat(bench.rest.get("/dags/taxi/dagRuns/r1/taskInstances/ingest").text("try_number"))
          .isEqualTo("3");
      assertThat(
              bench.progress.stream()
                  .filter(change -> "ingest".equals(change.task()))
                  .map(Progress::state))
          .containsExactly(
              "scheduled",
              "running",
              "up_for_retry",
              "running",
              "up_for_retry",
              "running",
              "success");
    }
  }

  @Test
  void failsAfterTheLastTry() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("ingest", request -> Reply.html(503));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");

      assertThat(bench.functions.called())
          .containsExactly("resolve", "ingest", "ingest", "ingest", "finish-run");
      assertThat(tasks(bench.functions.call("finish-run")).getAsJsonObject("ingest").get("error"))
          .hasToString("\"function ingest answered 503: <h1>the platform's own page</h1>\"");
    }
  }

  @Test
  void triesAgainAfterATimeout() throws Exception {
    try (Bench bench =
        new Bench(state, settings -> settings.withCallTimeout(Duration.ofMillis(200)))) {
      AtomicInteger calls = new AtomicInteger();
      CountDownLatch never = new CountDownLatch(1);
      bench.functions.on(
          "ingest",
          request -> {
            if (calls.incrementAndGet() == 1) {
              never.await();
            }
            return bench.functions.everything(request);
          });
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
      assertThat(calls).hasValue(2);
    }
  }

  @Test
  void failsAtOnceOnAProblemOfOurs() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("left", request -> Reply.problem(422, "trips.csv has no header"));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");

      assertThat(bench.functions.each("left", call -> call)).hasSize(1);
      assertThat(bench.rest.states("taxi", "r1"))
          .contains(
              entry("left", "failed"),
              entry("right", "success"),
              entry("gate", "upstream_failed"),
              entry("release", "upstream_failed"),
              entry("finish-run", "success"));
      assertThat(tasks(bench.functions.call("finish-run")).get("left"))
          .hasToString("{\"state\":\"failed\",\"error\":\"trips.csv has no header\"}");
      assertThat(
              bench.rest.get("/dags/taxi/dagRuns/r1/taskInstances/left/logs/1").json().toString())
          .contains("trips.csv has no header");
    }
  }

  @Test
  void failsTheRunWhereTheTeardownFails() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("finish-run", request -> Reply.problem(422, "no"));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
      assertThat(bench.rest.states("taxi", "r1")).contains(entry("release", "success"));
    }
  }

  @Test
  void failsWithAFunctionThatNobodyKnows() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.text.set(Bench.OPERATIONS.replace("ingest: {takes", "ingest: {function: x, takes"));
      bench.functions.on("x", request -> Reply.problem(404, "no function x"));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
    }
  }

  @Test
  void cancelStopsTheRunAndStillCallsTheTeardown() throws Exception {
    try (Bench bench = new Bench(state)) {
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "ingest",
          request -> {
            running.countDown();
            hold.await();
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      assertThat(running.await(10, SECONDS)).isTrue();
      assertThat(bench.rest.patch("/dags/taxi/dagRuns/r1", "{\"state\":\"failed\"}").status())
          .isEqualTo(200);
      bench.settle();
      hold.countDown();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("failed");
      assertThat(bench.rest.states("taxi", "r1"))
          .contains(
              entry("resolve", "success"),
              entry("ingest", "failed"),
              entry("left", "skipped"),
              entry("release", "skipped"),
              entry("finish-run", "success"));
      assertThat(tasks(bench.functions.call("finish-run")).get("ingest"))
          .hasToString("{\"state\":\"failed\",\"error\":\"the run was cancelled\"}");
    }
  }

  @Test
  void clearGoesOnWithAFailedRunWithoutRepeatingWhatSucceeded() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("left", request -> Reply.html(500));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
      bench.functions.heal("left");
      int before = bench.functions.calls().size();

      Rest.Answer dry = bench.rest.post("/dags/taxi/clearTaskInstances", "{\"dag_run_id\":\"r1\"}");
      assertThat(dry.object().get("total_entries").getAsInt()).isEqualTo(4);
      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("failed");
      Rest.Answer cleared =
          bench.rest.post(
              "/dags/taxi/clearTaskInstances", "{\"dag_run_id\":\"r1\",\"dry_run\":false}");
      assertThat(cleared.status()).isEqualTo(200);
      bench.settle();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
      assertThat(bench.functions.called().subList(before, bench.functions.calls().size()))
          .containsExactly("left", "gate", "release", "finish-run");
      assertThat(bench.functions.call("left").get("attempt").getAsInt()).isEqualTo(4);
      assertThat(bench.functions.call("gate").getAsJsonObject("inputs").has("right")).isTrue();
    }
  }

  @Test
  void clearOfNamedTasksTakesTheirDownstreamWhereAsked() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      int before = bench.functions.calls().size();
      bench.rest.post(
          "/dags/taxi/clearTaskInstances",
          """
          {"dag_run_id": "r1", "dry_run": false, "only_failed": false, "task_ids": ["gate"],
           "include_downstream": true}
          """);
      bench.settle();

      assertThat(bench.functions.called().subList(before, bench.functions.calls().size()))
          .containsExactly("gate", "release", "finish-run");
    }
  }

  @Test
  void clearWithoutResetLeavesTheRunAsItEnded() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("left", request -> Reply.problem(422, "no"));
      bench.run("taxi", "r1", "{}");
      int before = bench.functions.calls().size();
      bench.rest.post(
          "/dags/taxi/clearTaskInstances",
          "{\"dag_run_id\":\"r1\",\"dry_run\":false,\"reset_dag_runs\":false}");
      bench.settle();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("failed");
      assertThat(bench.rest.states("taxi", "r1")).contains(entry("left", "none"));
      assertThat(bench.functions.calls()).hasSize(before);
    }
  }

  @Test
  void aPausedDagKeepsItsRunsInTheQueue() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.rest.patch("/dags/taxi", "{\"is_paused\":true}");
      bench.restart(state);
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("queued");
      assertThat(bench.functions.calls()).isEmpty();

      bench.rest.patch("/dags/taxi", "{\"is_paused\":false}");
      bench.settle();
      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
    }
  }

  @Test
  void goesOnFromWhatAKilledProcessLeftOnDisk(@TempDir Path copy) throws Exception {
    try (Bench bench = new Bench(state)) {
      CountDownLatch running = new CountDownLatch(2);
      CountDownLatch hold = new CountDownLatch(1);
      for (String side : List.of("left", "right")) {
        bench.functions.on(
            side,
            request -> {
              running.countDown();
              hold.await();
              return bench.functions.everything(request);
            });
      }
      bench.rest.trigger("taxi", "r1", "{\"batch\":\"b-7\"}");
      assertThat(running.await(10, SECONDS)).isTrue();
      copy(state, copy);
      bench.composer.close();
      bench.functions.heal("left");
      bench.functions.heal("right");
      int before = bench.functions.calls().size();
      bench.restart(copy);
      bench.settle();
      hold.countDown();

      List<String> after = bench.functions.called().subList(before, before + 5);
      assertThat(after.subList(0, 2)).containsExactlyInAnyOrder("left", "right");
      assertThat(after.subList(2, 5)).containsExactly("gate", "release", "finish-run");
      assertThat(bench.functions.call("left").get("attempt").getAsInt()).isEqualTo(2);
      assertThat(bench.functions.call("gate").get("batch").getAsString()).isEqualTo("b-7");
      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  @Test
  void callsNothingBeforeItIsToldToResume() throws Exception {
    try (FunctionServer functions =
            new FunctionServer(Operations.parse(Bench.OPERATIONS, "operations.yaml"));
        ComposerEmulator composer =
            ComposerEmulator.open(
                state,
                0,
                Settings.of(
                    () -> Operations.parse(Bench.OPERATIONS, "operations.yaml"),
                    () -> Set.of("taxi"),
                    functions::uri));
        Rest rest = new Rest(composer.uri())) {
      rest.login("admin", "admin");
      rest.trigger("taxi", "r1", "{}");
      assertThat(composer.awaitIdle(Duration.ofMillis(50))).isFalse();
      assertThat(rest.state("taxi", "r1")).isEqualTo("queued");
      assertThat(functions.calls()).isEmpty();

      composer.resume();
      composer.resume();
      assertThat(composer.awaitIdle(Duration.ofSeconds(20))).isTrue();
      assertThat(rest.state("taxi", "r1")).isEqualTo("success");
      assertThat(functions.calls()).hasSize(7);
    }
  }

  @Test
  void anEndedRunIsThereAfterARestartAndNotRepeated() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      int before = bench.functions.calls().size();
      bench.restart(state);
      bench.settle();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
      assertThat(
              bench
                  .rest
                  .get("/dags/taxi/dagRuns/r1/taskInstances/left/xcomEntries/return_value")
                  .object()
                  .getAsJsonObject("value")
                  .getAsJsonObject("outputs"))
          .hasToString("{\"left\":\"gs://artifacts/left\"}");
      assertThat(bench.functions.calls()).hasSize(before);
    }
  }

  @Test
  void aChangeOfTheOperationsFileTouchesOnlyLaterRuns() throws Exception {
    try (Bench bench = new Bench(state)) {
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "resolve",
          request -> {
            running.countDown();
            hold.await();
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      assertThat(running.await(10, SECONDS)).isTrue();
      bench.text.set("resolve: {gives: [batch]}\nfinish-run: {teardown: true}\n");
      hold.countDown();
      bench.settle();
      bench.run("taxi", "r2", "{}");

      assertThat(bench.rest.states("taxi", "r1")).hasSize(7).containsEntry("release", "success");
      assertThat(bench.rest.states("taxi", "r2")).containsOnlyKeys("resolve", "finish-run");
    }
  }

  @Test
  void tellsOfEveryChangeInOrder() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");

      assertThat(bench.progress.stream().filter(p -> p.task() == null).map(Progress::state))
          .containsExactly("queued", "running", "success");
      assertThat(bench.progress.getLast().task()).isNull();
      assertThat(bench.progress.getLast().duration()).isPositive();
    }
  }

  @Test
  void awaitIdleSaysWhenItIsNot() throws Exception {
    try (Bench bench = new Bench(state)) {
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "resolve",
          request -> {
            hold.await(10, TimeUnit.SECONDS);
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      assertThat(bench.composer.awaitIdle(Duration.ofMillis(20))).isFalse();
      hold.countDown();
      assertThat(bench.composer.awaitIdle(Duration.ofSeconds(20))).isTrue();
    }
  }
}
