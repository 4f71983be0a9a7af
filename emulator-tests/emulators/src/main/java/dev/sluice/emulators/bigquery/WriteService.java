package dev.sluice.emulators.bigquery;

import com.google.cloud.bigquery.storage.v1.AppendRowsRequest;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsRequest;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsResponse;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteGrpc;
import com.google.cloud.bigquery.storage.v1.CreateWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.FinalizeWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.FinalizeWriteStreamResponse;
import com.google.cloud.bigquery.storage.v1.FlushRowsRequest;
import com.google.cloud.bigquery.storage.v1.FlushRowsResponse;
import com.google.cloud.bigquery.storage.v1.GetWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.RowError;
import com.google.cloud.bigquery.storage.v1.StorageError;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.cloud.bigquery.storage.v1.WriteStreamView;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.Int64Value;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.sluice.emulators.bigquery.SqlType.Field;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * google.cloud.bigquery.storage.v1.BigQueryWrite. Rows of the default stream and of COMMITTED ones
 * are in the table when their append is answered. Streams that were made, and rows of PENDING and
 * BUFFERED ones that are not committed, are in memory alone.
 */
final class WriteService extends BigQueryWriteGrpc.BigQueryWriteImplBase {
  private static final int LARGEST_REQUEST = 10 * 1024 * 1024;

  /** A stream that a writer made; its monitor guards it. */
  private static final class Stream {
    private final StreamName name;
    private final WriteStream.Type type;
    private final Instant created = Instant.now();
    private final List<@Nullable Object[]> held = new ArrayList<>();
    private Store.@Nullable Table table;
    private long next;
    private long flushed;
    private boolean finalized;
    private @Nullable Instant committed;

    Stream(StreamName name, WriteStream.Type type) {
      this.name = name;
      this.type = type;
    }
  }

  private final Store store;
  private final Appends appends;
  private final Map<StreamName, Stream> streams = new ConcurrentHashMap<>();

  WriteService(Store store, Appends appends) {
    this.store = store;
    this.appends = appends;
  }

  private static <T> void answer(StreamObserver<T> response, Supplier<T> work) {
    T result;
    try {
      result = work.get();
    } catch (CompletionException e) {
      response.onError(StorageErrors.of(e.getCause() == null ? e : e.getCause()));
      return;
    } catch (RuntimeException e) {
      response.onError(StorageErrors.of(e));
      return;
    }
    response.onNext(result);
    response.onCompleted();
  }

  private Store.Table table(StreamName name) {
    Store.Table table = store.needTable(name.project(), name.dataset(), name.table());
    if (table.viewSql() != null) {
      throw StorageErrors.invalid("Cannot add rows to a table of type VIEW. Entity: " + name);
    }
    return table;
  }

  private Stream stream(StreamName name) {
    Stream found = streams.get(name);
    if (found == null) {
      throw StorageErrors.exception(
          StorageErrors.status(
              Code.NOT_FOUND,
              StorageErrorCode.STREAM_NOT_FOUND,
              "Requested stream is not found.",
              name.toString()));
    }
    return found;
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }

  private WriteStream resource(Stream stream, boolean withSchema) {
    WriteStream.Builder out =
        WriteStream.newBuilder()
            .setName(stream.name.toString())
            .setType(stream.type)
            .setCreateTime(timestamp(stream.created))
            .setWriteMode(WriteStream.WriteMode.INSERT)
            .setLocation("us");
    if (stream.committed != null) {
      out.setCommitTime(timestamp(stream.committed));
    }
    if (withSchema) {
      out.setTableSchema(StorageSchema.of(table(stream.name).fields()));
    }
    return out.build();
  }

  @Override
  public void getWriteStream(GetWriteStreamRequest request, StreamObserver<WriteStream> response) {
    answer(
        response,
        () -> {
          StreamName name = StreamName.parse(request.getName());
          table(name);
          Stream stream =
              name.isDefault() ? new Stream(name, WriteStream.Type.COMMITTED) : stream(name);
          synchronized (stream) {
            return resource(stream, request.getView() == WriteStreamView.FULL);
          }
        });
  }

