package dev.sluice.localcloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cases of GoogleCloudPlatform/functions-framework-conformance that concern us, on the
 * framework that the buildpack injects, started as it starts it: HTTP, CloudEvents in both
 * encodings, typed functions, many requests at once. Its legacy events are not among them: no
 * function of ours takes any.
 */
final class FrameworkConformanceTest {
  private static final String OBJECT = "objects/shop/2026-01-01/a,b c.csv";

  /** Writes each event that it takes to a file, as that client's functions do. */
  private static final String TAKES_EVENTS =
      """
      implements CloudEventsFunction {
        public void accept(io.cloudevents.CloudEvent event) throws Exception {
          var json = new StringBuilder("{");
          for (String name : event.getAttributeNames()) {
            json.append('"').append(name).append("\\":\\"").append(event.getAttribute(name)).append("\\",");
          }
          for (String name : event.getExtensionNames()) {
            json.append('"').append(name).append("\\":\\"").append(event.getExtension(name)).append("\\",");
          }
          json.append("\\"data\\":").append(new String(event.getData().toBytes(), "UTF-8")).append('}');
          java.nio.file.Files.writeString(java.nio.file.Path.of(System.getenv("OUTPUT")), json);
        }
      }
      """;

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Containers containers = new Containers(Containers.Heap.QUARTER);
  private Path output = Path.of("");

  @AfterEach
  void close() {
    client.close();
    containers.close();
  }

  private URI start(FunctionManifest manifest, String declaration) throws IOException {
    output = folder.resolve("output.json");
    Containers.Container container =
        containers.start(
            manifest,
            Map.of("OUTPUT", output.toString()),
            CompiledFunction.zip(folder, declaration),
            folder);
    return URI.create("http://127.0.0.1:" + container.address().getPort() + "/");
  }

  private HttpResponse<String> post(URI uri, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
  }

  @Test
  void anHttpFunctionHasTheRequestAndIsAnsweredFor() throws Exception {
    URI uri =
        start(
            CompiledFunction.http(),
            """
            implements HttpFunction {
              public void service(HttpRequest request, HttpResponse response) throws Exception {
                String text = new String(request.getInputStream().readAllBytes(), "UTF-8");
                if (text.isEmpty()) {
                  throw new IllegalStateException("nothing was sent");
                }
                response.setStatusCode(201);
                response.setContentType(request.getContentType().orElseThrow());
                response.appendHeader("Saw", request.getMethod() + " " + request.getPath() + " "
                    + request.getQuery().orElse("") + " " + request.getFirstHeader("Some").orElse(""));
                response.getOutputStream().write(text.getBytes("UTF-8"));
              }
            }
            """);
    String[] headers = {"Content-Type", "application/json;charset=utf-8", "Some", "header"};

    HttpResponse<String> echo = post(uri.resolve("/a/path?b=c%20d"), "{\"res\":\"PÄSS\"}", headers);
    HttpResponse<String> thrown = post(uri, "", headers);
    HttpResponse<String> icon = post(uri.resolve("/favicon.ico"), "{}", headers);

    assertThat(echo.statusCode()).isEqualTo(201);
    assertThat(echo.body()).isEqualTo("{\"res\":\"PÄSS\"}");
    assertThat(echo.headers().firstValue("Content-Type")).hasValue(headers[1]);
    assertThat(echo.headers().firstValue("Saw")).hasValue("POST /a/path b=c%20d header");
    assertThat(thrown.statusCode()).as("a throw").isEqualTo(500);
    assertThat(thrown.body()).isEmpty();
    assertThat(icon.statusCode()).as("what browsers ask for by themselves").isEqualTo(404);
  }

  @Test
  void aCloudEventIsTheSameInEitherEncoding() throws Exception {
    URI uri = start(CompiledFunction.cloudEvent(), TAKES_EVENTS);
    String data = "{\"bucket\":\"inbox\",\"name\":\"shop/2026-01-01/a,b c.csv\"}";
    String[] binary = {
      "ce-specversion", "1.0",
      "ce-id", "aaaaaa-1111-bbbb-2222-cccccccccccc",
      "ce-source", "//storage.googleapis.com/projects/_/buckets/inbox",
      "ce-type", "google.cloud.storage.object.v1.finalized",
      "ce-subject", OBJECT,
      "ce-time", "2026-01-01T11:32:00.123Z",
      "ce-bucket", "inbox",
      "Content-Type", "application/json"
    };
    JsonObject structured = new JsonObject();
    for (int i = 0; i < binary.length; i += 2) {
      structured.addProperty(
          binary[i].equals("Content-Type") ? "datacontenttype" : binary[i].substring(3),
          binary[i + 1]);
    }
    structured.add("data", JsonParser.parseString(data));

    assertThat(post(uri, data, binary).statusCode()).isEqualTo(200);
    JsonObject first = JsonParser.parseString(Files.readString(output)).getAsJsonObject();
    Files.delete(output);
    assertThat(
            post(
                    uri,
                    structured.toString(),
                    "Content-Type",
                    "application/cloudevents+json; charset=utf-8")
                .statusCode())
        .isEqualTo(200);
    JsonObject second = JsonParser.parseString(Files.readString(output)).getAsJsonObject();

    assertThat(first).isEqualTo(structured);
    assertThat(second).isEqualTo(structured);
    assertThat(first.get("subject").getAsString()).as("with its comma").isEqualTo(OBJECT);
  }

  @Test
  void whatIsNoCloudEventIsRefused() throws Exception {
    URI uri = start(CompiledFunction.cloudEvent(), TAKES_EVENTS);

    HttpResponse<String> response =
        post(uri, "{\"bucket\":\"inbox\"}", "Content-Type", "application/cloudevents+json");

    assertThat(response.statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(output).doesNotExist();
  }

  @Test
  void aTypedFunctionHasAndGivesJson() throws Exception {
    URI uri =
        start(
            CompiledFunction.http(),
            """
            implements TypedFunction<Small.Request, Small.Response> {
              public static class Request { String message; }
              public static class Response { Request payload; }
              public Response apply(Request request) {
                Response response = new Response();
                response.payload = request;
                return response;
              }
            }
            """);

    HttpResponse<String> response =
        post(uri, "{\"message\":\"Hello world!\"}", "Content-Type", "application/json");

    assertThat(response.body()).isEqualTo("{\"payload\":{\"message\":\"Hello world!\"}}");
  }

  /**
   * Ten calls that wait for each other: the client's case without a clock. None is answered before
   * all are in.
   */
  @Test
  void requestsAreAnsweredAtOnce() throws Exception {
    URI uri =
        start(
            CompiledFunction.http(),
            """
            implements HttpFunction {
              private final java.util.concurrent.CountDownLatch all =
                  new java.util.concurrent.CountDownLatch(10);
              public void service(HttpRequest request, HttpResponse response) throws Exception {
                all.countDown();
                if (!all.await(30, java.util.concurrent.TimeUnit.SECONDS)) {
                  response.setStatusCode(503);
                }
              }
            }
            """);

    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      answers.add(
          client.sendAsync(
              HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()));
    }

    assertThat(answers).allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
  }

  @Test
  void aSignatureThatTheClassDoesNotHaveIsToldAtTheStart() {
    assertThatThrownBy(() -> start(CompiledFunction.http(), TAKES_EVENTS))
        .hasMessageContaining("function small ended before it listened on its PORT");
    assertThat(folder.resolve("log")).content().contains("example.Small");
  }
}
