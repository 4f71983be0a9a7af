package dev.sluice.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.cloud.bigquery.storage.v1.AppendRowsRequest;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.AvroRows;
import com.google.cloud.bigquery.storage.v1.BigQueryReadGrpc;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteClient;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteGrpc;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteSettings;
import com.google.cloud.bigquery.storage.v1.GetWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsResponse;
import com.google.cloud.bigquery.storage.v1.TableFieldSchema;
import com.google.cloud.bigquery.storage.v1.TableSchema;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.protobuf.ByteString;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows and tables where BigQuery's Storage API answers late, breaks off or refuses. */
final class StorageApiTest {
  private final List<Integer> appended = new CopyOnWriteArrayList<>();
  private final List<Boolean> schemas = new CopyOnWriteArrayList<>();
  private final Deque<Status> failures = new ConcurrentLinkedDeque<>();
  private final List<Long> offsets = new CopyOnWriteArrayList<>();
  private final Deque<List<Integer>> reads = new ArrayDeque<>();
  private volatile CountDownLatch hold = new CountDownLatch(0);
  private Server server;
  private GoogleClients clients;

  @BeforeEach
  void start() throws IOException {
    serve(0);
    clients =
        new GoogleClients(
            new CloudConfiguration(
                "test", null, null, null, "127.0.0.1:" + server.getPort(), null, null, null),
            new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(1500)),
            Clock.systemUTC());
  }

  private void serve(int port) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .maxInboundMessageSize(20_000_000)
            .addService(new Write())
            .addService(new Read())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    hold.countDown();
    clients.close();
    server.shutdownNow();
  }

  private final class Write extends BigQueryWriteGrpc.BigQueryWriteImplBase {
    @Override
    public void getWriteStream(
        GetWriteStreamRequest request, StreamObserver<WriteStream> response) {
      response.onNext(
          WriteStream.newBuilder()
              .setName(request.getName())
              .setTableSchema(
                  TableSchema.newBuilder()
                      .addFields(
                          TableFieldSchema.newBuilder()
                              .setName("id")
                              .setType(TableFieldSchema.Type.INT64)
                              .setMode(TableFieldSchema.Mode.NULLABLE)))
              .build());
      response.onCompleted();
    }

    @Override
    public StreamObserver<AppendRowsRequest> appendRows(
        StreamObserver<AppendRowsResponse> response) {
      return new StreamObserver<>() {
        private boolean over;

        @Override
        public void onNext(AppendRowsRequest request) {
          if (over) {
            return;
          }
          Status failure = failures.poll();
          if (failure != null) {
            over = true;
            response.onError(failure.asRuntimeException());
            return;
          }
          appended.add(request.getProtoRows().getRows().getSerializedRowsCount());
          schemas.add(request.getProtoRows().hasWriterSchema());
          try {
            if (!hold.await(20, TimeUnit.SECONDS)) {
              throw new IllegalStateException("nobody let go");
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          response.onNext(
              AppendRowsResponse.newBuilder()
                  .setAppendResult(AppendRowsResponse.AppendResult.getDefaultInstance())
                  .build());
        }

        @Override
        public void onError(Throwable t) {
          over = true;
        }

        @Override
        public void onCompleted() {
          response.onCompleted();
        }
      };
    }
  }

  /** Each read gives blocks of these numbers of rows; a 0 breaks the connection. */
  private final class Read extends BigQueryReadGrpc.BigQueryReadImplBase {
    @Override
    public void readRows(ReadRowsRequest request, StreamObserver<ReadRowsResponse> response) {
      offsets.add(request.getOffset());
      for (int rows : reads.remove()) {
        if (rows == 0) {
          response.onError(Status.UNAVAILABLE.asRuntimeException());
          return;
        }
        response.onNext(
            ReadRowsResponse.newBuilder()
                .setRowCount(rows)
                .setAvroRows(
                    AvroRows.newBuilder()
                        .setSerializedBinaryRows(ByteString.copyFrom(new byte[rows])))
                .build());
      }
      response.onCompleted();
    }
  }

  @Test
  void whatComesWhileARequestIsUnderWayGoesTogetherInTheNext() throws Exception {
    RowWriter rows = clients.rows();
    rows.append("d.t", List.of(Map.of("id", 0)));
    hold = new CountDownLatch(1);
    List<Future<?>> calls = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        calls.add(threads.submit(() -> rows.append("d.t", List.of(Map.of("id", 1)))));
      }
      // Two requests may be under way; the others' rows wait meanwhile.
      while (appended.size() < 2) {
        Thread.onSpinWait();
      }
      hold.countDown();
    }
    for (Future<?> call : calls) {
      call.get();
    }

    assertThat(appended.stream().mapToInt(Integer::intValue).sum()).isEqualTo(201);
    assertThat(appended).hasSizeLessThan(100);
    assertThat(schemas).startsWith(true);
    assertThat(schemas.subList(1, schemas.size())).containsOnly(false);
  }

  @Test
  void anAppendOverABrokenConnectionIsMadeAgain() {
    failures.add(Status.UNAVAILABLE);
    failures.add(Status.ABORTED);

    clients.rows().append("d.t", List.of(Map.of("id", 1), Map.of("id", 2)));

    assertThat(appended).containsExactly(2);
  }

  @Test
  void aBigQueryThatStaysAwayIsUnavailableAndARefusalIsNot() {
    failures.add(Status.PERMISSION_DENIED.withDescription("not you"));
    assertThatThrownBy(() -> clients.rows().append("d.t", List.of(Map.of("id", 1))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("not you")
        .hasMessageContaining("grant");
    for (int i = 0; i < 1000; i++) {
      failures.add(Status.UNAVAILABLE);
    }
    assertThatThrownBy(() -> clients.rows().append("d.t", List.of(Map.of("id", 1))))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("d.t");
    assertThat(appended).isEmpty();
  }

  @Test
  void aBigQueryThatIsNotThereAtFirstTakesRowsOnceItIs() throws Exception {
    int port = server.getPort();
    server.shutdownNow().awaitTermination();
    RowWriter rows = clients.rows();
    assertThatThrownBy(() -> rows.append("d.t", List.of(Map.of("id", 1))))
        .isInstanceOf(Unavailable.class);

    serve(port);

    appendUntilStored(rows);
    // And again for a writer that knew the table before.
    server.shutdownNow().awaitTermination();
    assertThatThrownBy(() -> rows.append("d.t", List.of(Map.of("id", 2))))
        .isInstanceOf(Unavailable.class);
    serve(port);
    appendUntilStored(rows);
    assertThat(appended).containsExactly(1, 1);
  }

  /** The client waits about a second and longer before it tries a server again. */
  private static void appendUntilStored(RowWriter rows) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (true) {
      try {
        rows.append("d.t", List.of(Map.of("id", 3)));
        return;
      } catch (Unavailable e) {
        assertThat(System.nanoTime()).as(e.getMessage()).isLessThan(end);
      }
    }
  }

  @Test
  void rowsForWhichNoConnectionOpensFailAtOnceAndTheNextOpensOne() throws Exception {
    AtomicReference<@Nullable RuntimeException> refusal =
        new AtomicReference<>(new IllegalStateException("no client"));
    AtomicInteger asked = new AtomicInteger();
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    try (BigQueryWriteClient client =
            BigQueryWriteClient.create(
                BigQueryWriteSettings.newBuilder()
                    .setTransportChannelProvider(
                        FixedTransportChannelProvider.create(GrpcTransportChannel.create(channel)))
                    .setCredentialsProvider(NoCredentialsProvider.create())
                    .build());
        StorageRowWriter rows =
            new StorageRowWriter(
                () -> {
                  // The first asks for the table's schema, the others open connections.
                  RuntimeException why = asked.getAndIncrement() == 0 ? null : refusal.get();
                  if (why != null) {
                    throw why;
                  }
                  return client;
                },
                "p",
                new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofSeconds(1)))) {
      assertThatThrownBy(() -> rows.append("d.t", List.of(Map.of("id", 1))))
          .isInstanceOf(Unavailable.class)
          .hasMessageContaining("could not connect to BigQuery for rows of d.t")
          .hasMessageContaining("no client");
      refusal.set(new Bug("no credentials; log in first"));
      assertThatThrownBy(() -> rows.append("d.t", List.of(Map.of("id", 2))))
          .isInstanceOf(Bug.class)
          .hasMessageContaining("no credentials");
      refusal.set(null);

      rows.append("d.t", List.of(Map.of("id", 3)));

      // What failed does not come later.
      assertThat(appended).containsExactly(1);
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void aReadGoesOnWhereItsConnectionBroke() {
    reads.add(List.of(3, 2, 0));
    reads.add(List.of(0));
    reads.add(List.of(4));
    List<TableStream.Block> blocks = new ArrayList<>();

    try (TableStream.Blocks stream = clients.tables("d").read(new TableStream("s", "{}"), 10)) {
      for (TableStream.Block block = stream.next(); block != null; block = stream.next()) {
        blocks.add(block);
      }
    }

    assertThat(blocks).extracting(TableStream.Block::count).containsExactly(3L, 2L, 4L);
    assertThat(blocks).extracting(TableStream.Block::offset).containsExactly(10L, 13L, 15L);
    assertThat(offsets).containsExactly(10L, 15L, 15L);
  }
}
