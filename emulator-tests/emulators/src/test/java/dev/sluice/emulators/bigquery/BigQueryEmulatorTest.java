package dev.sluice.emulators.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.NoCredentials;
import com.google.cloud.RetryOption;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.Clustering;
import com.google.cloud.bigquery.DatasetInfo;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.FieldValueList;
import com.google.cloud.bigquery.FormatOptions;
import com.google.cloud.bigquery.InsertAllRequest;
import com.google.cloud.bigquery.InsertAllResponse;
import com.google.cloud.bigquery.Job;
import com.google.cloud.bigquery.JobId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.QueryParameterValue;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.Table;
import com.google.cloud.bigquery.TableDataWriteChannel;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.cloud.bigquery.TableResult;
import com.google.cloud.bigquery.TimePartitioning;
import com.google.cloud.bigquery.ViewDefinition;
import com.google.cloud.bigquery.WriteChannelConfiguration;
import com.google.gson.JsonObject;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Google's Java client against the emulator, each call with its failing twin. */
final class BigQueryEmulatorTest {
  private static final TableId FACTS = TableId.of("sluice-local", "d", "facts");

  @TempDir Path dir;
  private BigQueryEmulator emulator;
  private BigQuery client;

  @BeforeEach
  void start() throws IOException {
    emulator = BigQueryEmulator.start(dir.resolve("state"), 0, "sluice-local");
    client = client(emulator);
    client.create(DatasetInfo.of("d"));
    client.create(TableInfo.of(FACTS, definition()));
  }

  @AfterEach
  void stop() throws IOException {
    emulator.close();
  }

  private static BigQuery client(BigQueryEmulator emulator) {
    return BigQueryOptions.newBuilder()
        .setHost(emulator.baseUrl())
        .setProjectId("sluice-local")
        .setCredentials(NoCredentials.getInstance())
        .build()
        .getService();
  }

  private static StandardTableDefinition definition() {
    return StandardTableDefinition.newBuilder()
        .setSchema(
            Schema.of(
                Field.newBuilder("id", StandardSQLTypeName.INT64)
                    .setMode(Field.Mode.REQUIRED)
                    .build(),
                Field.of("name", StandardSQLTypeName.STRING),
                Field.of("seen", StandardSQLTypeName.TIMESTAMP),
                Field.newBuilder(
                        "top",
                        StandardSQLTypeName.STRUCT,
                        Field.of("value", StandardSQLTypeName.STRING),
                        Field.of("share", StandardSQLTypeName.FLOAT64))
                    .setMode(Field.Mode.REPEATED)
                    .build()))
        .setTimePartitioning(
            TimePartitioning.newBuilder(TimePartitioning.Type.DAY).setField("seen").build())
        .setClustering(Clustering.newBuilder().setFields(List.of("name")).build())
        .build();
  }

  private TableResult query(String sql) throws InterruptedException {
    return client.query(QueryJobConfiguration.of(sql));
  }

  private long number(String sql) throws InterruptedException {
    return query(sql).iterateAll().iterator().next().get(0).getLongValue();
  }

  private InsertAllResponse insert(int id) {
    return client.insertAll(InsertAllRequest.newBuilder(FACTS).addRow("i" + id, row(id)).build());
  }

  private static Map<String, Object> row(int id) {
    return Map.of("id", id, "name", "n" + id % 3, "seen", "2024-01-02T03:04:05.000006Z");
  }

  @Test
  void datasetsAreCreatedOnceListedPatchedAndDeleted() {
    assertThatThrownBy(() -> client.create(DatasetInfo.of("d")))
        .isInstanceOfSatisfying(
            BigQueryException.class, e -> assertThat(e.getCode()).isEqualTo(409))
        .hasMessageContaining("Already Exists: Dataset sluice-local:d");
    client.update(DatasetInfo.newBuilder("d").setDescription("facts").build());
    assertThat(client.getDataset("d").getDescription()).isEqualTo("facts");
    assertThat(client.listDatasets().iterateAll()).hasSize(1);
    assertThatThrownBy(() -> client.delete("d")).hasMessageContaining("is still in use");
    assertThat(client.delete("d", BigQuery.DatasetDeleteOption.deleteContents())).isTrue();
    assertThat(client.getDataset("d")).isNull();
    assertThat(client.delete("d")).isFalse();
  }

