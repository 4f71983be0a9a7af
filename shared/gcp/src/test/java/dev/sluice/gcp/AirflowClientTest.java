package dev.sluice.gcp;

import static dev.sluice.gcp.FakeServer.Trouble.AWAY;
import static dev.sluice.gcp.FakeServer.Trouble.LOSE_ANSWER;
import static dev.sluice.gcp.FakeServer.Trouble.TOO_MANY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
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

final class AirflowClientTest {
  private static final String RUN = "sluice:2026-11-01+a~1";

  /** Runs of the DAG taxi and their states; the answers are Airflow 3.3's. */
  private final Map<String, String> runs = new TreeMap<>();

  private int tokens;
  private String validToken = "";
  private int status;
  private String body = "";
  private final FakeServer airflow = new FakeServer(this::answer);
  private final GoogleClients clients = clients("admin", "secret-word");
  private final Composer composer = clients.composer();

  private GoogleClients clients(String user, String password) {
    return new GoogleClients(
        new CloudConfiguration("test", null, null, null, null, airflow.url() + "/", user, password),
        new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(300)),
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
      return FakeServer.Answer.json(401, "{\"detail\":\"Not authenticated\"}");
    }
    if (status != 0) {
      return FakeServer.Answer.json(status, body);
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

  private static String tasks(int offset) {
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

  @Test
  void onlyTheFailedTasksOfAFailedRunAreCleared() {
    runs.put(RUN, "failed");

    composer.trigger("taxi", RUN, Map.of());

    assertThat(sent(airflow.requests.size() - 1))
        .isEqualTo(
            JsonParser.parseString(
                "{\"dry_run\":false,\"dag_run_id\":\""
                    + RUN
                    + "\",\"only_failed\":true,\"reset_dag_runs\":true}"));
    assertThat(composer.run("taxi", RUN).ended()).isFalse();
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
            airflow.url(),
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
          .hasMessageContaining("COMPOSER_URL");
    }
  }
}
