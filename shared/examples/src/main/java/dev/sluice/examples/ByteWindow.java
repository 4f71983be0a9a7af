package dev.sluice.examples;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * A stream of bytes, seen through a buffer that moves along and grows to what is asked for. The
 * bytes ahead are {@link #bytes} from {@link #at} on, until the next call of {@link #has} or {@link
 * #skip}, which may move them.
 */
final class ByteWindow implements AutoCloseable {
  private static final int BUFFER = 1 << 18;

  /** Room beyond what is asked for, so that bytes are moved a bounded number of times. */
  private static final int SLACK = 1 << 24;

  private final InputStream in;
  private byte[] buffer;
  private int at;
  private int limit;
  private boolean ended;
  private long base;

  /**
   * @param base the place of the stream's first byte in its object
   */
  ByteWindow(InputStream in, long base) {
    this(in, base, BUFFER);
  }

  /** For tests: a buffer so small that records cross its end. */
  ByteWindow(InputStream in, long base, int buffer) {
    this.in = in;
    this.base = base;
    this.buffer = new byte[buffer];
  }

  /** True where that many bytes are ahead, all of them in the buffer. */
  boolean has(int count) throws IOException {
    return limit - at >= count || (!ended && fill(count));
  }

  private boolean fill(int count) throws IOException {
    int kept = limit - at;
    int wanted = Math.addExact(count, Math.min(count, SLACK));
    byte[] target = wanted <= buffer.length ? buffer : new byte[wanted];
    System.arraycopy(buffer, at, target, 0, kept);
    buffer = target;
    base += at;
    at = 0;
    int read = in.readNBytes(buffer, kept, buffer.length - kept);
    limit = kept + read;
    ended = limit < buffer.length;
    return limit >= count;
  }

  /** Moves on, by fewer where the stream ends before; answers how far. */
  long skip(long count) throws IOException {
    long rest = count;
    while (rest > limit - at) {
      rest -= limit - at;
      at = limit;
      if (!has(1)) {
        return count - rest;
      }
    }
    at += (int) rest;
    return count;
  }

  byte[] bytes() {
    return buffer;
  }

  /** Where in {@link #bytes} the next byte is. */
  int at() {
    return at;
  }

  /** After the last byte that is in the buffer. */
  int limit() {
    return limit;
  }

  /** The place of the next byte in the object. */
  long position() {
    return base + at;
  }

  /** A copy of the bytes ahead in the buffer, at most so many. */
  byte[] peek(int count) {
    return Arrays.copyOfRange(buffer, at, at + Math.min(count, limit - at));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
