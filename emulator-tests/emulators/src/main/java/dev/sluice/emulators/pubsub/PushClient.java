package dev.sluice.emulators.pubsub;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Posts JSON over plain HTTP/1.1 (RFC 9112) on connections that are kept and used again. It is for
 * many small requests to one server on this machine, where a client for all of HTTP takes longer
 * than the call itself. Blocks the caller, which is meant to be a virtual thread.
 */
final class PushClient implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int LONGEST_LINE = 1 << 16;

  /** Servers close what idles for some tens of seconds; half of that is safe. */
  private static final long IDLE_NANOS = Duration.ofSeconds(10).toNanos();

  private final Map<SocketAddress, Deque<Connection>> idle = new ConcurrentHashMap<>();
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private volatile Addresses addresses = PushClient::named;
  private volatile boolean closed;

  /** Where the server of an endpoint listens now. */
  @FunctionalInterface
  interface Addresses {
    /**
     * @throws IOException where there is none
     */
    SocketAddress of(URI endpoint) throws IOException;
  }

  private static final class Connection {
    final Socket socket;
    final InputStream in;
    long idleSince;

    Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream(), 1 << 12);
    }
  }

  /** A kept connection that the server had closed meanwhile; nothing was answered on it. */
  private static final class Stale extends IOException {
    private static final long serialVersionUID = 1L;

    Stale(IOException cause) {
      super(cause);
    }
  }

  /**
   * Posts and reads the whole answer.
   *
   * @return the answer's status
   */
  int post(URI endpoint, byte[] json, Duration timeout) throws IOException {
    SocketAddress address = addresses.of(endpoint);
    Connection kept = kept(address);
    if (kept != null) {
      try {
        return exchange(address, kept, endpoint, json, timeout, /* reused= */ true);
      } catch (Stale e) {
        // The request may be sent again, as a push is made at least once.
      }
    }
    Connection fresh = connect(address);
    return exchange(address, fresh, endpoint, json, timeout, /* reused= */ false);
  }

  /** Has endpoints found in another way than by the host and the port in their names. */
  void use(Addresses other) {
    addresses = other;
  }

  /** The address that an endpoint names. */
  static SocketAddress named(URI endpoint) throws IOException {
    return new InetSocketAddress(
        InetAddress.getByName(endpoint.getHost()),
        endpoint.getPort() < 0 ? 80 : endpoint.getPort());
  }

  private @Nullable Connection kept(SocketAddress address) throws IOException {
    Deque<Connection> connections = idle.get(address);
    while (connections != null) {
      Connection last = connections.pollFirst();
      if (last == null || System.nanoTime() - last.idleSince < IDLE_NANOS) {
        return last;
      }
      drop(last);
    }
    return null;
  }

  private Connection connect(SocketAddress address) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(address, CONNECT_MILLIS);
      Connection connection = new Connection(socket);
      open.add(connection);
      if (closed) {
        drop(connection);
        throw new IOException("the emulator is closed");
      }
      return connection;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void drop(Connection connection) throws IOException {
    open.remove(connection);
    connection.socket.close();
  }

  private int exchange(
      SocketAddress address,
      Connection connection,
      URI endpoint,
      byte[] json,
      Duration timeout,
      boolean reused)
      throws IOException {
    boolean keep = false;
    try {
      connection.socket.setSoTimeout((int) Math.min(timeout.toMillis(), Integer.MAX_VALUE));
      String line;
      try {
        connection.socket.getOutputStream().write(request(endpoint, json));
        line = line(connection.in);
      } catch (IOException e) {
        if (reused && !(e instanceof java.net.SocketTimeoutException)) {
          throw new Stale(e);
        }
        throw e;
      }
      int status = status(line);
      keep = finish(connection.in, status);
      return status;
    } finally {
      if (keep) {
        connection.idleSince = System.nanoTime();
        idle.computeIfAbsent(address, _ -> new ConcurrentLinkedDeque<>()).addFirst(connection);
        if (closed) {
          drop(connection);
        }
      } else {
        drop(connection);
      }
    }
  }

  private static byte[] request(URI endpoint, byte[] json) {
    String path = endpoint.getRawPath().isEmpty() ? "/" : endpoint.getRawPath();
    String query = endpoint.getRawQuery() == null ? "" : "?" + endpoint.getRawQuery();
    byte[] head =
        ("POST "
                + path
                + query
                + " HTTP/1.1\r\nHost: "
                + endpoint.getRawAuthority()
                + "\r\nContent-Type: application/json\r\nFrom: noreply@google.com\r\nUser-Agent:"
                + " CloudPubSub-Google\r\nContent-Length: "
                + json.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = new byte[head.length + json.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(json, 0, all, head.length, json.length);
    return all;
  }

  private static int status(String line) throws IOException {
    if (line.length() >= 12 && line.startsWith("HTTP/1.") && line.charAt(8) == ' ') {
      int status = 0;
      for (int i = 9; i < 12; i++) {
        status = 10 * status + Character.digit(line.charAt(i), 10);
      }
      if (status >= 100 && status < 600) {
        return status;
      }
    }
    throw new IOException("the answer is not HTTP: " + line);
  }

  /** Reads past headers and body; true where another request may follow. */
  private static boolean finish(InputStream in, int status) throws IOException {
    long length = -1;
    boolean chunked = false;
    boolean last = false;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (named(line, "content-length:")) {
        length = Long.parseLong(line.substring("content-length:".length()).strip());
      } else if (named(line, "transfer-encoding:")) {
        chunked = line.toLowerCase(Locale.ROOT).contains("chunked");
      } else if (named(line, "connection:")) {
        last = line.toLowerCase(Locale.ROOT).contains("close");
      }
    }
    if (status == 204 || status == 304 || status < 200) {
      return !last && status >= 200;
    }
    if (chunked) {
      for (long size = chunk(in); size > 0; size = chunk(in)) {
        in.skipNBytes(size);
        line(in);
      }
      while (!line(in).isEmpty()) {
        // Trailers have no meaning here.
      }
      return !last;
    }
    if (length >= 0) {
      in.skipNBytes(length);
      return !last;
    }
    // The body ends with the connection.
    return false;
  }

  private static boolean named(String header, String name) {
    return header.regionMatches(/* ignoreCase= */ true, 0, name, 0, name.length());
  }

  private static long chunk(InputStream in) throws IOException {
    return Long.parseLong(line(in).split(";", 2)[0].strip(), 16);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder(64);
    while (line.length() < LONGEST_LINE) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the connection ended within an answer");
      }
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    throw new IOException("a header of more than " + LONGEST_LINE + " bytes");
  }

  @Override
  public void close() {
    closed = true;
    for (Connection connection : open) {
      try {
        drop(connection);
      } catch (IOException e) {
        System.getLogger(PushClient.class.getName())
            .log(System.Logger.Level.DEBUG, "a connection did not close", e);
      }
    }
  }
}
