package dev.sluice.emulators.bigquery;

import com.google.cloud.bigquery.storage.v1.AvroSchema;
import com.google.cloud.bigquery.storage.v1.BigQueryReadGrpc;
import com.google.cloud.bigquery.storage.v1.CreateReadSessionRequest;
import com.google.cloud.bigquery.storage.v1.DataFormat;
import com.google.cloud.bigquery.storage.v1.ReadRowsRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsResponse;
import com.google.cloud.bigquery.storage.v1.ReadSession;
import com.google.cloud.bigquery.storage.v1.ReadStream;
import com.google.cloud.bigquery.storage.v1.SplitReadStreamRequest;
import com.google.cloud.bigquery.storage.v1.SplitReadStreamResponse;
import com.google.cloud.bigquery.storage.v1.StreamStats;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * google.cloud.bigquery.storage.v1.BigQueryRead. A session is a table at a moment and a range of it
 * for each stream; rows are read when they are asked for, and refused once the table was changed so
 * that they are not known any more. Sessions are in memory.
 */
final class ReadService extends BigQueryReadGrpc.BigQueryReadImplBase {
  private static final Duration KEPT = Duration.ofHours(6);
  private static final int ROWS_A_QUERY = 20_000;
  private static final int BYTES_AN_ANSWER = 1 << 20;

  /**
   * @param restriction DuckDB's condition over {@code t}
   * @param bounds stream i has the rows whose {@code rowid} lies in [bounds[i], bounds[i + 1])
   */
  private record Session(
      Store.Snapshot snapshot,
      List<Field> fields,
      String restriction,
      List<Long> bounds,
      Instant expires) {}

  private final Store store;
  private final ExecutorService workers;
  private final Map<String, Session> sessions = new ConcurrentHashMap<>();

  /**
   * @param workers platform threads, as DuckDB's calls hold theirs
   */
  ReadService(Store store, ExecutorService workers) {
    this.store = store;
    this.workers = workers;
  }

  @Override
  public void createReadSession(
      CreateReadSessionRequest request, StreamObserver<ReadSession> response) {
    workers.execute(() -> {
      ReadSession session;
      try {
        session = create(request);
      } catch (RuntimeException e) {
        response.onError(StorageErrors.of(e));
        return;
      }
      response.onNext(session);
      response.onCompleted();
    });
  }

  private ReadSession create(CreateReadSessionRequest request) {
    ReadSession asked = request.getReadSession();
    ReadSession.TableReadOptions options = asked.getReadOptions();
    if (asked.getDataFormat() != DataFormat.AVRO) {
      throw asked.getDataFormat() == DataFormat.DATA_FORMAT_UNSPECIFIED
          ? StorageErrors.invalid("read_session.data_format must be given")
          : StorageErrors.unsupported(
              "CreateReadSession with data_format " + asked.getDataFormat());
    }
    if (options.hasSamplePercentage()) {
      throw StorageErrors.unsupported("CreateReadSession with sample_percentage");
    }
    if (options.getResponseCompressionCodecValue() != 0) {
      throw StorageErrors.unsupported("CreateReadSession with response_compression_codec");
    }
    StreamName name = StreamName.of(asked.getTable(), StreamName.DEFAULT);
    Store.Table table = store.needTable(name.project(), name.dataset(), name.table());
    if (table.viewSql() != null) {
      throw StorageErrors.invalid(
          "request failed: non-table entities cannot be read with the storage API: "
              + asked.getTable());
    }
    List<Field> fields = selected(table, options.getSelectedFieldsList());
    String restriction = restriction(table, options.getRowRestriction());
    Timestamp at = asked.getTableModifiers().getSnapshotTime();
    Store.Snapshot snapshot =
        store.snapshot(
            table,
            asked.getTableModifiers().hasSnapshotTime()
                ? Instant.ofEpochSecond(at.getSeconds(), at.getNanos())
                : null);
    check(snapshot, restriction);

    List<Long> bounds = bounds(request, snapshot);
    Instant now = Instant.now();
    sessions.values().removeIf(session -> session.expires().isBefore(now));
    String id =
        request.getParent()
            + "/locations/us/sessions/"
            + UUID.randomUUID().toString().replace("-", "");
    Instant expires = now.plus(KEPT);
    sessions.put(id, new Session(snapshot, fields, restriction, bounds, expires));
    ReadSession.Builder out =
        asked.toBuilder()
            .setName(id)
            .setExpireTime(Timestamp.newBuilder().setSeconds(expires.getEpochSecond()))
            .setAvroSchema(AvroSchema.newBuilder().setSchema(new AvroRows(fields).schema()))
            .setEstimatedRowCount(snapshot.rows())
            .setEstimatedTotalBytesScanned(store.bytes(snapshot.table()));
    for (int i = 0; i < bounds.size() - 1; i++) {
      out.addStreams(ReadStream.newBuilder().setName(id + "/streams/" + i));
    }
    return out.build();
  }

