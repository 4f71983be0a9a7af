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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A wire to a gRPC server that can be cut: every unary call is shown to a gate as bytes and passed
 * on. Streams are not spoken, as functions only publish. A reset is told as UNAVAILABLE, which is
 * what a client makes of one.
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
    this.upstream = ManagedChannelBuilder.forTarget(target).usePlaintext().build();
    this.server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), /* port= */ 0))
            .executor(threads)
            .fallbackHandlerRegistry(new Any(gate))
            .build()
            .start();
  }

  static MessageProxy open(String target, Gate gate) throws IOException {
    return new MessageProxy(target, gate);
  }

  /** As {@code PUBSUB_EMULATOR_HOST}. */
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
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
              .setFullMethodName(name)
              .setType(MethodDescriptor.MethodType.UNARY)
              .build();
      return ServerMethodDefinition.create(
          method,
          ServerCalls.asyncUnaryCall((request, observer) -> call(method, request, observer)));
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
          throw Status.UNAVAILABLE.withDescription("connection reset").asRuntimeException();
        }
        observer.onNext(answer);
        observer.onCompleted();
      } catch (StatusRuntimeException e) {
        observer.onError(e);
      } catch (IOException e) {
        observer.onError(
            Status.UNAVAILABLE
                .withDescription(String.valueOf(e.getMessage()))
                .asRuntimeException());
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
