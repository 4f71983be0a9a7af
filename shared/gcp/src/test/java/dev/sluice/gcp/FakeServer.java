package dev.sluice.gcp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/**
 * An HTTP server on this machine that remembers what it was asked and can be told to fail the next
 * requests, before or after it did its work.
 */
final class FakeServer implements AutoCloseable {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Request(
      String method, String path, String query, Map<String, List<String>> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    String header(String name) {
      return headers.entrySet().stream()
          .filter(e -> e.getKey().equalsIgnoreCase(name))
          .map(e -> e.getValue().getFirst())
          .findFirst()
          .orElse("");
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(int status, Map<String, String> headers, byte[] body) {
    static Answer json(int status, String body) {
      return new Answer(
          status,
          Map.of("Content-Type", "application/json"),
          body.getBytes(StandardCharsets.UTF_8));
    }
  }

  interface Handler {
    Answer answer(Request request) throws IOException;
  }

  /** What happens to a request beside being answered. */
  enum Trouble {
    /** Done, but the connection closes before the answer. */
    LOSE_ANSWER,
    TOO_MANY,
    AWAY
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Deque<Trouble> troubles = new ArrayDeque<>();
  final List<Request> requests = new CopyOnWriteArrayList<>();

  FakeServer(Handler handler) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    server.setExecutor(threads);
    server.createContext("/", exchange -> handle(exchange, handler));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  synchronized void next(Trouble... more) {
    troubles.addAll(List.of(more));
  }

  private synchronized Trouble trouble() {
    return troubles.poll();
  }

  private void handle(HttpExchange exchange, Handler handler) throws IOException {
    try {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
        body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
      }
      String query = exchange.getRequestURI().getRawQuery();
      Request request =
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getRawPath(),
              query == null ? "" : query,
              exchange.getRequestHeaders(),
              body);
      requests.add(request);
      Trouble trouble = trouble();
      if (trouble == Trouble.TOO_MANY) {
        send(exchange, Answer.json(429, "{\"error\":{\"code\":429,\"message\":\"slow down\"}}"));
        return;
      }
      if (trouble == Trouble.AWAY) {
        send(exchange, Answer.json(503, "{\"error\":{\"code\":503,\"message\":\"away\"}}"));
        return;
      }
      Answer answer = handler.answer(request);
      if (trouble != Trouble.LOSE_ANSWER) {
        send(exchange, answer);
      }
    } catch (RuntimeException e) {
      send(exchange, Answer.json(500, "{\"error\":{\"code\":500,\"message\":\"" + e + "\"}}"));
    } finally {
      exchange.close();
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    boolean empty = answer.body().length == 0;
    exchange.sendResponseHeaders(answer.status(), empty ? -1 : answer.body().length);
    if (!empty) {
      exchange.getResponseBody().write(answer.body());
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