  @Override
  public void createWriteStream(
      CreateWriteStreamRequest request, StreamObserver<WriteStream> response) {
    answer(
        response,
        () -> {
          WriteStream.Type type = request.getWriteStream().getType();
          if (type == WriteStream.Type.TYPE_UNSPECIFIED || type == WriteStream.Type.UNRECOGNIZED) {
            throw StorageErrors.invalid("write_stream.type must be COMMITTED, PENDING or BUFFERED");
          }
          StreamName name =
              StreamName.of(request.getParent(), UUID.randomUUID().toString().replace("-", ""));
          table(name);
          Stream stream = new Stream(name, type);
          WriteStream made = resource(stream, /* withSchema= */ true);
          streams.put(name, stream);
          return made;
        });
  }

  @Override
  public void finalizeWriteStream(
      FinalizeWriteStreamRequest request, StreamObserver<FinalizeWriteStreamResponse> response) {
    answer(
        response,
        () -> {
          StreamName name = StreamName.parse(request.getName());
          if (name.isDefault()) {
            throw StorageErrors.invalid("The default stream cannot be finalized. Entity: " + name);
          }
          Stream stream = stream(name);
          synchronized (stream) {
            stream.finalized = true;
            return FinalizeWriteStreamResponse.newBuilder().setRowCount(stream.next).build();
          }
        });
  }

  @Override
  public void flushRows(FlushRowsRequest request, StreamObserver<FlushRowsResponse> response) {
    answer(
        response,
        () -> {
          Stream stream = stream(StreamName.parse(request.getWriteStream()));
          synchronized (stream) {
            if (stream.type != WriteStream.Type.BUFFERED) {
              throw StorageErrors.invalid(
                  "FlushRows is for BUFFERED streams. Entity: " + stream.name);
            }
            long end = request.getOffset().getValue() + 1;
            if (end > stream.next) {
              throw StorageErrors.exception(
                  StorageErrors.status(
                      Code.OUT_OF_RANGE,
                      StorageErrorCode.OFFSET_OUT_OF_RANGE,
                      "The offset is beyond stream, stream has "
                          + stream.next
                          + " rows, received "
                          + (end - 1),
                      stream.name.toString()));
            }
            if (end > stream.flushed) {
              List<@Nullable Object[]> rows = stream.held.subList(0, (int) (end - stream.flushed));
              insert(List.of(new Appends.Batch(stream.table, List.copyOf(rows), failure -> {})));
              rows.clear();
              stream.flushed = end;
            }
            return FlushRowsResponse.newBuilder().setOffset(stream.flushed - 1).build();
          }
        });
  }

  /** Waits until the rows are stored, all of them or none. */
  private void insert(List<Appends.Batch> batches) {
    // DuckDB's calls hold their thread, so they run on the one that appends.
    CompletableFuture<@Nullable Void> stored = new CompletableFuture<>();
    appends.submit(
        new Appends.Batch(
            null,
            List.of(),
            ignored -> {
              try {
                store.stream(batches);
                stored.complete(null);
              } catch (RuntimeException e) {
                stored.completeExceptionally(e);
              }
            }));
    stored.join();
  }

  @Override
  public void batchCommitWriteStreams(
      BatchCommitWriteStreamsRequest request,
      StreamObserver<BatchCommitWriteStreamsResponse> response) {
    answer(response, () -> commit(request));
  }

