package dev.sluice.emulators.composer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * One call of one stage, and what its answer means: 200 with a stage result is done; a 4xx with
 * {@code application/problem+json} is permanent, but for 408 and 429; everything else (5xx, a lost
 * connection, a timeout, the platform's own pages) may go away and is worth another try.
 */
final class StageCaller implements AutoCloseable {
  private static final int SHOWN_CHARACTERS = 2_000;

  private final Function<String, URI> functions;
  private final Duration timeout;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client;

  StageCaller(Function<String, URI> functions, Duration timeout) {
    this.functions = functions;
    this.timeout = timeout;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .executor(executor)
            .build();
  }

  /** What came of a call. */
  sealed interface Answer {
    /** The stage's answer, and the JSON it came as. */
    record Done(StageResult result, JsonObject json) implements Answer {}

    /** The same call fails again until somebody changes something. */
    record Permanent(String error) implements Answer {}

    /** The same call may succeed later. */
    record Passing(String error) implements Answer {}
  }

  /**
   * @throws InterruptedException where the thread was interrupted, as a cancelled task's is
   */
  Answer call(String function, StageRequest request) throws InterruptedException {
    URI uri;
    try {
      uri = functions.apply(function);
    } catch (SluiceException e) {
      String error = "function " + function + ": " + e.getMessage();
      return e.retryable() ? new Answer.Passing(error) : new Answer.Permanent(error);
    }
    HttpRequest http =
        HttpRequest.newBuilder(uri)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, application/problem+json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(request)))
            .build();
    HttpResponse<String> response;
    try {
      response = client.send(http, HttpResponse.BodyHandlers.ofString());
    } catch (HttpTimeoutException e) {
      return new Answer.Passing(
          "function " + function + " gave no answer within " + timeout.toSeconds() + " s");
    } catch (IOException e) {
      return new Answer.Passing(
          "the connection to function " + function + " at " + uri + " was lost: " + e);
    }
    return meaning(function, response);
  }

  private static Answer meaning(String function, HttpResponse<String> response) {
    int status = response.statusCode();
    String said = "function " + function + " answered " + status + ": ";
    if (status >= 200 && status < 300) {
      try {
        JsonElement json = JsonParser.parseString(response.body());
        if (json.isJsonObject() && json.getAsJsonObject().has("outputs")) {
          StageResult result =
              Json.read(response.body(), StageResult.class, "the answer of " + function);
          return new Answer.Done(result, json.getAsJsonObject());
        }
      } catch (JsonParseException | BadInput e) {
        return new Answer.Passing(said + "not a stage result: " + e.getMessage());
      }
      return new Answer.Passing(said + "not a stage result: " + shown(response.body()));
    }
    boolean ours =
        response
            .headers()
            .firstValue("Content-Type")
            .map(type -> type.toLowerCase(Locale.ROOT).startsWith("application/problem+json"))
            .orElse(false);
    boolean permanent = ours && status >= 400 && status < 500 && status != 408 && status != 429;
    String error = ours ? problem(response.body()) : said + shown(response.body());
    return permanent ? new Answer.Permanent(error) : new Answer.Passing(error);
  }

  /** The sentence in a problem (RFC 9457): its detail, else its title, else all of it. */
  private static String problem(String body) {
    try {
      JsonElement json = JsonParser.parseString(body);
      if (json.isJsonObject()) {
        for (String member : new String[] {"detail", "title"}) {
          JsonElement text = json.getAsJsonObject().get(member);
          if (text != null && text.isJsonPrimitive()) {
            return text.getAsString();
          }
        }
      }
    } catch (JsonParseException e) {
      return shown(body);
    }
    return shown(body);
  }

  private static String shown(String body) {
    String text = body.isBlank() ? "(an empty body)" : body.strip();
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "...";
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
    executor.close();
  }
}
