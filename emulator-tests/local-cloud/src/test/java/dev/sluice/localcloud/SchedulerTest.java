package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.contracts.FunctionManifest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private final LinkedBlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private HttpServer server;
  private volatile CountDownLatch hold = new CountDownLatch(0);
  private volatile int status = 200;
  private final AtomicInteger atOnce = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
          calls.add(exchange.getRequestMethod());
          try {
            hold.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          atOnce.decrementAndGet();
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void end() {
    hold.countDown();
    server.stop(0);
  }

  private Scheduler scheduler() {
    FunctionManifest manifest =
        FunctionManifest.parse(
            "close-window",
            "entry_point: a.B\ntrigger: {schedule: '* * * * *'}\nmemory: 512Mi\ntimeout: 300s\n");
    FunctionManifest other =
        FunctionManifest.parse("a", "entry_point: a.B\ntrigger: {http: {}}\nmemory: 512Mi\n");
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return Scheduler.start(
        List.of(manifest, other), Map.of("close-window", url), Clock.systemUTC());
  }

  @Test
  void aFunctionWithAScheduleIsCalledAgainAndAgainWhateverItAnswers() throws Exception {
    status = 503;
    try (Scheduler scheduler = scheduler()) {
      assertThat(calls.poll(20, TimeUnit.SECONDS)).isEqualTo("POST");
      assertThat(calls.poll(20, TimeUnit.SECONDS)).isEqualTo("POST");
      assertThat(scheduler).isNotNull();
    }
  }

  @Test
  void aCallThatIsUnderWayIsNotRepeated() throws Exception {
    hold = new CountDownLatch(1);
    try (Scheduler scheduler = scheduler()) {
      assertThat(calls.poll(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(calls.poll(2_500, TimeUnit.MILLISECONDS)).isNull();
      hold.countDown();
      assertThat(calls.poll(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(mostAtOnce).hasValue(1);
      assertThat(scheduler).isNotNull();
    }
  }
}
