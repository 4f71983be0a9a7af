package dev.sluice.emulators.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the parts of a multipart body (RFC 2046, section 5.1) one after another without holding one
 * in memory. Takes bare line feeds as line ends where the body's first line ends so, as some
 * clients send them.
 */
final class Multipart {
  private static final int LINE_LIMIT = 1 << 16;

  private final InputStream in;
  private final byte[] boundary;
  private final byte[] buffer = new byte[1 << 16];
  private int start;
  private int end;
  private byte[] delimiter = {};
  private Body partBody = new Body();

  /** One part; its body must be read before the next part is asked for, or is skipped. */
  record Part(Map<String, String> headers, InputStream body) {
    @Nullable String header(String name) {
      return headers.get(name);
    }
  }

  /**
   * Opens a multipart body.
   *
   * @param contentType the header with the boundary parameter
   */
  Multipart(InputStream in, @Nullable String contentType) throws ApiError {
    this.in = in;
    this.boundary = ("--" + boundary(contentType)).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String boundary(@Nullable String contentType) throws ApiError {
    String type = contentType == null ? "" : contentType;
    int at = type.toLowerCase(Locale.ROOT).indexOf("boundary=");
    if (!type.toLowerCase(Locale.ROOT).startsWith("multipart/") || at < 0) {
      throw ApiError.badRequest(
          "Content-Type must be multipart with a boundary parameter, not '" + type + "'.");
    }
    String value = type.substring(at + "boundary=".length());
    int semicolon = value.startsWith("\"") ? value.indexOf('"', 1) + 1 : value.indexOf(';');
    value = (semicolon > 0 ? value.substring(0, semicolon) : value).strip();
    return value.startsWith("\"") && value.length() > 1
        ? value.substring(1, value.length() - 1)
        : value.replace("'", "");
  }

  /** The next part, or null after the last. */
  @Nullable Part next() throws IOException, ApiError {
    if (delimiter.length == 0) {
      String line = line();
      while (line != null && !line.strip().startsWith(text(boundary))) {
        line = line();
      }
      if (line == null) {
        throw ApiError.badRequest("The multipart body has no boundary '" + text(boundary) + "'.");
      }
      String ending = line.endsWith("\r") ? "\r\n" : "\n";
      delimiter = (ending + text(boundary)).getBytes(StandardCharsets.ISO_8859_1);
      if (line.strip().equals(text(boundary) + "--")) {
        return null;
      }
    } else {
      partBody.transferTo(OutputStream.nullOutputStream());
      String rest = line();
      if (rest == null || rest.startsWith("--")) {
        return null;
      }
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line = line(); line != null && !line.isBlank(); line = line()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    partBody = new Body();
    return new Part(headers, partBody);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** A line without its line feed, or null at the end. */
  private @Nullable String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() < LINE_LIMIT) {
      if (start == end && !fill()) {
        return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
      }
      byte b = buffer[start++];
      if (b == '\n') {
        return line.toString(StandardCharsets.UTF_8);
      }
      line.write(b);
    }
    throw new IOException("a line of a multipart header is over " + LINE_LIMIT + " bytes");
  }

  /** Reads more bytes behind those that are left; false at the end of the stream. */
  private boolean fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    int read = in.read(buffer, end, buffer.length - end);
    end += Math.max(read, 0);
    return read > 0;
  }

  private final class Body extends InputStream {
    private boolean atDelimiter;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (atDelimiter) {
        return -1;
      }
      if (length == 0) {
        return 0;
      }
      while (true) {
        int at = start;
        while (at < end && !(buffer[at] == delimiter[0] && mayBeDelimiter(at))) {
          at++;
        }
        if (at > start) {
          int count = Math.min(length, at - start);
          System.arraycopy(buffer, start, target, offset, count);
          start += count;
          return count;
        }
        if (end - start >= delimiter.length) {
          start += delimiter.length;
          atDelimiter = true;
          return -1;
        }
        if (!fill()) {
          throw new IOException("the multipart body ends without its closing boundary");
        }
      }
    }

    /** Whether the bytes here, as far as they are read yet, agree with the delimiter. */
    private boolean mayBeDelimiter(int at) {
      int length = Math.min(delimiter.length, end - at);
      for (int i = 1; i < length; i++) {
        if (buffer[at + i] != delimiter[i]) {
          return false;
        }
      }
      return true;
    }
  }
}
