package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.TriggerOutcome;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever is repeated, raced or lost on the way: one result. */
@ExtendWith(LocalCloudExtension.class)
final class OneResultTest {
  private static final int ROWS = 1_200;

  private final Cloud cloud;

  OneResultTest(Cloud cloud) {
    this.cloud = cloud;
  }

  @Test
  void anEventDeliveredFiveTimesIsOneRun() throws Exception {
    cloud.spec("events", "label: sold\n");
    String csv = Marketplace.csv(Marketplace.day(21, ROWS));
    cloud.composer().pause("events");
    Batch batch = cloud.upload("events/2026-01-01/a.csv", csv.getBytes(UTF_8));
    Blob blob = cloud.storage().get(cloud.bucket("inbox"), "events/2026-01-01/a.csv");
    List<Callable<HttpResponse<String>>> deliveries = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String id = "delivery-" + i;
      deliveries.add(() -> deliver(blob, id));
    }
    assertThat(together(deliveries)).allMatch(answer -> answer.statusCode() / 100 == 2);
    cloud.composer().unpause("events");
    cloud.awaitIdle();
    // And once more, long after.
    assertThat(deliver(blob, "late").statusCode() / 100).isEqualTo(2);
    cloud.awaitIdle();
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(cloud.query("SELECT DISTINCT run FROM sluice.stage_runs WHERE pipeline = 'events'"))
        .hasSize(1);
    oneLiveVersion("events", 1);
    assertThat(cloud.names("artifacts", "events/batches/")).hasSize(1);
    assertThat(cloud.names("artifacts", "events/runs/")).hasSize(1);
  }

  @Test
  void theSameBytesAgainAreTheSameModel() throws Exception {
    cloud.spec("bytes", "label: sold\n");
    String csv = Marketplace.csv(Marketplace.day(22, ROWS));
    Batch first = cloud.drop("bytes/2026-01-01/a.csv", csv);
    Batch again = cloud.drop("bytes/2026-01-01/a.csv", csv);
    Batch elsewhere = cloud.drop("bytes/2026-01-02/b.csv", csv);
    for (Batch batch : List.of(first, again, elsewhere)) {
      assertThat(cloud.row(batch))
          .containsEntry("state", "LIVE")
          .containsEntry("rows", (long) ROWS);
      assertThat(cloud.alarms(batch)).isEmpty();
    }
    oneLiveVersion("bytes", 1);
    assertThat(
            cloud.names("artifacts", "bytes/examples/").stream()
                .filter(n -> n.endsWith("_artifact.json")))
        .hasSize(1);
    assertThat(
            cloud.query(
                "SELECT operation, cached FROM sluice.stage_runs WHERE batch = '%s' AND cached"
                    .formatted(elsewhere.batch())))
        .extracting(row -> row.get("operation"))
        .contains("ingest", "analyze", "transform", "train");
  }

  @Test
  void twoRunsOfOneBatchAtOnceAreOneVersion() throws Exception {
    cloud.spec("again", "label: sold\n");
    cloud.composer().pause("again");
    Batch batch =
        cloud.upload(
            "again/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(23, ROWS)).getBytes(UTF_8));
    cloud.awaitIdle();
    Map<String, String> conf = Map.of("batch", batch.batch());
    cloud.composer().trigger("again", batch.batch() + "--again-1", conf);
    cloud.composer().trigger("again", batch.batch() + "--again-2", conf);
    cloud.composer().unpause("again");
    cloud.awaitIdle();
    for (String suffix : List.of("", "--again-1", "--again-2")) {
      assertThat(cloud.composer().run("again", batch.batch() + suffix).name()).isEqualTo("SUCCESS");
    }
    oneLiveVersion("again", 1);
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    createdOnce("again/");
  }

  @Test
  void anOlderSpanThatArrivesLateIsSuperseded() throws Exception {
    cloud.spec("late", "label: sold\n");
    Batch newer = cloud.drop("late/2026-01-02/a.csv", Marketplace.csv(Marketplace.day(24, ROWS)));
    Batch older = cloud.drop("late/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(25, ROWS)));
    assertThat(cloud.row(newer)).containsEntry("state", "LIVE");
    assertThat(cloud.row(older)).containsEntry("state", "SUPERSEDED");
    assertThat(cloud.live("late")).isEqualTo(1);
    assertThat(models("late"))
        .filteredOn(row -> "LIVE".equals(row.get("state")))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("batch", newer.batch()));
  }

  @Test
  void aStageCalledAtOnceByManyMakesItsArtifactOnce() throws Exception {
    cloud.spec("stage", "label: sold\n");
    Batch batch = cloud.drop("stage/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(26, ROWS)));
    // Another parameter is another fingerprint, which nobody has made yet.
    String request =
        Json.write(
            Map.of(
                "pipeline", "stage",
                "run", batch.run(),
                "batch", batch.batch(),
                "operation", "ingest",
                "inputs",
                    Map.of(
                        "batch",
                        "gs://"
                            + cloud.bucket("artifacts")
                            + "/stage/batches/"
                            + batch.batch()
                            + ".json"),
                "parameters", Map.of("again", "yes")));
    List<Callable<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      calls.add(() -> cloud.post(cloud.function("ingest"), request));
    }
    List<JsonObject> answers = new ArrayList<>();
    for (HttpResponse<String> answer : together(calls)) {
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      answers.add(JsonParser.parseString(answer.body()).getAsJsonObject());
    }
    assertThat(answers)
        .extracting(answer -> answer.get("outputs"))
        .containsOnly(answers.getFirst().get("outputs"));
    assertThat(answers).filteredOn(answer -> !answer.get("cached").getAsBoolean()).hasSize(1);
    createdOnce("stage/");
  }

  @Test
  void blipsAndLostAnswersOnTheWayChangeNothing() throws Exception {
    cloud.spec("blips", "label: sold\n");
    var storage = cloud.local().storage();
    storage.failNext((method, path) -> path.contains("blips/") && method.equals("GET"), 503, 2);
    storage.failNext((method, path) -> path.contains("blips/registry"), 429, 2);
    storage.loseNextAnswer(
        (method, path) ->
            method.equals("POST") && path.startsWith("/upload") && path.contains("artifacts"),
        3);
    Batch batch = cloud.drop("blips/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(27, ROWS)));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    oneLiveVersion("blips", 1);
    createdOnce("blips/");
    assertThat(cloud.alarms(batch)).isEmpty();
  }

  @Test
  void aRunThatFailedGoesOnWhereItStoppedWhenTriggered() throws Exception {
    cloud.spec("storm", "label: sold\n");
    AtomicBoolean storm = new AtomicBoolean(true);
    cloud
        .local()
        .storage()
        .failNext(
            (method, path) -> storm.get() && path.contains("storm/transform/"),
            403,
            Integer.MAX_VALUE);
    Batch batch = cloud.drop("storm/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(28, ROWS)));
    assertThat(cloud.row(batch)).containsEntry("state", "FAILED");
    assertThat(cloud.alarms(batch))
        .singleElement()
        .satisfies(alarm ->
            assertThat(String.valueOf(alarm.get("text")))
                .contains("transform", "./sluice trigger storm --batch " + batch.batch()));
    assertThat(cloud.live("storm")).isZero();
    storm.set(false);
    assertThat(cloud.composer().trigger("storm", batch.run(), Map.of("batch", batch.batch())))
        .isEqualTo(TriggerOutcome.RESUMED);
    cloud.awaitIdle();
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    oneLiveVersion("storm", 1);
    createdOnce("storm/");
    assertThat(cloud.composer().trigger("storm", batch.run(), Map.of("batch", batch.batch())))
        .isEqualTo(TriggerOutcome.ALREADY_SUCCEEDED);
  }

  private HttpResponse<String> deliver(Blob blob, String id) throws Exception {
    JsonObject data = new JsonObject();
    data.addProperty("bucket", blob.getBucket());
    data.addProperty("name", blob.getName());
    data.addProperty("generation", String.valueOf(blob.getGeneration()));
    data.addProperty("size", String.valueOf(blob.getSize()));
    data.addProperty("crc32c", blob.getCrc32c());
    data.addProperty("timeCreated", blob.getCreateTimeOffsetDateTime().toString());
    return cloud.post(
        cloud.function("receive-file"),
        data.toString(),
        "ce-id",
        id,
        "ce-source",
        "//storage.googleapis.com/projects/_/buckets/" + blob.getBucket(),
        "ce-type",
        "google.cloud.storage.object.v1.finalized",
        "ce-specversion",
        "1.0");
  }

  /** One version, live; in the registry, in the table, and in the routes. */
  private void oneLiveVersion(String pipeline, int version) throws Exception {
    JsonObject registry = cloud.json("serving", pipeline + "/registry.json");
    assertThat(registry.getAsJsonArray("versions")).hasSize(version);
    assertThat(cloud.live(pipeline)).isEqualTo(version);
    JsonArray arms = cloud.json("serving", pipeline + "/routes.json").getAsJsonArray("arms");
    assertThat(arms).hasSize(1);
    for (JsonElement arm : arms) {
      assertThat(arm.getAsJsonObject().get("version").getAsInt()).isEqualTo(version);
    }
    assertThat(models(pipeline)).extracting(row -> row.get("state")).containsExactly("LIVE");
  }

  private List<Map<String, @Nullable Object>> models(String pipeline) throws Exception {
    return cloud.query("SELECT * FROM sluice.models WHERE pipeline = '" + pipeline + "'");
  }

  /**
   * No object of an artifact was ever written a second time, as the bucket keeps old generations.
   */
  private void createdOnce(String prefix) {
    assertThat(
            cloud
                .storage()
                .list(
                    cloud.bucket("artifacts"),
                    Storage.BlobListOption.prefix(prefix),
                    Storage.BlobListOption.versions(true))
                .streamAll()
                .map(Blob::getName))
        .isNotEmpty()
        .doesNotHaveDuplicates();
  }

  private static <T> List<T> together(List<Callable<T>> calls) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<T> out = new ArrayList<>();
      for (Future<T> future : threads.invokeAll(calls)) {
        out.add(future.get());
      }
      return out;
    }
  }
}
