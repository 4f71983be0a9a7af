package dev.sluice.gcp;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ClientStream;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.StreamController;
import com.google.cloud.bigquery.storage.v1.AppendRowsRequest;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteClient;
import com.google.cloud.bigquery.storage.v1.GetWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.ProtoRows;
import com.google.cloud.bigquery.storage.v1.RowError;
import com.google.cloud.bigquery.storage.v1.WriteStreamView;
import com.google.protobuf.ByteString;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rows through the default stream of BigQuery's Storage Write API, one connection a table.
 *
 * <p>What callers bring while requests are under way waits and goes together in the next: the more
 * callers, the larger the requests, and a lone caller waits for nobody. All work is done for a
 * caller that waits for it, so nothing is lost where a function has no CPU between its calls.
 */
final class StorageRowWriter implements RowWriter, AutoCloseable {
  /** A request may have 10 MB; a row that is larger alone is BigQuery's to refuse. */
  private static final long BYTES_A_REQUEST = 7_000_000;

  private static final int ROWS_A_REQUEST = 20_000;

  /** One is answered while the next is on its way. */
  private static final int REQUESTS_UNDER_WAY = 2;

  /** A connection that was quiet this long may be dead, as instances are frozen between calls. */
  private static final Duration STALE = Duration.ofSeconds(30);

  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

  private final Supplier<BigQueryWriteClient> client;
  private final String project;
  private final Backoff backoff;
  private final Map<String, TableStream> streams = new ConcurrentHashMap<>();

  /**
   * @param project of tables that are named without one
   */
  StorageRowWriter(Supplier<BigQueryWriteClient> client, String project, Backoff backoff) {
    this.client = client;
    this.project = project;
    this.backoff = backoff;
  }

  @Override
  public void append(String table, List<Map<String, @Nullable Object>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    streams.computeIfAbsent(table, this::open).append(rows);
  }

  private TableStream open(String table) {
    String[] path = table.split("\\.", -1);
    if (path.length < 2 || path.length > 3) {
      throw new Bug("table is '" + table + "' but must be [project.]dataset.table");
    }
    int dataset = path.length - 2;
    return new TableStream(
        table,
        "projects/%s/datasets/%s/tables/%s/streams/_default"
            .formatted(dataset == 0 ? project : path[0], path[dataset], path[dataset + 1]));
  }

  @Override
  public void close() {
    streams.values().forEach(TableStream::close);
  }

  /** Rows of one caller that go together. */
  private static final class Entry {
    final RowEncoder encoder;
    final int first;
    final List<ByteString> rows = new ArrayList<>();
    final CompletableFuture<@Nullable SluiceException> done = new CompletableFuture<>();
    long bytes;

    /**
     * @param first the number of its first row in the caller's list
     */
    Entry(RowEncoder encoder, int first) {
      this.encoder = encoder;
      this.first = first;
    }

    boolean stored() {
      return done.isDone() && done.getNow(null) == null;
    }

    Entry again() {
      Entry copy = new Entry(encoder, first);
      copy.rows.addAll(rows);
      copy.bytes = bytes;
      return copy;
    }
  }

  /** The default stream of a table: its monitor guards it. */
  private final class TableStream {
    private final String table;
    private final String name;
    private final Deque<Entry> waiting = new ArrayDeque<>();
    private @Nullable RowEncoder encoder;
    private @Nullable Connection connection;

    TableStream(String table, String name) {
      this.table = table;
      this.name = name;
    }

    void append(List<Map<String, @Nullable Object>> rows) {
      List<Entry> entries = new ArrayList<>(encode(rows));
      backoff.retried(() -> {
        for (int i = 0; i < entries.size(); i++) {
          if (entries.get(i).done.isDone() && !entries.get(i).stored()) {
            entries.set(i, entries.get(i).again());
          }
        }
        send(entries.stream().filter(entry -> !entry.stored()).toList());
        return entries;
      });
    }

    private List<Entry> encode(List<Map<String, @Nullable Object>> rows) {
      RowEncoder known = encoder();
      try {
        return encode(known, rows);
      } catch (RowEncoder.UnknownColumn e) {
        // The table may have gained it since its schema was read.
        forget(known);
      }
      try {
        return encode(encoder(), rows);
      } catch (RowEncoder.UnknownColumn e) {
        throw new Bug(
            "table "
                + table
                + " has no column "
                + e.getMessage()
                + "; make the row and the table's schema agree",
            e);
      }
    }

