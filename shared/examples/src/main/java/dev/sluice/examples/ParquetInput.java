package dev.sluice.examples;

import dev.hardwood.InputFile;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet object as hardwood reads it: the footer, which is kept, and the bytes of one row group
 * at a time, fetched by one range. What a source's own failure is, and what damaged bytes are,
 * stays apart: hardwood would report both as the same exception.
 */
final class ParquetInput implements InputFile {
  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};
  private static final byte[] ENCRYPTED = {'P', 'A', 'R', 'E'};
  private static final int TAIL = 8;
  private static final int MAX_FOOTER = 1 << 26;

  /** The most that is fetched for anything but a row group, such as an index of its pages. */
  private static final int MAX_INDEX = 1 << 24;

  private final ByteSource source;
  private final byte[] footer;
  private final long footerStart;
  private byte[] held = {};
  private long heldStart;
  private List<Index> indexes = List.of();
  private volatile @Nullable IOException failure;

  private ParquetInput(ByteSource source, byte[] footer, long footerStart) {
    this.source = source;
    this.footer = footer;
    this.footerStart = footerStart;
  }

  /** True where an object that begins with these bytes says that it is Parquet. */
  static boolean is(byte[] start) {
    return start.length >= MAGIC.length
        && (Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
            || Arrays.equals(start, 0, MAGIC.length, ENCRYPTED, 0, MAGIC.length));
  }

  /**
   * Fetches the footer.
   *
   * @throws BadInput where there is none
   */
  static ParquetInput open(ByteSource source) throws IOException {
    long size = source.size();
    if (size < MAGIC.length + TAIL) {
      throw damaged(source, "it has " + size + " bytes, which is too short");
    }
    byte[] tail = fetch(source, size - TAIL, TAIL);
    if (Arrays.equals(tail, 4, TAIL, ENCRYPTED, 0, MAGIC.length)) {
      throw new BadInput(source.name() + " is encrypted Parquet; write it without encryption");
    }
    if (!Arrays.equals(tail, 4, TAIL, MAGIC, 0, MAGIC.length)) {
      throw damaged(source, "it does not end with PAR1, so it is not whole");
    }
    long length = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    if (length < 0 || length > size - TAIL - MAGIC.length) {
      throw damaged(source, "its footer has a length of " + length + " bytes");
    }
    if (length > MAX_FOOTER) {
      throw new BadInput(
          source.name()
              + " has a footer of "
              + length
              + " bytes, more than the "
              + MAX_FOOTER
              + " that are read; write fewer columns or larger row groups");
    }
    long start = size - TAIL - length;
    byte[] footer = Arrays.copyOf(fetch(source, start, (int) length), (int) length + TAIL);
    System.arraycopy(tail, 0, footer, (int) length, TAIL);
    try {
      ThriftSkim.struct(footer, 0, (int) length, (outer, field, value) -> {});
    } catch (IOException e) {
      throw damaged(source, "its footer is broken: " + e.getMessage());
    }
    return new ParquetInput(source, footer, start);
  }

  static BadInput damaged(ByteSource source, String why) {
    return new BadInput(source.name() + " cannot be read as Parquet: " + why + "; write it again");
  }

  private static byte[] fetch(ByteSource source, long from, int length) throws IOException {
    try (InputStream in = source.open(from)) {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw new IOException(
            source.name() + " ended at byte " + (from + bytes.length) + ", before its size");
      }
      return bytes;
    }
  }

  /** Another view of the object that shares the footer. */
  ParquetInput again() {
    return new ParquetInput(source, footer, footerStart);
  }

  /** Bytes of an index of pages. */
  record Index(long start, int length) {}

  /**
   * Holds a row group's bytes, in place of the one before.
   *
   * @param pages the indexes of its pages, which may be asked for
   */
  void hold(long from, int length, List<Index> pages) throws IOException {
    held = new byte[0];
    held = fetch(source, from, length);
    heldStart = from;
    indexes = List.copyOf(pages);
  }

  byte[] held() {
    return held;
  }

  /** Where the footer begins. */
  long footerStart() {
    return footerStart;
  }

  /** What went wrong with the source, in whichever thread, or null. */
  @Nullable IOException failure() {
    return failure;
  }

  @Override
  public void open() {}

  @Override
  public ByteBuffer readRange(long from, int length) throws IOException {
    if (length >= 0 && from >= heldStart && from + length <= heldStart + held.length) {
      return ByteBuffer.wrap(held, (int) (from - heldStart), length).slice();
    }
    if (length >= 0 && from >= footerStart && from + length <= length()) {
      return ByteBuffer.wrap(footer, (int) (from - footerStart), length).slice();
    }
    if (length >= 0
        && from >= heldStart
        && from < heldStart + held.length
        && from + length <= length()) {
      // hardwood may ask for more than a column has; what lies behind the row group is not used.
      byte[] padded = new byte[length];
      int there = (int) (heldStart + held.length - from);
      System.arraycopy(held, (int) (from - heldStart), padded, 0, there);
      return ByteBuffer.wrap(padded);
    }
    if (length < 0 || from < 0 || from > footerStart - length || length > MAX_INDEX) {
      throw new IOException("it names " + length + " bytes from byte " + from + " on");
    }
    byte[] bytes;
    try {
      bytes = fetch(source, from, length);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
    for (Index index : indexes) {
      long at = index.start() - from;
      if (at >= 0 && index.length() >= 0 && at + index.length() <= length) {
        ThriftSkim.struct(bytes, (int) at, (int) at + index.length(), (outer, field, value) -> {});
      }
    }
    return ByteBuffer.wrap(bytes);
  }

  @Override
  public long length() {
    return source.size();
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public void close() {
    held = new byte[0];
  }
}
