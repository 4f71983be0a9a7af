package dev.sluice.functions.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Json;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotifierTest {
  private final MemoryCloud cloud = new MemoryCloud();
  private final Platform platform =
      Platform.of(
          Configuration.of(cloud::setting),
          "code-1",
          cloud.clock(),
          cloud.objects(),
          cloud.facts(),
          cloud.messages(),
          cloud.composer());
  private final List<String> posted = new ArrayList<>();
  private final Deque<Integer> answers = new ArrayDeque<>();
  private HttpServer server;

  private static final Alarm ALARM =
      Alarm.of(
          "p", "r", "b", Alarm.Severity.FAIL, "DATA", "price is gone", "gs://b/o", Instant.EPOCH);

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          posted.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(answers.isEmpty() ? 200 : answers.remove(), -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void webhook() {
    String host = "127.0.0.1:" + server.getAddress().getPort();
    cloud.set("SLUICE_WEBHOOK", "http://" + host + "/hook");
    cloud.set("SLUICE_WEBHOOK_HOSTS", "hooks.example.com, " + host);
  }

  private Exchange push(String data) throws Exception {
    String body =
        Json.write(
            Map.of(
                "message",
                Map.of(
                    "messageId",
                    "7",
                    "data",
                    Base64.getEncoder().encodeToString(data.getBytes(StandardCharsets.UTF_8)))));
    return Exchange.post(
        new PushEndpoint(platform, new Notifier(platform)::receive)::service, body);
  }

  @Test
  void anAlarmIsRecordedAlsoWithoutAWebhook() throws Exception {
    assertThat(push(Json.write(ALARM)).status()).isEqualTo(204);
    assertThat(cloud.facts().of("alarms"))
        .singleElement()
        .satisfies(fact -> {
          assertThat(fact.key()).isEqualTo(ALARM.alarm());
          assertThat(fact.values())
              .containsEntry("text", "price is gone")
              .containsEntry("uri", "gs://b/o")
              .containsEntry("severity", "FAIL");
        });
    assertThat(posted).isEmpty();
  }

  @Test
  void theWebhookGetsTheAlarm() throws Exception {
    webhook();
    assertThat(push(Json.write(ALARM)).status()).isEqualTo(204);
    assertThat(posted)
        .singleElement()
        .satisfies(text -> assertThat(Json.read(text, Alarm.class, "it")).isEqualTo(ALARM));
  }

  @Test
  void aWebhookThatFailsHasTheAlarmDeliveredAgain() throws Exception {
    webhook();
    answers.add(500);
    Exchange exchange = push(Json.write(ALARM));
    assertThat(exchange.status()).isEqualTo(503);
    assertThat(exchange.text()).contains("127.0.0.1 answered 500");
    assertThat(push(Json.write(ALARM)).status()).isEqualTo(204);
    assertThat(posted).hasSize(2);
    assertThat(cloud.facts().column("alarms", "alarm")).containsOnly(ALARM.alarm());
  }

  @Test
  void aWebhookThatCannotBeReachedHasTheAlarmDeliveredAgain() throws Exception {
    webhook();
    server.stop(0);
    Exchange exchange = push(Json.write(ALARM));
    assertThat(exchange.status()).isEqualTo(503);
    assertThat(exchange.text()).contains("cannot be reached");
  }

  @Test
  void aHostThatIsNotListedGetsNothing() throws Exception {
    webhook();
    cloud.set("SLUICE_WEBHOOK_HOSTS", "hooks.example.com");
    Exchange exchange = push(Json.write(ALARM));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("SLUICE_WEBHOOK_HOSTS does not list");
    assertThat(posted).isEmpty();
    assertThat(cloud.facts().of("alarms")).hasSize(1);
  }

  @Test
  void withoutAListNothingIsPosted() throws Exception {
    webhook();
    cloud.set("SLUICE_WEBHOOK_HOSTS", "");
    assertThat(push(Json.write(ALARM)).status()).isEqualTo(422);
    assertThat(posted).isEmpty();
  }

  @Test
  void theSecretIsInNoAnswer() throws Exception {
    for (String address :
        List.of(
            "https://hooks.example.com/s3cret path",
            "https://elsewhere.example.com/s3cret?key=s3cret",
            "https://user:s3cret@hooks.example.com/",
            "ftp://hooks.example.com/s3cret",
            "s3cret")) {
      cloud.set("SLUICE_WEBHOOK", address);
      Exchange exchange = push(Json.write(ALARM));
      assertThat(exchange.status()).as(address).isEqualTo(422);
      assertThat(exchange.text()).doesNotContain("s3cret").contains("SLUICE_WEBHOOK");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://", "not a url", "hooks.example.com/x"})
  void aWebhookThatIsNoAddressIsAnError(String address) throws Exception {
    cloud.set("SLUICE_WEBHOOK", address);
    Exchange exchange = push(Json.write(ALARM));
    assertThat(exchange.status()).isGreaterThanOrEqualTo(400);
    assertThat(cloud.facts().of("alarms")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "[]",
        "{\"alarm\":\"a\",\"pipeline\":\"p\"}",
        "{\"alarm\":\"a\",\"pipeline\":\"p\",\"text\":\"t\"}",
        "{\"alarm\":\"a\",\"pipeline\":\"p\",\"text\":\"t\",\"severity\":\"LOUD\"}"
      })
  void aMessageThatIsNoAlarmIsRefusedForTheDeadLetter(String data) throws Exception {
    webhook();
    Exchange exchange = push(data);
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(posted).isEmpty();
    assertThat(cloud.facts().of("alarms")).isEmpty();
  }
}