  @Test
  void tablesKeepWhatTheyWereMadeWith() {
    Table table = client.getTable(FACTS);
    assertThat(table.<StandardTableDefinition>getDefinition().getSchema().getFields())
        .extracting(field -> field.getName() + " " + field.getType() + " " + field.getMode())
        .containsExactly(
            "id INTEGER REQUIRED",
            "name STRING NULLABLE",
            "seen TIMESTAMP NULLABLE",
            "top RECORD REPEATED");
    assertThat(table.<StandardTableDefinition>getDefinition().getClustering().getFields())
        .containsExactly("name");
    assertThat(client.listTables("d").iterateAll()).hasSize(1);
    assertThatThrownBy(() -> client.create(TableInfo.of(FACTS, definition())))
        .hasMessageContaining("Already Exists: Table sluice-local:d.facts");
    assertThat(client.getTable(TableId.of("d", "none"))).isNull();
    assertThat(client.delete(FACTS)).isTrue();
    assertThat(client.delete(FACTS)).isFalse();
  }

  @Test
  void viewsAnswerAndAreNotListed() throws InterruptedException {
    insert(1);
    TableId view = TableId.of("d", "v");
    client.create(TableInfo.of(view, ViewDefinition.of("SELECT id FROM d.facts")));
    assertThat(number("SELECT id FROM d.v")).isEqualTo(1);
    assertThatThrownBy(() -> client.listTableData(view))
        .hasMessageContaining("Cannot list a table of type VIEW.");
    assertThatThrownBy(() ->
            client.create(
                TableInfo.of(TableId.of("d", "w"), ViewDefinition.of("SELECT x FROM d.facts"))))
        .hasMessageContaining("Unrecognized name: x");
  }

  @Test
  void streamedRowsAreThereAtOnceAndOnlyOnceForAnInsertId() throws InterruptedException {
    assertThat(insert(1).hasErrors()).isFalse();
    insert(1);
    assertThat(number("SELECT COUNT(*) FROM d.facts")).isEqualTo(1);
    FieldValueList row =
        client.listTableData(FACTS, definition().getSchema()).iterateAll().iterator().next();
    assertThat(row.get("seen").getTimestampInstant())
        .isEqualTo(Instant.parse("2024-01-02T03:04:05.000006Z"));
    assertThat(row.get("top").getRepeatedValue()).isEmpty();
  }

  @Test
  void badRowsAreNamedAndStopTheOthers() throws InterruptedException {
    InsertAllResponse response =
        client.insertAll(
            InsertAllRequest.newBuilder(FACTS)
                .addRow(Map.of("id", 1))
                .addRow(Map.of("id", "x"))
                .addRow(Map.of("name", "a"))
                .addRow(Map.of("id", 2, "nope", 1))
                .build());
    Map<Long, List<BigQueryError>> errors = response.getInsertErrors();
    assertThat(errors.get(0L).getFirst().getReason()).isEqualTo("stopped");
    assertThat(errors.get(1L).getFirst().getMessage())
        .isEqualTo("Cannot convert value to integer (bad value): x");
    assertThat(errors.get(2L).getFirst().getMessage()).isEqualTo("Missing required field: id.");
    assertThat(errors.get(3L).getFirst().getMessage()).isEqualTo("no such field: nope.");
    assertThat(number("SELECT COUNT(*) FROM d.facts")).isZero();
    client.insertAll(
        InsertAllRequest.newBuilder(FACTS)
            .setSkipInvalidRows(true)
            .setIgnoreUnknownValues(true)
            .addRow(Map.of("id", "x"))
            .addRow(Map.of("id", 2, "nope", 1))
            .build());
    assertThat(number("SELECT id FROM d.facts")).isEqualTo(2);
  }

  @Test
  void streamedRowsCannotBeChangedButOthersCan() throws InterruptedException {
    insert(1);
    query("INSERT d.facts (id) VALUES (2)");
    assertThatThrownBy(() -> query("UPDATE d.facts SET name = 'x' WHERE id = 1"))
        .hasMessageContaining(
            "UPDATE statement over table sluice-local.d.facts would affect rows in the streaming"
                + " buffer, which is not supported");
    query("UPDATE d.facts SET name = 'x' WHERE id = 2");
    assertThat(number("SELECT COUNT(*) FROM d.facts WHERE name = 'x'")).isEqualTo(1);
  }

