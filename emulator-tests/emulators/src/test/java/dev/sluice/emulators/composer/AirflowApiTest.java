package dev.sluice.emulators.composer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.sluice.emulators.composer.FunctionServer.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Shapes and statuses as Airflow 3.3.1's {@code v2-rest-api-generated.yaml} and routes have them.
 */
final class AirflowApiTest {
  @TempDir private Path state;

  private static List<String> ids(JsonArray list, String member) {
    List<String> out = new ArrayList<>();
    list.forEach(element -> out.add(element.getAsJsonObject().get(member).getAsString()));
    return out;
  }

  @Test
  void healthAndVersionNeedNoToken() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.rest.token(null);
      JsonObject health = bench.rest.get("/monitor/health").object();
      assertThat(health.getAsJsonObject("scheduler").get("status").getAsString())
          .isEqualTo("healthy");
      assertThat(bench.rest.get("/version").text("version")).isEqualTo("3.3.1");
    }
  }

  @Test
  void aTokenIsGivenForThePasswordAndForNothingElse() throws Exception {
    try (Bench bench = new Bench(state)) {
      String path = "/auth/token";
      Rest.Answer right =
          bench.rest.call("POST", path, "{\"username\":\"admin\",\"password\":\"admin\"}");
      assertThat(right.status()).isEqualTo(201);
      assertThat(right.text("access_token").split("\\.", -1)).hasSize(3);
      Rest.Answer wrong =
          bench.rest.call("POST", path, "{\"username\":\"admin\",\"password\":\"nimda\"}");
      assertThat(wrong.status()).isEqualTo(401);
      assertThat(wrong.text("detail")).isEqualTo("Invalid credentials");
      assertThat(bench.rest.call("POST", path, "{\"username\":\"admin\"}").status()).isEqualTo(400);
    }
  }

  @Test
  void withoutATokenOrWithAForeignOneNothingIsToldOrDone() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.rest.token(null);
      Rest.Answer none = bench.rest.trigger("taxi", "r1", "{}");
      assertThat(none.status()).isEqualTo(401);
      assertThat(none.text("detail")).isEqualTo("Not authenticated");
      bench.rest.token("e30.e30.e30");
      Rest.Answer foreign = bench.rest.get("/dags");
      assertThat(foreign.status()).isEqualTo(403);
      assertThat(foreign.text("detail")).isEqualTo("Invalid JWT token");
      bench.settle();
      assertThat(bench.functions.calls()).isEmpty();
    }
  }

  @Test
  void aTokenOutlivesARestartAndNotItsTime() throws Exception {
    try (Bench bench = new Bench(state)) {
      String token =
          bench
              .rest
              .call("POST", "/auth/token", "{\"username\":\"admin\",\"password\":\"admin\"}")
              .text("access_token");
      bench.restart(state);
      bench.rest.token(token);
      assertThat(bench.rest.get("/dags").status()).isEqualTo(200);
    }
    try (Bench bench =
        new Bench(state, settings -> settings.withUser("admin", "admin", Duration.ofNanos(1)))) {
      Rest.Answer expired = bench.rest.get("/dags");
      assertThat(expired.status()).isEqualTo(401);
      assertThat(expired.text("detail")).isEqualTo("Token Expired");
    }
  }

  @Test
  void everyPipelineIsADagAsSoonAsItIsThere() throws Exception {
    try (Bench bench = new Bench(state)) {
      assertThat(bench.rest.get("/dags/listings").status()).isEqualTo(404);
      assertThat(bench.rest.get("/dags/listings").text("detail"))
          .isEqualTo("Dag with id: listings was not found");
      bench.pipelines.add("listings");
      Rest.Answer dags = bench.rest.get("/dags");
      assertThat(ids(dags.object().getAsJsonArray("dags"), "dag_id"))
          .containsExactly("listings", "taxi", "tips");
      assertThat(dags.object().get("total_entries").getAsInt()).isEqualTo(3);
      assertThat(bench.rest.get("/dags/listings").object().get("is_paused").getAsBoolean())
          .isFalse();
      assertThat(bench.run("listings", "r1", "{}")).isEqualTo("success");
    }
  }

  @Test
  void aPausedDagSaysSo() throws Exception {
    try (Bench bench = new Bench(state)) {
      Rest.Answer answer = bench.rest.patch("/dags/taxi", "{\"is_paused\":true}");
      assertThat(answer.object().get("is_paused").getAsBoolean()).isTrue();
      assertThat(ids(bench.rest.get("/dags?paused=true").object().getAsJsonArray("dags"), "dag_id"))
          .containsExactly("taxi");
      assertThat(bench.rest.patch("/dags/nobody", "{\"is_paused\":true}").status()).isEqualTo(404);
      assertThat(bench.rest.patch("/dags/taxi", "{}").status()).isEqualTo(422);
    }
  }

  @Test
  void aTriggeredRunHasAirflowsShape() throws Exception {
    try (Bench bench = new Bench(state)) {
      Rest.Answer answer = bench.rest.trigger("taxi", "b-1.run", "{\"batch\":\"b-1\"}");
      assertThat(answer.status()).isEqualTo(200);
      JsonObject run = answer.object();
      assertThat(run.keySet())
          .containsExactlyInAnyOrder(
              ("dag_run_id dag_id logical_date queued_at start_date end_date duration"
                      + " data_interval_start data_interval_end run_after last_scheduling_decision"
                      + " run_type state triggered_by triggering_user_name conf note dag_versions"
                      + " bundle_version dag_display_name partition_key partition_date")
                  .split(" ", -1));
      assertThat(run.get("dag_run_id").getAsString()).isEqualTo("b-1.run");
      assertThat(run.get("state").getAsString()).isEqualTo("queued");
      assertThat(run.get("run_type").getAsString()).isEqualTo("manual");
      assertThat(run.get("logical_date").isJsonNull()).isTrue();
      assertThat(run.get("conf")).hasToString("{\"batch\":\"b-1\"}");
      bench.settle();
      JsonObject ended = bench.rest.get("/dags/taxi/dagRuns/b-1.run").object();
      assertThat(ended.get("state").getAsString()).isEqualTo("success");
      assertThat(ended.get("duration").getAsDouble()).isPositive();
      assertThat(ended.get("end_date").getAsString()).endsWith("Z");
    }
  }

  @Test
  void aRunWithoutAnIdGetsOne() throws Exception {
    try (Bench bench = new Bench(state)) {
      Rest.Answer answer = bench.rest.post("/dags/taxi/dagRuns", "{\"logical_date\":null}");
      assertThat(answer.text("dag_run_id")).startsWith("manual__2");
      assertThat(answer.object().get("conf")).hasToString("{}");
      bench.settle();
      assertThat(bench.rest.state("taxi", answer.text("dag_run_id"))).isEqualTo("success");
    }
  }

  @Test
  void aSecondRunOfTheSameIdIsAConflictAndStartsNothing() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      int before = bench.functions.calls().size();
      Rest.Answer again = bench.rest.trigger("taxi", "r1", "{}");
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.detail()).contains("Unique constraint violation");
      bench.settle();
      assertThat(bench.functions.calls()).hasSize(before);
      assertThat(bench.rest.trigger("tips", "r1", "{}").status()).isEqualTo(200);
      bench.settle();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "taxi   | {\"dag_run_id\":\"r1\"}                                       | 422 | logical_date",
        "taxi   | {\"logical_date\":\"yesterday\"}                              | 422 | datetime",
        "taxi   | {\"logical_date\":null,\"conf\":[1]}                          | 422 | dictionary",
        "taxi   | {\"logical_date\":null,\"dag_id\":\"x\"}                      | 422 | Extra inputs",
        "taxi   | {\"logical_date\":                                            | 422 | JSON decode",
        "taxi   | {\"logical_date\":null,\"dag_run_id\":\"a/b\"}                | 400 | regex",
        "taxi   | {\"logical_date\":null,\"conf\":{\"batch\":7}}                | 400 | conf.batch",
        "taxi   | {\"logical_date\":null,\"conf\":{\"batch\":\"../x\"}}         | 400 | conf.batch",
        "taxi   | {\"logical_date\":null,\"conf\":{\"span\":\"a/b\"}}           | 400 | which holds a /",
        "taxi   | {\"logical_date\":null,\"conf\":{\"force\":\"yes\"}}          | 400 | is not true or false",
        "taxi   | {\"logical_date\":null,\"conf\":{\"options\":[]}}             | 400 | is not an object",
        "taxi   | {\"logical_date\":null,\"conf\":{\"spam\":\"x\"}}             | 400 | did you mean 'span'",
        "taxi   | {\"logical_date\":null,\"partition_key\":\"x\"}               | 501 | partition_key",
        "taxi   | {\"logical_date\":null,\"run_after\":\"2999-01-01T00:00:00Z\"} | 501 | run_after",
        "nobody | {\"logical_date\":null}                                       | 404 | nobody",
      })
  void refusesARunThatItCannotMake(String dag, String body, int status, String said)
      throws Exception {
    try (Bench bench = new Bench(state)) {
      Rest.Answer answer = bench.rest.post("/dags/" + dag + "/dagRuns", body);
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.detail()).contains(said);
      assertThat(bench.rest.get("/dags/~/dagRuns").object().get("total_entries").getAsInt())
          .isZero();
    }
  }

  @Test
  void aBrokenOperationsFileIsAnImportErrorUntilItIsMended() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.text.set("ingest: {takes: [nothing]}\n");
      Rest.Answer refused = bench.rest.trigger("taxi", "r1", "{}");
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.detail()).contains("import errors", "nothing");
      assertThat(bench.rest.get("/dags/taxi").object().get("has_import_errors").getAsBoolean())
          .isTrue();
      bench.text.set(Bench.OPERATIONS);
      assertThat(bench.run("taxi", "r1", "{}")).isEqualTo("success");
    }
  }

  @Test
  void listsRunsByStateOrderAndPage() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      bench.functions.on("ingest", request -> Reply.problem(422, "no"));
      bench.run("taxi", "r2", "{}");
      bench.run("taxi", "r3", "{}");
      bench.run("tips", "r4", "{}");

      String path = "/dags/taxi/dagRuns";
      assertThat(ids(runs(bench, path), "dag_run_id")).containsExactly("r1", "r2", "r3");
      assertThat(ids(runs(bench, path + "?order_by=-run_after&limit=2"), "dag_run_id"))
          .containsExactly("r3", "r2");
      assertThat(ids(runs(bench, path + "?limit=1&offset=1"), "dag_run_id")).containsExactly("r2");
      assertThat(ids(runs(bench, path + "?state=failed"), "dag_run_id"))
          .containsExactly("r2", "r3");
      assertThat(ids(runs(bench, "/dags/~/dagRuns?state=failed&state=success"), "dag_run_id"))
          .containsExactly("r1", "r2", "r3", "r4");
      assertThat(bench.rest.get(path + "?limit=1").object().get("total_entries").getAsInt())
          .isEqualTo(3);
      assertThat(bench.rest.get(path + "?order_by=colour").status()).isEqualTo(400);
      assertThat(bench.rest.get(path + "?limit=-1").status()).isEqualTo(422);
      assertThat(bench.rest.get(path + "?conf_contains=x").status()).isEqualTo(501);
      assertThat(bench.rest.get("/dags/nobody/dagRuns").status()).isEqualTo(404);
    }
  }

  private static JsonArray runs(Bench bench, String path) throws Exception {
    return bench.rest.get(path).object().getAsJsonArray("dag_runs");
  }

  @Test
  void aTaskInstanceHasAirflowsShape() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      JsonObject task = bench.rest.get("/dags/taxi/dagRuns/r1/taskInstances/gate").object();
      assertThat(task.keySet())
          .contains(
              ("id task_id dag_id dag_run_id map_index logical_date run_after start_date end_date"
                      + " duration state try_number max_tries task_display_name dag_display_name"
                      + " hostname unixname pool pool_slots queue priority_weight operator"
                      + " operator_name queued_when scheduled_when pid executor executor_config"
                      + " note rendered_map_index trigger triggerer_job dag_version")
                  .split(" ", -1));
      assertThat(task.get("task_id").getAsString()).isEqualTo("gate");
      assertThat(task.get("map_index").getAsInt()).isEqualTo(-1);
      assertThat(task.get("try_number").getAsInt()).isEqualTo(1);
      assertThat(task.get("max_tries").getAsInt()).isEqualTo(2);
      String path = "/dags/taxi/dagRuns/r1/taskInstances";
      assertThat(bench.rest.get(path + "/nobody").status()).isEqualTo(404);
      assertThat(bench.rest.get("/dags/taxi/dagRuns/r9/taskInstances").status()).isEqualTo(404);
      JsonArray some =
          bench
              .rest
              .get(path + "?task_id=gate&state=success")
              .object()
              .getAsJsonArray("task_instances");
      assertThat(ids(some, "task_id")).containsExactly("gate");
    }
  }

  @Test
  void aTaskThatNothingHappenedToHasNoState() throws Exception {
    try (Bench bench = new Bench(state)) {
      CountDownLatch hold = new CountDownLatch(1);
      CountDownLatch running = new CountDownLatch(1);
      bench.functions.on(
          "resolve",
          request -> {
            running.countDown();
            hold.await();
            return bench.functions.everything(request);
          });
      bench.rest.trigger("taxi", "r1", "{}");
      running.await();
      String path = "/dags/taxi/dagRuns/r1/taskInstances/";
      assertThat(bench.rest.get(path + "gate").object().get("state").isJsonNull()).isTrue();
      assertThat(bench.rest.get(path + "gate").object().get("start_date").isJsonNull()).isTrue();
      assertThat(bench.rest.get(path + "resolve").text("state")).isEqualTo("running");
      assertThat(bench.rest.get(path + "resolve").object().get("end_date").isJsonNull()).isTrue();
      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("running");
      hold.countDown();
      bench.settle();
    }
  }

  @Test
  void theAnswerOfAStageIsItsReturnValue() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("right", request -> Reply.problem(422, "no"));
      bench.run("taxi", "r1", "{}");
      String path = "/dags/taxi/dagRuns/r1/taskInstances/";
      JsonObject entry = bench.rest.get(path + "resolve/xcomEntries/return_value").object();
      assertThat(entry.get("key").getAsString()).isEqualTo("return_value");
      assertThat(entry.get("run_id").getAsString()).isEqualTo("r1");
      assertThat(entry.getAsJsonObject("value").getAsJsonObject("summary"))
          .hasToString("{\"batch\":\"b-1\"}");
      assertThat(
              bench
                  .rest
                  .get(path + "resolve/xcomEntries/return_value?stringify=true")
                  .text("value"))
          .startsWith("{\"outputs\":");
      assertThat(bench.rest.get(path + "right/xcomEntries/return_value").status()).isEqualTo(404);
      assertThat(bench.rest.get(path + "resolve/xcomEntries/other").status()).isEqualTo(404);
    }
  }

  @Test
  void aTryHasItsLog() throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.functions.on("right", request -> Reply.html(503));
      bench.run("taxi", "r1", "{}");
      String path = "/dags/taxi/dagRuns/r1/taskInstances/right/logs/";
      JsonObject log = bench.rest.get(path + "2").object();
      assertThat(log.get("continuation_token").isJsonNull()).isTrue();
      assertThat(ids(log.getAsJsonArray("content"), "event"))
          .containsExactly(
              "Calling function right",
              "function right answered 503: <h1>the platform's own page</h1>",
              "Trying again in 4 ms");
      assertThat(bench.rest.get(path + "4").status()).isEqualTo(404);
      assertThat(bench.rest.get(path + "x").status()).isEqualTo(422);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "taxi   | {\"dag_run_id\":\"r9\"}                                         | 404 | r9",
        "nobody | {\"dag_run_id\":\"r1\"}                                         | 404 | nobody",
        "taxi   | {}                                                              | 501 | dag_run_id",
        "taxi   | {\"dag_run_id\":\"r1\",\"include_past\":true}                   | 501 | include_past",
        "taxi   | {\"dag_run_id\":\"r1\",\"task_ids\":[]}                         | 422 | at least 1",
        "taxi   | {\"dag_run_id\":\"r1\",\"only_failed\":true,\"only_running\":true} | 422 | both",
        "taxi   | {\"dag_run_id\":\"r1\",\"dry_run\":\"no\"}                      | 422 | boolean",
      })
  void refusesAClearThatItCannotDo(String dag, String body, int status, String said)
      throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      Rest.Answer answer = bench.rest.post("/dags/" + dag + "/clearTaskInstances", body);
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.detail()).contains(said);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r9 | {\"state\":\"failed\"}  | 404",
        "r1 | {\"state\":\"purple\"}  | 422",
        "r1 | {\"state\":\"success\"} | 501",
        "r1 | {\"colour\":\"red\"}    | 422",
      })
  void refusesAChangeOfARunThatItCannotDo(String run, String body, int status) throws Exception {
    try (Bench bench = new Bench(state)) {
      bench.run("taxi", "r1", "{}");
      assertThat(bench.rest.patch("/dags/taxi/dagRuns/" + run, body).status()).isEqualTo(status);
      assertThat(bench.rest.state("taxi", "r1")).isEqualTo("success");
    }
  }

  @Test
  void whatItDoesNotSpeakItNames() throws Exception {
    try (Bench bench = new Bench(state)) {
      Rest.Answer variables = bench.rest.get("/variables");
      assertThat(variables.status()).isEqualTo(501);
      assertThat(variables.text("detail")).contains("GET /api/v2/variables");
      assertThat(bench.rest.call("DELETE", "/api/v2/dags/taxi", null).status()).isEqualTo(501);
      assertThat(bench.rest.get("/dags/taxi/tasks").status()).isEqualTo(501);
      assertThat(bench.rest.call("GET", "/home", null).status()).isEqualTo(404);
    }
  }
}
