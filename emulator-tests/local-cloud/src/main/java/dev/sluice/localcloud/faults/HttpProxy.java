package dev.sluice.localcloud.faults;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * A wire to an HTTP/1.1 server on this machine that can be cut: each request is read whole, shown
 * to a gate, and passed on over a connection that no other request uses meanwhile. Listens on the
 * loopback address.
 */
public final class HttpProxy implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(HttpProxy.class.getName());

  /** Far below the time after which a server closes what idles. */
  private static final long KEPT_NANOS = 2_000_000_000L;

  private final ServerSocket server;
  private final Upstream upstream;
  private final Gate gate;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final Deque<Idle> idle = new ConcurrentLinkedDeque<>();

  /** A connection to the server that nobody uses. */
  private record Idle(SocketAddress address, Socket socket, InputStream in, long since) {}

  /** Where the server is. */
  @FunctionalInterface
  public interface Upstream {
    /**
     * @throws IOException where there is none now; its message is answered with 503
     */
    SocketAddress address() throws IOException;
  }

  /** Passes a request on. */
  @FunctionalInterface
  interface Forward {
    HttpMessage send(HttpMessage request) throws IOException;
  }

  /** Decides what becomes of a request. */
  @FunctionalInterface
  interface Gate {
    /** The answer, or null to reset the connection. */
    @Nullable HttpMessage pass(HttpMessage request, Forward forward) throws IOException;
  }

  private HttpProxy(int port, Upstream upstream, Gate gate) throws IOException {
    this.upstream = upstream;
    this.gate = gate;
    this.server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
  }

  /**
   * A wire without faults.
   *
   * @param port 0 for a free one
   */
  public static HttpProxy open(int port, Upstream upstream) throws IOException {
    return open(port, upstream, (request, forward) -> forward.send(request));
  }

  static HttpProxy open(int port, Upstream upstream, Gate gate) throws IOException {
    HttpProxy proxy = new HttpProxy(port, upstream, gate);
    Thread.ofPlatform().daemon().name("wire-" + proxy.server.getLocalPort()).start(proxy::accept);
    return proxy;
  }

  /** Without a trailing slash. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        connections.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        if (!server.isClosed()) {
          LOG.log(System.Logger.Level.WARNING, "a connection was not taken", e);
        }
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(client.getInputStream());
      HttpMessage request;
      while ((request = HttpMessage.request(in)) != null) {
        HttpMessage response = response(request);
        if (response == null) {
          // Closing with a linger of zero sends RST instead of FIN.
          client.setSoLinger(true, 0);
          return;
        }
        boolean last = request.closes();
        boolean framed =
            !request.method().equals("HEAD")
                && response.status() != 204
                && response.status() != 304;
        response.with("Connection", last ? "close" : null).write(client.getOutputStream(), framed);
        if (last) {
          return;
        }
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a connection broke", e);
    } finally {
      connections.remove(client);
    }
  }

  private @Nullable HttpMessage response(HttpMessage request) {
    try {
      return gate.pass(request, this::forward);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, () -> request.start() + ": " + e);
      return null;
    }
  }

  private HttpMessage forward(HttpMessage request) throws IOException {
    SocketAddress address;
    try {
      address = upstream.address();
    } catch (IOException e) {
      return HttpMessage.answer(503, "text/plain; charset=utf-8", String.valueOf(e.getMessage()));
    }
    Idle kept = kept(address);
    Idle connection = kept == null ? connect(address) : kept;
    boolean keep = false;
    try {
      // An offer to speak HTTP/2 is for this hop alone.
      request
          .with("Connection", "keep-alive")
          .with("Upgrade", null)
          .with("HTTP2-Settings", null)
          .write(connection.socket().getOutputStream(), hasBody(request));
      HttpMessage response = HttpMessage.response(connection.in(), request.method());
      keep =
          !response.closes()
              && (response.header("Content-Length") != null
                  || response.header("Transfer-Encoding") != null
                  || response.status() == 204);
      String location = response.header("Location");
      String there = "http://127.0.0.1:" + ((InetSocketAddress) address).getPort();
      return location != null && location.startsWith(there + "/")
          ? response.with("Location", uri() + location.substring(there.length()))
          : response;
    } finally {
      if (keep && !server.isClosed()) {
        idle.addFirst(new Idle(address, connection.socket(), connection.in(), System.nanoTime()));
      } else {
        connection.socket().close();
      }
    }
  }

  /** A connection to where the server is now that was in use a moment ago, or null. */
  private @Nullable Idle kept(SocketAddress address) throws IOException {
    for (Idle last = idle.pollFirst(); last != null; last = idle.pollFirst()) {
      if (last.address().equals(address) && System.nanoTime() - last.since() < KEPT_NANOS) {
        return last;
      }
      last.socket().close();
    }
    return null;
  }

  private static Idle connect(SocketAddress address) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(address, 5_000);
      return new Idle(address, socket, new BufferedInputStream(socket.getInputStream()), 0);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static boolean hasBody(HttpMessage request) {
    return request.body().length > 0
        || request.header("Content-Length") != null
        || request.header("Transfer-Encoding") != null;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : connections) {
      socket.close();
    }
    for (Idle last = idle.pollFirst(); last != null; last = idle.pollFirst()) {
      last.socket().close();
    }
  }
}