  @Test
  void parametersAreTypedAndMissingOnesNamed() throws InterruptedException {
    TableResult result =
        client.query(
            QueryJobConfiguration.newBuilder("SELECT @a + 1, ARRAY_LENGTH(@b)")
                .addNamedParameter("a", QueryParameterValue.int64(41))
                .addNamedParameter(
                    "b", QueryParameterValue.array(new String[] {"x"}, StandardSQLTypeName.STRING))
                .build());
    assertThat(result.iterateAll().iterator().next().get(0).getLongValue()).isEqualTo(42);
    assertThatThrownBy(() -> query("SELECT @nope"))
        .hasMessageContaining("Query parameter 'nope' not found");
  }

  @Test
  void queryJobsPageWriteAndFail() throws InterruptedException {
    Job job =
        client.create(
            JobInfo.of(
                JobId.of("sluice-local", "job-1"),
                QueryJobConfiguration.newBuilder(
                        "SELECT x FROM UNNEST(GENERATE_ARRAY(1, 25)) AS x ORDER BY x")
                    .setDestinationTable(TableId.of("sluice-local", "d", "made"))
                    .build()));
    Job done = job.waitFor(RetryOption.initialRetryDelayDuration(Duration.ofMillis(5)));
    assertThat(done.getStatus().getError()).isNull();
    assertThat(number("SELECT COUNT(*) FROM d.made")).isEqualTo(25);
    TableResult pages =
        client.getJob("job-1").getQueryResults(BigQuery.QueryResultsOption.pageSize(10));
    assertThat(pages.getTotalRows()).isEqualTo(25);
    assertThat(pages.iterateAll()).hasSize(25);
    assertThat(client.listJobs().iterateAll()).isNotEmpty();
    assertThat(client.cancel("job-1")).isTrue();
    assertThat(client.getJob("job-2")).isNull();
    assertThatThrownBy(() -> query("SELECT 1 / 0 AS x"))
        .isInstanceOfSatisfying(
            BigQueryException.class,
            e -> assertThat(e.getError().getReason()).isEqualTo("invalidQuery"))
        .hasMessageContaining("division by zero: 1 / 0");
  }

  @Test
  void loadJobsReadCsvAndNameTheBadRow() throws IOException, InterruptedException {
    Schema schema =
        Schema.of(
            Field.of("a", StandardSQLTypeName.INT64), Field.of("b", StandardSQLTypeName.STRING));
    assertThat(load(schema, "1,\"x, \"\"y\"\"\"\n2,z\n").getStatus().getError()).isNull();
    assertThat(number("SELECT COUNT(*) FROM d.loaded WHERE b = 'x, \"y\"'")).isEqualTo(1);
    assertThatThrownBy(() -> load(schema, "q,z\n"))
        .hasMessageContaining("row 1")
        .hasMessageContaining("bad value): q");
  }

  private Job load(Schema schema, String csv) throws IOException, InterruptedException {
    TableDataWriteChannel channel =
        client.writer(
            WriteChannelConfiguration.newBuilder(TableId.of("d", "loaded"), FormatOptions.csv())
                .setSchema(schema)
                .build());
    try (channel) {
      channel.write(ByteBuffer.wrap(csv.getBytes(StandardCharsets.UTF_8)));
    }
    return channel.getJob().waitFor(RetryOption.initialRetryDelayDuration(Duration.ofMillis(5)));
  }

  @Test
  void whatIsNotServedAnswers501WithItsName() throws IOException, InterruptedException {
    assertThat(post("/bigquery/v2/projects/p/datasets/d/routines", "{}").statusCode())
        .isEqualTo(501);
    assertThat(post("/bigquery/v2/projects/p/datasets/d/models", "{}").body())
        .contains("the emulator does not serve POST /bigquery/v2/projects/p/datasets/d/models");
    HttpResponse<String> load =
        post(
            "/bigquery/v2/projects/p/jobs",
            "{\"configuration\":{\"load\":{\"sourceUris\":[\"gs://b/o\"]}}}");
    assertThat(load.statusCode()).isEqualTo(501);
    assertThat(load.body()).contains("sourceUris");
  }

  @Test
  void anInsertOfMoreThanTenMegabytesIsTooLarge() throws IOException, InterruptedException {
    String path = "/bigquery/v2/projects/sluice-local/datasets/d/tables/facts/insertAll";
    assertThat(post(path, "x".repeat(10 * 1024 * 1024 + 1)).statusCode()).isEqualTo(413);
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create(emulator.baseUrl() + path))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void stateSurvivesARestart() throws IOException, InterruptedException {
    insert(1);
    emulator.close();
    emulator = BigQueryEmulator.start(dir.resolve("state"), 0, "sluice-local");
    client = client(emulator);
    assertThat(number("SELECT id FROM d.facts")).isEqualTo(1);
    assertThatThrownBy(() -> query("DELETE FROM d.facts WHERE TRUE"))
        .hasMessageContaining("streaming buffer");
  }

