package dev.sluice.examples;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.sluice.contracts.BadInput;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an object that is packed with gzip (RFC 1952, any number of members) or zstd (RFC
 * 8878, any number of frames), unpacked as they are read. Memory is a buffer, whatever the object's
 * size; for zstd also a window of at most 128 MiB, which frames ask for.
 *
 * <p>Nothing after a wrong checksum, broken or cut data can be trusted, so these end the stream
 * with a {@link BadInput} that names the object and the place in it. So does an object that unpacks
 * to both more than {@value #BOMB_BYTES} bytes and {@value #BOMB_RATIO} times its own size: text
 * packs 3 to 30 times, and nothing but a trap more than 250 times.
 */
final class PackedSource implements ByteSource {
  /** What a source may unpack to, whatever its size. */
  static final long BOMB_BYTES = 1 << 28;

  /** What a larger one may unpack to, in times its size. */
  static final int BOMB_RATIO = 250;

  private static final int BUFFER = 1 << 16;

  /** How an object is packed. */
  enum Packing {
    GZIP,
    ZSTD;

    /** As people write it. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** By the first bytes, or null where they are neither. */
    static @Nullable Packing of(byte[] head) {
      if (head.length >= 3 && head[0] == 0x1f && head[1] == (byte) 0x8b && head[2] == 8) {
        return GZIP;
      }
      boolean frame =
          head.length >= 4
              && head[0] == 0x28
              && head[1] == (byte) 0xb5
              && head[2] == 0x2f
              && head[3] == (byte) 0xfd;
      return frame ? ZSTD : null;
    }
  }

  private final ByteSource packed;
  private final Packing packing;
  private final long bombBytes;

  PackedSource(ByteSource packed, Packing packing) {
    this(packed, packing, BOMB_BYTES);
  }

  /** For tests: a lower limit. */
  PackedSource(ByteSource packed, Packing packing, long bombBytes) {
    this.packed = packed;
    this.packing = packing;
    this.bombBytes = bombBytes;
  }

  /** Why it cannot be cut, as the end of a sentence that begins with its name. */
  String indivisible() {
    return "is packed with " + packing.label() + ", which cannot be cut";
  }

  @Override
  public InputStream open() throws IOException {
    Counted in = new Counted(packed.open());
    try {
      InputStream plain =
          switch (packing) {
            case GZIP -> new Gunzip(in);
            case ZSTD -> new ZstdInputStreamNoFinalizer(in).setContinuous(false);
          };
      return new Checked(in, plain);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return packed.name();
  }

  /** As stored; nobody knows the unpacked length before the end. */
  @Override
  public long size() {
    return packed.size();
  }

  /** The packed bytes: counts them, and remembers a failure that is the storage's own. */
  private static final class Counted extends FilterInputStream {
    private long count;
    private @Nullable IOException failure;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int n = read(one, 0, 1);
      return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int from, int length) throws IOException {
      try {
        int n = in.read(b, from, length);
        count += Math.max(0, n);
        return n;
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public long skip(long n) throws IOException {
      throw new IOException("packed bytes are read, not skipped");
    }
  }

  /** The unpacked bytes: holds the limit, and turns what the packing says into sentences. */
  private final class Checked extends InputStream {
    private final Counted packedBytes;
    private final InputStream in;
    private long count;

    Checked(Counted packedBytes, InputStream in) {
      this.packedBytes = packedBytes;
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int n = read(one, 0, 1);
      return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int n;
      try {
        n = in.read(b, from, length);
      } catch (IOException e) {
        if (packedBytes.failure != null) {
          throw e;
        }
        throw new BadInput(
            name()
                + " is broken: its "
                + packing.label()
                + " data cannot be unpacked near byte "
                + packedBytes.count
                + " ("
                + count
                + " bytes unpacked so far): "
                + e.getMessage()
                + "; pack it again and drop it whole",
            e);
      }
      count += Math.max(0, n);
      if (count > bombBytes && count / BOMB_RATIO >= Math.max(size(), packedBytes.count)) {
        throw new BadInput(
            name()
                + " has "
                + Math.max(size(), packedBytes.count)
                + " bytes and unpacks to more than "
                + count
                + ", over "
                + BOMB_RATIO
                + " times as much, and so is refused as a decompression bomb; drop it unpacked if"
                + " it is not one");
      }
      return n;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Members one after the other; each ends with the checksum and length of its bytes. */
  private static final class Gunzip extends InputStream {
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int MAX_TEXT = 1 << 16;

    private final InputStream in;
    private final Inflater inflater = new Inflater(/* nowrap= */ true);
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int limit;
    private boolean within;
    private boolean first = true;
    private boolean closed;

    Gunzip(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int n = read(one, 0, 1);
      return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int from, int length) throws IOException {
      while (true) {
        if (!within && !header()) {
          return -1;
        }
        try {
          int n = inflater.inflate(b, from, length);
          at = limit - inflater.getRemaining();
          if (n > 0) {
            crc.update(b, from, n);
            return n;
          }
          if (inflater.finished()) {
            trailer();
          } else if (inflater.needsDictionary()) {
            throw new IOException("it needs a dictionary");
          } else if (fill()) {
            inflater.setInput(buffer, at, limit - at);
          } else {
            throw cut();
          }
        } catch (DataFormatException e) {
          throw new IOException(e.getMessage() == null ? "invalid data" : e.getMessage(), e);
        }
      }
    }

    private static IOException cut() {
      return new IOException("it ends in the middle");
    }

    private boolean fill() throws IOException {
      at = 0;
      limit = Math.max(0, in.read(buffer, 0, buffer.length));
      return limit > 0;
    }

    private int next() throws IOException {
      if (at == limit && !fill()) {
        throw cut();
      }
      return buffer[at++] & 0xff;
    }

    private int short16() throws IOException {
      int low = next();
      return low | next() << 8;
    }

    private long int32() throws IOException {
      long low = short16();
      return low | (long) short16() << 16;
    }

    /** The next member's header; false at the end, before which writers may pad with zeros. */
    private boolean header() throws IOException {
      if (!first) {
        while (true) {
          if (at == limit && !fill()) {
            return false;
          }
          if (buffer[at] != 0) {
            break;
          }
          at++;
        }
      }
      first = false;
      if (next() != 0x1f || next() != 0x8b || next() != 8) {
        throw new IOException("what follows a member is no gzip member");
      }
      int flags = next();
      for (int i = 0; i < 6; i++) {
        next();
      }
      if ((flags & EXTRA) != 0) {
        for (int rest = short16(); rest > 0; rest--) {
          next();
        }
      }
      skipText((flags & NAME) != 0);
      skipText((flags & COMMENT) != 0);
      if ((flags & HEADER_CRC) != 0) {
        short16();
      }
      inflater.reset();
      inflater.setInput(buffer, at, limit - at);
      crc.reset();
      within = true;
      return true;
    }

    private void skipText(boolean there) throws IOException {
      for (int i = 0; there && next() != 0; i++) {
        if (i == MAX_TEXT) {
          throw new IOException("a text in its header does not end");
        }
      }
    }

    private void trailer() throws IOException {
      within = false;
      if (int32() != crc.getValue()) {
        throw new IOException("the checksum (CRC-32) of a member does not fit its bytes");
      }
      if (int32() != (inflater.getBytesWritten() & 0xffff_ffffL)) {
        throw new IOException("the length of a member does not fit its bytes");
      }
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        inflater.end();
        in.close();
      }
    }
  }
}
