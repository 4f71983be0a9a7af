package dev.sluice.localcloud.faults;

import io.grpc.CallOptions;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A wire to a gRPC server that can be cut: every unary call is shown to a gate as bytes and passed
 * on, every message of an append stream with its answer, every read stream as a whole. A reset is
 * told as UNAVAILABLE, which is what a client makes of one.
 */
final class MessageProxy implements AutoCloseable {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private static final int LARGEST_MESSAGE = 128 << 20;

  /** What a read that has come to its end answers, as its rows are passed on meanwhile. */
  private static final byte[] NOTHING = {};

  private final ManagedChannel upstream;
  private final Server server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Decides what becomes of a call. */
  @FunctionalInterface
  interface Gate {
    /** The answer, or null to reset the connection. */
    byte @Nullable [] pass(String method, FaultInjector.Forward<byte[]> forward) throws IOException;
  }

  private MessageProxy(String target, Gate gate) throws IOException {
    this.upstream =
        ManagedChannelBuilder.forTarget(target)
            .usePlaintext()
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .build();
    this.server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), /* port= */ 0))
            .executor(threads)
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .fallbackHandlerRegistry(new Any(gate))
            .build()
            .start();
  }

  static MessageProxy open(String target, Gate gate) throws IOException {
    return new MessageProxy(target, gate);
  }

  /** As {@code PUBSUB_EMULATOR_HOST} and {@code BIGQUERY_STORAGE_EMULATOR_HOST}. */
  String host() {
    return "127.0.0.1:" + server.getPort();
  }

  /** Takes every method there is. */
  private final class Any extends HandlerRegistry {
    private final Gate gate;

    Any(Gate gate) {
      this.gate = gate;
    }

    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
      MethodDescriptor.MethodType type =
          name.endsWith("/AppendRows")
              ? MethodDescriptor.MethodType.BIDI_STREAMING
              : name.endsWith("/ReadRows")
                  ? MethodDescriptor.MethodType.SERVER_STREAMING
                  : MethodDescriptor.MethodType.UNARY;
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
              .setFullMethodName(name)
              .setType(type)
              .build();
      return ServerMethodDefinition.create(
          method,
          switch (type) {
            case BIDI_STREAMING ->
                ServerCalls.asyncBidiStreamingCall(observer -> new Appending(method, observer));
            case SERVER_STREAMING ->
                ServerCalls.asyncServerStreamingCall(
                    (request, observer) -> read(method, request, observer));
            default ->
                ServerCalls.asyncUnaryCall((request, observer) -> call(method, request, observer));
          });
    }

    private void read(
        MethodDescriptor<byte[], byte[]> method, byte[] request, StreamObserver<byte[]> observer) {
      try {
        byte[] end =
            gate.pass(
                method.getFullMethodName(),
                () -> {
                  ClientCalls.blockingServerStreamingCall(
                          upstream, method, CallOptions.DEFAULT, request)
                      .forEachRemaining(observer::onNext);
                  return NOTHING;
                });
        if (end == null) {
          throw reset();
        }
        observer.onCompleted();
      } catch (StatusRuntimeException e) {
        observer.onError(e);
      } catch (IOException e) {
        observer.onError(broken(e));
      }
    }

    /** A stream of messages, each of which has one answer, in order. */
    private final class Appending implements StreamObserver<byte[]> {
      private final MethodDescriptor<byte[], byte[]> method;
      private final StreamObserver<byte[]> caller;
      private final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
      private final StreamObserver<byte[]> service;
      private boolean over;

      Appending(MethodDescriptor<byte[], byte[]> method, StreamObserver<byte[]> caller) {
        this.method = method;
        this.caller = caller;
        this.service =
            ClientCalls.asyncBidiStreamingCall(
                upstream.newCall(method, CallOptions.DEFAULT),
                new StreamObserver<>() {
                  @Override
                  public void onNext(byte[] answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable t) {
                    answers.add(Status.fromThrowable(t).asRuntimeException());
                  }

                  @Override
                  public void onCompleted() {
                    answers.add(reset());
                  }
                });
      }

      @Override
      public void onNext(byte[] message) {
        if (over) {
          return;
        }
        try {
          byte[] answer =
              gate.pass(
                  method.getFullMethodName(),
                  () -> {
                    service.onNext(message);
                    return answer();
                  });
          if (answer == null) {
            throw reset();
          }
          caller.onNext(answer);
        } catch (StatusRuntimeException e) {
          end(e);
        } catch (IOException e) {
          end(broken(e));
        }
      }

      private byte[] answer() {
        try {
          Object answer = answers.poll(60, TimeUnit.SECONDS);
          if (answer instanceof StatusRuntimeException failure) {
            throw failure;
          }
          if (answer instanceof byte[] bytes) {
            return bytes;
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        throw reset();
      }

      private void end(StatusRuntimeException failure) {
        over = true;
        caller.onError(failure);
        service.onError(Status.CANCELLED.asRuntimeException());
      }

      @Override
      public void onError(Throwable t) {
        over = true;
        service.onError(Status.CANCELLED.asRuntimeException());
      }

      @Override
      public void onCompleted() {
        if (!over) {
          over = true;
          service.onCompleted();
          caller.onCompleted();
        }
      }
    }

    private static StatusRuntimeException reset() {
      return Status.UNAVAILABLE.withDescription("connection reset").asRuntimeException();
    }

    private static StatusRuntimeException broken(IOException e) {
      return Status.UNAVAILABLE
          .withDescription(String.valueOf(e.getMessage()))
          .asRuntimeException();
    }

    private void call(
        MethodDescriptor<byte[], byte[]> method, byte[] request, StreamObserver<byte[]> observer) {
      try {
        byte[] answer =
            gate.pass(
                method.getFullMethodName(),
                () ->
                    ClientCalls.blockingUnaryCall(
                        upstream,
                        method,
                        CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                        request));
        if (answer == null) {
          throw reset();
        }
        observer.onNext(answer);
        observer.onCompleted();
      } catch (StatusRuntimeException e) {
        observer.onError(e);
      } catch (IOException e) {
        observer.onError(broken(e));
      }
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    upstream.shutdownNow();
    threads.shutdownNow();
  }
}
