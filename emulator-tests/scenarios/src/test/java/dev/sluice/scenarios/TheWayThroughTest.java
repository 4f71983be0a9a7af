package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.models.Predictor;
import dev.sluice.models.TreeModel;
import dev.sluice.transform.MappingFiles;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Three days of a marketplace: the first becomes a live model, the second carries two classic
 * faults and is held, the third is whole again and replaces the model.
 */
@ExtendWith(LocalCloudExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class TheWayThroughTest {
  private static final String PIPELINE = "listings";
  private static final int ROWS = 4_000;
  private static final int FIRST = 1;
  private static final int HELD = 2;
  private static final int REPLACED = 3;

  private final Cloud cloud;
  private final List<Marketplace.Listing> listings = Marketplace.day(1, ROWS);
  @TempDir private Path folder;
  private Batch first;

  @SuppressWarnings("NullAway.Init")
  TheWayThroughTest(Cloud cloud) {
    this.cloud = cloud;
  }

  @BeforeAll
  void firstDay() throws Exception {
    String said =
        cloud.spec(
            PIPELINE,
            """
            label: sold
            exclude: [listing]
            group_by: [currency]
            slices: [[country], [category]]
            """);
    assertThat(said).isEqualTo("pipeline listings is known");
    first = cloud.drop("listings/2026-11-01/day.csv", Marketplace.csv(listings));
  }

  @Test
  @Order(FIRST)
  void aDroppedFileBecomesALiveModel() throws Exception {
    assertThat(cloud.row(first))
        .containsEntry("state", "LIVE")
        .containsEntry("span", "2026-11-01")
        .containsEntry("rows", (long) ROWS)
        .containsEntry("rejected_rows", 0L)
        .containsEntry("uri", "gs://" + cloud.bucket("inbox") + "/listings/2026-11-01/day.csv");
    assertThat(cloud.alarms(first)).isEmpty();
    Map<String, @Nullable Object> model = model(1);
    assertThat(model).containsEntry("state", "LIVE").containsEntry("batch", first.batch());
    assertThat(cloud.live(PIPELINE)).isEqualTo(1);
    JsonObject routes = cloud.json("serving", "listings/routes.json");
    assertThat(routes)
        .isEqualTo(JsonParser.parseString("{\"arms\":[{\"version\":1,\"weight\":1.0}]}"));
  }

  @Test
  @Order(FIRST)
  void everyOperationIsAccountedFor() throws Exception {
    assertThat(
            cloud.query(
                "SELECT operation, state, attempt, error FROM sluice.stage_runs WHERE batch = '%s'"
                    .formatted(first.batch())))
        .hasSizeGreaterThanOrEqualTo(9)
        .allSatisfy(row ->
            assertThat(row)
                .containsEntry("state", "SUCCEEDED")
                .containsEntry("attempt", 1L)
                .containsEntry("error", null))
        .extracting(row -> row.get("operation"))
        .contains(
            "resolve",
            "ingest",
            "analyze",
            "validate-data",
            "transform",
            "train",
            "evaluate",
            "validate-model",
            "release",
            "finish-run")
        .doesNotHaveDuplicates();
    assertThat(
            cloud.query(
                "SELECT subject, outcome FROM sluice.verdicts WHERE batch = '%s'"
                    .formatted(first.batch())))
        .extracting(row -> row.get("subject") + " " + row.get("outcome"))
        .containsExactlyInAnyOrder("DATA PASS", "MODEL PASS");
    assertThat(
            cloud.query(
                "SELECT kind, fingerprint FROM sluice.artifacts WHERE batch = '%s'"
                    .formatted(first.batch())))
        .extracting(row -> row.get("kind"))
        .containsExactlyInAnyOrder(
            "examples",
            "rejected",
            "statistics",
            "verdict",
            "anomalies",
            "schema",
            "blessing",
            "transform",
            "features",
            "model",
            "evaluation",
            "verdict",
            "blessing");
  }

  @Test
  @Order(FIRST)
  void statisticsAreThoseOfTheFile() throws Exception {
    double mean =
        listings.stream().mapToDouble(Marketplace.Listing::priceUsd).average().orElseThrow();
    double variance =
        listings.stream()
            .mapToDouble(l -> Math.pow(l.priceUsd() - mean, 2))
            .average()
            .orElseThrow();
    Map<String, @Nullable Object> price = statistics("price_usd", "");
    assertThat(price).containsEntry("count", (long) ROWS).containsEntry("missing", 0L);
    assertThat((Double) price.get("mean")).isCloseTo(mean, within(1e-9 * mean));
    assertThat((Double) price.get("std_dev")).isCloseTo(Math.sqrt(variance), within(1e-6));
    long noBrand = listings.stream().filter(l -> l.brand() == null).count();
    Map<String, @Nullable Object> brand = statistics("brand", "");
    assertThat(brand).containsEntry("missing", noBrand).containsEntry("count", ROWS - noBrand);
    long dollars = listings.stream().filter(l -> l.currency().equals("USD")).count();
    assertThat(statistics("currency", "").get("top_values").toString())
        .contains("value=USD", "frequency=" + dollars);
    long yen = listings.stream().filter(l -> l.currency().equals("JPY")).count();
    assertThat(statistics("price_usd", "currency=JPY")).containsEntry("count", yen);
    assertThat(
            cloud.query(
                ("SELECT split FROM sluice.statistics WHERE batch = '%s' AND slice = ''"
                        + " AND feature = 'sold'")
                    .formatted(first.batch())))
        .extracting(row -> row.get("split"))
        .containsExactlyInAnyOrder("", "train", "eval");
  }

  @Test
  @Order(FIRST)
  void theModelLearnedSomething() throws Exception {
    Map<String, @Nullable Object> auc =
        cloud.row(
            ("SELECT * FROM sluice.evaluations WHERE batch = '%s' AND metric = 'auc'"
                    + " AND split = 'eval' AND slice = ''")
                .formatted(first.batch()));
    assertThat((Double) auc.get("value"))
        .isBetween(.74, .90)
        .isBetween((Double) auc.get("low"), (Double) auc.get("high"));
    assertThat(auc).containsEntry("model", model(1).get("model"));
    assertThat(
            cloud.query(
                "SELECT DISTINCT metric FROM sluice.evaluations WHERE batch = '%s'"
                    .formatted(first.batch())))
        .extracting(row -> row.get("metric"))
        .contains("auc", "log_loss", "accuracy", "precision", "recall");
    assertThat(
            cloud.query(
                ("SELECT DISTINCT slice FROM sluice.evaluations WHERE batch = '%s'"
                        + " AND metric = 'auc' AND slice != ''")
                    .formatted(first.batch())))
        .extracting(row -> row.get("slice"))
        .contains("country=US", "category=books");
  }

  @Test
  @Order(FIRST)
  void examplesAreParquetThatOthersRead() throws Exception {
    String uri = artifact("examples");
    long rows = 0;
    double price = 0;
    for (String part : List.of("train-00000.parquet", "eval-00000.parquet")) {
      Path file = Files.write(folder.resolve(part), cloud.read(uri + part));
      List<Object> sums =
          duckdb("SELECT count(*), sum(price_usd), count(DISTINCT __row) FROM '" + file + "'");
      rows += ((Number) sums.get(0)).longValue();
      price += ((Number) sums.get(1)).doubleValue();
      assertThat(((Number) sums.get(2)).longValue()).isEqualTo(((Number) sums.get(0)).longValue());
    }
    assertThat(rows).isEqualTo(ROWS);
    assertThat(price)
        .isCloseTo(
            listings.stream().mapToDouble(Marketplace.Listing::priceUsd).sum(), within(1e-3));
  }

  @Test
  @Order(FIRST)
  void theNativeModelLiesWhereTheTableSays() throws Exception {
    Map<String, @Nullable Object> model = model(1);
    byte[] bytes = cloud.read(model.get("uri") + TreeModel.FILE);
    assertThat(Fingerprint.sha256(bytes)).isEqualTo(model.get("sha256"));
    assertThat(
            cloud.storage().readAllBytes(cloud.bucket("serving"), "listings/versions/1/model.ubj"))
        .isEqualTo(bytes);
    assertThat(artifact("transform")).contains(String.valueOf(model.get("transform_fingerprint")));
  }

  @Test
  @Order(FIRST)
  void predictAnswersARawRowAsThePredictorDoes() throws Exception {
    Predictor offline = predictor(1);
    for (Marketplace.Listing listing : listings.subList(0, 20)) {
      HttpResponse<String> answer = cloud.predict(PIPELINE, listing.features());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(score(answer)).isEqualTo(offline.predict(listing.features()));
    }
  }

  @Test
  @Order(HELD)
  void brokenDataAreHeldAndSaidToBe() throws Exception {
    Batch second =
        cloud.drop(
            "listings/2026-11-02/day.csv",
            Marketplace.csv(Marketplace.broken(Marketplace.day(2, ROWS))));
    assertThat(cloud.row(second)).containsEntry("state", "BLOCKED");
    assertThat(cloud.alarms(second))
        .singleElement()
        .satisfies(alarm -> {
          assertThat(alarm)
              .containsEntry("severity", "FAIL")
              .containsEntry("subject", "DATA")
              .containsEntry(
                  "uri", "gs://" + cloud.bucket("inbox") + "/listings/2026-11-02/day.csv");
          assertThat(String.valueOf(alarm.get("text"))).contains("price_usd", "JPY", "brand");
        });
    assertThat(
            cloud.query(
                ("SELECT feature, slice, first_row FROM sluice.anomalies"
                        + " WHERE batch = '%s' AND severity = 'FAIL'")
                    .formatted(second.batch())))
        .anySatisfy(row ->
            assertThat(row)
                .containsEntry("feature", "price_usd")
                .containsEntry("slice", "currency=JPY"))
        .anySatisfy(row ->
            assertThat(row)
                .containsEntry("feature", "brand")
                .hasEntrySatisfying(
                    "first_row",
                    // Some brands are missing anyhow, so that the rows before the middle may count.
                    at -> assertThat((Long) at).isBetween(ROWS / 2 - 20L, ROWS / 2 + 1L)));
    assertThat(cloud.live(PIPELINE)).isEqualTo(1);
    assertThat(model(1)).containsEntry("state", "LIVE");
    assertThat(cloud.query("SELECT * FROM sluice.models WHERE pipeline = 'listings'")).hasSize(1);
  }

  @Test
  @Order(REPLACED)
  void theNextWholeDayReplacesTheModel() throws Exception {
    Batch third =
        cloud.drop("listings/2026-11-03/day.csv", Marketplace.csv(Marketplace.day(3, ROWS)));
    assertThat(cloud.row(third)).containsEntry("state", "LIVE");
    assertThat(cloud.live(PIPELINE)).isEqualTo(2);
    assertThat(model(1)).containsEntry("state", "RETIRED");
    assertThat(model(2)).containsEntry("state", "LIVE").containsEntry("batch", third.batch());
    assertThat(
            cloud.query(
                ("SELECT DISTINCT model FROM sluice.evaluations"
                        + " WHERE batch = '%s' AND metric = 'auc' AND slice = ''")
                    .formatted(third.batch())))
        .as("the live model on the same rows")
        .extracting(row -> row.get("model"))
        .containsExactlyInAnyOrder(model(1).get("model"), model(2).get("model"));
  }

  @Test
  @Order(REPLACED + 1)
  void predictTakesUpTheNewVersion() throws Exception {
    Marketplace.Listing listing = listings.getFirst();
    assertThat(score(cloud.predict(PIPELINE, listing.features())))
        .isEqualTo(predictor(2).predict(listing.features()));
  }

  @ParameterizedTest
  @Order(REPLACED + 1)
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          batches | pipeline batch span source uri rows rejected_rows bytes state reason received_at updated_at
          stage_runs | pipeline run batch operation shard attempt state fingerprint cached started_at finished_at error
          statistics | pipeline batch split slice feature type count missing mean std_dev zeros min median max unique avg_length mode skewness kurtosis entropy top_values
          anomalies | pipeline run batch feature slice kind severity short_text long_text measured threshold first_row
          verdicts | pipeline run batch subject outcome reasons
          alarms | alarm pipeline run batch severity subject text uri link at
          models | pipeline model version state uri sha256 transform_fingerprint batch created_at
          evaluations | pipeline model batch split slice metric value low high examples
          artifacts | pipeline kind fingerprint uri batch
          training_metrics | pipeline model run batch value
          """)
  void tablesHaveTheColumnsThatToolsAskFor(String table, String columns) throws Exception {
    assertThat(cloud.query("SELECT * FROM sluice." + table + " LIMIT 1"))
        .singleElement()
        .satisfies(row -> assertThat(row.keySet()).containsAll(List.of(columns.split(" "))));
  }

  @Test
  @Order(REPLACED + 1)
  void aSpecOfThreeLinesIsTakenUpWithoutARestart() throws Exception {
    cloud.spec(
        "shop",
        """
        # anything that is a CSV
        source: {files: "web/shop/{SPAN}/*.csv"}
        label: sold
        """);
    cloud.upload(
        "web/shop/2026-W45/part.csv",
        Marketplace.csv(Marketplace.day(9, 1_500))
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    cloud.awaitIdle();
    assertThat(cloud.query("SELECT state, span FROM sluice.batches WHERE pipeline = 'shop'"))
        .singleElement()
        .isEqualTo(Map.of("state", "LIVE", "span", "2026-W45"));
    assertThat(cloud.live("shop")).isEqualTo(1);
  }

  private Map<String, @Nullable Object> model(int version) throws InterruptedException {
    return cloud.row(
        "SELECT * FROM sluice.models WHERE pipeline = 'listings' AND version = " + version);
  }

  private Map<String, @Nullable Object> statistics(String feature, String slice)
      throws InterruptedException {
    return cloud.row(
        ("SELECT * FROM sluice.statistics"
                + " WHERE batch = '%s' AND split = '' AND slice = '%s' AND feature = '%s'")
            .formatted(first.batch(), slice, feature));
  }

  private String artifact(String kind) throws InterruptedException {
    return String.valueOf(
        cloud
            .row(
                "SELECT uri FROM sluice.artifacts WHERE batch = '%s' AND kind = '%s'"
                    .formatted(first.batch(), kind))
            .get("uri"));
  }

  private Predictor predictor(int version) throws Exception {
    Map<String, @Nullable Object> model = model(version);
    String uri = Objects.requireNonNull(model.get("uri")).toString();
    String transform =
        uri.substring(0, uri.indexOf("/model/"))
            + "/transform/"
            + model.get("transform_fingerprint")
            + "/";
    return new Predictor(
        MappingFiles.read(name -> cloud.read(transform + name)),
        TreeModel.read(cloud.read(uri + TreeModel.FILE), uri));
  }

  private static float score(HttpResponse<String> answer) {
    return JsonParser.parseString(answer.body())
        .getAsJsonObject()
        .getAsJsonArray("predictions")
        .get(0)
        .getAsFloat();
  }

  private static List<Object> duckdb(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      List<Object> out = new java.util.ArrayList<>();
      for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
        out.add(row.getObject(i));
      }
      return out;
    }
  }

  /** The shipped pipeline on real trips, where somebody has laid them beside the checkout. */
  @Test
  @Order(REPLACED + 2)
  void realTripsBecomeALiveModel() throws Exception {
    Path trips = TaxiTrips.find();
    Batch batch = cloud.drop("taxi/2026-11-01/trips.csv", Files.readAllBytes(trips));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE").containsEntry("rows", 15_002L);
    assertThat(cloud.live("taxi")).isEqualTo(1);
    Map<String, @Nullable Object> auc =
        cloud.row(
            ("SELECT value, low FROM sluice.evaluations WHERE batch = '%s' AND metric = 'auc'"
                    + " AND split = 'eval' AND slice = ''")
                .formatted(batch.batch()));
    assertThat((Double) auc.get("value")).isGreaterThan(.9);
    assertThat(
            cloud.row(
                ("SELECT count, missing, mean FROM sluice.statistics WHERE batch = '%s'"
                        + " AND split = '' AND slice = '' AND feature = 'fare'")
                    .formatted(batch.batch())))
        .containsEntry("count", 15_002L)
        .hasEntrySatisfying("mean", mean -> assertThat((Double) mean).isBetween(10.0, 13.0));
    // Drivers write no tip down where the rider pays in cash.
    assertThat(score(taxi("Credit Card"))).isGreaterThan(.1f);
    assertThat(score(taxi("Cash"))).isLessThan(.01f);
  }

  private HttpResponse<String> taxi(String payment) throws Exception {
    return cloud.predict("taxi", Map.of("fare", 12.5, "payment_type", payment, "trip_miles", 2.0));
  }
}
