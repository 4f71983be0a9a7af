package dev.sluice.gcp;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Composer through Airflow's stable REST API, {@code /api/v2} (Airflow 3). */
final class AirflowClient implements Composer, AutoCloseable {
  private static final String API = "/api/v2";
  private static final int PAGE = 100;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final AirflowAddress address;
  private final AccessTokens tokens;
  private final Backoff backoff;
  private final Lazy<HttpClient> http =
      new Lazy<>(() ->
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(CONNECT)
              .build());

  /**
   * A client that signs in with Google's access tokens.
   *
   * @param address closed with the client
   */
  static AirflowClient withGoogleTokens(AirflowAddress address, Backoff backoff) {
    return new AirflowClient(address, new GoogleTokens(), backoff);
  }

  /** A client that signs in with a user of Airflow's own. */
  static AirflowClient withPassword(
      AirflowAddress address, String user, String password, Backoff backoff) {
    return new AirflowClient(address, user, password, backoff);
  }

  AirflowClient(AirflowAddress address, AccessTokens tokens, Backoff backoff) {
    this.address = address;
    this.tokens = tokens;
    this.backoff = backoff;
  }

  private AirflowClient(AirflowAddress address, String user, String password, Backoff backoff) {
    this.address = address;
    this.backoff = backoff;
    this.tokens = new PasswordTokens(user, password);
  }

  private record Answer(int status, String body, Duration retryAfter) {
    /** A token that Airflow did not sign, as after it got another secret, is 403 there. */
    boolean refusesTheToken() {
      return status == 401 || (status == 403 && detail(body).equals("Invalid JWT token"));
    }

    /** As of a proxy that no Airflow is behind any more. */
    boolean isNotAirflows() {
      return status / 100 == 3
          || ((status == 404 || status >= 500) && !body.contains("\"detail\""));
    }
  }

  @Override
  public TriggerOutcome trigger(String dag, String runId, Map<String, ?> conf) {
    // Json leaves nulls out, and Airflow insists on logical_date being there.
    String body =
        "{\"dag_run_id\":"
            + Json.write(runId)
            + ",\"logical_date\":null,\"conf\":"
            + Json.write(conf)
            + "}";
    String path = API + "/dags/" + segment(dag) + "/dagRuns";
    Answer answer = call("POST", path, body);
    if (answer.status() == 404 && !answer.isNotAirflows()) {
      throw new Unavailable(
          "POST "
              + path
              + " answered 404: Airflow has no DAG '"
              + dag
              + "' ("
              + detail(answer.body())
              + "); it reads a new spec within minutes: call again later, or correct the"
              + " pipeline's name");
    }
    if (answer.status() != 409) {
      ok("POST", path, answer);
      return TriggerOutcome.STARTED;
    }
    return switch (run(dag, runId)) {
      case QUEUED, RUNNING -> TriggerOutcome.ALREADY_RUNNING;
      case SUCCESS -> TriggerOutcome.ALREADY_SUCCEEDED;
      case FAILED -> {
        clear(dag, runId, unfinished(dag, runId));
        yield TriggerOutcome.RESUMED;
      }
    };
  }

  @Override
  public TriggerOutcome repeat(String dag, String runId, Map<String, ?> conf) {
    TriggerOutcome outcome = trigger(dag, runId, conf);
    if (outcome != TriggerOutcome.ALREADY_SUCCEEDED) {
      return outcome;
    }
    clear(dag, runId, new JsonArray());
    return TriggerOutcome.REPEATED;
  }

  /**
   * All that has not succeeded, by name: of a run that was cancelled, Airflow leaves the tasks that
   * had not begun {@code skipped}, which is no failure to it, so that by {@code only_failed} the
   * run would succeed without them. What a gate had skipped is skipped again, as the gate's own
   * task stays.
   */
  private JsonArray unfinished(String dag, String runId) {
    JsonArray names = new JsonArray();
    for (TaskState task : tasks(dag, runId)) {
      if (!task.state().equals("success") && !task.state().equals("removed")) {
        if (task.mapIndex() < 0) {
          names.add(task.task());
        } else {
          JsonArray instance = new JsonArray();
          instance.add(task.task());
          instance.add(task.mapIndex());
          names.add(instance);
        }
      }
    }
    return names;
  }

  /**
   * Makes these ready to run again; where none is named, as of a run all of whose tasks succeeded,
   * each.
   */
  private void clear(String dag, String runId, JsonArray names) {
    JsonObject clear = new JsonObject();
    clear.addProperty("dry_run", false);
    clear.addProperty("dag_run_id", runId);
    clear.addProperty("only_failed", false);
    clear.addProperty("reset_dag_runs", true);
    if (!names.isEmpty()) {
      clear.add("task_ids", names);
    }
    String path = API + "/dags/" + segment(dag) + "/clearTaskInstances";
    ok("POST", path, call("POST", path, clear.toString()));
  }