  private synchronized BatchCommitWriteStreamsResponse commit(
      BatchCommitWriteStreamsRequest request) {
    BatchCommitWriteStreamsResponse.Builder out = BatchCommitWriteStreamsResponse.newBuilder();
    List<Stream> pending = new ArrayList<>();
    for (String text : request.getWriteStreamsList()) {
      StreamName name = StreamName.parse(text);
      if (!name.parent().equals(request.getParent())) {
        throw StorageErrors.invalid(
            "Stream " + text + " is not of the parent table " + request.getParent());
      }
      Stream stream = streams.get(name);
      StorageErrorCode wrong = null;
      if (stream == null) {
        wrong = StorageErrorCode.STREAM_NOT_FOUND;
      } else {
        synchronized (stream) {
          if (stream.type != WriteStream.Type.PENDING) {
            wrong = StorageErrorCode.INVALID_STREAM_TYPE;
          } else if (stream.committed != null) {
            wrong = StorageErrorCode.STREAM_ALREADY_COMMITTED;
          } else if (!stream.finalized) {
            wrong = StorageErrorCode.INVALID_STREAM_STATE;
          }
        }
      }
      if (wrong == null && stream != null) {
        pending.add(stream);
      } else if (wrong != null) {
        out.addStreamErrors(
            StorageError.newBuilder()
                .setCode(wrong)
                .setEntity(text)
                .setErrorMessage("Cannot commit the stream: " + wrong));
      }
    }
    if (out.getStreamErrorsCount() > 0) {
      return out.build();
    }
    insert(
        pending.stream()
            .map(stream -> new Appends.Batch(stream.table, stream.held, failure -> {}))
            .toList());
    Instant now = Instant.now();
    for (Stream stream : pending) {
      synchronized (stream) {
        stream.committed = now;
        stream.held.clear();
      }
    }
    return out.setCommitTime(timestamp(now)).build();
  }

  @Override
  public StreamObserver<AppendRowsRequest> appendRows(StreamObserver<AppendRowsResponse> response) {
    return new Connection(response);
  }

  /** One writer's connection: its requests one after the other, answers in the same order. */
  private final class Connection implements StreamObserver<AppendRowsRequest> {
    private final StreamObserver<AppendRowsResponse> responses;
    private @Nullable StreamName name;
    private @Nullable DescriptorProto type;
    private Store.@Nullable Table table;
    private @Nullable ProtoRows reader;
    private boolean ended;

    Connection(StreamObserver<AppendRowsResponse> responses) {
      this.responses = responses;
    }

    @Override
    public void onNext(AppendRowsRequest request) {
      if (ended) {
        return;
      }
      try {
        accept(request);
      } catch (RuntimeException e) {
        ended = true;
        StatusRuntimeException failure = StorageErrors.of(e);
        inTurn(() -> responses.onError(failure));
      }
    }

    @Override
    public void onError(Throwable t) {
      ended = true;
    }

    @Override
    public void onCompleted() {
      if (!ended) {
        ended = true;
        inTurn(responses::onCompleted);
      }
    }

    private void inTurn(Runnable work) {
      appends.submit(new Appends.Batch(null, List.of(), ignored -> work.run()));
    }

    private void accept(AppendRowsRequest request) {
      if (request.hasArrowRows()) {
        throw StorageErrors.unsupported("AppendRows with arrow_rows");
      }
      if (!request.hasProtoRows()) {
        throw StorageErrors.invalid("Rows must be specified.");
      }
      if (request.getSerializedSize() > LARGEST_REQUEST) {
        throw StorageErrors.invalid(
            "AppendRows request too large: "
                + request.getSerializedSize()
                + " limit "
                + LARGEST_REQUEST);
      }
      StreamName to = target(request);
      Store.Table now = table(to);
      List<Field> grown = List.of();
      if (table == null || !table.name().equals(now.name()) || reader == null) {
        reader = reader(now, to);
      } else if (!table.fields().equals(now.fields())) {
        grown = now.fields();
        reader = reader(now, to);
      }
      table = now;

      AppendRowsResponse.Builder answer =
          AppendRowsResponse.newBuilder().setWriteStream(to.toString());
      if (!grown.isEmpty()) {
        answer.setUpdatedSchema(StorageSchema.of(grown));
      }
      if (to.isDefault()) {
        if (request.hasOffset()) {
          throw StorageErrors.invalid(
              "The offset must not be set for the default stream. Entity: " + to);
        }
        List<@Nullable Object[]> rows = read(reader, request, answer, to);
        boolean refused = answer.getRowErrorsCount() > 0;
        store(now, rows, refused ? answer : answer.setAppendResult(result(-1)), refused);
      } else {
        explicit(stream(to), now, reader, request, answer);
      }
    }

    private StreamName target(AppendRowsRequest request) {
      StreamName to =
          request.getWriteStream().isEmpty() ? name : StreamName.parse(request.getWriteStream());
      if (to == null) {
        throw StorageErrors.invalid(
            "write_stream must be specified in the first request of a connection.");
      }
      if (request.getProtoRows().hasWriterSchema()) {
        DescriptorProto given = request.getProtoRows().getWriterSchema().getProtoDescriptor();
        if (!given.equals(type)) {
          type = given;
          reader = null;
        }
      } else if (type == null || !to.equals(name)) {
        throw StorageErrors.invalid(
            "Schema must be specified in the first request of a connection and where the stream"
                + " changes. Entity: "
                + to);
      }
      name = to;
      return to;
    }

