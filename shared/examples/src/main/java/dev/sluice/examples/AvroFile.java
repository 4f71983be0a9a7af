package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An Avro object container file (Apache Avro 1.12 specification, "Object Container Files"). It is
 * cut between blocks: a block belongs to the stretch that its first byte lies in, and is found by
 * the sync marker before it.
 *
 * <p>A block that is truncated, cannot be unpacked or contradicts the schema is one rejected
 * record; reading goes on behind the next sync marker. Blocks over {@value #MAX_PACKED} bytes are
 * refused so, whatever they hold. Memory is twice the largest block, packed and unpacked.
 */
final class AvroFile extends RecordFile {
  /** Bytes that a block may have as it is stored. */
  static final int MAX_PACKED = 1 << 26;

  private static final byte[] MAGIC = {'O', 'b', 'j', 1};
  private static final int SYNC = 16;
  private static final int MAX_HEADER = 1 << 24;

  /** Two numbers of at most ten bytes. */
  private static final int BLOCK_HEADER = 20;

  private final ByteSource source;
  private final AvroUnpacker.Codec codec;
  private final AvroProgram program;
  private final byte[] sync;
  private final long dataStart;

  private AvroFile(
      ByteSource source,
      AvroUnpacker.Codec codec,
      AvroProgram program,
      byte[] sync,
      long dataStart) {
    this.source = source;
    this.codec = codec;
    this.program = program;
    this.sync = sync;
    this.dataStart = dataStart;
  }

  /** True where an object that begins with these bytes says that it is Avro. */
  static boolean is(byte[] start) {
    return start.length >= MAGIC.length
        && Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /**
   * Reads the header.
   *
   * @param source not packed as a whole
   * @throws BadInput where the header is damaged, or the codec or a column is of a kind that is not
   *     read
   */
  static AvroFile of(ByteSource source) throws IOException {
    String name = source.name();
    try (InputStream in = source.open()) {
      Header header = new Header(new BufferedInputStream(in));
      Map<String, byte[]> metadata;
      byte[] sync;
      try {
        if (!is(header.bytes(MAGIC.length))) {
          throw new BadInput("does not begin with Obj and 1");
        }
        metadata = header.map();
        sync = header.bytes(SYNC);
      } catch (EOFException e) {
        throw new BadInput("ends within its header", e);
      }
      AvroUnpacker.Codec codec =
          AvroUnpacker.codec(new String(metadata.getOrDefault("avro.codec", new byte[0]), UTF_8));
      byte[] schema = metadata.get("avro.schema");
      if (schema == null) {
        throw new BadInput("has no schema in its header");
      }
      return new AvroFile(source, codec, program(schema), sync, header.read);
    } catch (BadInput e) {
      throw new BadInput(name + " cannot be read as Avro: it " + e.getMessage(), e);
    }
  }

  private static AvroProgram program(byte[] schema) {
    return program(new String(schema, UTF_8));
  }

  /** The program of a schema; a refusal is the end of a sentence about the object. */
  static AvroProgram program(String schema) {
    try {
      return AvroProgram.of(AvroSchema.parse(schema));
    } catch (BadInput e) {
      throw new BadInput("has a schema that " + e.getMessage(), e);
    }
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public long bytes() {
    return source.size();
  }

  @Override
  public String format() {
    return switch (codec) {
      case NULL -> "Avro";
      case DEFLATE -> "Avro, deflate";
      case ZSTANDARD -> "Avro, zstandard";
      case SNAPPY -> "Avro, snappy";
    };
  }

  @Override
  @Nullable String indivisible() {
    return null;
  }

  @Override
  boolean declare(Kinds kinds) {
    return AvroRows.declare(program, kinds);
  }

  @Override
  boolean openColumns() {
    return false;
  }

  @Override
  RecordReader read(Stretch stretch) throws IOException {
    return new Reader(stretch);
  }

  /** The header's bytes, of which no more are held than it has. */
  private static final class Header {
    private final InputStream in;
    private long read;

    Header(InputStream in) {
      this.in = in;
    }

    byte[] bytes(int count) throws IOException {
      byte[] bytes = in.readNBytes(count);
      if (bytes.length < count) {
        throw new EOFException();
      }
      read += count;
      if (read > MAX_HEADER) {
        throw new BadInput("has a header of more than " + MAX_HEADER + " bytes");
      }
      return bytes;
    }

    Map<String, byte[]> map() throws IOException {
      Map<String, byte[]> map = new HashMap<>();
      while (true) {
        long entries = number();
        if (entries == 0) {
          return map;
        }
        if (entries < 0) {
          entries = -entries;
          number();
        }
        for (long e = 0; e != entries; e++) {
          String key = new String(sized(), UTF_8);
          map.put(key, sized());
        }
      }
    }

    private byte[] sized() throws IOException {
      long length = number();
      if (length < 0 || length > MAX_HEADER - read) {
        throw new BadInput("has a damaged header: a text of " + length + " bytes");
      }
      return bytes((int) length);
    }

    private long number() throws IOException {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        byte x = bytes(1)[0];
        value |= (x & 0x7fL) << shift;
        if (x >= 0) {
          return (value >>> 1) ^ -(value & 1);
        }
      }
      throw new BadInput("has a damaged header: a number of more than 10 bytes");
    }
  }

  private final class Reader extends AvroReader {
    private final InputStream in;
    private final AvroUnpacker unpacker = new AvroUnpacker(codec);
    private final long from;
    private final long to;
    private long first = -1;

    /** The object's bytes from {@code base} on; those in [start, end) are still to be read. */
    private byte[] buffer = new byte[1 << 16];

    private long base;
    private int start;
    private int end;

    /** What the two numbers before a block's rows said, and how many bytes they take. */
    private long count;

    private long length;
    private int numbers;

    Reader(Stretch stretch) throws IOException {
      super(program);
      from = Math.max(dataStart, stretch.from());
      to = stretch.to();
      base = Math.min(from, source.size() == 0 ? from : source.size()) - SYNC;
      in = source.open(base);
    }

    private long position() {
      return base + start;
    }

    @Override
    boolean nextBlock() throws IOException {
      if (first < 0) {
        passSync();
        first = position();
      }
      while (position() < to && have(1)) {
        long offset = position();
        String damage = numbers();
        if (damage == null && !have((int) (numbers + length + SYNC))) {
          damage = "the object ends within the block";
        }
        int rows = start + numbers;
        if (damage == null && !isSync(rows + (int) length)) {
          damage = "no sync marker follows the block";
        }
        if (damage != null) {
          broken(offset, Math.max(0, count), damage, buffer, start, end);
          passSync();
          return true;
        }
        start = rows + (int) length + SYNC;
        if (count == 0) {
          continue;
        }
        try {
          unpacker.unpack(buffer, rows, rows + (int) length);
          block(offset, count, unpacker.bytes(), unpacker.from(), unpacker.to());
        } catch (AvroDamage e) {
          broken(offset, count, e.reason(), buffer, rows, rows + (int) length);
        }
        return true;
      }
      return false;
    }

    /** Reads a block's two numbers; what is wrong with them, or null. */
    private @Nullable String numbers() throws IOException {
      have(BLOCK_HEADER);
      count = 0;
      numbers = 0;
      Long rows = number();
      Long bytes = rows == null ? null : number();
      if (rows == null || bytes == null) {
        return "the block's count and length are damaged";
      }
      if (rows < 0 || bytes < 0) {
        return "the block says that it has " + rows + " rows in " + bytes + " bytes";
      }
      if (bytes > MAX_PACKED) {
        return "the block says that it has "
            + bytes
            + " bytes, more than the "
            + MAX_PACKED
            + " that one may have";
      }
      count = rows;
      length = bytes;
      return null;
    }

    private @Nullable Long number() {
      long value = 0;
      for (int shift = 0; shift < 64 && start + numbers < end; shift += 7) {
        byte x = buffer[start + numbers++];
        value |= (x & 0x7fL) << shift;
        if (x >= 0) {
          return (value >>> 1) ^ -(value & 1);
        }
      }
      return null;
    }

    private boolean isSync(int at) {
      return Arrays.equals(buffer, at, at + SYNC, sync, 0, SYNC);
    }

    /** Goes behind the next sync marker, or to the object's end where there is none. */
    private void passSync() throws IOException {
      while (have(SYNC)) {
        for (int i = start; i + SYNC <= end; i++) {
          if (buffer[i] == sync[0] && isSync(i)) {
            start = i + SYNC;
            return;
          }
        }
        start = end - SYNC + 1;
      }
      start = end;
    }

    /** Reads on until so many bytes are held; false where the object has fewer. */
    private boolean have(int bytes) throws IOException {
      while (end - start < bytes) {
        if (end == buffer.length) {
          // Only what was read counts, so that a damaged length takes no memory.
          int held = end - start;
          byte[] room = held * 2L > buffer.length ? new byte[buffer.length * 2] : buffer;
          System.arraycopy(buffer, start, room, 0, held);
          buffer = room;
          base += start;
          start = 0;
          end = held;
        }
        int read = in.read(buffer, end, buffer.length - end);
        if (read < 0) {
          return false;
        }
        end += read;
      }
      return true;
    }

    @Override
    long place(long blockOffset, int rowStart) {
      return codec == AvroUnpacker.Codec.NULL ? base + rowStart : blockOffset;
    }

    @Override
    long first() {
      return first;
    }

    @Override
    long end() {
      return position();
    }

    @Override
    public void close() throws IOException {
      unpacker.close();
      in.close();
    }
  }
}
