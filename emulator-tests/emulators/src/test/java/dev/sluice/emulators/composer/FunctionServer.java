package dev.sluice.emulators.composer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Functions that do as they are told: by default each gives everything that the operations file
 * says it gives, but {@code resolve} finds no live model.
 */
final class FunctionServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final List<JsonObject> calls = new CopyOnWriteArrayList<>();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger mostActive = new AtomicInteger();
  private final Operations operations;

  /** What the operation that expands a kind answers; nothing where it does not say. */
  private final Map<String, Integer> expands = new ConcurrentHashMap<>();

  FunctionServer(Operations operations) throws IOException {
    this.operations = operations;
    server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(executor);
    server.start();
  }

  /** What one function does with one request. */
  interface Script {
    Reply reply(JsonObject request) throws InterruptedException;
  }

  /** Null content type and status 0: the connection is cut. */
  record Reply(int status, String contentType, String body) {
    static Reply problem(int status, String detail) {
      JsonObject problem = new JsonObject();
      problem.addProperty("detail", detail);
      return new Reply(status, "application/problem+json", problem.toString());
    }

    static Reply html(int status) {
      return new Reply(status, "text/html", "<h1>the platform's own page</h1>");
    }

    static Reply cut() {
      return new Reply(0, "", "");
    }

    static Reply gives(Map<String, String> outputs, Map<String, String> summary) {
      return gives(outputs, summary, Map.of());
    }

    static Reply gives(
        Map<String, String> outputs, Map<String, String> summary, Map<String, Integer> expand) {
      JsonObject answer = new JsonObject();
      if (!expand.isEmpty()) {
        answer.add("expand", Json.tree(expand));
      }
      answer.add("outputs", Json.tree(outputs));
      answer.addProperty("cached", false);
      answer.add("summary", Json.tree(summary));
      return new Reply(200, "application/json", answer.toString());
    }
  }

  URI uri(String function) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + function);
  }

  void on(String function, Script script) {
    scripts.put(function, script);
  }

  /** So many shards has each batch from now on. */
  void shards(int shards) {
    expands("shard", shards);
  }

  /** So often are the operations called that are mapped over the kind. */
  void expands(String kind, int calls) {
    expands.put(kind, calls);
  }

  /** Back to giving everything. */
  void heal(String function) {
    scripts.remove(function);
  }

  Reply everything(JsonObject request) {
    String operation = request.get("operation").getAsString();
    Map<String, String> outputs = new java.util.LinkedHashMap<>();
    Operation row = operations.get(operation);
    for (String output : row.gives()) {
      if (!output.equals("live_model")) {
        String shard = request.has("shard") ? "/" + request.get("shard").getAsInt() : "";
        String number = row.lists().contains(output) ? "#0" : "";
        outputs.put(output + number, "gs://artifacts/" + output + shard);
      }
    }
    Integer calls = row.expands() == null ? null : expands.get(row.expands());
    return Reply.gives(
        outputs,
        operation.equals("resolve") ? Map.of("batch", "b-1") : Map.of(),
        row.expands() == null || calls == null ? Map.of() : Map.of(row.expands(), calls));
  }

  List<JsonObject> calls() {
    return List.copyOf(calls);
  }

  /** Operations in the order they were called; {@code part[2]} for the call of a shard. */
  List<String> called() {
    return calls.stream()
        .map(call ->
            call.get("operation").getAsString()
                + (call.has("shard") ? "[" + call.get("shard").getAsInt() + "]" : ""))
        .toList();
  }

  JsonObject call(String operation) {
    return calls.stream()
        .filter(call -> call.get("operation").getAsString().equals(operation))
        .reduce((first, last) -> last)
        .orElseThrow(() -> new AssertionError(operation + " was not called, only " + called()));
  }

  <T> List<T> each(String operation, Function<JsonObject, T> part) {
    return calls.stream()
        .filter(call -> call.get("operation").getAsString().equals(operation))
        .map(part)
        .toList();
  }

  int mostActive() {
    return mostActive.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    mostActive.accumulateAndGet(active.incrementAndGet(), Math::max);
    try (exchange) {
      String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      JsonObject request = Json.read(text, JsonElement.class, "the request").getAsJsonObject();
      calls.add(request);
      String function = exchange.getRequestURI().getPath().substring(1);
      Reply reply = scripts.getOrDefault(function, this::everything).reply(request);
      if (reply.status() != 0) {
        byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", reply.contentType());
        exchange.sendResponseHeaders(reply.status(), body.length);
        exchange.getResponseBody().write(body);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      active.decrementAndGet();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
