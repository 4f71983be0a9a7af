package dev.sluice.localcloud.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RequestsTest {
  private static final List<byte[]> BODIES =
      List.of("{\"instances\": [{}]}".getBytes(StandardCharsets.UTF_8));

  private HttpServer server;
  private volatile String answer = "{\"predictions\": [0.25]}";
  private volatile int status = 200;
  private volatile int slowFrom = Integer.MAX_VALUE;
  private final AtomicInteger received = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          if (received.incrementAndGet() >= slowFrom) {
            try {
              Thread.sleep(100);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void everyRequestIsCountedOnce() throws InterruptedException {
    Requests.Tally tally = askUntil(50);
    assertThat(tally.sent()).isEqualTo(received.get()).isGreaterThanOrEqualTo(50);
    assertThat(tally.failed()).isZero();
    assertThat(tally.firstFailure()).isNull();
    assertThat(tally.median()).isPositive().isLessThanOrEqualTo(tally.p99());
  }

  @Test
  void anErrorIsAFailureThatIsTold() throws InterruptedException {
    status = 503;
    Requests.Tally tally = askUntil(5);
    assertThat(tally.failed()).isEqualTo(tally.sent());
    assertThat(tally.firstFailure()).startsWith("status 503");
  }

  @Test
  void anAnswerThatIsNoProbabilityIsAFailure() throws InterruptedException {
    answer = "{\"predictions\": [1.5]}";
    assertThat(askUntil(5).firstFailure()).startsWith("no probability");
    answer = "{\"predictions\": []}";
    assertThat(askUntil(5).firstFailure()).startsWith("no probability");
    answer = "hello";
    assertThat(askUntil(5).firstFailure()).startsWith("no probability");
  }

  /**
   * Four connections, 10 answers a second each, and 500 asked for: most wait before they are sent.
   */
  @Test
  void aServerThatStallsIsChargedForTheRequestsThatWereDue() throws InterruptedException {
    slowFrom = 1;
    assertThat(askUntil(40).p99()).isGreaterThan(Duration.ofMillis(500));
  }

  @Test
  void nonsenseIsRefused() {
    URI uri = URI.create("http://127.0.0.1:1/");
    assertThatThrownBy(() -> Requests.start(uri, BODIES, 0))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("[1, 10000]");
    assertThatThrownBy(() -> Requests.start(uri, List.of(), 1)).isInstanceOf(BadInput.class);
  }

  private Requests.Tally askUntil(int count) throws InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    Requests requests = Requests.start(uri, BODIES, 500);
    try (requests) {
      while (requests.tally().sent() < count) {
        Thread.sleep(5);
      }
    }
    return requests.tally();
  }
}