  /** Whole columns in the table's order; none named means all. */
  private static List<Field> selected(Store.Table table, List<String> names) {
    for (String name : names) {
      if (name.contains(".")) {
        throw StorageErrors.unsupported("CreateReadSession with the selected field " + name);
      }
      if (Store.find(table.fields(), name) == null) {
        throw StorageErrors.invalid(
            "request failed: The following selected fields do not exist in the table schema: "
                + name);
      }
    }
    List<Field> fields =
        table.fields().stream()
            .filter(
                field -> names.isEmpty() || names.stream().anyMatch(field.name()::equalsIgnoreCase))
            .toList();
    for (Field field : fields) {
      if (field.type().item().is(Kind.INTERVAL)) {
        throw StorageErrors.unsupported("reading INTERVAL column " + field.name());
      }
    }
    return fields;
  }

  private static String restriction(Store.Table table, String text) {
    if (text.isBlank()) {
      return "TRUE";
    }
    String sql = "DELETE FROM `t` WHERE " + text;
    try {
      if (!(Parser.statement(sql) instanceof Ast.Delete parsed)) {
        throw new IllegalStateException("a DELETE is a DELETE");
      }
      Sql condition =
          new Translator(
                  sql,
                  path -> {
                    throw ApiError.invalidQuery("Subqueries are not allowed");
                  },
                  Map.of(),
                  Instant.now())
              .over(
                  new Translator.Source(table.table(), "t", table.fields(), null, table.project()),
                  null,
                  "t",
                  parsed.where());
      if (!condition.type().is(Kind.BOOL)) {
        throw ApiError.invalidQuery("WHERE clause should return type BOOL");
      }
      return condition.text();
    } catch (ApiError e) {
      throw StorageErrors.invalid(
          "request failed: Row filter for "
              + table.name()
              + " is invalid. Filter is '"
              + text
              + "': "
              + e.text());
    }
  }

  /** Lets DuckDB look at the condition before a stream is promised. */
  private void check(Store.Snapshot snapshot, String restriction) {
    store.transaction(connection -> {
      connection
          .prepareStatement(
              "SELECT 1 FROM "
                  + snapshot.table().physical()
                  + " AS t WHERE "
                  + snapshot.holds()
                  + " AND ("
                  + restriction
                  + ")")
          .close();
      return null;
    });
  }

  private static List<Long> bounds(CreateReadSessionRequest request, Store.Snapshot snapshot) {
    long wanted =
        request.getMaxStreamCount() > 0
            ? request.getMaxStreamCount()
            : Math.max(1, request.getPreferredMinStreamCount());
    long streams = Math.min(wanted, snapshot.rows());
    List<Long> bounds = new ArrayList<>();
    bounds.add(0L);
    for (long i = 1; i <= streams; i++) {
      bounds.add(snapshot.end() * i / streams);
    }
    return bounds;
  }

  @Override
  public void splitReadStream(
      SplitReadStreamRequest request, StreamObserver<SplitReadStreamResponse> response) {
    response.onError(StorageErrors.unsupported("SplitReadStream"));
  }

  @Override
  public void readRows(ReadRowsRequest request, StreamObserver<ReadRowsResponse> response) {
    ServerCallStreamObserver<ReadRowsResponse> out =
        (ServerCallStreamObserver<ReadRowsResponse>) response;
    Object ready = new Object();
    Runnable wake =
        () -> {
          synchronized (ready) {
            ready.notifyAll();
          }
        };
    out.setOnReadyHandler(wake);
    out.setOnCancelHandler(wake);
    workers.execute(() -> {
      try {
        new Reader(out, ready).read(request);
        if (!out.isCancelled()) {
          out.onCompleted();
        }
      } catch (RuntimeException e) {
        if (!out.isCancelled()) {
          out.onError(StorageErrors.of(e));
        }
      }
    });
  }

  /** Sends one stream's rows as fast as its client takes them. */
  private final class Reader {
    private final ServerCallStreamObserver<ReadRowsResponse> out;
    private final Object ready;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private @Nullable String schema;
    private long rows;

    Reader(ServerCallStreamObserver<ReadRowsResponse> out, Object ready) {
      this.out = out;
      this.ready = ready;
    }

