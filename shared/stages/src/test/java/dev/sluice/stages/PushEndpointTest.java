package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushEndpointTest {
  private final List<PushEndpoint.Message> received = new ArrayList<>();

  private static Exchange push(Consumer<PushEndpoint.Message> receiver, String body)
      throws Exception {
    return Exchange.post(
        new PushEndpoint(Platforms.of(new MemoryCloud()), receiver)::service, body);
  }

  private static String message(String data) {
    return Json.write(
        Map.of(
            "message",
            Map.of(
                "data",
                Base64.getEncoder().encodeToString(data.getBytes(StandardCharsets.UTF_8)),
                "messageId",
                "7",
                "attributes",
                Map.of("pipeline", "p")),
            "subscription",
            "s"));
  }

  @Test
  void aMessageIsHandedOnAndAcknowledged() throws Exception {
    Exchange exchange = push(received::add, message("héllo"));
    assertThat(exchange.status()).isEqualTo(204);
    assertThat(exchange.text()).isEmpty();
    PushEndpoint.Message message = received.getFirst();
    assertThat(new String(message.data(), StandardCharsets.UTF_8)).isEqualTo("héllo");
    assertThat(message.id()).isEqualTo("7");
    assertThat(message.attributes()).isEqualTo(Map.of("pipeline", "p"));
  }

  @Test
  void aMessageMayHaveNoDataAndNoAttributes() throws Exception {
    assertThat(push(received::add, "{\"message\":{\"messageId\":\"7\"}}").status()).isEqualTo(204);
    assertThat(received.getFirst().data()).isEmpty();
    assertThat(received.getFirst().attributes()).isEmpty();
    assertThat(received.getFirst().publishTime()).isNull();
    assertThat(received.getFirst().attempt()).isNull();
  }

  @Test
  void aMessageSaysWhenItWasPublishedAndWhichDeliveryItIs() throws Exception {
    push(
        received::add,
        "{\"deliveryAttempt\":3,\"message\":{\"messageId\":\"7\","
            + "\"publishTime\":\"2026-11-25T10:00:00.123Z\"}}");
    assertThat(received.getFirst().publishTime()).isEqualTo("2026-11-25T10:00:00.123Z");
    assertThat(received.getFirst().attempt()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "{\"message\":{}}",
        "{\"message\":{\"messageId\":\"7\",\"data\":\"%%\"}}",
        "{\"message\":{\"messageId\":\"7\",\"publishTime\":\"now\"}}"
      })
  void whatIsNoPushIsRefused(String body) throws Exception {
    Exchange exchange = push(received::add, body);
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.contentType()).isEqualTo("application/problem+json");
    assertThat(received).isEmpty();
  }

  @Test
  void whatTheReceiverCannotDoIsDeliveredAgain() throws Exception {
    assertThat(
            push(
                    m -> {
                      throw new Unavailable("away");
                    },
                    message("x"))
                .status())
        .isEqualTo(503);
    assertThat(
            push(
                    m -> {
                      throw new BadInput("wrong");
                    },
                    message("x"))
                .status())
        .isEqualTo(422);
  }

  @Test
  void largeMessagesAreReadAFewAtATimeAndSmallOnesDoNotWait() throws Exception {
    String tooMuch = message("x".repeat((int) PushEndpoint.LARGE_BYTES));
    CountDownLatch inside = new CountDownLatch(PushEndpoint.LARGE_AT_ONCE);
    CountDownLatch released = new CountDownLatch(1);
    PushEndpoint endpoint =
        new PushEndpoint(
            Platforms.of(new MemoryCloud()),
            message -> {
              if (message.data().length > 1) {
                inside.countDown();
                awaitUnchecked(released);
              }
            },
            Duration.ZERO);
    try (ExecutorService threads = Executors.newFixedThreadPool(PushEndpoint.LARGE_AT_ONCE)) {
      List<Future<Exchange>> large = new ArrayList<>();
      for (int i = 0; i < PushEndpoint.LARGE_AT_ONCE; i++) {
        large.add(threads.submit(() -> Exchange.post(endpoint::service, tooMuch)));
      }
      try {
        awaitUnchecked(inside);
        assertThat(Exchange.post(endpoint::service, message("x")).status()).isEqualTo(204);
        Exchange another = Exchange.post(endpoint::service, tooMuch);
        assertThat(another.status()).isEqualTo(503);
        assertThat(another.text()).contains("2 messages of more than 2097152 bytes");
      } finally {
        released.countDown();
      }
      for (Future<Exchange> one : large) {
        assertThat(one.get(20, TimeUnit.SECONDS).status()).isEqualTo(204);
      }
    }
    assertThat(Exchange.post(endpoint::service, tooMuch).status()).isEqualTo(204);
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anUnexpectedFailureIsDeliveredAgainWithAnAnswerThatSaysSo() throws Exception {
    Exchange exchange =
        push(
            m -> {
              throw new IllegalStateException("surprise");
            },
            message("x"));
    assertThat(exchange.status()).isEqualTo(500);
    assertThat(exchange.text()).contains("surprise");
  }
}
