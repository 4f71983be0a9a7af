package dev.sluice.emulators.composer;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The local Composer: Airflow 3.3's stable REST API ({@code /api/v2}) over a stepper for the DAG
 * that the operations file implies, and of Composer's own API the call that tells where that is.
 * Every pipeline is a DAG, every operation a task, and a task is one POST of a stage request to its
 * function. Runs are on disk; those under way when the process ended, however it ended, go on at
 * the next start. Listens on 127.0.0.1 only.
 */
public final class ComposerEmulator implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ComposerEmulator.class.getName());
  private static final int LARGEST_BODY = 4 << 20;

  private final HttpServer server;
  private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();
  private final Stepper stepper;
  private final Api api;

  private ComposerEmulator(HttpServer server, Path stateDir, Settings settings) {
    this.server = server;
    this.stepper = new Stepper(settings, new RunStore(stateDir));
    Tokens tokens =
        new Tokens(
            Tokens.key(stateDir.resolve("token.key")),
            settings.tokenLifetime(),
            InstantSource.system());
    this.api = new Api(settings, stepper, tokens, this::uri);
  }

  /**
   * Opens it and steps at once.
   *
   * @param stateDir where runs are kept; made where it is missing
   * @param port 0 for a free one
   * @throws UncheckedIOException where the port is taken or the directory cannot be written
   */
  public static ComposerEmulator start(Path stateDir, int port, Settings settings) {
    ComposerEmulator emulator = open(stateDir, port, settings);
    emulator.resume();
    return emulator;
  }

  /**
   * As {@link #start}, but no task is called before {@link #resume}: for whoever needs the address
   * to start the functions with, so that runs under way do not use up their tries on functions that
   * are not there yet.
   */
  public static ComposerEmulator open(Path stateDir, int port, Settings settings) {
    HttpServer server;
    try {
      InetSocketAddress here = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
      server = HttpServer.create(here, /* backlog= */ 0);
    } catch (IOException e) {
      throw new UncheckedIOException("port " + port + " cannot be opened: " + e.getMessage(), e);
    }
    ComposerEmulator emulator = new ComposerEmulator(server, stateDir, settings);
    server.createContext("/", emulator::handle);
    server.setExecutor(emulator.handlers);
    server.start();
    return emulator;
  }

  /** Begins to step, with the runs that were under way; a second call changes nothing. */
  public void resume() {
    stepper.resume();
  }

  /**
   * Where clients find it: what {@code COMPOSER_URL} is, without {@code /api/v2}. Also what {@code
   * COMPOSER_EMULATOR_HOST} is to those that are given {@code COMPOSER_ENVIRONMENT} instead.
   */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /**
   * Waits until no task is under way and no run can go on; runs of paused DAGs count as idle.
   *
   * @return false where that takes longer than the limit
   */
  public boolean awaitIdle(Duration limit) throws InterruptedException {
    return stepper.awaitIdle(limit);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
      Api.Response response;
      try {
        response = body.length > LARGEST_BODY ? tooLarge() : api.answer(request(exchange, body));
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, exchange.getRequestMethod() + " " + exchange.getRequestURI(), e);
        ApiError error = new ApiError(500, "Internal Server Error: " + e.getMessage());
        response = new Api.Response(error.status(), error.body());
      }
      byte[] bytes = Views.bytes(response.body());
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(response.status(), bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static Api.Request request(HttpExchange exchange, byte[] body) {
    return new Api.Request(
        exchange.getRequestMethod(),
        exchange.getRequestURI().getRawPath(),
        exchange.getRequestURI().getRawQuery(),
        exchange.getRequestHeaders().getFirst("Authorization"),
        new String(body, StandardCharsets.UTF_8));
  }

  private static Api.Response tooLarge() {
    ApiError error = new ApiError(413, "the body is larger than " + LARGEST_BODY + " bytes");
    return new Api.Response(error.status(), error.body());
  }

  /** Stops at once; what was under way is called again at the next start. */
  @Override
  public void close() {
    server.stop(/* delay= */ 0);
    handlers.shutdownNow();
    stepper.close();
    handlers.close();
  }
}
