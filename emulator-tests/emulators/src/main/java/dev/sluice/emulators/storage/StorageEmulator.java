package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiPredicate;
import java.util.zip.GZIPInputStream;

/**
 * Cloud Storage's JSON API over a directory, for Google's clients with STORAGE_EMULATOR_HOST set to
 * {@link #baseUrl}. What it holds survives a restart on the same directory; SUPPORTED.md lists the
 * calls, and any other answers 501 with its name. Bytes stream both ways and are never held whole.
 */
public final class StorageEmulator implements AutoCloseable {
  private static final Logger LOG = System.getLogger(StorageEmulator.class.getName());
  private static final int BUFFER = 1 << 17;

  private final HttpServer server;
  private final ExecutorService threads;
  private final ObjectStore store;
  private final Faults faults;
  private final StorageApi api;
  private final String baseUrl;

  /** Is told of each new object before its writer has the answer, and again after a crash. */
  @FunctionalInterface
  public interface Listener {
    void finalized(ObjectMetadata object);
  }

  private StorageEmulator(Path stateDir, int port, Listener listener) throws IOException {
    faults = new Faults();
    store = new ObjectStore(stateDir, Clock.systemUTC(), listener);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
    baseUrl = "http://127.0.0.1:" + server.getAddress().getPort();
    ResumableUploads uploads = new ResumableUploads(stateDir.resolve("uploads"), store, baseUrl);
    api = new StorageApi(store, uploads, faults, baseUrl);
    threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/", this::handle);
  }

  /**
   * Starts on the loopback address with what the directory holds.
   *
   * @param stateDir made if absent; used by one emulator at a time
   * @param port 0 for a free one
   * @throws IOException if the port is taken or the directory is not readable
   */
  public static StorageEmulator start(Path stateDir, int port, Listener listener)
      throws IOException {
    StorageEmulator emulator = new StorageEmulator(stateDir, port, listener);
    emulator.store.announceUnfinished();
    emulator.server.start();
    return emulator;
  }

  /** What clients take as STORAGE_EMULATOR_HOST, such as {@code http://127.0.0.1:9000}. */
  public String baseUrl() {
    return baseUrl;
  }

  /** Makes a bucket unless it is there. */
  public void ensureBucket(String project, String name, boolean versioning) {
    JsonObject enabled = new JsonObject();
    enabled.addProperty("enabled", versioning);
    JsonObject resource = new JsonObject();
    resource.add("versioning", enabled);
    try {
      store.createBucket(project, BucketFields.name(name), resource);
    } catch (ApiError e) {
      if (e.status() != 409) {
        throw new IllegalArgumentException(e.text(), e);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Lets the next calls that match fail without any effect.
   *
   * @param methodAndPath given the method and the decoded path, such as {@code /storage/v1/b/x/o/y}
   * @param status 400 to 599; 429 and 503 carry the service's own bodies
   */
  public void failNext(BiPredicate<String, String> methodAndPath, int status, int times) {
    faults.add(methodAndPath, status, false, times);
  }

  /** Does the next calls that match in full and answers 503, as when an answer is lost. */
  public void loseNextAnswer(BiPredicate<String, String> methodAndPath, int times) {
    faults.add(methodAndPath, 503, true, times);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (ApiError e) {
        answer =
            e.status() == 304
                ? new Answer.Empty(304, Map.of())
                : new Answer.Document(e.status(), Map.of(), e.json());
      } catch (RuntimeException | IOException e) {
        LOG.log(
            Level.WARNING,
            "failed: " + exchange.getRequestMethod() + " " + exchange.getRequestURI(),
            e);
        ApiError error = new ApiError(500, "internalError", String.valueOf(e));
        answer = new Answer.Document(500, Map.of(), error.json());
      }
      // A connection goes on to the next request only when this one's body has been read.
      exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
      write(exchange, answer);
    }
  }

  private Answer answer(HttpExchange exchange) throws ApiError, IOException {
    InputStream body = exchange.getRequestBody();
    if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
      body = new GZIPInputStream(body, BUFFER);
    }
    return api.answer(
        Call.of(
            exchange.getRequestMethod(),
            exchange.getRequestURI().getRawPath(),
            exchange.getRequestURI().getRawQuery(),
            name -> exchange.getRequestHeaders().getFirst(name),
            body));
  }

  private static void write(HttpExchange exchange, Answer answer) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    switch (answer) {
      case Answer.Empty empty -> exchange.sendResponseHeaders(empty.status(), -1);
      case Answer.Document document -> {
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
        send(
            exchange,
            document.status(),
            Json.GSON.toJson(document.json()).getBytes(StandardCharsets.UTF_8));
      }
      case Answer.Text text ->
          send(exchange, text.status(), text.text().getBytes(StandardCharsets.UTF_8));
      case Answer.Media media -> {
        try (FileChannel file = media.content().bytes()) {
          stream(exchange, media, file);
        }
      }
    }
  }

  private static void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private static void stream(HttpExchange exchange, Answer.Media media, FileChannel file)
      throws IOException {
    if (media.gunzip()) {
      exchange.sendResponseHeaders(media.status(), 0);
      try (InputStream in = new GZIPInputStream(Channels.newInputStream(file), BUFFER)) {
        in.transferTo(exchange.getResponseBody());
      }
      return;
    }
    exchange.sendResponseHeaders(media.status(), media.length() == 0 ? -1 : media.length());
    byte[] buffer = new byte[(int) Math.min(BUFFER, Math.max(1, media.length()))];
    ByteBuffer view = ByteBuffer.wrap(buffer);
    long position = media.offset();
    long left = media.length();
    while (left > 0) {
      view.clear().limit((int) Math.min(buffer.length, left));
      int read = file.read(view, position);
      if (read < 0) {
        throw new IOException("the bytes of " + media.content().object() + " end too early");
      }
      exchange.getResponseBody().write(buffer, 0, read);
      position += read;
      left -= read;
    }
  }

  /** Stops at once; calls under way break off, as they would if the service went away. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
