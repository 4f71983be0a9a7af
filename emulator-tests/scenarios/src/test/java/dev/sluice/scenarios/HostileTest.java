package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.localcloud.Home;
import dev.sluice.testing.Forgery;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Those who may do something and do it with bad intent: drop a file, call a function, change an
 * object. Each attack is made on the packaged functions; docs/security.md says what it is about.
 */
@ExtendWith(LocalCloudExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HostileTest {
  private static final String PIPELINE = "harbour";
  private static final String OTHER = "shipyard";
  private static final String COLUMN = "<img src=x onerror=alert(1)>";

  /** A value a category: formulas, markup, a link in a chat's words, and a terminal's commands. */
  private static final Map<String, String> VALUES =
      Map.of(
          "books", "=HYPERLINK(\"https://evil.test\",\"ok\")",
          "garden", "<script>alert(1)</script>",
          "home", "+1+1",
          "music", "@SUM(A1:A9)",
          "pets", "<https://evil.test|ok>",
          "toys", "\u001b[2J\u202etoys");

  private final Cloud cloud;
  private Batch batch;
  private Batch others;

  HostileTest(Cloud cloud) {
    this.cloud = cloud;
  }

  @BeforeAll
  void bothAreLive() throws Exception {
    String spec = "label: sold\nexclude: [listing]\n";
    cloud.spec(PIPELINE, spec);
    cloud.spec(OTHER, spec);
    batch = cloud.drop("harbour/2026-01-01/day.csv", hostile() + "=1+1,<b>\n");
    others = cloud.drop("shipyard/2026-01-01/day.csv", Marketplace.csv(Marketplace.day(42, 900)));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(cloud.row(others)).containsEntry("state", "LIVE");
  }

  private static String hostile() {
    String csv = Marketplace.csv(Marketplace.day(41, 900));
    for (Map.Entry<String, String> value : VALUES.entrySet()) {
      String cell = "\"" + value.getValue().replace("\"", "\"\"") + "\"";
      csv = csv.replace("," + value.getKey() + ",", "," + cell + ",");
    }
    return csv.lines()
        .map(line -> line + (line.equals(Marketplace.HEADER) ? "," + COLUMN : ",1.5"))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  // What a file holds stays data.

  @Test
  void noObjectIsOneThatASpreadsheetOrABrowserRuns() {
    List<Blob> blobs = new ArrayList<>();
    for (String bucket : List.of("artifacts", "serving")) {
      cloud
          .storage()
          .list(cloud.bucket(bucket), Storage.BlobListOption.prefix(PIPELINE + "/"))
          .iterateAll()
          .forEach(blobs::add);
    }
    assertThat(blobs)
        .hasSizeGreaterThan(20)
        .allSatisfy(blob -> {
          assertThat(blob.getName()).matches(".*\\.(json|jsonl|parquet|pb|pbtxt|txt|ubj)");
          assertThat(blob.getContentType()).doesNotContain("html", "csv", "xml", "script", "excel");
        });
  }

  @Test
  void aFormulaInARejectedRowIsAStringInJsonAndInTheTable() throws Exception {
    Map<String, @Nullable Object> row =
        cloud.row("SELECT * FROM sluice.rejected_rows WHERE batch = '%s'".formatted(batch.batch()));
    assertThat(row.values()).contains("=1+1,<b>");
    List<String> files =
        cloud.names("artifacts", PIPELINE + "/rejected/").stream()
            .filter(name -> !name.endsWith("/_artifact.json"))
            .toList();
    assertThat(files).singleElement().asString().endsWith(".jsonl");
    byte[] lines = cloud.storage().readAllBytes(cloud.bucket("artifacts"), files.getFirst());
    assertThat(JsonParser.parseString(new String(lines, UTF_8)).isJsonObject()).isTrue();
  }

  @Test
  void valuesComeBackAsTheyWere() throws Exception {
    Map<String, @Nullable Object> row =
        cloud.row(
            "SELECT top_values FROM sluice.statistics WHERE batch = '%s' AND split = '' AND slice = ''"
                    .formatted(batch.batch())
                + " AND feature = 'category'");
    assertThat(String.valueOf(row.get("top_values"))).contains(VALUES.values().stream().toList());
    Map<String, Object> features =
        new LinkedHashMap<>(Marketplace.day(41, 1).getFirst().features());
    features.put("category", VALUES.get("books"));
    features.put(COLUMN, 1.5);
    HttpResponse<String> answer = cloud.predict(PIPELINE, features);
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @Test
  void whatACallerSendsComesBackAsJsonOnly() throws Exception {
    HttpResponse<String> answer =
        cloud.post(
            cloud.function("predict").resolve("/v1/models/%3Cscript%3E:predict"),
            "{\"instances\": [{\"<script>\": \"<b>\"}]}");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/json");
  }

  // What a file is called leads nowhere else.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "harbour/../shipyard/2026-01-02/day.csv",
        "harbour/2026-01-02/../../../etc/passwd",
        "harbour/./2026-01-02/day.csv",
        "harbour/2026-01-02/\u202evsc.day",
        "harbour/2026-01-02/\u001b[2J.csv"
      })
  void aHostileNameIsIgnoredWithAnAlarmAndMovesNothing(String name) throws Exception {
    int runs = cloud.names("artifacts", OTHER + "/runs/").size();
    Batch refused = cloud.drop(name, Marketplace.csv(Marketplace.day(43, 100)));
    List<Map<String, @Nullable Object>> alarms =
        cloud.query("SELECT text FROM sluice.alarms WHERE text LIKE '%is not taken, as its name%'");
    assertThat(alarms).isNotEmpty();
    assertThat(alarms)
        .allSatisfy(alarm ->
            assertThat(String.valueOf(alarm.get("text")))
                .doesNotContainPattern("[\\p{Cntrl}\u202e]"));
    assertThat(cloud.names("artifacts", OTHER + "/runs/")).hasSize(runs);
    assertThat(
            cloud.query(
                "SELECT batch FROM sluice.batches WHERE state = 'RECEIVED' AND batch = '%s'"
                    .formatted(refused.batch())))
        .isEmpty();
  }

  /** To Cloud Storage a percent sign is a letter: it is decoded once, by the API alone. */
  @Test
  void anEncodedNameIsALetterByLetterName() throws Exception {
    Batch plain =
        cloud.drop("harbour/%2e%2e/%2Fetc%2Fpasswd.csv", Marketplace.csv(Marketplace.day(41, 300)));
    assertThat(cloud.row(plain))
        .containsEntry("span", "%2e%2e")
        .containsEntry(
            "uri", "gs://" + cloud.bucket("inbox") + "/harbour/%2e%2e/%2Fetc%2Fpasswd.csv");
  }

  // A call reads and serves what is its pipeline's.

  private static Operations operations() throws Exception {
    return Home.find().readOperations();
  }

  private Map<String, String> given(Batch of, Operation operation) throws Exception {
    Map<String, String> inputs = new LinkedHashMap<>();
    for (String name : operation.takes().keySet()) {
      for (Map<String, @Nullable Object> row :
          cloud.query(
              ("SELECT uri FROM sluice.artifacts WHERE pipeline = '%s' AND kind = '%s' AND run = '%s'"
                      + " AND operation = '%s'")
                  .formatted(
                      of.pipeline(),
                      Operation.kind(name),
                      of.run(),
                      operations().giver(name).name()))) {
        inputs.put(name, String.valueOf(row.get("uri")));
      }
    }
    return inputs;
  }

  private HttpResponse<String> call(Operation operation, Map<String, String> inputs)
      throws Exception {
    Map<String, Object> request =
        Map.of(
            "pipeline", PIPELINE,
            "run", batch.run(),
            "batch", batch.batch(),
            "operation", operation.name(),
            "inputs", inputs);
    return cloud.post(cloud.function(operation.function()), Json.write(request));
  }

  @Test
  void everyOperationRefusesTheArtifactsOfAnotherPipeline() throws Exception {
    List<String> refused = new ArrayList<>();
    for (Operation operation : operations().all()) {
      if (operation.isMapped()) {
        continue;
      }
      Map<String, String> own = given(batch, operation);
      for (Map.Entry<String, String> input : given(others, operation).entrySet()) {
        Map<String, String> inputs = new LinkedHashMap<>(own);
        inputs.put("batch", "");
        inputs.put(input.getKey(), input.getValue());
        HttpResponse<String> answer = call(operation, inputs);
        assertThat(answer.statusCode())
            .as(operation.name() + " with " + input + ": " + answer.body())
            .isBetween(400, 499);
        assertThat(answer.body()).contains("which is not of pipeline " + PIPELINE);
        refused.add(operation.name() + " " + input.getKey());
      }
    }
    assertThat(refused)
        .contains(
            "analyze examples",
            "validate-data statistics",
            "transform schema",
            "train features",
            "evaluate model",
            "validate-model evaluation",
            "release model",
            "release model_blessing");
  }

  @Test
  void theSameCallsWithItsOwnArtifactsAreAnswered() throws Exception {
    Operation release = operations().get("release");
    HttpResponse<String> answer = call(release, given(batch, release));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void aModelThatWasForgedIsNotReleased() throws Exception {
    String model =
        String.valueOf(
            cloud
                .row(
                    "SELECT uri FROM sluice.artifacts WHERE pipeline = '%s' AND kind = 'model'"
                        .formatted(OTHER))
                .get("uri"));
    String name = model.substring(("gs://" + cloud.bucket("artifacts") + "/").length());
    byte[] trained = cloud.read(model + "model.ubj");
    cloud
        .storage()
        .create(
            BlobInfo.newBuilder(cloud.bucket("artifacts"), name + "model.ubj").build(),
            Forgery.sameCrc32c(trained));
    Operation release = operations().get("release");
    Map<String, Object> request =
        Map.of(
            "pipeline", OTHER,
            "run", others.run(),
            "batch", others.batch(),
            "operation", "release",
            "inputs", given(others, release));
    HttpResponse<String> answer = cloud.post(cloud.function("release"), Json.write(request));
    assertThat(answer.statusCode()).isEqualTo(422);
    JsonObject problem = JsonParser.parseString(answer.body()).getAsJsonObject();
    assertThat(problem.get("detail").getAsString())
        .contains("model.ubj was changed after it was sealed");
  }
}
