package dev.sluice.emulators.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EventarcDeliveryTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final EventarcDelivery.Options FAST =
      new EventarcDelivery.Options(
          4,
          Duration.ofMillis(2),
          Duration.ofMillis(20),
          Duration.ofSeconds(5),
          Duration.ofDays(1));

  private record Received(Headers headers, JsonObject body) {}

  @TempDir private Path state;
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer target;

  @BeforeEach
  void start() throws IOException {
    target = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    target.setExecutor(threads);
    target.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String text = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            if (failures.getAndDecrement() > 0) {
              exchange.sendResponseHeaders(500, -1);
            } else {
              received.add(
                  new Received(
                      exchange.getRequestHeaders(),
                      JsonParser.parseString(text).getAsJsonObject()));
              exchange.sendResponseHeaders(204, -1);
            }
          }
        });
    target.start();
  }

  @AfterEach
  void stop() {
    target.stop(0);
    threads.close();
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + target.getAddress().getPort() + "/");
  }

  private static ObjectMetadata object(String name) {
    Instant now = Instant.parse("2026-11-01T02:03:04.005Z");
    return new ObjectMetadata(
        "inbox",
        name,
        17,
        1,
        3,
        "4waSgw==",
        "rL0Y20zC+Fzt72VPzMSk2A==",
        0,
        now,
        now,
        null,
        new Attributes("text/csv", Map.of(), Map.of("k", "v")));
  }

  @Test
  void eventIsABinaryCloudEventWithTheObjectAsData() throws Exception {
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.route("receive-file", "inbox", uri());
      delivery.finalized(object("taxi/2026/größe \"1\",50%.csv"));
      assertThat(delivery.awaitIdle(LONG)).isTrue();
    }
    assertThat(received).hasSize(1);
    Headers headers = received.get(0).headers();
    assertThat(headers.getFirst("ce-specversion")).isEqualTo("1.0");
    assertThat(headers.getFirst("ce-type")).isEqualTo("google.cloud.storage.object.v1.finalized");
    assertThat(headers.getFirst("ce-source"))
        .isEqualTo("//storage.googleapis.com/projects/_/buckets/inbox");
    assertThat(headers.getFirst("ce-bucket")).isEqualTo("inbox");
    assertThat(headers.getFirst("ce-time")).isEqualTo("2026-11-01T02:03:04.005Z");
    assertThat(headers.getFirst("ce-id")).isNotEmpty();
    assertThat(headers.getFirst("Content-Type")).isEqualTo("application/json");
    assertThat(headers.getFirst("ce-subject"))
        .isEqualTo("objects/taxi/2026/gr%C3%B6%C3%9Fe%20%221%22,50%25.csv");
    JsonObject body = received.get(0).body();
    assertThat(body.get("name").getAsString()).isEqualTo("taxi/2026/größe \"1\",50%.csv");
    assertThat(body.get("generation").getAsString()).isEqualTo("17");
    assertThat(body.getAsJsonPrimitive("generation").isString()).isTrue();
    assertThat(body.get("size").getAsString()).isEqualTo("3");
    assertThat(body.get("contentType").getAsString()).isEqualTo("text/csv");
    assertThat(body.get("crc32c").getAsString()).isEqualTo("4waSgw==");
    assertThat(body.get("timeCreated").getAsString()).isEqualTo("2026-11-01T02:03:04.005Z");
  }

  @Test
  void headerEscapesFollowTheBindingsExample() {
    // CloudEvents HTTP protocol binding 1.0.2, section 3.1.3.2: the example of the Euro sign and an
    // emoji.
    assertThat(EventarcDelivery.headerValue("Euro € 😀"))
        .isEqualTo("Euro%20%E2%82%AC%20%F0%9F%98%80");
  }

  @Test
  void failedEventComesAgainUntilItIsTaken() throws Exception {
    failures.set(5);
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.route("t", "inbox", uri());
      delivery.finalized(object("a"));
      assertThat(delivery.awaitIdle(LONG)).isTrue();
    }
    assertThat(received).hasSize(1);
    assertThat(failures.get()).isNegative();
  }

  @Test
  void eventOfAnotherBucketGoesNowhere() throws Exception {
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.route("t", "another", uri());
      delivery.finalized(object("a"));
      assertThat(delivery.pending()).isZero();
    }
    assertThat(received).isEmpty();
  }

  @Test
  void eventSurvivesARestartAndATargetThatMoved() throws Exception {
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.route("t", "inbox", URI.create("http://127.0.0.1:1/"));
      delivery.finalized(object("a"));
      assertThat(delivery.awaitIdle(Duration.ofMillis(50))).isFalse();
      assertThat(delivery.pending()).isEqualTo(1);
    }
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.finalized(object("before its route"));
      delivery.route("t", "inbox", uri());
      assertThat(delivery.awaitIdle(LONG)).isTrue();
    }
    assertThat(received)
        .extracting(r -> r.body().get("name").getAsString())
        .containsExactlyInAnyOrder("a", "before its route");
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      assertThat(delivery.pending()).isZero();
    }
  }

  @Test
  void eventOlderThanItsRetentionIsDropped() throws Exception {
    failures.set(Integer.MAX_VALUE);
    EventarcDelivery.Options brief =
        new EventarcDelivery.Options(
            1, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(5), Duration.ofMillis(1));
    try (EventarcDelivery delivery = EventarcDelivery.start(state, brief)) {
      delivery.route("t", "inbox", uri());
      delivery.finalized(object("a"));
      assertThat(delivery.awaitIdle(LONG)).isTrue();
    }
    assertThat(received).isEmpty();
  }

  @Test
  void unroutedTriggerDropsWhatWaits() throws Exception {
    failures.set(Integer.MAX_VALUE);
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.route("t", "inbox", uri());
      delivery.finalized(object("a"));
      delivery.unroute("t");
      assertThat(delivery.awaitIdle(LONG)).isTrue();
    }
  }

  @Test
  void manyEventsAllArriveEachToEveryTrigger() throws Exception {
    failures.set(20);
    try (EventarcDelivery delivery = EventarcDelivery.start(state, FAST)) {
      delivery.route("one", "inbox", uri());
      delivery.route("two", "inbox", uri());
      for (int i = 0; i < 100; i++) {
        delivery.finalized(object("o" + i));
      }
      assertThat(delivery.awaitIdle(LONG)).isTrue();
    }
    assertThat(received).hasSize(200);
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    assertThatThrownBy(() ->
            new EventarcDelivery.Options(
                0, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1), Duration.ofDays(1)))
        .hasMessage("parallel must be at least 1, not 0");
  }
}