    private ProtoRows reader(Store.Table of, StreamName to) {
      return ProtoRows.of(
          of, type == null ? DescriptorProto.getDefaultInstance() : type, to.toString());
    }

    private void explicit(
        Stream stream,
        Store.Table now,
        ProtoRows rowReader,
        AppendRowsRequest request,
        AppendRowsResponse.Builder answer) {
      String entity = stream.name.toString();
      synchronized (stream) {
        if (stream.finalized) {
          throw StorageErrors.exception(
              StorageErrors.status(
                  Code.INVALID_ARGUMENT,
                  StorageErrorCode.STREAM_FINALIZED,
                  "Stream has been finalized and cannot be appended.",
                  entity));
        }
        Status wrong = request.hasOffset() ? offset(stream, request.getOffset().getValue()) : null;
        if (wrong != null) {
          answer.setError(wrong);
          inTurn(() -> responses.onNext(answer.build()));
          return;
        }
        List<@Nullable Object[]> rows = read(rowReader, request, answer, stream.name);
        boolean refused = answer.getRowErrorsCount() > 0;
        if (!refused) {
          answer.setAppendResult(result(stream.next));
          stream.next += rows.size();
          stream.table = now;
          if (stream.type != WriteStream.Type.COMMITTED) {
            stream.held.addAll(rows);
            rows = List.of();
          }
        }
        store(now, rows, answer, refused);
      }
    }

    private @Nullable Status offset(Stream stream, long offset) {
      if (offset == stream.next) {
        return null;
      }
      boolean known = offset < stream.next;
      return StorageErrors.status(
          known ? Code.ALREADY_EXISTS : Code.OUT_OF_RANGE,
          known ? StorageErrorCode.OFFSET_ALREADY_EXISTS : StorageErrorCode.OFFSET_OUT_OF_RANGE,
          "The offset is "
              + (known ? "within" : "beyond")
              + " stream, expected offset "
              + stream.next
              + ", received "
              + offset,
          stream.name.toString());
    }

    private List<@Nullable Object[]> read(
        ProtoRows rowReader,
        AppendRowsRequest request,
        AppendRowsResponse.Builder answer,
        StreamName to) {
      List<ByteString> given = request.getProtoRows().getRows().getSerializedRowsList();
      List<@Nullable Object[]> rows = new ArrayList<>(given.size());
      for (int i = 0; i < given.size(); i++) {
        try {
          rows.add(rowReader.read(given.get(i)));
        } catch (Rows.Misfit e) {
          answer.addRowErrors(
              RowError.newBuilder()
                  .setIndex(i)
                  .setCode(RowError.RowErrorCode.FIELDS_ERROR)
                  .setMessage(String.valueOf(e.getMessage())));
        }
      }
      if (answer.getRowErrorsCount() > 0) {
        answer.setError(
            StorageErrors.status(
                Code.INVALID_ARGUMENT,
                "Errors found while processing rows. Please refer to the row_errors field for"
                    + " details. The list may not be complete because of the size limitations."
                    + " Entity: "
                    + to));
      }
      return rows;
    }

    private static AppendRowsResponse.AppendResult result(long offset) {
      AppendRowsResponse.AppendResult.Builder out = AppendRowsResponse.AppendResult.newBuilder();
      return offset < 0 ? out.build() : out.setOffset(Int64Value.of(offset)).build();
    }

    private void store(
        Store.Table into,
        List<@Nullable Object[]> rows,
        AppendRowsResponse.Builder answer,
        boolean refused) {
      appends.submit(
          new Appends.Batch(
              into,
              refused ? List.of() : rows,
              failure -> {
                if (failure != null) {
                  answer.setError(
                      io.grpc.protobuf.StatusProto.fromThrowable(StorageErrors.of(failure)));
                }
                responses.onNext(answer.build());
              }));
    }
  }
}
