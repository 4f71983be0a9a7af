package dev.sluice.emulators.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.FailedPreconditionException;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.OutOfRangeException;
import com.google.api.gax.rpc.UnimplementedException;
import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.DatasetInfo;
import com.google.cloud.bigquery.InsertAllRequest;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.storage.v1.BigQueryReadClient;
import com.google.cloud.bigquery.storage.v1.BigQueryReadSettings;
import com.google.cloud.bigquery.storage.v1.CreateReadSessionRequest;
import com.google.cloud.bigquery.storage.v1.DataFormat;
import com.google.cloud.bigquery.storage.v1.ReadRowsRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsResponse;
import com.google.cloud.bigquery.storage.v1.ReadSession;
import com.google.cloud.bigquery.storage.v1.ReadSession.TableModifiers;
import com.google.cloud.bigquery.storage.v1.ReadSession.TableReadOptions;
import com.google.cloud.bigquery.storage.v1.ReadStream;
import com.google.cloud.bigquery.storage.v1.SplitReadStreamRequest;
import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import com.google.protobuf.Timestamp;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Google's Java client against the emulator's Storage Read API. */
final class StorageReadTest {
  private static final String TABLE = "projects/sluice-local/datasets/d/tables/rows";

  @TempDir Path dir;
  private BigQueryEmulator emulator;
  private BigQuery bigquery;
  private ManagedChannel channel;
  private BigQueryReadClient client;

  @BeforeEach
  void start() throws Exception {
    open();
    bigquery.create(DatasetInfo.of("d"));
    query("CREATE TABLE d.rows (id INT64 NOT NULL, name STRING)");
  }

  private void open() throws IOException {
    emulator = BigQueryEmulator.start(dir.resolve("state"), 0, "sluice-local");
    bigquery =
        BigQueryOptions.newBuilder()
            .setHost(emulator.baseUrl())
            .setProjectId("sluice-local")
            .setCredentials(NoCredentials.getInstance())
            .build()
            .getService();
    channel = ManagedChannelBuilder.forTarget(emulator.storageHost()).usePlaintext().build();
    client =
        BigQueryReadClient.create(
            BigQueryReadSettings.newBuilder()
                .setTransportChannelProvider(
                    FixedTransportChannelProvider.create(GrpcTransportChannel.create(channel)))
                .setCredentialsProvider(NoCredentialsProvider.create())
                .build());
  }

  @AfterEach
  void stop() throws IOException, InterruptedException {
    client.close();
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    emulator.close();
  }

  private void query(String sql) throws InterruptedException {
    bigquery.query(QueryJobConfiguration.of(sql));
  }

  /** Rows of ids [from, to). */
  private void fill(long from, long to) throws InterruptedException {
    query(
        "INSERT INTO d.rows SELECT i, CONCAT('n', CAST(i AS STRING)) FROM UNNEST(GENERATE_ARRAY("
            + from
            + ", "
            + (to - 1)
            + ")) AS i");
  }

  private void stream(long id) {
    assertThat(
            bigquery
                .insertAll(
                    InsertAllRequest.newBuilder(TableId.of("d", "rows"))
                        .addRow(Map.of("id", id))
                        .build())
                .hasErrors())
        .isFalse();
  }

  private static ReadSession.Builder session() {
    return ReadSession.newBuilder().setTable(TABLE).setDataFormat(DataFormat.AVRO);
  }

  private ReadSession open(ReadSession.Builder session, int streams) {
    return client.createReadSession(
        CreateReadSessionRequest.newBuilder()
            .setParent("projects/sluice-local")
            .setReadSession(session)
            .setMaxStreamCount(streams)
            .build());
  }

  private ReadSession open(Instant at) {
    return open(
        session()
            .setTableModifiers(
                TableModifiers.newBuilder()
                    .setSnapshotTime(
                        Timestamp.newBuilder()
                            .setSeconds(at.getEpochSecond())
                            .setNanos(at.getNano()))),
        1);
  }

  private List<ReadRowsResponse> answers(String stream, long offset) {
    List<ReadRowsResponse> out = new ArrayList<>();
    client
        .readRowsCallable()
        .call(ReadRowsRequest.newBuilder().setReadStream(stream).setOffset(offset).build())
        .forEach(out::add);
    return out;
  }

