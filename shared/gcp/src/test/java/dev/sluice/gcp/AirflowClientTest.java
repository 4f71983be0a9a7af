package dev.sluice.gcp;

import static dev.sluice.gcp.FakeServer.Trouble.AWAY;
import static dev.sluice.gcp.FakeServer.Trouble.LOSE_ANSWER;
import static dev.sluice.gcp.FakeServer.Trouble.TOO_MANY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AirflowClientTest {
  private static final String RUN = "sluice:2026-11-01+a~1";

  /** Runs of the DAG taxi and their states; the answers are Airflow 3.3's. */
  private final Map<String, String> runs = new TreeMap<>();

  private int tokens;
  private String validToken = "";
  private int status;
  private boolean once;
  private String body = "";
  private final Map<String, String> headers = new TreeMap<>();

  /** Task instances of a run, as Airflow lists them; empty for 150 of them. */
  private final List<String> instances = new ArrayList<>();

  private final FakeServer airflow = new FakeServer(this::answer);
  private final GoogleClients clients = clients("admin", "secret-word");
  private final Composer composer = clients.composer();

  private GoogleClients clients(String user, String password) {
    return clients(user, password, Duration.ofMillis(300));
  }

  private GoogleClients clients(String user, String password, Duration patience) {
    return new GoogleClients(
        new CloudConfiguration("test", null, null, null, null, airflow.url() + "/", user, password),
        new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), patience),
        Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    clients.close();
    airflow.close();
  }

  private synchronized FakeServer.Answer answer(FakeServer.Request request) {
    if (request.path().equals("/auth/token")) {
      JsonObject login = JsonParser.parseString(request.text()).getAsJsonObject();
      if (!login.get("password").getAsString().equals("secret-word")) {
        return FakeServer.Answer.json(401, "{\"detail\":\"Invalid credentials\"}");
      }
      validToken = "token-" + ++tokens;
      return FakeServer.Answer.json(201, "{\"access_token\":\"" + validToken + "\"}");
    }
    if (!request.header("Authorization").equals("Bearer " + validToken)) {
      return validToken.equals("of another secret")
          ? FakeServer.Answer.json(403, "{\"detail\":\"Invalid JWT token\"}")
          : FakeServer.Answer.json(401, "{\"detail\":\"Token Expired\"}");
    }
    if (status != 0) {
      int now = status;
      status = once ? 0 : status;
      return new FakeServer.Answer(now, headers, body.getBytes(StandardCharsets.UTF_8));
    }
    String path = request.path();
    String one = "/api/v2/dags/taxi/dagRuns/sluice%3A2026-11-01%2Ba~1";
    if (path.equals("/api/v2/dags/taxi/dagRuns") && request.method().equals("POST")) {
      JsonObject run = JsonParser.parseString(request.text()).getAsJsonObject();
      if (!run.has("logical_date")) {
        return FakeServer.Answer.json(422, "{\"detail\":[{\"loc\":[\"body\",\"logical_date\"]}]}");
      }
      String id = run.get("dag_run_id").getAsString();
      if (runs.putIfAbsent(id, "queued") != null) {
        return FakeServer.Answer.json(409, "{\"detail\":\"DAGRun already exists\"}");
      }
      return FakeServer.Answer.json(200, "{\"dag_run_id\":\"" + id + "\",\"state\":\"queued\"}");
    }
    if (path.equals("/api/v2/dags/taxi/clearTaskInstances")) {
      runs.put(RUN, "queued");
      return FakeServer.Answer.json(200, "{\"task_instances\":[],\"total_entries\":0}");
    }
    if (path.equals(one + "/taskInstances")) {
      int offset = Integer.parseInt(request.query().replaceAll(".*offset=([0-9]+).*", "$1"));
      return FakeServer.Answer.json(200, tasks(offset));
    }
    if (path.equals(one) && runs.containsKey(RUN)) {
      if (request.method().equals("PATCH")) {
        runs.put(RUN, "failed");
      }
      return FakeServer.Answer.json(200, "{\"state\":\"" + runs.get(RUN) + "\"}");
    }
    if (path.equals("/api/v2/dags/taxi") && request.method().equals("PATCH")) {
      return FakeServer.Answer.json(200, request.text());
    }
    return FakeServer.Answer.json(404, "{\"detail\":\"The Dag with ID: `x` was not found\"}");
  }

  private String tasks(int offset) {
    if (!instances.isEmpty()) {
      return "{\"total_entries\":"
          + instances.size()
          + ",\"task_instances\":["
          + String.join(",", instances)
          + "]}";
    }
    StringBuilder out = new StringBuilder("{\"total_entries\":150,\"task_instances\":[");
    for (int i = offset; i < Math.min(150, offset + 100); i++) {
      out.append(i == offset ? "" : ",")
          .append("{\"task_id\":\"t")
          .append(i)
          .append("\",\"map_index\":-1,\"state\":")
          .append(i == 0 ? "null,\"start_date\":null" : "\"success\",\"try_number\":2")
          .append(i == 0 ? "" : ",\"start_date\":\"2026-11-01T10:00:00.5+00:00\"")
          .append("}");
    }
    return out.append("]}").toString();
  }

  private JsonObject sent(int request) {
    return JsonParser.parseString(airflow.requests.get(request).text()).getAsJsonObject();
  }

  @Test
  void triggersARunWithItsConf() {
    assertThat(composer.trigger("taxi", RUN, Map.of("batch", "b1")))
        .isEqualTo(TriggerOutcome.STARTED);

    assertThat(sent(1))
        .isEqualTo(
            JsonParser.parseString(
                "{\"dag_run_id\":\""
                    + RUN
                    + "\",\"logical_date\":null,\"conf\":{\"batch\":\"b1\"}}"));
    assertThat(composer.run("taxi", RUN)).isEqualTo(RunState.QUEUED);
  }

  @ParameterizedTest
  @CsvSource({
    "queued, ALREADY_RUNNING",
    "running, ALREADY_RUNNING",
    "success, ALREADY_SUCCEEDED",
    "failed, RESUMED"
  })
  void aRunThatIsThereIsLookedUp(String state, TriggerOutcome outcome) {
    runs.put(RUN, state);

    assertThat(composer.trigger("taxi", RUN, Map.of())).isEqualTo(outcome);
  }

  private void task(String task, int mapIndex, String state) {
    instances.add(
        "{\"task_id\":\""
            + task
            + "\",\"map_index\":"
            + mapIndex
            + ",\"state\":"
            + (state.isEmpty() ? "null" : "\"" + state + "\"")
            + ",\"try_number\":1}");
  }

  private JsonObject cleared() {
    return sent(airflow.requests.size() - 1);
  }

  @Test
  void whatHasNotSucceededInAFailedRunIsClearedByName() {
    runs.put(RUN, "failed");
    task("resolve", -1, "success");
    task("ingest-shard", 0, "success");
    task("ingest-shard", 1, "failed");
    task("ingest-shard", 2, "removed");
    task("ingest", -1, "upstream_failed");
    task("finish-run", -1, "failed");

    composer.trigger("taxi", RUN, Map.of());

    assertThat(cleared())
        .isEqualTo(
            JsonParser.parseString(
                "{\"dry_run\":false,\"dag_run_id\":\""
                    + RUN
                    + "\",\"only_failed\":false,\"reset_dag_runs\":true,"
                    + "\"task_ids\":[[\"ingest-shard\",1],\"ingest\",\"finish-run\"]}"));
    assertThat(composer.run("taxi", RUN).ended()).isFalse();
  }

  /** Airflow 3.3.1 skips what had not begun, and by only_failed the run succeeds without it. */
  @Test
  void aCancelledRunGoesOnWithWhatItHadNotBegun() {
    runs.put(RUN, "failed");
    task("resolve", -1, "failed");
    task("ingest-shard", -1, "skipped");
    task("ingest", -1, "skipped");
    task("finish-run", -1, "");

    assertThat(composer.trigger("taxi", RUN, Map.of())).isEqualTo(TriggerOutcome.RESUMED);

    assertThat(cleared().get("task_ids").toString())
        .isEqualTo("[\"resolve\",\"ingest-shard\",\"ingest\",\"finish-run\"]");
  }

  /** Airflow answers 500 to an empty list of names. */
  @Test
  void aRunThatWasCalledFailedAfterAllHadSucceededRunsAsAWhole() {
    runs.put(RUN, "failed");
    task("resolve", -1, "success");

    composer.trigger("taxi", RUN, Map.of());

    assertThat(cleared().has("task_ids")).isFalse();
    assertThat(cleared().get("only_failed").getAsBoolean()).isFalse();
  }

  @Test
  void aLostAnswerToATriggerStartsOneRun() {
    composer.pause("taxi");
    airflow.next(LOSE_ANSWER, AWAY);

    assertThat(composer.trigger("taxi", RUN, Map.of())).isEqualTo(TriggerOutcome.ALREADY_RUNNING);
    assertThat(runs).hasSize(1);
  }

  @Test
  void listsTheTasksOfAllPages() {
    assertThat(composer.tasks("taxi", RUN))
        .hasSize(150)
        .startsWith(
            new TaskState("t0", -1, "none", 0, null, null),
            new TaskState("t1", -1, "success", 2, Instant.parse("2026-11-01T10:00:00.5Z"), null));
  }

  @Test
  void tellsTheMapIndexOfEachInstance() {
    task("ingest-shard", 1, "running");
    task("ingest-shard", 0, "success");

    assertThat(composer.tasks("taxi", RUN))
        .extracting(TaskState::task, TaskState::mapIndex, TaskState::state)
        .containsExactly(tuple("ingest-shard", 1, "running"), tuple("ingest-shard", 0, "success"));
  }

  @Test
  void aRunThatHasEndedIsNotCancelled() {
    runs.put(RUN, "success");

    assertThatThrownBy(() -> composer.cancel("taxi", RUN))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("has ended (success)");
    assertThat(runs).containsEntry(RUN, "success");
  }

  @Test
  void cancelsAndPauses() {
    composer.trigger("taxi", RUN, Map.of());
    composer.cancel("taxi", RUN);
    assertThat(composer.run("taxi", RUN)).isEqualTo(RunState.FAILED);

    composer.pause("taxi");
    assertThat(sent(airflow.requests.size() - 1).get("is_paused").getAsBoolean()).isTrue();
    composer.unpause("taxi");
    assertThat(sent(airflow.requests.size() - 1).get("is_paused").getAsBoolean()).isFalse();
  }

  @Test
  void aTokenIsKeptAndRenewedOnceItIsRefused() {
    composer.pause("taxi");
    composer.pause("taxi");
    assertThat(tokens).isEqualTo(1);

    validToken = "expired";
    composer.pause("taxi");
    assertThat(tokens).isEqualTo(2);
  }

  /** As after Airflow was started again with another secret. */
  @Test
  void aTokenThatAirflowDidNotSignIsRenewed() {
    composer.pause("taxi");
    validToken = "of another secret";

    composer.pause("taxi");

    assertThat(tokens).isEqualTo(2);
  }

  @Test
  void whoIsSignedInAndMayNotIsNotSignedInAgain() {
    status = 403;
    body = "{\"detail\":\"Forbidden\"}";

    assertThatThrownBy(() -> composer.pause("taxi"))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("(Forbidden)");
    assertThat(tokens).isEqualTo(1);
  }

  @Test
  void aGoogleTokenIsKeptAndRefreshedOnceItIsRefused() {
    List<String> given = new ArrayList<>();
    GoogleCredentials account =
        new GoogleCredentials() {
          private static final long serialVersionUID = 1L;

          @Override
          public AccessToken refreshAccessToken() {
            given.add("google-" + given.size());
            return new AccessToken(
                given.getLast(), Date.from(Instant.now().plus(Duration.ofHours(1))));
          }
        };
    try (AirflowClient onComposer =
        new AirflowClient(
            new AirflowAddress.Fixed(airflow.url()),
            new GoogleTokens(() -> account),
            new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(300)))) {
      validToken = "google-0";
      onComposer.pause("taxi");
      onComposer.pause("taxi");
      assertThat(given).containsExactly("google-0");

      validToken = "google-1";
      onComposer.pause("taxi");
      assertThat(given).containsExactly("google-0", "google-1");

      validToken = "of somebody else";
      assertThatThrownBy(() -> onComposer.pause("taxi"))
          .isInstanceOf(Bug.class)
          .hasMessageContaining("roles/composer.user")
          .hasMessageNotContaining("google-2");
    }
  }

  @Test
  void aWrongPasswordIsABugThatDoesNotShowIt() {
    try (GoogleClients wrong = clients("admin", "not-the-word")) {
      assertThatThrownBy(() -> wrong.composer().pause("taxi"))
          .isInstanceOf(Bug.class)
          .hasMessageContaining("/auth/token answered 401")
          .hasMessageContaining("COMPOSER_PASSWORD")
          .hasMessageNotContaining("not-the-word");
    }
  }

  @Test
  void busyOrAwayIsTriedAgain() {
    composer.pause("taxi");
    airflow.next(TOO_MANY, AWAY, LOSE_ANSWER);

    composer.pause("taxi");

    assertThat(airflow.requests).hasSizeGreaterThanOrEqualTo(6);
  }

  @Test
  void waitsAsLongAsABusyAirflowAsks() {
    try (GoogleClients patient = clients("admin", "secret-word", Duration.ofSeconds(30))) {
      patient.composer().pause("taxi");
      status = 429;
      once = true;
      headers.put("Retry-After", "1");
      long start = System.nanoTime();

      patient.composer().pause("taxi");

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3600", "Fri, 31 Dec 2100 23:59:59 GMT"})
  void doesNotWaitLongerThanItsPatience(String asked) {
    composer.pause("taxi");
    status = 429;
    headers.put("Retry-After", asked);
    int before = airflow.requests.size();

    assertThatThrownBy(() -> composer.pause("taxi")).isInstanceOf(Unavailable.class);

    assertThat(airflow.requests).hasSize(before + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "Fri, 31 Dec 1999 23:59:59 GMT"})
  void aRetryAfterThatSaysNothingIsPassedOver(String asked) {
    status = 429;
    once = true;
    headers.put("Retry-After", asked);

    composer.pause("taxi");

    assertThat(airflow.requests.getLast().method()).isEqualTo("PATCH");
  }

  @ParameterizedTest
  @CsvSource({
    "400, BadInput, correct run id and conf",
    "403, Bug, give the account an Airflow role",
    "404, BadInput, no such DAG or run",
    "409, Conflict, the run changed meanwhile",
    "422, BadInput, correct run id and conf",
    "429, Unavailable, too many requests",
    "500, Unavailable, Airflow is in trouble",
    "302, Bug, check COMPOSER_URL"
  })
  void eachRefusalSaysWhereWhatAndWhatToDo(int code, String kind, String text) {
    status = code;
    body = "{\"detail\":\"because\"}";

    assertThatThrownBy(() -> composer.pause("taxi"))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("PATCH")
        .hasMessageContaining("/dags/taxi answered " + code)
        .hasMessageContaining(text)
        .satisfies(e -> assertThat(e.getClass().getSimpleName()).isEqualTo(kind));
  }

  @Test
  void aDagThatAirflowHasNotReadYetMayBeTriggeredLater() {
    assertThatThrownBy(() -> composer.trigger("tips", RUN, Map.of()))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("Airflow has no DAG 'tips'")
        .hasMessageContaining("call again later, or correct the pipeline's name");
  }

  @Test
  void aDagThatIsNotThereHasNoRunToAskFor() {
    assertThatThrownBy(() -> composer.run("tips", RUN)).isInstanceOf(BadInput.class);
  }

  @Test
  void aPageThatIsNotThereIsNoAnswerOfAirflows() {
    status = 404;
    body = "<html>The requested URL was not found</html>";

    assertThatThrownBy(() -> composer.run("taxi", RUN))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("not Airflow's")
        .hasMessageContaining("COMPOSER_URL");
  }

  @Test
  void anAnswerThatIsNotAirflowsIsSaidSo() {
    status = 200;
    body = "<html>Sign in</html>";

    assertThatThrownBy(() -> composer.run("taxi", RUN))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("<html>Sign in</html>")
        .hasMessageContaining("COMPOSER_URL");
  }

  @Test
  void anUnreachableServerEndsAsUnavailable() {
    airflow.close();

    assertThatThrownBy(() -> composer.pause("taxi"))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining(airflow.url());
  }

  @Test
  void withoutAnAddressThereIsNoComposer() {
    try (GoogleClients none =
        new GoogleClients(
            new CloudConfiguration("test", null, null, null, null, null, null, null))) {
      assertThatThrownBy(none::composer)
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("COMPOSER_URL")
          .hasMessageContaining("COMPOSER_ENVIRONMENT");
    }
  }
}
