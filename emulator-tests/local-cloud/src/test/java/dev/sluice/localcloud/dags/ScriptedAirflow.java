package dev.sluice.localcloud.dags;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers as Airflow 3.3's REST API, with what it was given for each {@code METHOD path?query}. */
final class ScriptedAirflow implements AutoCloseable {
  private record Answer(int status, String body) {}

  private final HttpServer server;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final AtomicInteger tokens = new AtomicInteger();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile String token = "";

  ScriptedAirflow() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::handle);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Has a request, such as {@code GET /dags/taxi}, answered so from now on. */
  ScriptedAirflow answer(String request, int status, String body) {
    answers.put(request, new Answer(status, body));
    return this;
  }

  /** Has every token that was given expire. */
  void forgetTokens() {
    token = "";
  }

  /** How often somebody signed in. */
  int signIns() {
    return tokens.get();
  }

  /** Every request after signing in, with its body. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      Answer answer = answer(exchange, body);
      byte[] bytes = answer.body().getBytes(UTF_8);
      exchange.sendResponseHeaders(answer.status(), bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private Answer answer(HttpExchange exchange, String body) {
    String path = exchange.getRequestURI().toString();
    if (path.equals("/auth/token")) {
      if (!body.contains("\"password\":\"admin\"")) {
        return new Answer(401, "{\"detail\": \"Invalid credentials\"}");
      }
      token = "token-" + tokens.incrementAndGet();
      return new Answer(201, "{\"access_token\": \"" + token + "\"}");
    }
    String bearer = exchange.getRequestHeaders().getFirst("Authorization");
    if (token.isEmpty() || !("Bearer " + token).equals(bearer)) {
      return new Answer(401, "{\"detail\": \"Invalid JWT token\"}");
    }
    String request = exchange.getRequestMethod() + " " + path.replaceFirst("^/api/v2", "");
    asked.add(body.isEmpty() ? request : request + " " + body);
    return answers.getOrDefault(request, new Answer(404, "{\"detail\": \"Not Found\"}"));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
