package dev.sluice.emulators.bigquery;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** BigQuery's Storage API, gRPC on loopback. */
final class StorageServer implements AutoCloseable {
  private static final int LARGEST_MESSAGE = 20 * 1024 * 1024;

  private final Appends appends;
  private final Server server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  StorageServer(Store store, ExecutorService workers, int port) throws IOException {
    this.appends = new Appends(store);
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .executor(threads)
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(new WriteService(store, appends))
            .addService(new ReadService(store, workers))
            .build();
    try {
      server.start();
    } catch (IOException e) {
      appends.close();
      throw e;
    }
  }

  String host() {
    return "127.0.0.1:" + server.getPort();
  }

  /** Takes no more calls, stores what was taken, and ends. */
  @Override
  public void close() {
    server.shutdownNow();
    appends.close();
    threads.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