  private List<Map<String, @Nullable Object>> rows(
      ReadSession session, String stream, long offset) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (ReadRowsResponse answer : answers(stream, offset)) {
      List<Map<String, @Nullable Object>> block =
          AvroText.read(
              session.getAvroSchema().getSchema(),
              answer.getAvroRows().getSerializedBinaryRows().toByteArray());
      assertThat(block).hasSize((int) answer.getRowCount());
      out.addAll(block);
    }
    return out;
  }

  private List<Map<String, @Nullable Object>> rows(ReadSession session) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (ReadStream stream : session.getStreamsList()) {
      out.addAll(rows(session, stream.getName(), 0));
    }
    return out;
  }

  private List<Object> ids(ReadSession session) {
    List<Object> out = new ArrayList<>();
    rows(session).forEach(row -> out.add(row.get("id")));
    return out;
  }

  /** A moment after which nothing has happened yet. */
  private static Instant now() {
    Instant now = Instant.now();
    while (!Instant.now().isAfter(now.plusMillis(2))) {
      Thread.onSpinWait();
    }
    return now.plusMillis(1);
  }

  @Test
  void everyTypeIsInAvroAsGoogleDocumentsIt() throws Exception {
    query(
        """
        CREATE TABLE d.types AS SELECT 7 AS i, 0.5 AS f, TRUE AS b, 'Ünï' AS s, b'\\x00\\xff' AS raw,
          NUMERIC '-12.340000001' AS n, DATE '2026-11-01' AS d, TIME '23:59:59.000001' AS t,
          DATETIME '2026-11-01 01:02:03.5' AS dt, TIMESTAMP '2026-11-01 00:00:00.000001+00' AS ts,
          PARSE_JSON('{"a": 1}') AS j, [1, 2] AS many, STRUCT(1 AS x, ['p'] AS y) AS one,
          [STRUCT('v' AS value, 0.25 AS share)] AS structs, CAST(NULL AS STRING) AS none
        """);

    ReadSession session = open(session().setTable(TABLE.replace("rows", "types")), 1);

    assertThat(types(session))
        .containsEntry("i", "[\"null\",\"long\"]")
        .containsEntry("f", "[\"null\",\"double\"]")
        .containsEntry("b", "[\"null\",\"boolean\"]")
        .containsEntry("raw", "[\"null\",\"bytes\"]")
        .containsEntry(
            "n",
            "[\"null\",{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":38,\"scale\":9}]")
        .containsEntry("d", "[\"null\",{\"type\":\"int\",\"logicalType\":\"date\"}]")
        .containsEntry("t", "[\"null\",{\"type\":\"long\",\"logicalType\":\"time-micros\"}]")
        .containsEntry("dt", "[\"null\",{\"type\":\"string\",\"sqlType\":\"DATETIME\"}]")
        .containsEntry("ts", "[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}]")
        .containsEntry("j", "[\"null\",{\"type\":\"string\",\"sqlType\":\"JSON\"}]")
        .containsEntry("many", "{\"type\":\"array\",\"items\":\"long\"}");
    Map<String, @Nullable Object> row = rows(session).getFirst();
    assertThat(row)
        .containsEntry("i", 7L)
        .containsEntry("f", 0.5)
        .containsEntry("b", true)
        .containsEntry("s", "Ünï")
        .containsEntry("raw", "00ff")
        .containsEntry("n", new BigDecimal("-12.340000001"))
        .containsEntry("d", 20758L)
        .containsEntry("t", 86_399_000_001L)
        .containsEntry("dt", "2026-11-01T01:02:03.500")
        .containsEntry("ts", 1_793_491_200_000_001L)
        .containsEntry("many", List.of(1L, 2L))
        .containsEntry("one", Map.of("x", 1L, "y", List.of("p")))
        .containsEntry("structs", List.of(Map.of("value", "v", "share", 0.25)))
        .containsEntry("none", null);
    assertThat(JsonParser.parseString(String.valueOf(row.get("j"))))
        .isEqualTo(JsonParser.parseString("{\"a\": 1}"));
  }

  private static Map<String, String> types(ReadSession session) {
    JsonArray fields =
        JsonParser.parseString(session.getAvroSchema().getSchema())
            .getAsJsonObject()
            .getAsJsonArray("fields");
    Map<String, String> out = new java.util.HashMap<>();
    fields.forEach(field ->
        out.put(
            field.getAsJsonObject().get("name").getAsString(),
            field.getAsJsonObject().get("type").toString()));
    return out;
  }

  @Test
  void parallelStreamsHaveEachRowOnce() throws Exception {
    fill(0, 50_000);

    ReadSession session = open(session(), 4);

    assertThat(session.getStreamsList()).hasSize(4);
    assertThat(session.getEstimatedRowCount()).isEqualTo(50_000);
    List<Future<List<Map<String, @Nullable Object>>>> reads = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (ReadStream stream : session.getStreamsList()) {
        reads.add(threads.submit(() -> rows(session, stream.getName(), 0)));
      }
    }
    List<Object> ids = new ArrayList<>();
    for (Future<List<Map<String, @Nullable Object>>> read : reads) {
      assertThat(read.get()).isNotEmpty();
      read.get().forEach(row -> ids.add(row.get("id")));
    }
    assertThat(ids).hasSize(50_000).doesNotHaveDuplicates();
  }

  @Test
  void smallTablesGetFewerStreamsAndEmptyOnesNone() throws Exception {
    assertThat(open(session(), 4).getStreamsList()).isEmpty();
    assertThat(open(session(), 4).getAvroSchema().getSchema()).contains("\"name\":\"id\"");
    fill(0, 2);
    assertThat(open(session(), 4).getStreamsList()).hasSize(2);
  }

  @Test
  void columnsAndRowsAreNarrowedWhereTheyLie() throws Exception {
    fill(0, 100);

    ReadSession session =
        open(
            session()
                .setReadOptions(
                    TableReadOptions.newBuilder()
                        .addSelectedFields("name")
                        .setRowRestriction("id >= 10 AND name IN ('n5', 'n50', 'n51')")),
            2);

    assertThat(rows(session)).containsExactly(Map.of("name", "n50"), Map.of("name", "n51"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nope = 1",
        "id +",
        "id",
        "id = 'x'",
        "1=1) OR (1=1",
        "id IN (SELECT 1 FROM d.rows)"
      })
  void aRowRestrictionThatDoesNotFitIsInvalid(String restriction) {
    assertThatThrownBy(() ->
            open(
                session()
                    .setReadOptions(TableReadOptions.newBuilder().setRowRestriction(restriction)),
                1))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("Row filter")
        .hasMessageContaining(restriction);
  }

  @Test
  void aColumnThatIsNotThereIsInvalid() {
    assertThatThrownBy(() ->
            open(
                session().setReadOptions(TableReadOptions.newBuilder().addSelectedFields("nope")),
                1))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("nope");
  }

  @Test
  void readingGoesOnAtAnOffset() throws Exception {
    fill(0, 45_000);
    ReadSession session = open(session(), 1);
    String stream = session.getStreams(0).getName();

    assertThat(rows(session, stream, 44_990)).hasSize(10);
    assertThat(rows(session, stream, 20_001).getFirst()).containsEntry("id", 20_001L);
    assertThat(rows(session, stream, 45_000)).isEmpty();
    assertThatThrownBy(() -> rows(session, stream, 45_001)).isInstanceOf(OutOfRangeException.class);
  }

  @Test
  void aSessionDoesNotSeeRowsThatCameLater() throws Exception {
    fill(0, 3);
    ReadSession session = open(session(), 1);
    fill(3, 6);
    stream(6);

    assertThat(ids(session)).containsExactly(0L, 1L, 2L);
    assertThat(ids(open(session(), 1))).hasSize(7);
  }

  @Test
  void aPastSnapshotHasTheRowsOfThen() throws Exception {
    fill(0, 2);
    Instant first = now();
    stream(2);
    Instant second = now();
    fill(3, 5);

    assertThat(ids(open(first))).containsExactly(0L, 1L);
    assertThat(ids(open(second))).containsExactly(0L, 1L, 2L);
    stop();
    open();
    assertThat(ids(open(first))).containsExactly(0L, 1L);
    assertThat(ids(open(session(), 1))).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE d.rows SET name = 'x' WHERE id = 1",
        "DELETE FROM d.rows WHERE id = 1",
        "CREATE OR REPLACE TABLE d.rows AS SELECT 1 AS id"
      })
  void whatIsNotKnownAnyMoreIsRefusedAndNeverAnsweredFromNow(String change) throws Exception {
    fill(0, 2);
    Instant before = now();
    ReadSession open = open(before);
    query(change);

    assertThatThrownBy(() -> open(before))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("Invalid snapshot time")
        .hasMessageContaining("does not keep");
    assertThatThrownBy(() -> ids(open))
        .isInstanceOf(FailedPreconditionException.class)
        .hasMessageContaining("does not keep");
    assertThat(ids(open(now()))).isNotEmpty();
  }

  @Test
  void aSnapshotBeforeTheTableOrAheadOfTimeIsRefused() {
    assertThatThrownBy(() -> open(Instant.now().minusSeconds(3600)))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> open(Instant.now().plusSeconds(3600)))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("it has not been yet");
  }

  @Test
  void viewsAndAbsentTablesAndStreamsCannotBeRead() throws Exception {
    query("CREATE VIEW d.seen AS SELECT id FROM d.rows");
    assertThatThrownBy(() -> open(session().setTable(TABLE.replace("rows", "seen")), 1))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("non-table entities cannot be read");
    assertThatThrownBy(() -> open(session().setTable(TABLE.replace("rows", "none")), 1))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> answers("projects/p/locations/us/sessions/s/streams/0", 0))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void whatIsNotSupportedSaysSo() throws Exception {
    fill(0, 1);
    assertThatThrownBy(() -> open(session().setDataFormat(DataFormat.ARROW), 1))
        .isInstanceOf(UnimplementedException.class)
        .hasMessageContaining("ARROW");
    assertThatThrownBy(() ->
            open(session().setReadOptions(TableReadOptions.newBuilder().setSamplePercentage(5)), 1))
        .isInstanceOf(UnimplementedException.class)
        .hasMessageContaining("sample_percentage");
    assertThatThrownBy(() ->
            client.splitReadStream(
                SplitReadStreamRequest.newBuilder()
                    .setName(open(session(), 1).getStreams(0).getName())
                    .build()))
        .isInstanceOf(UnimplementedException.class)
        .hasMessageContaining("SplitReadStream");
  }
}