    private static List<Entry> encode(
        RowEncoder encoder, List<Map<String, @Nullable Object>> rows) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        ByteString row = encoder.encode(i, rows.get(i));
        Entry last = entries.isEmpty() ? null : entries.getLast();
        if (last == null
            || last.bytes + row.size() > BYTES_A_REQUEST
            || last.rows.size() == ROWS_A_REQUEST) {
          last = new Entry(encoder, i);
          entries.add(last);
        }
        last.rows.add(row);
        last.bytes += row.size() + 6;
      }
      return entries;
    }

    private RowEncoder encoder() {
      synchronized (this) {
        if (encoder != null) {
          return encoder;
        }
      }
      RowEncoder read =
          backoff.retried(() -> {
            try {
              return RowEncoder.of(
                  table,
                  client
                      .get()
                      .getWriteStream(
                          GetWriteStreamRequest.newBuilder()
                              .setName(name)
                              .setView(WriteStreamView.FULL)
                              .build())
                      .getTableSchema());
            } catch (ApiException e) {
              throw error(e);
            }
          });
      synchronized (this) {
        encoder = read;
      }
      return read;
    }

    private synchronized void forget(RowEncoder old) {
      if (encoder == old) {
        encoder = null;
      }
    }

    private SluiceException error(ApiException e) {
      return StorageApi.error("append rows to " + table, e);
    }

    /** Sends and waits; throws what the first that failed says. */
    private void send(List<Entry> entries) {
      synchronized (this) {
        waiting.addAll(entries);
        pump();
      }
      SluiceException failure = null;
      for (Entry entry : entries) {
        SluiceException failed = await(entry);
        failure = failure instanceof Bug || failed == null ? failure : failed;
      }
      if (failure != null) {
        throw failure;
      }
    }

    private @Nullable SluiceException await(Entry entry) {
      try {
        return entry.done.get(
            Math.min(backoff.total().toMillis(), ANSWER_WITHIN.toMillis()), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        giveUp(entry);
        return new Unavailable(
            "BigQuery did not answer an append of rows to " + table + "; call again later", e);
      } catch (ExecutionException e) {
        throw new Bug("an append of rows to " + table + " ended in a way it never should", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Unavailable("interrupted while waiting for BigQuery; call again", e);
      }
    }

    private void giveUp(Entry entry) {
      Connection dead;
      synchronized (this) {
        waiting.remove(entry);
        dead = connection;
      }
      if (dead != null) {
        dead.cancel();
      }
    }

    /** Fills the requests that may be under way from what waits. Called with the monitor held. */
    private void pump() {
      while (!waiting.isEmpty()) {
        Connection now = connection;
        if (now != null && now.stale()) {
          now.stream.closeSend();
          now = null;
        }
        if (now == null) {
          connection = null;
          now = new Connection();
          try {
            now.open();
          } catch (RuntimeException e) {
            refuse(e);
            return;
          }
          connection = now;
        }
        if (now.underWay.size() >= REQUESTS_UNDER_WAY) {
          return;
        }
        List<Entry> group = new ArrayList<>();
        RowEncoder of = waiting.getFirst().encoder;
        long bytes = 0;
        int rows = 0;
        while (!waiting.isEmpty()
            && waiting.getFirst().encoder == of
            && (group.isEmpty()
                || (bytes + waiting.getFirst().bytes <= BYTES_A_REQUEST
                    && rows + waiting.getFirst().rows.size() <= ROWS_A_REQUEST))) {
          Entry entry = waiting.removeFirst();
          group.add(entry);
          bytes += entry.bytes;
          rows += entry.rows.size();
        }
        now.send(of, group);
      }
    }

    /** No connection came, so that nobody would answer what waits. */
    private void refuse(RuntimeException e) {
      SluiceException failure =
          e instanceof SluiceException known
              ? known
              : new Unavailable(
                  "could not connect to BigQuery for rows of "
                      + table
                      + ": "
                      + e
                      + "; call again later",
                  e);
      while (!waiting.isEmpty()) {
        waiting.removeFirst().done.complete(failure);
      }
    }

    synchronized void close() {
      if (connection != null) {
        connection.stream.closeSend();
        connection = null;
      }
    }

    /** One call of AppendRows; answers come in the order of requests. */
    private final class Connection implements ResponseObserver<AppendRowsResponse> {
      private final Deque<List<Entry>> underWay = new ArrayDeque<>();
      private ClientStream<AppendRowsRequest> stream;
      private @Nullable RowEncoder told;
      private long used = System.nanoTime();

      @SuppressWarnings("NullAway.Init")
      Connection() {}

      void open() {
        stream = client.get().appendRowsCallable().splitCall(this);
      }

      boolean stale() {
        return underWay.isEmpty() && System.nanoTime() - used > STALE.toNanos();
      }

      void send(RowEncoder encoder, List<Entry> group) {
        ProtoRows.Builder rows = ProtoRows.newBuilder();
        group.forEach(entry -> rows.addAllSerializedRows(entry.rows));
        AppendRowsRequest.ProtoData.Builder data =
            AppendRowsRequest.ProtoData.newBuilder().setRows(rows);
        AppendRowsRequest.Builder request = AppendRowsRequest.newBuilder();
        if (told != encoder) {
          request.setWriteStream(name).setTraceId("sluice");
          data.setWriterSchema(encoder.schema());
          told = encoder;
        }
        underWay.add(group);
        used = System.nanoTime();
        try {
          stream.send(request.setProtoRows(data).build());
        } catch (RuntimeException e) {
          // The connection has ended, and is about to say so.
          fail(new Unavailable("the connection to BigQuery is gone; call again later", e));
        }
      }

      void cancel() {
        stream.closeSendWithError(new CancellationException("no answer"));
        synchronized (TableStream.this) {
          fail(
              new Unavailable(
                  "BigQuery did not answer an append of rows to " + table + "; call again later"));
        }
      }

      @Override
      public void onStart(StreamController controller) {}

      @Override
      public void onResponse(AppendRowsResponse response) {
        synchronized (TableStream.this) {
          List<Entry> group = underWay.poll();
          if (group == null) {
            return;
          }
          used = System.nanoTime();
          if (response.hasUpdatedSchema()) {
            encoder = RowEncoder.of(table, response.getUpdatedSchema());
          }
          if (response.getRowErrorsCount() > 0) {
            refuse(group, response.getRowErrorsList());
          } else if (response.hasError()) {
            SluiceException failure =
                StorageApi.error(
                    "append rows to " + table,
                    response.getError().getCode(),
                    response.getError().getMessage(),
                    null);
            group.forEach(entry -> entry.done.complete(failure));
          } else {
            group.forEach(entry -> entry.done.complete(null));
          }
          pump();
        }
      }

      /**
       * Those whose rows do not fit fail; as none of the request is stored, the others go again.
       */
      private void refuse(List<Entry> group, List<RowError> errors) {
        Map<Entry, List<String>> refused = new HashMap<>();
        for (RowError error : errors) {
          long index = error.getIndex();
          for (Entry entry : group) {
            if (index < entry.rows.size()) {
              refused
                  .computeIfAbsent(entry, key -> new ArrayList<>())
                  .add("row " + (entry.first + index) + ": " + error.getMessage());
              break;
            }
            index -= entry.rows.size();
          }
        }
        for (Entry entry : group.reversed()) {
          List<String> why = refused.get(entry);
          if (why == null && !refused.isEmpty()) {
            waiting.addFirst(entry);
          } else {
            entry.done.complete(
                new Bug(
                    "BigQuery refused rows for "
                        + table
                        + ": "
                        + (why == null
                            ? errors.getFirst().getMessage()
                            : String.join("; ", why.subList(0, Math.min(5, why.size()))))
                        + "; make the row and the table's schema agree"));
          }
        }
      }

      @Override
      public void onError(Throwable t) {
        synchronized (TableStream.this) {
          // A table that is no longer what its schema said is read anew by the next call.
          encoder = null;
          fail(
              t instanceof ApiException e
                  ? error(e)
                  : new Unavailable(
                      "could not append rows to " + table + ": " + t + "; call again later", t));
          pump();
        }
      }

      @Override
      public void onComplete() {
        synchronized (TableStream.this) {
          fail(
              new Unavailable(
                  "BigQuery closed the connection for rows of " + table + "; call again later"));
          pump();
        }
      }

      /** All under way fail, and the next request opens a connection. */
      private void fail(SluiceException failure) {
        if (connection == this) {
          connection = null;
        }
        while (!underWay.isEmpty()) {
          underWay.poll().forEach(entry -> entry.done.complete(failure));
        }
      }
    }
  }
}