  @Override
  public RunState run(String dag, String runId) {
    String path = runPath(dag, runId);
    String state = text(get(path), "state", path);
    try {
      return RunState.valueOf(state.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new Bug("Airflow gave run " + runId + " of " + dag + " the unknown state " + state, e);
    }
  }

  @Override
  public List<TaskState> tasks(String dag, String runId) {
    List<TaskState> tasks = new ArrayList<>();
    while (true) {
      String path =
          runPath(dag, runId) + "/taskInstances?limit=" + PAGE + "&offset=" + tasks.size();
      JsonObject page = get(path);
      JsonElement entries = page.get("task_instances");
      JsonElement total = page.get("total_entries");
      if (entries == null || !entries.isJsonArray() || total == null) {
        throw foreign(path, page.toString());
      }
      for (JsonElement entry : entries.getAsJsonArray()) {
        JsonObject task = entry.getAsJsonObject();
        tasks.add(
            new TaskState(
                text(task, "task_id", path),
                integer(task, "map_index", -1),
                Objects.requireNonNullElse(optional(task, "state"), "none"),
                integer(task, "try_number", 0),
                time(optional(task, "start_date"), path),
                time(optional(task, "end_date"), path)));
      }
      if (entries.getAsJsonArray().isEmpty() || tasks.size() >= total.getAsInt()) {
        return List.copyOf(tasks);
      }
    }
  }

  @Override
  public void cancel(String dag, String runId) {
    RunState state = run(dag, runId);
    if (state.ended()) {
      // Airflow would call it failed all the same.
      throw new Conflict(
          "run "
              + runId
              + " of "
              + dag
              + " has ended ("
              + state.name().toLowerCase(Locale.ROOT)
              + "); there is nothing to cancel");
    }
    String path = runPath(dag, runId);
    ok("PATCH", path, call("PATCH", path, "{\"state\":\"failed\"}"));
  }

  @Override
  public void pause(String dag) {
    paused(dag, true);
  }

  @Override
  public void unpause(String dag) {
    paused(dag, false);
  }

  private void paused(String dag, boolean paused) {
    String path = API + "/dags/" + segment(dag);
    ok("PATCH", path, call("PATCH", path, "{\"is_paused\":" + paused + "}"));
  }

  @Override
  public void close() {
    HttpClient made = http.made();
    if (made != null) {
      made.close();
    }
    address.close();
  }

  private static String runPath(String dag, String runId) {
    return API + "/dags/" + segment(dag) + "/dagRuns/" + segment(runId);
  }

  private static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("%7E", "~");
  }

  private JsonObject get(String path) {
    return json(path, ok("GET", path, call("GET", path, null)).body());
  }

  private JsonObject json(String path, String body) {
    try {
      return JsonParser.parseString(body).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw foreign(path, body);
    }
  }

  /** An answer that is not Airflow's: a proxy, a login page, another server. */
  private Unavailable foreign(String path, String body) {
    return new Unavailable(
        path
            + " answered something that is not Airflow's: '"
            + brief(body)
            + "'; check "
            + address.setting()
            + ", or call again later");
  }

  private static @Nullable String optional(JsonObject object, String member) {
    JsonElement value = object.get(member);
    return value == null || value.isJsonNull() ? null : value.getAsString();
  }

  private String text(JsonObject object, String member, String path) {
    String value = optional(object, member);
    if (value == null) {
      throw foreign(path, object.toString());
    }
    return value;
  }

  private static int integer(JsonObject object, String member, int absent) {
    JsonElement value = object.get(member);
    return value == null || value.isJsonNull() ? absent : value.getAsInt();
  }

  private @Nullable Instant time(@Nullable String text, String path) {
    try {
      return text == null ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw foreign(path, text);
    }
  }

  /** Any answer but 401, 408, 429 and 5xx, after as many tries as the backoff has. */
  private Answer call(String method, String path, @Nullable String body) {
    boolean renewed = false;
    while (true) {
      String token = tokens.token();
      Answer answer = tried(method, path, body, token);
      if (!answer.refusesTheToken()) {
        return answer;
      }
      tokens.refused(token);
      if (renewed) {
        throw error(method, path, answer);
      }
      renewed = true;
    }
  }