    void read(ReadRowsRequest request) {
      int mark = request.getReadStream().lastIndexOf("/streams/");
      Session session = mark < 0 ? null : sessions.get(request.getReadStream().substring(0, mark));
      int index = session == null ? -1 : index(request.getReadStream().substring(mark + 9));
      if (session == null || index < 0 || index >= session.bounds().size() - 1) {
        throw StorageErrors.exception(
            StorageErrors.status(
                Code.NOT_FOUND,
                "Stream "
                    + request.getReadStream()
                    + " not found; sessions end after "
                    + KEPT.toHours()
                    + " hours and with the emulator"));
      }
      AvroRows avro = new AvroRows(session.fields());
      schema = avro.schema();
      long skip = request.getOffset();
      long end = session.bounds().get(index + 1);
      for (long from = session.bounds().get(index); from < end; from += ROWS_A_QUERY) {
        if (out.isCancelled()) {
          return;
        }
        long to = Math.min(end, from + ROWS_A_QUERY);
        if (skip > 0) {
          long passed = count(session, from, to);
          if (passed <= skip) {
            skip -= passed;
            continue;
          }
        }
        List<List<@Nullable Object>> found = rows(session, avro, from, to);
        for (List<@Nullable Object> row : found.subList((int) skip, found.size())) {
          avro.write(row, bytes);
          rows++;
          if (bytes.size() >= BYTES_AN_ANSWER) {
            send();
          }
        }
        skip = 0;
        send();
      }
      if (skip > 0) {
        throw StorageErrors.exception(
            StorageErrors.status(
                Code.OUT_OF_RANGE,
                "The offset " + request.getOffset() + " is beyond the end of the stream"));
      }
    }

    private static int index(String text) {
      return text.matches("\\d{1,6}") ? Integer.parseInt(text) : -1;
    }

    private static String where(Session session, long from, long to) {
      return String.format(
          Locale.ROOT,
          " FROM %s AS t WHERE t.rowid >= %d AND t.rowid < %d AND %s AND (%s)",
          session.snapshot().table().physical(),
          from,
          to,
          session.snapshot().holds(),
          session.restriction());
    }

    private long count(Session session, long from, long to) {
      return known(
          session,
          "SELECT count(*)" + where(session, from, to),
          found -> {
            found.next();
            return found.getLong(1);
          });
    }

    private List<List<@Nullable Object>> rows(Session session, AvroRows avro, long from, long to) {
      String sql = "SELECT " + avro.columns() + where(session, from, to) + " ORDER BY t.rowid";
      int columns = session.fields().size();
      return known(
          session,
          sql,
          found -> {
            List<List<@Nullable Object>> out0 = new ArrayList<>();
            while (found.next()) {
              List<@Nullable Object> row = new ArrayList<>(columns);
              for (int i = 1; i <= columns; i++) {
                row.add(Rows.detach(found.getObject(i)));
              }
              out0.add(row);
            }
            return out0;
          });
    }

    private <T> T known(Session session, String sql, Found<T> work) {
      return store.reading(connection -> {
        if (!store.holds(session.snapshot())) {
          throw StorageErrors.exception(
              StorageErrors.status(
                  Code.FAILED_PRECONDITION,
                  "Table "
                      + session.snapshot().table().name()
                      + " was replaced or changed by UPDATE or DELETE since this session began:"
                      + " the emulator does not keep what was before."));
        }
        try (Statement statement = connection.createStatement();
            ResultSet found = statement.executeQuery(sql)) {
          return work.read(found);
        }
      });
    }

    private void send() {
      if (rows == 0) {
        return;
      }
      ReadRowsResponse.Builder answer =
          ReadRowsResponse.newBuilder()
              .setAvroRows(
                  com.google.cloud.bigquery.storage.v1.AvroRows.newBuilder()
                      .setSerializedBinaryRows(ByteString.copyFrom(bytes.toByteArray())))
              .setRowCount(rows)
              .setStats(
                  StreamStats.newBuilder().setProgress(StreamStats.Progress.getDefaultInstance()));
      if (schema != null) {
        answer.setAvroSchema(AvroSchema.newBuilder().setSchema(schema));
        schema = null;
      }
      bytes.reset();
      rows = 0;
      synchronized (ready) {
        while (!out.isReady() && !out.isCancelled()) {
          try {
            ready.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageErrors.exception(StorageErrors.status(Code.UNAVAILABLE, "shutting down"));
          }
        }
      }
      if (!out.isCancelled()) {
        out.onNext(answer.build());
      }
    }
  }

  private interface Found<T> {
    T read(ResultSet found) throws SQLException;
  }
}
