package dev.sluice.localcloud.faults;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 message (RFC 9112), whole in memory: a cloud's requests are at most 32 MB.
 *
 * @param start the request line or the status line
 * @param headers name, colon, value as they came
 * @param body without its transfer coding
 */
@SuppressWarnings("ArrayRecordComponent")
record HttpMessage(String start, List<String> headers, byte[] body) {
  private static final int LONGEST_HEAD = 1 << 16;

  HttpMessage {
    headers = List.copyOf(headers);
  }

  /** A plain answer. */
  static HttpMessage answer(int status, String type, String text) {
    return new HttpMessage(
        "HTTP/1.1 " + status + " Fault",
        List.of("Content-Type: " + type),
        text.getBytes(StandardCharsets.UTF_8));
  }

  /** The next request of a connection, or null where the other side has no more. */
  static @Nullable HttpMessage request(InputStream in) throws IOException {
    String head = head(in);
    return head == null ? null : read(head, in, /* toTheEnd= */ false);
  }

  /** The answer to a request of a method. */
  static HttpMessage response(InputStream in, String method) throws IOException {
    String head = head(in);
    if (head == null) {
      throw new EOFException("the connection ended before an answer");
    }
    int status = Integer.parseInt(head.split(" ", 3)[1]);
    if (method.equals("HEAD") || status == 204 || status == 304) {
      List<String> lines = List.of(head.split("\r\n", -1));
      return new HttpMessage(lines.getFirst(), lines.subList(1, lines.size()), new byte[0]);
    }
    return read(head, in, /* toTheEnd= */ true);
  }

  private static HttpMessage read(String head, InputStream in, boolean toTheEnd)
      throws IOException {
    List<String> lines = List.of(head.split("\r\n", -1));
    HttpMessage message =
        new HttpMessage(lines.getFirst(), lines.subList(1, lines.size()), new byte[0]);
    String length = message.header("Content-Length");
    byte[] body;
    if ("chunked".equalsIgnoreCase(message.header("Transfer-Encoding"))) {
      body = chunks(in);
    } else if (length != null) {
      int expected = Integer.parseInt(length);
      body = in.readNBytes(expected);
      if (body.length < expected) {
        throw new EOFException("the connection ended within a body");
      }
    } else {
      body = toTheEnd ? in.readAllBytes() : new byte[0];
    }
    return new HttpMessage(message.start(), message.headers(), body);
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
      if (size == 0) {
        while (!line(in).isEmpty()) {
          // Trailers have no meaning here.
        }
        return body.toByteArray();
      }
      byte[] chunk = in.readNBytes(size);
      if (chunk.length < size) {
        throw new EOFException("the connection ended within a chunk");
      }
      body.write(chunk);
      line(in);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the connection ended within a line");
      }
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
  }

  private static @Nullable String head(InputStream in) throws IOException {
    byte[] head = new byte[1024];
    int size = 0;
    while (size < LONGEST_HEAD) {
      int c = in.read();
      if (c < 0) {
        if (size == 0) {
          return null;
        }
        throw new EOFException("the connection ended within a head");
      }
      if (size == head.length) {
        head = Arrays.copyOf(head, 2 * size);
      }
      head[size++] = (byte) c;
      if (c == '\n' && size > 4 && head[size - 3] == '\n' && head[size - 4] == '\r') {
        return new String(head, 0, size - 4, StandardCharsets.ISO_8859_1);
      }
    }
    throw new IOException("a head of more than " + LONGEST_HEAD + " bytes");
  }

  /** A request's method. */
  String method() {
    return start.split(" ", 3)[0];
  }

  /** A request's path and query. */
  String target() {
    return start.split(" ", 3)[1];
  }

  /** An answer's status. */
  int status() {
    return Integer.parseInt(start.split(" ", 3)[1]);
  }

  @Nullable String header(String name) {
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon == name.length() && header.regionMatches(true, 0, name, 0, colon)) {
        return header.substring(colon + 1).strip();
      }
    }
    return null;
  }

  boolean closes() {
    return "close".equalsIgnoreCase(header("Connection"));
  }

  /** The same with a header in place of those of its name, or without where the value is null. */
  HttpMessage with(String name, @Nullable String value) {
    List<String> out = new ArrayList<>();
    for (String header : headers) {
      if (!header.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        out.add(header);
      }
    }
    if (value != null) {
      out.add(name + ": " + value);
    }
    return new HttpMessage(start, out, body);
  }

  HttpMessage withBody(byte[] other) {
    return new HttpMessage(start, headers, other);
  }

  /**
   * @param framed false where an answer must not say how long its body is, or says so for another's
   */
  void write(OutputStream out, boolean framed) throws IOException {
    HttpMessage message = with("Transfer-Encoding", null);
    if (framed) {
      message = message.with("Content-Length", String.valueOf(body.length));
    }
    StringBuilder head = new StringBuilder(start).append("\r\n");
    message.headers().forEach(header -> head.append(header).append("\r\n"));
    byte[] bytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = new byte[bytes.length + body.length];
    System.arraycopy(bytes, 0, all, 0, bytes.length);
    System.arraycopy(body, 0, all, bytes.length, body.length);
    out.write(all);
    out.flush();
  }
}
