package dev.sluice.emulators.composer;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.emulators.composer.FunctionServer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tasks that are mapped over the shards of a batch, as Airflow maps them. The order of lists and
 * the words of refusals are those of Airflow 3.3.1's own API, asked of the same operations.
 */
final class MappedTaskTest {
  private static final String INSTANCES = "/dags/taxi/dagRuns/r1/taskInstances";

  @TempDir private Path state;

  private static Map<String, JsonElement> inputs(JsonObject call) {
    return call.getAsJsonObject("inputs").asMap();
  }

  private static JsonObject end(Bench bench, String task) {
    return bench
        .functions
        .call("finish-run")
        .getAsJsonObject("parameters")
        .getAsJsonObject("tasks")
        .getAsJsonObject(task);
  }

  private static boolean isShard(JsonObject request, int shard) {
    return request.get("shard").getAsInt() == shard;
  }

  @Test
  void aMappedTaskIsCalledOnceAShardAndItsTakerWithAllThatTheyGave() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      List<String> called = bench.functions.called();
      assertThat(called.getFirst()).isEqualTo("resolve");
      assertThat(called.subList(1, 4))
          .containsExactlyInAnyOrder("inspect[0]", "inspect[1]", "inspect[2]");
      assertThat(called.get(4)).isEqualTo("plan");
      assertThat(called.subList(5, 8)).containsExactlyInAnyOrder("part[0]", "part[1]", "part[2]");
      assertThat(called.subList(8, 11)).containsExactly("ingest", "analyze", "finish-run");
      assertThat(new TreeMap<>(inputs(bench.functions.call("plan"))).toString())
          .isEqualTo(
              "{inspection#0=\"gs://artifacts/inspection/0\","
                  + " inspection#1=\"gs://artifacts/inspection/1\","
                  + " inspection#2=\"gs://artifacts/inspection/2\"}");
      assertThat(inputs(bench.functions.call("ingest")))
          .containsOnlyKeys("batch", "plan", "part#0", "part#1", "part#2");
      assertThat(bench.functions.call("ingest").has("shard")).isFalse();
    }
  }

  @Test
  void aShardTakesItsOwnOfAMappedTaskAndTheOneOfAnother() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.run("taxi", "r1", "{}");

      bench
          .functions
          .each("part", call -> call)
          .forEach(call -> {
            assertThat(call.get("shards").getAsInt()).isEqualTo(3);
            assertThat(inputs(call).get("inspection").getAsString())
                .isEqualTo("gs://artifacts/inspection/" + call.get("shard").getAsInt());
            assertThat(inputs(call).get("plan").getAsString()).isEqualTo("gs://artifacts/plan");
          });
    }
  }

  /** Parts of a batch, then trials over all of them, then a slice each of the best. */
  private static final String SEVERAL =
      """
      resolve: {expands: shard, gives: [batch]}
      part: {map_over: shard, takes: [batch], gives: [part]}
      search: {expands: trial, takes: [{part: optional}], gives: [plan]}
      trial: {map_over: trial, takes: [plan, {part: optional}], gives: [trial]}
      best: {expands: slice, takes: [trial], gives: [best]}
      slice: {map_over: slice, takes: [best], gives: [slice]}
      report: {takes: [best, {slice: optional}], gives: [report]}
      finish-run: {teardown: true}
      """;

  private static Bench several(Path state) throws Exception {
    Bench bench = new Bench(state, SEVERAL, settings -> settings);
    bench.functions.expands("shard", 2);
    bench.functions.expands("trial", 3);
    bench.functions.expands("slice", 1);
    return bench;
  }

  @Test
  void eachKindIsCalledAsOftenAsItsOwnExpanderSays() throws Exception {
    try (Bench bench = several(state)) {
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.called())
          .contains("part[0]", "part[1]", "trial[0]", "trial[1]", "trial[2]", "slice[0]")
          .hasSize(1 + 2 + 1 + 3 + 1 + 1 + 1 + 1);
      bench
          .functions
          .each("trial", call -> call)
          .forEach(call -> {
            assertThat(call.get("shards").getAsInt()).isEqualTo(3);
            assertThat(inputs(call)).containsOnlyKeys("plan", "part#0", "part#1");
          });
      assertThat(inputs(bench.functions.call("best")))
          .containsOnlyKeys("trial#0", "trial#1", "trial#2");
      assertThat(inputs(bench.functions.call("report"))).containsOnlyKeys("best", "slice#0");
      assertThat(end(bench, "trial").get("shards").getAsInt()).isEqualTo(3);
    }
  }

  @Test
  void aKindOfWhichThereAreNoneIsSkippedAndTheOthersAreCalled() throws Exception {
    try (Bench bench = several(state)) {
      bench.functions.shards(0);
      bench.functions.expands("slice", 0);

      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.called())
          .contains("trial[2]", "report")
          .doesNotContain("part[0]", "slice[0]");
      assertThat(inputs(bench.functions.call("report"))).containsOnlyKeys("best");
      assertThat(bench.rest.states("taxi", "r1")).contains(entry("slice", "skipped"));
    }
  }

  @Test
  void withoutShardsAMappedTaskIsOneSkippedInstanceAndItsTakersGoOnWithout() throws Exception {
    try (Bench bench = Bench.sharded(state, 0)) {
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.called())
          .containsExactly("resolve", "ingest", "analyze", "finish-run");
      assertThat(inputs(bench.functions.call("ingest"))).containsOnlyKeys("batch");
      assertThat(bench.rest.states("taxi", "r1"))
          .contains(
              entry("inspect", "skipped"), entry("plan", "skipped"), entry("part", "skipped"));
      assertThat(bench.rest.get(INSTANCES + "/part").object().get("map_index").getAsInt())
          .isEqualTo(-1);
      assertThat(end(bench, "part")).hasToString("{\"state\":\"skipped\"}");
    }
  }

  @Test
  void anAnswerThatSaysNothingOfShardsMeansNone() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on(
          "resolve", request -> Reply.gives(Map.of("batch", "gs://b"), Map.of("batch", "b-1")));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
      assertThat(bench.functions.called())
          .containsExactly("resolve", "ingest", "analyze", "finish-run");
    }
  }

  @Test
  void shardsRunAtOnce() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      CyclicBarrier all = new CyclicBarrier(3);
      bench.functions.on(
          "part",
          request -> {
            try {
              all.await(10, SECONDS);
            } catch (java.util.concurrent.BrokenBarrierException
                | java.util.concurrent.TimeoutException e) {
              return Reply.problem(422, "alone");
            }
            return bench.functions.everything(request);
          });
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
    }
  }

  @Test
  void noMoreShardsRunAtOnceThanTheParallelism() throws Exception {
    try (Bench bench = Bench.sharded(state, 5, settings -> settings.withParallelism(2))) {
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
      assertThat(bench.functions.each("part", call -> call)).hasSize(5);
      assertThat(bench.functions.mostActive()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void oneShardIsTriedAgainByItself() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on(
          "part",
          request ->
              isShard(request, 1) && request.get("attempt").getAsInt() < 3
                  ? Reply.html(503)
                  : bench.functions.everything(request));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");

      assertThat(bench.functions.called())
          .containsOnlyOnce("part[0]", "part[2]")
          .filteredOn("part[1]"::equals)
          .hasSize(3);
      assertThat(bench.rest.get(INSTANCES + "/part/1").text("try_number")).isEqualTo("3");
      assertThat(bench.rest.get(INSTANCES + "/part/2").text("try_number")).isEqualTo("1");
    }
  }

  @Test
  void whereOneShardFailsForGoodTheOthersFinishAndTheRunEndsWithItsTeardown() throws Exception {
    try (Bench bench = Bench.sharded(state, 4)) {
      CountDownLatch failed = new CountDownLatch(1);
      bench.functions.on(
          "part",
          request -> {
            if (isShard(request, 1)) {
              failed.countDown();
              return Reply.problem(422, "record 7 of shard 1 has no end");
            }
            return failed.await(10, SECONDS) && !isShard(request, 3)
                ? bench.functions.everything(request)
                : Reply.problem(422, "neither has one of shard 3");
          });
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");

      assertThat(bench.rest.states("taxi", "r1"))
          .contains(
              entry("part[0]", "success"),
              entry("part[1]", "failed"),
              entry("part[2]", "success"),
              entry("part[3]", "failed"),
              entry("ingest", "upstream_failed"),
              entry("analyze", "upstream_failed"),
              entry("finish-run", "success"));
      assertThat(end(bench, "part"))
          .hasToString(
              "{\"state\":\"failed\",\"error\":\"record 7 of shard 1 has no end\",\"shards\":4,"
                  + "\"failed\":[1,3]}");
      assertThat(end(bench, "inspect")).hasToString("{\"state\":\"success\",\"shards\":4}");
    }
  }

  @Test
  void aMappedTaskBehindAFailureIsOneInstanceThatWasNeverMapped() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on("ingest", request -> Reply.problem(422, "no"));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
      assertThat(bench.rest.states("taxi", "r1"))
          .contains(
              entry("inspect[0]", "failed"),
              entry("plan", "upstream_failed"),
              entry("part", "upstream_failed"));
    }
  }

  @Test
  void aShardThatAloneGaveNothingFailsItsTakerRatherThanLoseItsRows() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on(
          "part",
          request ->
              isShard(request, 1)
                  ? Reply.gives(Map.of(), Map.of())
                  : bench.functions.everything(request));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
      assertThat(bench.rest.states("taxi", "r1")).contains(entry("ingest", "failed"));
      assertThat(end(bench, "ingest").get("error").getAsString())
          .isEqualTo("part[1] gave no 'part', but others of part did; all or none must");
    }
  }

  @Test
  void whatNoShardGaveWasNotGiven() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on("part", request -> Reply.gives(Map.of(), Map.of()));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
      assertThat(inputs(bench.functions.call("ingest"))).containsOnlyKeys("batch", "plan");
    }
  }

  @Test
  void aClearOfAFailedRunRepeatsOnlyTheShardsThatFailed() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on(
          "part",
          request ->
              isShard(request, 1) ? Reply.problem(422, "no") : bench.functions.everything(request));
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
      bench.functions.heal("part");
      int before = bench.functions.calls().size();
      bench.rest.post("/dags/taxi/clearTaskInstances", "{\"dag_run_id\":\"r1\",\"dry_run\":false}");
      bench.settle();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
      assertThat(bench.functions.called().subList(before, bench.functions.calls().size()))
          .containsExactly("part[1]", "ingest", "analyze", "finish-run");
      assertThat(inputs(bench.functions.call("ingest")))
          .containsOnlyKeys("batch", "plan", "part#0", "part#1", "part#2");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"part\", 2]| part[2] | 1",
        "\"part\"     | part[0] | 3",
      })
  void aClearTakesOneShardOrAll(String named, String among, int parts) throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.run("taxi", "r1", "{}");
      int before = bench.functions.calls().size();
      bench.rest.post(
          "/dags/taxi/clearTaskInstances",
          "{\"dag_run_id\":\"r1\",\"dry_run\":false,\"only_failed\":false,"
              + "\"include_downstream\":true,\"task_ids\":["
              + named
              + "]}");
      bench.settle();

      List<String> called =
          bench.functions.called().subList(before, bench.functions.calls().size());
      assertThat(called).hasSize(parts + 3).contains(among);
      assertThat(called.subList(parts, parts + 3))
          .containsExactly("ingest", "analyze", "finish-run");
    }
  }

  @ParameterizedTest
  @CsvSource({"2, success", "5, success", "0, skipped"})
  void aRunThatIsClearedAndThenHasOtherShardsIsMappedAnew(int shards, String plan)
      throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.run("taxi", "r1", "{}");
      bench.functions.shards(shards);
      bench.rest.post(
          "/dags/taxi/clearTaskInstances",
          "{\"dag_run_id\":\"r1\",\"dry_run\":false,\"only_failed\":false}");
      bench.settle();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
      Map<String, String> states = bench.rest.states("taxi", "r1");
      assertThat(states).containsEntry("plan", plan);
      for (int k = 0; k < Math.max(3, shards); k++) {
        assertThat(states).containsEntry("part[" + k + "]", k < shards ? "success" : "removed");
      }
      assertThat(inputs(bench.functions.call("ingest")).keySet().stream())
          .filteredOn(name -> name.startsWith("part#"))
          .hasSize(shards);
    }
  }

  @Test
  void cancelFailsTheShardsThatRunAndSkipsTheOthers() throws Exception {
    try (Bench bench = Bench.sharded(state, 3, settings -> settings.withParallelism(2))) {
      CountDownLatch running = new CountDownLatch(2);
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "part",
          request -> {
            running.countDown();
            hold.await();
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      assertThat(running.await(10, SECONDS)).isTrue();
      bench.rest.patch("/dags/taxi/dagRuns/r1", "{\"state\":\"failed\"}");
      bench.settle();
      hold.countDown();

      Map<String, String> states = bench.rest.states("taxi", "r1");
      assertThat(List.of(states.get("part[0]"), states.get("part[1]"), states.get("part[2]")))
          .containsExactlyInAnyOrder("failed", "failed", "skipped");
      assertThat(states).contains(entry("ingest", "skipped"), entry("finish-run", "success"));
      assertThat(end(bench, "part").get("error").getAsString()).isEqualTo("the run was cancelled");
    }
  }

  @Test
  void aKilledProcessLeavesEachShardWhereItWas(@TempDir Path copy) throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      CountDownLatch running = new CountDownLatch(2);
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "part",
          request -> {
            if (!isShard(request, 0)) {
              running.countDown();
              hold.await();
            }
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      assertThat(running.await(10, SECONDS)).isTrue();
      bench.until(() -> "success".equals(bench.rest.states("taxi", "r1").get("part[0]")));
      copy(state, copy);
      bench.composer.close();
      bench.functions.heal("part");
      int before = bench.functions.calls().size();
      bench.restart(copy);
      bench.settle();
      hold.countDown();

      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
      List<String> after = bench.functions.called().subList(before, before + 5);
      assertThat(after.subList(0, 2)).containsExactlyInAnyOrder("part[1]", "part[2]");
      assertThat(after.subList(2, 5)).containsExactly("ingest", "analyze", "finish-run");
      assertThat(inputs(bench.functions.call("ingest"))).containsKeys("part#0", "part#1", "part#2");
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (!file.toString().endsWith(".next")) {
          Files.copy(file, target);
        }
      }
    }
  }

  private static List<String> names(JsonArray instances) {
    List<String> out = new ArrayList<>();
    instances.forEach(element -> {
      JsonObject task = element.getAsJsonObject();
      out.add(task.get("task_id").getAsString() + " " + task.get("map_index").getAsInt());
    });
    return out;
  }

  private static JsonArray list(Bench bench, String path) throws Exception {
    return bench.rest.get(path).object().getAsJsonArray("task_instances");
  }

  @Test
  void instancesAreListedByTheirMapIndex() throws Exception {
    try (Bench bench = Bench.sharded(state, 12)) {
      bench.run("taxi", "r1", "{}");

      assertThat(names(list(bench, INSTANCES + "?limit=9")))
          .containsExactly(
              "resolve -1",
              "plan -1",
              "ingest -1",
              "analyze -1",
              "finish-run -1",
              "inspect 0",
              "part 0",
              "inspect 1",
              "part 1");
      assertThat(names(list(bench, INSTANCES + "?limit=3&order_by=-map_index")))
          .containsExactly("part 11", "inspect 11", "part 10");
      assertThat(bench.rest.get(INSTANCES).object().get("total_entries").getAsInt()).isEqualTo(29);
      assertThat(names(list(bench, INSTANCES + "?task_id=part&limit=3&order_by=-map_index")))
          .containsExactly("part 11", "part 10", "part 9");
      assertThat(names(list(bench, INSTANCES + "?map_index=4")))
          .containsExactly("inspect 4", "part 4");
      assertThat(names(list(bench, INSTANCES + "/part/listMapped?limit=2&offset=10")))
          .containsExactly("part 10", "part 11");
      JsonObject one = bench.rest.get(INSTANCES + "/part/7").object();
      assertThat(one.get("map_index").getAsInt()).isEqualTo(7);
      assertThat(one.get("rendered_map_index").getAsString()).isEqualTo("7");
      assertThat(one.get("id"))
          .isNotEqualTo(bench.rest.get(INSTANCES + "/part/8").object().get("id"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/part              | 404 | Task instance is mapped, add the map_index value to the URL",
        "/part/3            | 404 | task_id: `part`, and map_index: `3` was not found",
        "/plan/0            | 404 | task_id: `plan`, and map_index: `0` was not found",
        "/plan/listMapped   | 404 | Task id plan is not mapped",
        "/nobody/listMapped | 404 | Task id nobody not found",
        "/part/dependencies | 501 | dependencies",
        "/part/xcomEntries/return_value             | 404 | XCom entry with key: `return_value`",
        "/part/xcomEntries/return_value?map_index=3 | 404 | XCom entry with key: `return_value`",
        "/part/logs/1       | 404 | TaskInstance not found",
        "?map_index=x       | 422 | valid integer",
      })
  void anInstanceThatIsNotThereIsRefusedInAirflowsWords(String path, int status, String said)
      throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.run("taxi", "r1", "{}");
      Rest.Answer answer = bench.rest.get(INSTANCES + path);
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.detail()).contains(said);
    }
  }

  @Test
  void eachShardHasItsOwnReturnValueAndLog() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.functions.on(
          "part",
          request ->
              isShard(request, 2) && request.get("attempt").getAsInt() == 1
                  ? Reply.html(503)
                  : bench.functions.everything(request));
      bench.run("taxi", "r1", "{}");

      JsonObject entry =
          bench.rest.get(INSTANCES + "/part/xcomEntries/return_value?map_index=2").object();
      assertThat(entry.get("map_index").getAsInt()).isEqualTo(2);
      assertThat(entry.getAsJsonObject("value").getAsJsonObject("outputs"))
          .hasToString("{\"part\":\"gs://artifacts/part/2\"}");
      assertThat(bench.rest.get(INSTANCES + "/part/logs/1?map_index=2").json().toString())
          .contains("function part answered 503");
      assertThat(bench.rest.get(INSTANCES + "/part/logs/1?map_index=1").json().toString())
          .doesNotContain("503");
    }
  }

  @Test
  void beforeItIsKnownHowManyShardsThereAreOneInstanceStandsForAll() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
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
      running.await();
      JsonObject part = bench.rest.get(INSTANCES + "/part").object();
      assertThat(part.get("map_index").getAsInt()).isEqualTo(-1);
      assertThat(part.get("state").isJsonNull()).isTrue();
      hold.countDown();
      bench.settle();
      assertThat(bench.rest.get(INSTANCES + "/part").status()).isEqualTo(404);
    }
  }

  @Test
  void progressNamesTheShardAndHowManyThereAre() throws Exception {
    try (Bench bench = Bench.sharded(state, 3)) {
      bench.run("taxi", "r1", "{}");
      assertThat(bench.progress)
          .filteredOn(change -> "part".equals(change.task()) && change.state().equals("success"))
          .extracting(Progress::mapIndex)
          .containsExactlyInAnyOrder(0, 1, 2);
      assertThat(bench.progress)
          .filteredOn(change -> change.mapIndex() >= 0)
          .extracting(Progress::shards)
          .containsOnly(3);
    }
  }

  @Test
  void moreShardsThanAirflowMapsFailTheTaskThatSaysSo() throws Exception {
    try (Bench bench = Bench.sharded(state, 1025)) {
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("failed");
      assertThat(end(bench, "resolve").get("error").getAsString()).contains("1025", "0 to 1024");
    }
  }
}
