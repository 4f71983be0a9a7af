package dev.sluice.functions.predict;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class PredictionLogTest {
  private final World world = World.live();

  @Test
  void eachAnsweredRow_isAMessageForTheTable() throws IOException {
    String row = "{\"price\": 4.0,\n \"kind\": \"blue \\\"sky\\\"\", \"tips\": \"gr\u00fcn\"}";
    float score = world.score("/v1/models/sales:predict", row);
    world.predict("{\"instances\": [{}, {\"count\": 1}]}");
    world.predictions.close();

    JsonObject first = world.published().getFirst();
    assertThat(first.get("pipeline").getAsString()).isEqualTo("sales");
    assertThat(first.get("version").getAsInt()).isEqualTo(1);
    assertThat(first.get("at").getAsString()).isEqualTo("2026-11-01T10:00:00.123456Z");
    assertThat(first.get("row").getAsString()).isEqualTo(row);
    assertThat(first.get("score").getAsFloat()).isEqualTo(score);
    Set<String> ids = new HashSet<>();
    world.published().forEach(message -> ids.add(message.get("prediction").getAsString()));
    assertThat(ids).hasSize(3);
    for (JsonElement field :
        JsonParser.parseString(Files.readString(Path.of("../../terraform/tables/predictions.json")))
            .getAsJsonArray()) {
      JsonObject column = field.getAsJsonObject();
      if (column.get("mode").getAsString().equals("REQUIRED")) {
        assertThat(first.keySet()).contains(column.get("name").getAsString());
      }
    }
  }

  @Test
  void columnarRows_areWrittenAsObjects() {
    world.predict("{\"inputs\": {\"price\": [1.50, null], \"kind\": [\"a\\\"b\" , \"c\"]}}");
    world.predictions.close();

    assertThat(world.published())
        .extracting(message -> message.get("row").getAsString())
        .containsExactly("{\"price\":1.50,\"kind\":\"a\\\"b\"}", "{\"price\":null,\"kind\":\"c\"}");
  }

  @Test
  void whatJsonDoesNotHave_isWrittenAsItDoes() {
    world.predict(
        "{\"instances\": [{\"price\": -Infinity, \"tips\": [NaN, Infinity, \"NaN \\\"I\"]}, {}]}");
    world.predictions.close();

    assertThat(world.published())
        .extracting(message -> message.get("row").getAsString())
        .containsExactly(
            "{\"price\": \"-Infinity\", \"tips\": [null, \"Infinity\", \"NaN \\\"I\"]}", "{}");
  }

  @Test
  void hugeRow_isLoggedWithoutItsText() {
    world.predict("{\"instances\": [{\"tips\": \"" + "x".repeat(2_000_000) + "\"}]}");
    world.predictions.close();

    assertThat(world.published())
        .singleElement()
        .satisfies(m -> assertThat(m.has("row")).isFalse());
  }

  @Test
  void refusedRequest_isNotLogged() {
    world.predict("{\"instances\": [{}, {\"price\": \"a lot\"}]}");
    world.predictions.close();

    assertThat(world.published()).isEmpty();
  }

  @Test
  void buffer_waitsUntilASecondOld() {
    world.predict("{\"instances\": [{}]}");
    world.pass(Duration.ofMillis(999));
    world.predict("{\"instances\": [{}]}");
    assertThat(world.published()).isEmpty();

    world.pass(Duration.ofMillis(1));
    world.get("/healthz");

    assertThat(world.published()).hasSize(2);
  }

  @Test
  void fullBuffer_isPublishedByTheRequestThatFindsIt() {
    world.predict(rows(999));
    assertThat(world.published()).isEmpty();

    world.predict(rows(1_500));

    assertThat(world.published()).hasSize(2_499);
    assertThat(world.messages.requests).containsExactly(1_000, 1_000, 499);
  }

  @Test
  void moreRowsThanTheBoundInOneRequest_loseNoneWhileTopicIsWell() {
    world.predict(rows(25_000));

    assertThat(world.published()).hasSize(25_000);
    assertThat(world.logged("WARNING")).isEmpty();
  }

  @Test
  void failedPublish_failsNoRequestAndIsRepeated() {
    world.messages.down = true;
    world.pass(Duration.ofSeconds(1));
    for (int i = 0; i < 3; i++) {
      assertThat(world.predict(rows(1_000)).status()).isEqualTo(200);
    }
    assertThat(world.logged("WARNING")).singleElement().asString().contains("Pub/Sub is away");
    world.messages.down = false;
    world.pass(Duration.ofMillis(4_999));
    world.get("/healthz");
    assertThat(world.published()).isEmpty();

    world.pass(Duration.ofMillis(1));
    world.get("/healthz");

    assertThat(world.published()).hasSize(3_000);
  }

  @Test
  void longOutage_dropsTheOldestAndCountsThem() {
    world.messages.down = true;
    for (int i = 0; i < 23; i++) {
      assertThat(world.predict(rows(1_000)).status()).isEqualTo(200);
    }
    world.messages.down = false;
    world.predict("{\"instances\": [{\"count\": 49}]}");
    world.pass(Duration.ofSeconds(5));
    world.get("/healthz");

    assertThat(world.published()).hasSize(PredictionLog.MOST_ROWS);
    assertThat(world.published().getLast().get("row").getAsString()).contains("49");
    assertThat(world.logged("WARNING").getLast())
        .contains("3001 predictions were dropped, the oldest first");
  }

  @Test
  void shutdown_publishesTheRest() {
    world.predict(rows(7));
    assertThat(world.published()).isEmpty();

    world.predictions.close();

    assertThat(world.published()).hasSize(7);
    assertThat(world.logged("WARNING")).isEmpty();
  }

  @Test
  void shutdownWithoutTopic_saysWhatIsLost() {
    world.predict(rows(7));
    world.messages.down = true;

    world.predictions.close();

    assertThat(world.logged("WARNING").getLast()).contains("7 predictions are lost at shutdown");
  }

  @Test
  void manyCallers_eachRowIsPublishedOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        var _ =
            threads.submit(() -> {
              for (int i = 0; i < 500; i++) {
                world.pass(Duration.ofMillis(10));
                world.predict(rows(7));
              }
            });
      }
    }
    world.predictions.close();

    Set<String> ids = new HashSet<>();
    world.published().forEach(message -> ids.add(message.get("prediction").getAsString()));
    assertThat(world.published()).hasSize(4 * 500 * 7);
    assertThat(ids).hasSize(4 * 500 * 7);
    assertThat(world.logged("WARNING")).isEmpty();
  }

  private static String rows(int count) {
    return "{\"instances\": [" + "{},".repeat(count - 1) + "{}]}";
  }
}
