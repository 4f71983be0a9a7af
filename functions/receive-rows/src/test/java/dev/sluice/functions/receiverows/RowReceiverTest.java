package dev.sluice.functions.receiverows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import dev.sluice.testing.MemoryRows;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowReceiverTest {
  private static final String PUBLISHED = "2026-11-25T10:00:00.123Z";

  private final MemoryCloud cloud = new MemoryCloud();
  private final MemoryRows rows = new MemoryRows();
  private final Moving clock = new Moving();
  private final PushEndpoint endpoint = endpoint();

  /** A clock that a test moves on. */
  private static final class Moving extends Clock {
    private Instant now = Instant.parse("2026-11-25T10:00:01Z");

    void forward(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private PushEndpoint endpoint() {
    cloud.set("SLUICE_DATASET", "sluice");
    cloud.spec("p", "label: sold\nsource: {stream: {window: 5m}}\n");
    Platform platform =
        Platform.of(
            Configuration.of(cloud::setting),
            "code-1",
            clock,
            cloud.objects(),
            cloud.facts(),
            cloud.messages(),
            cloud.composer());
    RowReceiver receiver = new RowReceiver(platform, rows);
    return new PushEndpoint(platform, receiver::receive);
  }

  private Exchange push(String data, Map<String, String> attributes, int attempt) throws Exception {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("data", Base64.getEncoder().encodeToString(data.getBytes(StandardCharsets.UTF_8)));
    message.put("attributes", attributes);
    message.put("messageId", "77");
    message.put("publishTime", PUBLISHED);
    return Exchange.post(endpoint::service, Map.of("message", message, "deliveryAttempt", attempt));
  }

  private Exchange push(String data, Map<String, String> attributes) throws Exception {
    return push(data, attributes, 1);
  }

  @Test
  void aMessageIsStoredBeforeItIsAcknowledged() throws Exception {
    assertThat(push("{\"a\":1}", Map.of("pipeline", "p")).status()).isEqualTo(204);
    assertThat(rows.of("sluice.stream_rows"))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("pipeline", "p")
                .containsEntry("id", "77")
                .containsEntry("message_id", "77")
                .containsEntry("event_time", Instant.parse(PUBLISHED))
                .containsEntry("publish_time", Instant.parse(PUBLISHED))
                .containsEntry("received_at", clock.instant())
                .containsEntry("format", "json")
                .containsEntry("payload", "{\"a\":1}")
                .hasSize(8));
    assertThat(cloud.facts().of("dead_rows")).isEmpty();
  }

  @Test
  void aMessageThatIsNotStoredIsNotAcknowledgedAndIsNoDeadRow() throws Exception {
    rows.before(batch -> {
      throw new Unavailable("BigQuery is away");
    });
    assertThat(push("{\"a\":1}", Map.of("pipeline", "p"), 5).status()).isEqualTo(503);
    assertThat(cloud.facts().of("dead_rows")).isEmpty();
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void idAndEventTimeAreThePublishersWhereGiven() throws Exception {
    push(
        "{\"a\":1}",
        Map.of("pipeline", "p", "id", "order-9", "event_time", "2026-11-25T11:59:58.5+02:00"));
    assertThat(rows.column("sluice.stream_rows", "id")).containsExactly("order-9");
    assertThat(rows.column("sluice.stream_rows", "message_id")).containsExactly("77");
    assertThat(rows.column("sluice.stream_rows", "event_time"))
        .containsExactly(Instant.parse("2026-11-25T09:59:58.5Z"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "q|{\"a\":1}||there is no pipeline 'q'",
        "../p|{\"a\":1}||there is no pipeline '../p'",
        "files|{\"a\":1}||pipeline files takes no rows",
        "broken|{\"a\":1}||the spec of pipeline broken is broken: broken.yaml line 1",
        "p|[1]||neither a JSON object nor a serialized tf.Example",
        "p|{\"a\":1}|yesterday|'event_time' is 'yesterday', no time of RFC 3339",
        "p|{\"a\":1}|2026-11-25T10:00:00|no time of RFC 3339",
        "p|{\"a\":1}|1969-12-31T23:59:59Z|before 1970",
        "p|{\"a\":1}|2026-11-25T10:05:01Z|more than 5 minutes after the message was published"
      })
  void whatCannotBeReadIsRefusedForTheDeadLetterAndItsReasonKept(
      String pipeline, String data, String time, String reason) throws Exception {
    cloud.spec("files", "label: sold\n");
    cloud.spec("broken", "lable: sold\n");
    Exchange exchange =
        push(
            data,
            time == null
                ? Map.of("pipeline", pipeline)
                : Map.of("pipeline", pipeline, "event_time", time));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.contentType()).isEqualTo("application/problem+json");
    assertThat(exchange.text()).contains("BadInput");
    assertThat(rows.of("sluice.stream_rows")).isEmpty();
    Fact fact = cloud.facts().of("dead_rows").getFirst();
    assertThat(fact.key()).isEqualTo("77");
    assertThat(fact.values())
        .containsEntry("message_id", "77")
        .containsEntry("pipeline", pipeline.startsWith(".") ? "unknown" : pipeline)
        .containsEntry("publish_time", Instant.parse(PUBLISHED))
        .containsEntry("attempt", 1)
        .containsEntry("beginning", data);
    assertThat(fact.values().get("reason")).asString().contains(reason);
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void anEventTimeFiveMinutesAheadIsTaken() throws Exception {
    assertThat(
            push("{}", Map.of("pipeline", "p", "event_time", "2026-11-25T10:05:00.123Z")).status())
        .isEqualTo(204);
  }

  @Test
  void aMessageWithoutPipelineIsRefused() throws Exception {
    assertThat(push("{}", Map.of()).text()).contains("no attribute 'pipeline'");
    assertThat(cloud.facts().column("dead_rows", "pipeline")).containsExactly("unknown");
  }

  @ParameterizedTest
  @CsvSource({"' '", "''"})
  void aBlankIdIsRefused(String id) throws Exception {
    assertThat(push("{}", Map.of("pipeline", "p", "id", id)).text()).contains("all blank");
  }

  @Test
  void theLastAttemptRaisesAnAlarmAndThoseBeforeDoNot() throws Exception {
    for (int attempt = 1; attempt <= 4; attempt++) {
      push("[1]", Map.of("pipeline", "p"), attempt);
    }
    assertThat(cloud.messages().alarms()).isEmpty();
    push("[1]", Map.of("pipeline", "p"), 5);
    push("[2]", Map.of("pipeline", "p"), 5);
    assertThat(cloud.messages().alarms())
        .hasSize(2)
        .allSatisfy(alarm -> {
          assertThat(alarm.severity()).isEqualTo(Alarm.Severity.FAIL);
          assertThat(alarm.pipeline()).isEqualTo("p");
          assertThat(alarm.text()).contains("neither a JSON object", "./sluice replay-dead");
        })
        .extracting(Alarm::alarm)
        .containsOnly(cloud.messages().alarms().getFirst().alarm());
    assertThat(cloud.facts().of("dead_rows")).hasSize(6).extracting(Fact::key).containsOnly("77");
  }

  @Test
  void aRefusalThatCannotBeRecordedIsARefusalAllTheSame() throws Exception {
    cloud
        .facts()
        .before(fact -> {
          throw new Unavailable("BigQuery is away");
        });
    assertThat(push("[1]", Map.of("pipeline", "p")).status()).isEqualTo(422);
  }

  @Test
  void onlyTheBeginningOfAPayloadIsKept() throws Exception {
    push("[" + "é".repeat(5_000), Map.of("pipeline", "p"));
    assertThat(cloud.facts().column("dead_rows", "beginning"))
        .containsExactly("[" + "é".repeat(999));
  }

  @Test
  void aSpecIsReadOnceForManyRowsAndAgainAfterAWhile() throws Exception {
    push("{}", Map.of("pipeline", "p"));
    cloud.objects().delete(ObjectName.of(MemoryCloud.SERVING, "specs/p.yaml"));
    assertThat(push("{}", Map.of("pipeline", "p")).status()).isEqualTo(204);
    clock.forward(Duration.ofSeconds(31));
    assertThat(push("{}", Map.of("pipeline", "p")).status()).isEqualTo(422);
  }

  @Test
  void aSpecThatIsPutThereCountsASecondLater() throws Exception {
    assertThat(push("{}", Map.of("pipeline", "new")).status()).isEqualTo(422);
    cloud.spec("new", "label: sold\nsource: {stream: {}}\n");
    clock.forward(Duration.ofSeconds(2));
    assertThat(push("{}", Map.of("pipeline", "new")).status()).isEqualTo(204);
  }

  @Test
  void theRecordOfARefusalIsAFactThatJsonCanHold() throws Exception {
    push("[1]", Map.of("pipeline", "p"));
    assertThat(Json.write(cloud.facts().of("dead_rows").getFirst())).contains("sha256");
  }
}
