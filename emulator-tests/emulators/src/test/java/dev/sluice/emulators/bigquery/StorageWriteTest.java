package dev.sluice.emulators.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.core.ApiFuture;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.DatasetInfo;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.FieldValueList;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.cloud.bigquery.TableResult;
import com.google.cloud.bigquery.storage.v1.AppendRowsRequest;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.ArrowRecordBatch;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsRequest;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsResponse;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteClient;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteGrpc;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteSettings;
import com.google.cloud.bigquery.storage.v1.CreateWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.Exceptions;
import com.google.cloud.bigquery.storage.v1.FlushRowsRequest;
import com.google.cloud.bigquery.storage.v1.GetWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.JsonStreamWriter;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.cloud.bigquery.storage.v1.WriteStreamView;
import com.google.protobuf.Int64Value;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Google's Java clients against the emulator's Storage Write API. */
final class StorageWriteTest {
  private static final String TABLE = "projects/sluice-local/datasets/d/tables/rows";
  private static final String DEFAULT = TABLE + "/streams/_default";

  @TempDir Path dir;
  private BigQueryEmulator emulator;
  private BigQuery bigquery;
  private ManagedChannel channel;
  private BigQueryWriteClient client;

  @BeforeEach
  void start() throws IOException {
    open();
    bigquery.create(DatasetInfo.of("d"));
    bigquery.create(
        TableInfo.of(
            TableId.of("d", "rows"),
            StandardTableDefinition.of(
                Schema.of(
                    Field.newBuilder("id", StandardSQLTypeName.INT64)
                        .setMode(Field.Mode.REQUIRED)
                        .build(),
                    Field.of("name", StandardSQLTypeName.STRING),
                    Field.of("score", StandardSQLTypeName.FLOAT64),
                    Field.of("ok", StandardSQLTypeName.BOOL),
                    Field.of("price", StandardSQLTypeName.NUMERIC),
                    Field.of("seen", StandardSQLTypeName.TIMESTAMP),
                    Field.of("day", StandardSQLTypeName.DATE),
                    Field.of("at", StandardSQLTypeName.DATETIME),
                    Field.of("clock", StandardSQLTypeName.TIME),
                    Field.of("raw", StandardSQLTypeName.BYTES),
                    Field.of("doc", StandardSQLTypeName.JSON),
                    Field.newBuilder("tags", StandardSQLTypeName.STRING)
                        .setMode(Field.Mode.REPEATED)
                        .build(),
                    Field.of(
                        "one",
                        StandardSQLTypeName.STRUCT,
                        Field.of("a", StandardSQLTypeName.INT64),
                        Field.newBuilder("b", StandardSQLTypeName.DATE)
                            .setMode(Field.Mode.REPEATED)
                            .build()),
                    Field.newBuilder(
                            "many",
                            StandardSQLTypeName.STRUCT,
                            Field.of("value", StandardSQLTypeName.STRING),
                            Field.of("share", StandardSQLTypeName.FLOAT64))
                        .setMode(Field.Mode.REPEATED)
                        .build()))));
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
        BigQueryWriteClient.create(
            BigQueryWriteSettings.newBuilder()
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

  private JsonStreamWriter writer(String stream) throws Exception {
    return JsonStreamWriter.newBuilder(stream, client).build();
  }

  private static JSONArray ids(long... ids) {
    JSONArray rows = new JSONArray();
    for (long id : ids) {
      rows.put(new JSONObject().put("id", id));
    }
    return rows;
  }

  private List<FieldValueList> query(String sql) throws InterruptedException {
    TableResult result = bigquery.query(QueryJobConfiguration.of(sql));
    List<FieldValueList> rows = new ArrayList<>();
    result.iterateAll().forEach(rows::add);
    return rows;
  }

  private long count() throws InterruptedException {
    return query("SELECT COUNT(*) FROM d.rows").getFirst().get(0).getLongValue();
  }

  private WriteStream create(WriteStream.Type type) {
    return client.createWriteStream(
        CreateWriteStreamRequest.newBuilder()
            .setParent(TABLE)
            .setWriteStream(WriteStream.newBuilder().setType(type))
            .build());
  }

  /** What the future of an append that must fail says. */
  private static Throwable failure(ApiFuture<AppendRowsResponse> append) {
    try {
      throw new AssertionError("stored: " + append.get(20, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void rowsOfEveryTypeAreThereAtOnceAndExact() throws Exception {
    try (JsonStreamWriter writer = writer(DEFAULT)) {
      writer
          .append(
              new JSONArray()
                  .put(
                      new JSONObject()
                          .put("id", 7)
                          .put("name", "Ünï")
                          .put("score", 0.5)
                          .put("ok", true)
                          .put("price", "-12.340000001")
                          .put("seen", "2026-11-01T03:04:05.000006Z")
                          .put("day", "2026-11-02")
                          .put("at", "2026-11-03T04:05:06.000007")
                          .put("clock", "23:59:59.999999")
                          .put("raw", com.google.protobuf.ByteString.copyFrom(new byte[] {0, -1}))
                          .put("doc", "{\"a\": [1, 2]}")
                          .put("tags", new JSONArray(List.of("x", "y")))
                          .put(
                              "one",
                              new JSONObject()
                                  .put("a", 1)
                                  .put("b", new JSONArray(List.of("2026-11-04"))))
                          .put(
                              "many",
                              new JSONArray()
                                  .put(new JSONObject().put("value", "p").put("share", 0.25))
                                  .put(new JSONObject().put("value", "q"))))
                  .put(new JSONObject().put("id", 8)))
          .get();
    }

    List<FieldValueList> rows =
        query(
            "SELECT id, name, score, ok, CAST(price AS STRING), UNIX_MICROS(seen), CAST(day AS"
                + " STRING), CAST(`at` AS STRING), CAST(clock AS STRING), TO_HEX(raw),"
                + " JSON_VALUE(doc, '$.a[1]'), ARRAY_TO_STRING(tags, '+'), one.a,"
                + " CAST(one.b[OFFSET(0)] AS STRING), ARRAY_LENGTH(many), many[OFFSET(0)].share,"
                + " many[OFFSET(1)].share IS NULL FROM d.rows WHERE id = 7");
    assertThat(rows.getFirst().stream().map(value -> String.valueOf(value.getValue())))
        .containsExactly(
            "7",
            "Ünï",
            "0.5",
            "true",
            "-12.340000001",
            "1793502245000006",
            "2026-11-02",
            "2026-11-03 04:05:06.000007",
            "23:59:59.999999",
            "00ff",
            "2",
            "x+y",
            "1",
            "2026-11-04",
            "2",
            "0.25",
            "true");
    assertThat(query("SELECT * FROM d.rows WHERE id = 8 AND name IS NULL AND one IS NULL"))
        .hasSize(1);
  }

  @Test
  void rowsSurviveARestartAndCannotBeChangedFor90Minutes() throws Exception {
    try (JsonStreamWriter writer = writer(DEFAULT)) {
      writer.append(ids(1, 2)).get();
    }
    stop();
    open();

    assertThat(count()).isEqualTo(2);
    assertThatThrownBy(() -> query("DELETE FROM d.rows WHERE id = 1"))
        .isInstanceOf(BigQueryException.class)
        .hasMessageContaining("streaming buffer");
  }

  @Test
  void badRowsAreListedAndNoneOfTheRequestIsStored() throws Exception {
    try (JsonStreamWriter writer = writer(DEFAULT)) {
      JSONArray rows = ids(1, 2, 3);
      rows.getJSONObject(1).put("seen", 300_000_000_000_000_000L);

      Throwable failure = failure(writer.append(rows));

      assertThat(failure).isInstanceOf(Exceptions.AppendSerializationError.class);
      assertThat(((Exceptions.AppendSerializationError) failure).getRowIndexToErrorMessage())
          .containsOnlyKeys(1)
          .allSatisfy((index, message) -> assertThat(message).contains("root.seen"));
      assertThat(count()).isZero();
      // The connection goes on.
      writer.append(ids(4)).get();
    }
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void aTableThatIsNotThereIsNotFound() {
    assertThatThrownBy(() ->
            client.getWriteStream(
                GetWriteStreamRequest.newBuilder()
                    .setName(DEFAULT.replace("rows", "none"))
                    .build()))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("sluice-local:d.none");
    assertThatThrownBy(
            () -> client.getWriteStream(GetWriteStreamRequest.newBuilder().setName("rows").build()))
        .isInstanceOf(InvalidArgumentException.class);
  }

  @Test
  void theDefaultStreamTellsTheSchema() {
    WriteStream stream =
        client.getWriteStream(
            GetWriteStreamRequest.newBuilder()
                .setName(DEFAULT)
                .setView(WriteStreamView.FULL)
                .build());

    assertThat(stream.getType()).isEqualTo(WriteStream.Type.COMMITTED);
    assertThat(stream.getTableSchema().getFieldsList())
        .extracting(field -> field.getName())
        .startsWith("id", "name")
        .hasSize(14);
    assertThat(
            client
                .getWriteStream(GetWriteStreamRequest.newBuilder().setName(DEFAULT).build())
                .hasTableSchema())
        .isFalse();
  }

  @Test
  void aColumnThatTheTableLacksRefusesTheWriter() throws Exception {
    String narrow = TABLE.replace("rows", "narrow");
    bigquery.create(
        TableInfo.of(
            TableId.of("d", "narrow"),
            StandardTableDefinition.of(Schema.of(Field.of("name", StandardSQLTypeName.STRING)))));
    WriteStream wide =
        client.getWriteStream(
            GetWriteStreamRequest.newBuilder()
                .setName(DEFAULT)
                .setView(WriteStreamView.FULL)
                .build());
    try (JsonStreamWriter writer =
        JsonStreamWriter.newBuilder(narrow + "/streams/_default", wide.getTableSchema(), client)
            .build()) {
      assertThat(failure(writer.append(ids(1))))
          .hasMessageContaining("Input schema has more fields than BigQuery schema")
          .hasMessageContaining("'id,score,");
    }
  }

  @Test
  void aTypeThatDoesNotFitRefusesTheWriter() throws Exception {
    String other = TABLE.replace("rows", "other");
    bigquery.create(
        TableInfo.of(
            TableId.of("d", "other"),
            StandardTableDefinition.of(Schema.of(Field.of("name", StandardSQLTypeName.INT64)))));
    com.google.cloud.bigquery.storage.v1.TableSchema text =
        com.google.cloud.bigquery.storage.v1.TableSchema.newBuilder()
            .addFields(
                com.google.cloud.bigquery.storage.v1.TableFieldSchema.newBuilder()
                    .setName("name")
                    .setType(com.google.cloud.bigquery.storage.v1.TableFieldSchema.Type.STRING)
                    .setMode(com.google.cloud.bigquery.storage.v1.TableFieldSchema.Mode.NULLABLE))
            .build();
    try (JsonStreamWriter writer =
        JsonStreamWriter.newBuilder(other + "/streams/_default", text, client).build()) {
      assertThat(failure(writer.append(new JSONArray().put(new JSONObject().put("name", "x")))))
          .hasMessageContaining("The proto field mismatched with BigQuery field at root.name");
    }
  }

  @Test
  void aCommittedStreamTakesEachOffsetOnce() throws Exception {
    WriteStream stream = create(WriteStream.Type.COMMITTED);
    try (JsonStreamWriter writer = writer(stream.getName())) {
      assertThat(writer.append(ids(1, 2), 0).get().getAppendResult().getOffset().getValue())
          .isZero();
      assertThat(writer.append(ids(3), 2).get().getAppendResult().getOffset().getValue())
          .isEqualTo(2);
      assertThat(failure(writer.append(ids(3), 2)))
          .isInstanceOf(Exceptions.OffsetAlreadyExists.class);
      assertThat(failure(writer.append(ids(9), 7))).isInstanceOf(Exceptions.OffsetOutOfRange.class);
      assertThat(count()).isEqualTo(3);
      assertThat(client.finalizeWriteStream(stream.getName()).getRowCount()).isEqualTo(3);
      assertThat(failure(writer.append(ids(4), 3)))
          .isInstanceOf(Exceptions.StreamFinalizedException.class);
    }
    assertThat(count()).isEqualTo(3);
  }

  @Test
  void pendingStreamsAreSeenTogetherOnceCommitted() throws Exception {
    WriteStream one = create(WriteStream.Type.PENDING);
    WriteStream two = create(WriteStream.Type.PENDING);
    try (JsonStreamWriter first = writer(one.getName());
        JsonStreamWriter second = writer(two.getName())) {
      first.append(ids(1, 2)).get();
      second.append(ids(3)).get();
    }
    BatchCommitWriteStreamsRequest commit =
        BatchCommitWriteStreamsRequest.newBuilder()
            .setParent(TABLE)
            .addWriteStreams(one.getName())
            .addWriteStreams(two.getName())
            .build();
    client.finalizeWriteStream(one.getName());
    BatchCommitWriteStreamsResponse early = client.batchCommitWriteStreams(commit);
    assertThat(early.hasCommitTime()).isFalse();
    assertThat(early.getStreamErrors(0).getCode()).isEqualTo(StorageErrorCode.INVALID_STREAM_STATE);
    assertThat(count()).isZero();

    client.finalizeWriteStream(two.getName());
    assertThat(client.batchCommitWriteStreams(commit).hasCommitTime()).isTrue();

    assertThat(count()).isEqualTo(3);
    assertThat(client.batchCommitWriteStreams(commit).getStreamErrors(0).getCode())
        .isEqualTo(StorageErrorCode.STREAM_ALREADY_COMMITTED);
  }

  @Test
  void bufferedRowsAreSeenUpToTheFlush() throws Exception {
    WriteStream stream = create(WriteStream.Type.BUFFERED);
    try (JsonStreamWriter writer = writer(stream.getName())) {
      writer.append(ids(1, 2, 3)).get();
    }
    FlushRowsRequest flush =
        FlushRowsRequest.newBuilder()
            .setWriteStream(stream.getName())
            .setOffset(Int64Value.of(1))
            .build();
    assertThat(client.flushRows(flush).getOffset()).isEqualTo(1);
    assertThat(client.flushRows(flush).getOffset()).isEqualTo(1);

    assertThat(count()).isEqualTo(2);
    assertThatThrownBy(
            () -> client.flushRows(flush.toBuilder().setOffset(Int64Value.of(3)).build()))
        .isInstanceOf(com.google.api.gax.rpc.OutOfRangeException.class);
  }

  @Test
  void aWriterLearnsOfAColumnThatItsTableGained() throws Exception {
    try (JsonStreamWriter writer = writer(DEFAULT)) {
      writer.append(ids(1)).get();
      var table = bigquery.getTable(TableId.of("d", "rows"));
      List<Field> fields = new ArrayList<>(table.getDefinition().getSchema().getFields());
      fields.add(Field.of("more", StandardSQLTypeName.STRING));
      table.toBuilder()
          .setDefinition(StandardTableDefinition.of(Schema.of(fields)))
          .build()
          .update();

      assertThat(writer.append(ids(2)).get().hasUpdatedSchema()).isTrue();
      writer.append(new JSONArray().put(new JSONObject().put("id", 3).put("more", "m"))).get();
    }
    assertThat(query("SELECT id FROM d.rows WHERE more = 'm'")).hasSize(1);
  }

  @Test
  void arrowIsRefusedByName() throws Exception {
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    StreamObserver<AppendRowsRequest> requests =
        BigQueryWriteGrpc.newStub(channel)
            .appendRows(
                new StreamObserver<>() {
                  @Override
                  public void onNext(AppendRowsResponse value) {}

                  @Override
                  public void onError(Throwable t) {
                    ended.complete(t);
                  }

                  @Override
                  public void onCompleted() {
                    ended.complete(new AssertionError("no failure"));
                  }
                });
    requests.onNext(
        AppendRowsRequest.newBuilder()
            .setWriteStream(DEFAULT)
            .setArrowRows(
                AppendRowsRequest.ArrowData.newBuilder()
                    .setRows(ArrowRecordBatch.getDefaultInstance()))
            .build());

    assertThat(ended.get(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
              assertThat(e).hasMessageContaining("arrow_rows");
            });
  }
}
