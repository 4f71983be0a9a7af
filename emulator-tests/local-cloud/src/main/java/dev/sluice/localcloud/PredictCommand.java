package dev.sluice.localcloud;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Asks the live model. */
@Command(
    name = "predict",
    header = "Asks the live model.",
    description =
        "Asks the live model: FILE (or standard input) holds a row, a list of rows, or a request"
            + " with instances or inputs, as JSON.",
    footer = {
      "",
      "Examples:",
      "  ./sluice predict taxi row.json",
      "  echo '{\"fare\": 12.5, \"payment_type\": \"Cash\"}' | ./sluice predict taxi"
    })
final class PredictCommand implements Callable<Integer> {
  @Mixin private StateOption state;

  @Parameters(index = "0", paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Parameters(index = "1", arity = "0..1", paramLabel = "FILE.json", description = "The rows.")
  private @Nullable Path file;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path given = file;
    String text =
        given == null
            ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
            : Files.readString(given);
    URI uri =
        URI.create(
            Addresses.of(state.folder()).get("PREDICT_URL")
                + "/v1/models/"
                + pipeline
                + ":predict");
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(text)))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      System.out.println(response.body());
      return response.statusCode() == 200 ? 0 : 1;
    } catch (java.net.ConnectException e) {
      throw new Unavailable("predict does not answer at " + uri, e);
    }
  }

  private static String body(String text) {
    JsonElement json;
    try {
      json = JsonParser.parseString(text);
    } catch (JsonParseException e) {
      throw new BadInput("the rows are not JSON: " + e.getMessage(), e);
    }
    if (json.isJsonObject()
        && (json.getAsJsonObject().has("instances") || json.getAsJsonObject().has("inputs"))) {
      return text;
    }
    JsonObject request = new JsonObject();
    if (json.isJsonArray()) {
      request.add("instances", json);
    } else {
      com.google.gson.JsonArray one = new com.google.gson.JsonArray();
      one.add(json);
      request.add("instances", one);
    }
    return request.toString();
  }
}
