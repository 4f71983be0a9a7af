package dev.sluice.emulators.composer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls as a script with curl makes them. */
final class Rest implements AutoCloseable {
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI base;
  private @Nullable String token;

  Rest(URI base) {
    this.base = base;
  }

  /** An answer: status and JSON. */
  record Answer(int status, JsonElement json) {
    JsonObject object() {
      return json.getAsJsonObject();
    }

    String text(String member) {
      return object().get(member).getAsString();
    }

    String detail() {
      return object().get("detail").toString();
    }
  }

  void login(String user, String password) throws Exception {
    Answer answer =
        call(
            "POST",
            "/auth/token",
            "{\"username\":\"" + user + "\",\"password\":\"" + password + "\"}");
    token = answer.text("access_token");
  }

  void token(@Nullable String token) {
    this.token = token;
  }

  Answer get(String path) throws IOException, InterruptedException {
    return call("GET", "/api/v2" + path, null);
  }

  Answer post(String path, String body) throws IOException, InterruptedException {
    return call("POST", "/api/v2" + path, body);
  }

  Answer patch(String path, String body) throws IOException, InterruptedException {
    return call("PATCH", "/api/v2" + path, body);
  }

  Answer trigger(String pipeline, String run, String conf)
      throws IOException, InterruptedException {
    return post(
        "/dags/" + pipeline + "/dagRuns",
        "{\"dag_run_id\":\"" + run + "\",\"logical_date\":null,\"conf\":" + conf + "}");
  }

  String state(String pipeline, String run) throws IOException, InterruptedException {
    return get("/dags/" + pipeline + "/dagRuns/" + run).text("state");
  }

  /** Task, or instance of a mapped one, to state; {@code none} where nothing has happened to it. */
  Map<String, String> states(String pipeline, String run) throws IOException, InterruptedException {
    Map<String, String> out = new LinkedHashMap<>();
    get("/dags/" + pipeline + "/dagRuns/" + run + "/taskInstances")
        .object()
        .getAsJsonArray("task_instances")
        .forEach(element -> {
          JsonObject task = element.getAsJsonObject();
          JsonElement state = task.get("state");
          int index = task.get("map_index").getAsInt();
          out.put(
              task.get("task_id").getAsString() + (index < 0 ? "" : "[" + index + "]"),
              state.isJsonNull() ? "none" : state.getAsString());
        });
    return out;
  }

  Answer call(String method, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return new Answer(response.statusCode(), JsonParser.parseString(response.body()));
  }

  @Override
  public void close() {
    client.close();
  }
}
