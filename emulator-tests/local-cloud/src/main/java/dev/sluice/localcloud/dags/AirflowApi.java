package dev.sluice.localcloud.dags;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of an Airflow on this machine beside what every client of Composer asks. Each
 * question is asked once: whoever starts Airflow asks again anyway until it is there.
 */
public final class AirflowApi implements AutoCloseable {
  /** The user, and the user's password, of an Airflow on this machine. */
  public static final String USER = "admin";

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final List<String> COMPONENTS =
      List.of("metadatabase", "scheduler", "dag_processor", "triggerer");

  private final URI base;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private volatile @Nullable String token;

  /**
   * @param base Airflow's address without {@code /api/v2}
   */
  public AirflowApi(URI base) {
    this.base = base;
  }

  /** A run that has not ended. */
  record Run(String dag, String run) {}

  /**
   * The components that are not healthy, by Airflow's own names.
   *
   * @throws Unavailable where Airflow does not answer
   */
  public List<String> unhealthy() {
    JsonObject health = object(ask("GET", "/api/v2/monitor/health", null, Set.of(200)));
    return COMPONENTS.stream()
        .filter(name -> !"healthy".equals(text(health.getAsJsonObject(name), "status")))
        .toList();
  }

  /** True where the DAG has been read from its file. */
  boolean knows(String dag) {
    HttpResponse<String> answer = ask("GET", "/api/v2/dags/" + dag, null, Set.of(200, 404));
    if (answer.statusCode() == 404) {
      return false;
    }
    JsonElement stale = object(answer).get("is_stale");
    return stale != null && !stale.getAsBoolean();
  }

  /** The last line of what went wrong when the DAGs' file was read, or empty. */
  Optional<String> importError() {
    JsonArray errors =
        object(ask("GET", "/api/v2/importErrors", null, Set.of(200)))
            .getAsJsonArray("import_errors");
    return errors.isEmpty()
        ? Optional.empty()
        : Objects.requireNonNullElse(text(errors.get(0).getAsJsonObject(), "stack_trace"), "")
            .lines()
            .filter(line -> !line.isBlank())
            .reduce((first, second) -> second)
            .map(String::strip);
  }

  /** The runs that are queued or running, but for those of paused DAGs, which wait. */
  Set<Run> underWay() {
    Set<Run> runs = new HashSet<>();
    for (JsonElement element :
        object(
                ask(
                    "GET",
                    "/api/v2/dags/~/dagRuns?state=queued&state=running&limit=100",
                    null,
                    Set.of(200)))
            .getAsJsonArray("dag_runs")) {
      JsonObject run = element.getAsJsonObject();
      runs.add(new Run(run.get("dag_id").getAsString(), run.get("dag_run_id").getAsString()));
    }
    if (!runs.isEmpty()) {
      Set<String> paused = new HashSet<>();
      for (JsonElement dag :
          object(ask("GET", "/api/v2/dags?paused=true&limit=100", null, Set.of(200)))
              .getAsJsonArray("dags")) {
        paused.add(dag.getAsJsonObject().get("dag_id").getAsString());
      }
      runs.removeIf(run -> paused.contains(run.dag()));
    }
    return runs;
  }

  /** Makes a pool, or sets its size. */
  void pool(String name, int slots, String description) {
    JsonObject pool = new JsonObject();
    pool.addProperty("name", name);
    pool.addProperty("slots", slots);
    pool.addProperty("description", description);
    pool.addProperty("include_deferred", true);
    if (ask("POST", "/api/v2/pools", pool, Set.of(201, 409)).statusCode() == 409) {
      pool.addProperty("pool", name);
      pool.remove("name");
      ask("PATCH", "/api/v2/pools/" + name, pool, Set.of(200));
    }
  }

  private HttpResponse<String> ask(
      String method, String path, @Nullable JsonObject body, Set<Integer> wanted) {
    HttpResponse<String> answer = send(method, path, body, token);
    if (answer.statusCode() == 401) {
      JsonObject login = new JsonObject();
      login.addProperty("username", USER);
      login.addProperty("password", USER);
      HttpResponse<String> signedIn = send("POST", "/auth/token", login, null);
      token = text(object(signedIn), "access_token");
      answer = send(method, path, body, token);
    }
    if (!wanted.contains(answer.statusCode())) {
      throw new Unavailable(
          "Airflow at "
              + base
              + " answers "
              + answer.statusCode()
              + " to "
              + method
              + " "
              + path
              + ": "
              + answer.body());
    }
    return answer;
  }

  private HttpResponse<String> send(
      String method, String path, @Nullable JsonObject body, @Nullable String bearer) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body.toString()));
    if (bearer != null) {
      request.header("Authorization", "Bearer " + bearer);
    }
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new Unavailable("Airflow at " + base + " does not answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while Airflow was asked", e);
    }
  }

  private static JsonObject object(HttpResponse<String> answer) {
    try {
      return JsonParser.parseString(answer.body()).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new Unavailable(answer.uri() + " does not answer as Airflow: " + answer.body(), e);
    }
  }

  private static @Nullable String text(@Nullable JsonObject object, String member) {
    JsonElement value = object == null ? null : object.get(member);
    return value == null || value.isJsonNull() ? null : value.getAsString();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