  private Answer tried(String method, String path, @Nullable String body, @Nullable String token) {
    long end = System.nanoTime() + backoff.total().toNanos();
    for (int attempt = 1; ; attempt++) {
      Duration asked = Duration.ZERO;
      SluiceException failure;
      String base = null;
      try {
        base = address.base();
        Answer answer = sent(request(base, method, path, body, token));
        boolean mayMove = answer.isNotAirflows() && address.doubt(base);
        int status = answer.status();
        if (status != 408 && status != 429 && status < 500 && !mayMove) {
          return answer;
        }
        asked = answer.retryAfter();
        failure = error(method, path, answer);
      } catch (IOException e) {
        boolean mayMove = base != null && address.doubt(base);
        failure =
            new Unavailable(
                method
                    + " "
                    + path
                    + ": no answer from "
                    + base
                    + " ("
                    + e
                    + (mayMove ? "), which " + address.setting() + " gave" : ")")
                    + "; see that Airflow runs there, or call again later",
                e);
      } catch (Unavailable e) {
        failure = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unavailable("interrupted while waiting for Airflow; call again", e);
      }
      // A server that asks for more patience than there is would refuse the next try as well.
      if (System.nanoTime() + asked.toNanos() >= end) {
        throw failure;
      }
      backoff.pause(attempt, asked);
    }
  }

  private static HttpRequest request(
      String base, String method, String path, @Nullable String body, @Nullable String token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(ANSWER)
            .header("Accept", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request.build();
  }

  private Answer sent(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.get().send(request, HttpResponse.BodyHandlers.ofString());
    return new Answer(
        response.statusCode(),
        response.body(),
        retryAfter(response.headers().firstValue("Retry-After").orElse("")));
  }

  /** Seconds or a date (RFC 9110, 10.2.3). */
  private static Duration retryAfter(String header) {
    if (header.matches("[0-9]{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(header));
    }
    try {
      Instant then = DateTimeFormatter.RFC_1123_DATE_TIME.parse(header, Instant::from);
      Duration until = Duration.between(Instant.now(), then);
      return until.isNegative() ? Duration.ZERO : until;
    } catch (DateTimeParseException e) {
      return Duration.ZERO;
    }
  }

  private Answer ok(String method, String path, Answer answer) {
    if (answer.status() / 100 != 2) {
      throw error(method, path, answer);
    }
    return answer;
  }

  private SluiceException error(String method, String path, Answer answer) {
    String told = method + " " + path + " answered " + answer.status() + ": ";
    String said = detail(answer.body());
    return switch (answer.status()) {
      case 400, 422 ->
          new BadInput(
              told + "Airflow refuses the request (" + said + "); correct run id and conf");
      case 401 ->
          new Bug(
              told
                  + "not signed in; check COMPOSER_USER and COMPOSER_PASSWORD, or on Composer that"
                  + " the function's account has roles/composer.user");
      case 403 ->
          new Bug(
              told
                  + "signed in but not allowed ("
                  + said
                  + "); give the account an Airflow role with access to DAG runs");
      case 404 ->
          answer.isNotAirflows()
              ? foreign(method + " " + path, answer.body())
              : new BadInput(
                  told
                      + "no such DAG or run ("
                      + said
                      + "); check the name, or wait until Airflow has read the DAG's file");
      case 409 ->
          new Conflict(
              told + "the run changed meanwhile (" + said + "); look at it before another try");
      case 408 -> new Unavailable(told + "too slow; call again later");
      case 429 ->
          new Unavailable(told + "too many requests for Airflow; call again later, less often");
      default -> {
        if (answer.status() >= 500) {
          yield new Unavailable(told + "Airflow is in trouble (" + said + "); call again later");
        }
        if (answer.status() / 100 == 3) {
          yield new Bug(
              told
                  + "sent elsewhere, as to a login page; check "
                  + address.setting()
                  + " and the account");
        }
        yield new Bug(told + said);
      }
    };
  }

  /** What Airflow says went wrong, else the start of the body. */
  private static String detail(String body) {
    try {
      JsonElement detail = JsonParser.parseString(body).getAsJsonObject().get("detail");
      if (detail != null && !detail.isJsonNull()) {
        return brief(detail.isJsonPrimitive() ? detail.getAsString() : detail.toString());
      }
    } catch (JsonParseException | IllegalStateException e) {
      return brief(body);
    }
    return brief(body);
  }

  private static String brief(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() > 300 ? line.substring(0, 300) + "..." : line;
  }

  /** Airflow's own JSON Web Tokens, kept until one is refused. */
  private final class PasswordTokens implements AccessTokens {
    private final String user;
    private final String password;
    private @Nullable String known;

    PasswordTokens(String user, String password) {
      this.user = user;
      this.password = password;
    }

    @Override
    public synchronized String token() {
      String token = known;
      if (token == null) {
        JsonObject login = new JsonObject();
        login.addProperty("username", user);
        login.addProperty("password", password);
        Answer answer =
            ok("POST", "/auth/token", tried("POST", "/auth/token", login.toString(), null));
        token = optional(json("/auth/token", answer.body()), "access_token");
        if (token == null) {
          throw new Unavailable(
              "/auth/token answered without access_token; check " + address.setting());
        }
        known = token;
      }
      return token;
    }

    @Override
    public synchronized void refused(String token) {
      if (token.equals(known)) {
        known = null;
      }
    }
  }
}