  @Test
  void manyWritersAtOnceLoseNothing() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int id = i;
        writers.add(() -> insert(id).hasErrors());
      }
      for (Future<Boolean> written : threads.invokeAll(writers)) {
        assertThat(written.get()).isFalse();
      }
    }
    assertThat(number("SELECT COUNT(DISTINCT id) FROM d.facts")).isEqualTo(40);
  }

  @Test
  void directInsertTakesAllRowsOrNone() throws InterruptedException {
    JsonObject good = new JsonObject();
    good.addProperty("id", 7);
    JsonObject bad = new JsonObject();
    bad.addProperty("id", "x");
    assertThatThrownBy(() -> emulator.insert("sluice-local.d.facts", List.of(good, bad)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("row 1, field id: Cannot convert value to integer");
    emulator.insert("sluice-local.d.facts", List.of(good));
    assertThat(number("SELECT id FROM d.facts")).isEqualTo(7);
    assertThatThrownBy(() -> emulator.insert("sluice-local.d.none", List.of(good)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("Not found: Table sluice-local:d.none");
  }

  @Test
  void tablesAndViewsFromFilesGrowButNeverShrink() throws IOException, InterruptedException {
    Path tables = Files.createDirectories(dir.resolve("tables"));
    Path views = Files.createDirectories(dir.resolve("views"));
    String a = "{\"name\":\"a\",\"type\":\"INTEGER\"}";
    String key = "{\"name\":\"key\",\"type\":\"STRING\",\"mode\":\"REQUIRED\"}";
    Files.writeString(tables.resolve("x_log.json"), "[" + key + "," + a + "]");
    Files.writeString(views.resolve("a.sql"), "SELECT * FROM `${project}.${dataset}.x`");
    Files.writeString(
        views.resolve("x.sql"),
        "SELECT * FROM `${project}.${dataset}.x_log` WHERE TRUE"
            + " QUALIFY ROW_NUMBER() OVER (PARTITION BY key ORDER BY a DESC) = 1");
    emulator.createFrom(tables, views, "s");
    emulator.createFrom(tables, views, "s");
    query(
        "INSERT s.x_log (key, a) SELECT CAST(MOD(x, 1000) AS STRING), x FROM"
            + " UNNEST(GENERATE_ARRAY(1, 100000)) AS x");
    assertThat(number("SELECT COUNT(*) FROM s.a")).isEqualTo(1000);
    long before = System.nanoTime();
    assertThat(number("SELECT MIN(a) FROM s.x")).isEqualTo(99_001);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(2));

    Files.writeString(
        tables.resolve("x_log.json"), "[" + key + "," + a + ",{\"name\":\"b\",\"type\":\"DATE\"}]");
    emulator.createFrom(tables, views, "s");
    assertThat(number("SELECT COUNT(*) FROM s.a WHERE b IS NULL")).isEqualTo(1000);

    Files.writeString(tables.resolve("x_log.json"), "[" + key + "]");
    assertThatThrownBy(() -> emulator.createFrom(tables, views, "s"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x_log.json")
        .hasMessageContaining("Field a is missing in new schema");
    Files.writeString(
        tables.resolve("x_log.json"), "[" + key + "," + a.replace("INTEGER", "STRING") + "]");
    assertThatThrownBy(() -> emulator.createFrom(tables, views, "s"))
        .hasMessageContaining("Field a has changed type from INT64 to STRING");
  }

  @Test
  void insertsAndQueriesAreQuick() throws InterruptedException {
    InsertAllRequest.Builder rows = InsertAllRequest.newBuilder(FACTS);
    for (int i = 0; i < 500; i++) {
      rows.addRow(row(i));
    }
    InsertAllRequest request = rows.build();
    long best = Long.MAX_VALUE;
    long bestQuery = Long.MAX_VALUE;
    for (int i = 0; i < 8; i++) {
      long start = System.nanoTime();
      client.insertAll(request);
      best = Math.min(best, System.nanoTime() - start);
      start = System.nanoTime();
      query("SELECT id, name FROM d.facts LIMIT 10");
      bestQuery = Math.min(bestQuery, System.nanoTime() - start);
    }
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(300));
    assertThat(Duration.ofNanos(bestQuery)).isLessThan(Duration.ofMillis(150));
  }
}
