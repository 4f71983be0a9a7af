package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.contracts.Batch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A person accepts what the checks of the data object to, from the command to a live model. */
@ExtendWith(LocalCloudExtension.class)
final class AcceptTest {
  private static final int ROWS = 2_000;

  private final Cloud cloud;

  AcceptTest(Cloud cloud) {
    this.cloud = cloud;
  }

  /** A day on which one listing in ten is of a category that was never seen before. */
  private static String withKites(int day) {
    return withKites(day, 10);
  }

  /** One listing in so many. */
  private static String withKites(int day, int every) {
    List<Marketplace.Listing> listings = Marketplace.day(day, ROWS);
    StringBuilder out = new StringBuilder(Marketplace.HEADER).append('\n');
    for (int i = 0; i < listings.size(); i++) {
      String line = listings.get(i).line();
      String category = "," + listings.get(i).category() + ",";
      out.append(i % every == 0 ? line.replace(category, ",kites,") : line).append('\n');
    }
    return out.toString();
  }

  private static String day(int day) {
    return Marketplace.csv(Marketplace.day(day, ROWS));
  }

  private List<Map<String, @Nullable Object>> verdicts(Batch batch) throws Exception {
    return cloud.query(
        "SELECT outcome, reasons FROM sluice.verdicts WHERE batch = '%s' AND subject = 'DATA'"
            .formatted(batch.batch()));
  }

  private String schema(String pipeline) {
    JsonObject registry = cloud.json("serving", pipeline + "/registry.json");
    String uri = registry.getAsJsonObject("baseline").get("schema").getAsString();
    String bucket = "gs://" + cloud.bucket("artifacts") + "/";
    return new String(
        cloud
            .storage()
            .readAllBytes(
                cloud.bucket("artifacts"), uri.substring(bucket.length()) + "schema.pbtxt"),
        UTF_8);
  }

  private static List<String> names(JsonArray batches) {
    return batches.asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(batch -> batch.get("batch").getAsString())
        .toList();
  }

  @Test
  void aHeldBatchGoesLiveAndTheNextOneOfItsKindPasses() throws Exception {
    String pipeline = "kites";
    cloud.spec(pipeline, "label: sold\nexclude: [listing]\n");
    cloud.drop(pipeline + "/2026-11-01/a.csv", day(51));
    Batch held = cloud.drop(pipeline + "/2026-11-02/a.csv", withKites(52));
    assertThat(cloud.row(held)).containsEntry("state", "BLOCKED");
    int live = cloud.live(pipeline);

    List<String> shown = cloud.command(0, "accept", pipeline, "--dry-run");
    assertThat(String.join("\n", shown))
        .contains("batch " + held.batch() + " is held:", "FAIL category", "'kites'");
    assertThat(cloud.json("serving", pipeline + "/registry.json").getAsJsonArray("held"))
        .hasSize(1);

    List<String> said =
        cloud.command(
            0, "accept", pipeline, "--reason", "kites are new", "--author", "ann", "--wait");
    cloud.awaitIdle();
    assertThat(String.join("\n", said)).contains("is the new version", ": STARTED");
    assertThat(cloud.row(held)).containsEntry("state", "LIVE");
    assertThat(cloud.live(pipeline)).isGreaterThan(live);
    assertThat(schema(pipeline)).contains("kites", "ann: kites are new");
    assertThat(verdicts(held))
        .anySatisfy(verdict -> {
          assertThat(verdict).containsEntry("outcome", "WARN");
          assertThat(String.valueOf(verdict.get("reasons"))).contains("accepted by ann");
        });
    assertThat(cloud.alarms(held))
        .anySatisfy(alarm -> {
          assertThat(alarm).containsEntry("severity", "WARN");
          assertThat(String.valueOf(alarm.get("text")))
              .contains("accepted by ann (kites are new)", "kites");
        });

    JsonObject registry = cloud.json("serving", pipeline + "/registry.json");
    cloud.command(0, "accept", pipeline, "--batch", held.batch(), "--reason", "once more");
    cloud.awaitIdle();
    assertThat(cloud.json("serving", pipeline + "/registry.json")).isEqualTo(registry);

    Batch next = cloud.drop(pipeline + "/2026-11-03/a.csv", withKites(53));
    assertThat(cloud.row(next)).containsEntry("state", "LIVE");
    assertThat(verdicts(next))
        .singleElement()
        .satisfies(verdict -> assertThat(verdict).containsEntry("outcome", "PASS"));
    assertThat(names(cloud.json("serving", pipeline + "/registry.json").getAsJsonArray("batches")))
        .startsWith(next.batch(), held.batch());
  }

  @Test
  void aBatchThatWentOnWithAWarningIsAcceptedByNameWithoutARunAndTheNextOfItsKindPasses()
      throws Exception {
    String pipeline = "fewkites";
    cloud.spec(pipeline, "label: sold\nexclude: [listing]\n");
    cloud.drop(pipeline + "/2026-11-01/a.csv", day(55));
    Batch warned = cloud.drop(pipeline + "/2026-11-02/a.csv", withKites(56, 50));
    assertThat(cloud.row(warned)).containsEntry("state", "LIVE");
    assertThat(verdicts(warned))
        .singleElement()
        .satisfies(verdict -> assertThat(verdict).containsEntry("outcome", "WARN"));

    List<String> said =
        cloud.command(
            0,
            "accept",
            pipeline,
            "--batch",
            warned.batch(),
            "--reason",
            "kites are new",
            "--author",
            "ann");
    assertThat(String.join("\n", said))
        .contains(
            "batch " + warned.batch() + " went on with WARN:", "'kites'", "so no run is started");
    assertThat(schema(pipeline)).contains("kites", "ann: kites are new");

    Batch next = cloud.drop(pipeline + "/2026-11-03/a.csv", withKites(57, 50));
    assertThat(cloud.row(next)).containsEntry("state", "LIVE");
    assertThat(verdicts(next))
        .singleElement()
        .satisfies(verdict -> assertThat(verdict).containsEntry("outcome", "PASS"));
  }

  @Test
  void whatNoWordCanHelpIsRefusedWithWhatDoes() throws Exception {
    String pipeline = "rejects";
    cloud.spec(pipeline, "label: sold\nexclude: [listing]\nmax_rejected: 0.01\n");
    assertThat(cloud.command(1, "accept", pipeline, "--reason", "why"))
        .containsExactly(
            "sluice: no batch of rejects is held by the checks of its data; there is nothing to"
                + " accept");
    Batch held =
        cloud.drop(
            pipeline + "/2026-11-01/a.csv",
            day(54).replaceAll("(?m)^L54-[0-9]*1,", "one,too,many,"));
    assertThat(cloud.row(held)).containsEntry("state", "BLOCKED");
    assertThat(cloud.command(1, "accept", pipeline, "--reason", "why"))
        .singleElement()
        .asString()
        .startsWith(
            "sluice: no batch of rejects is held by the checks of its data; batch "
                + held.batch()
                + " is held before they see it (")
        .contains("raise max_rejected in the spec");
    assertThat(cloud.command(1, "accept", pipeline, "--batch", "b-none", "--reason", "why"))
        .containsExactly(
            "sluice: pipeline rejects has no batch 'b-none'; table batches lists them");
    assertThat(cloud.command(1, "accept", pipeline))
        .containsExactly(
            "sluice: accept needs --reason TEXT, why the batch is right; --dry-run shows what holds"
                + " it");
  }
}
