package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes flat Parquet files (apache/parquet-format 2.10) straight from columns: zstd, version 1
 * data pages, {@code INT64}, {@code DOUBLE} or {@code FLOAT}, and UTF-8 {@code BYTE_ARRAY} with a
 * dictionary where that is smaller. Every column is optional but {@code __row}, which must not miss
 * values. Each column chunk has minimum, maximum and number of nulls; NaN is in neither bound, zero
 * bounds carry the sign that covers both zeros, and bounds of long texts are left out. The same
 * batches give the same bytes.
 *
 * <p>Holds the rows of one group, about 64k or 64 MiB of text, and of the file's end only the
 * groups' metadata.
 */
public final class ParquetExampleWriter implements ExampleWriter {
  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};
  private static final String CREATED_BY = "sluice version 1 (build 1)";
  private static final int LEVEL = 1;
  private static final int GROUP_CELLS = 1 << 22;
  private static final int GROUP_CHARS = 1 << 26;
  private static final int PAGE_BYTES = 1 << 20;
  private static final int DICTIONARY_BYTES = 1 << 20;
  private static final int BOUND_BYTES = 128;

  private static final int INT64 = 2;
  private static final int FLOAT = 4;
  private static final int DOUBLE = 5;
  private static final int BYTE_ARRAY = 6;
  private static final int PLAIN = 0;
  private static final int RLE = 3;
  private static final int RLE_DICTIONARY = 8;
  private static final int ZSTD = 6;
  private static final int REQUIRED = 0;
  private static final int OPTIONAL = 1;
  private static final int UTF8 = 0;

  private static final VarHandle INT_LE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG_LE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * What a file may differ in.
   *
   * @param narrowFloats store {@code FLOAT} columns in 32 bits, rounded to the nearest
   * @param metadata key-value pairs of the file's footer
   */
  public record Options(boolean narrowFloats, Map<String, String> metadata) {
    public Options {
      metadata = Map.copyOf(metadata);
    }

    /** 64-bit floats, no metadata. */
    public static Options ofDefaults() {
      return new Options(false, Map.of());
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Chunk(
      int column,
      long dictionaryOffset,
      long dataOffset,
      long values,
      long plainBytes,
      long storedBytes,
      long nulls,
      byte @Nullable [] min,
      byte @Nullable [] max) {}

  private record Group(long rows, List<Chunk> chunks) {}

  private final OutputStream out;
  private final List<Field> fields;
  private final Options options;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL);
  private final List<Group> groups = new ArrayList<>();
  private final List<ExampleBatch> held = new ArrayList<>();
  private byte[] plain = new byte[1 << 16];
  private byte[] packed = new byte[1 << 16];
  private int length;
  private long heldRows;
  private long heldChars;
  private long written;
  private long position;
  private boolean finished;

  private ParquetExampleWriter(OutputStream out, List<Field> fields, Options options) {
    this.out = out;
    this.fields = List.copyOf(fields);
    this.options = options;
  }

  /** Starts a file; the caller closes the stream after {@link #finish}. */
  public static ParquetExampleWriter open(OutputStream out, List<Field> fields) throws IOException {
    return open(out, fields, Options.ofDefaults());
  }

  /** Starts a file with options; the caller closes the stream after {@link #finish}. */
  public static ParquetExampleWriter open(OutputStream out, List<Field> fields, Options options)
      throws IOException {
    ParquetExampleWriter writer = new ParquetExampleWriter(out, fields, options);
    writer.emit(MAGIC, MAGIC.length);
    return writer;
  }

  @Override
  public void write(ExampleBatch batch) throws IOException {
    if (finished) {
      throw new Bug("a batch was written after the file was finished");
    }
    if (!batch.fields().equals(fields)) {
      throw new Bug("the batch has fields " + batch.fields() + ", the file has " + fields);
    }
    if (batch.rows() == 0) {
      return;
    }
    held.add(batch);
    heldRows += batch.rows();
    written += batch.rows();
    for (Column column : batch.columns()) {
      if (column instanceof StringColumn strings) {
        for (String text : strings.dictionary()) {
          heldChars += text.length();
        }
      }
    }
    if (heldRows >= ExampleBatch.ROWS
        || heldRows * fields.size() >= GROUP_CELLS
        || heldChars >= GROUP_CHARS) {
      writeGroup();
    }
  }

  @Override
  public long rows() {
    return written;
  }

  @Override
  public void finish() throws IOException {
    if (finished) {
      return;
    }
    if (heldRows > 0) {
      writeGroup();
    }
    finished = true;
    byte[] footer = footer();
    emit(footer, footer.length);
    byte[] end = new byte[8];
    INT_LE.set(end, 0, footer.length);
    System.arraycopy(MAGIC, 0, end, 4, MAGIC.length);
    emit(end, end.length);
    out.flush();
  }

  @Override
  public void close() {
    zstd.close();
  }

  private void emit(byte[] bytes, int count) throws IOException {
    out.write(bytes, 0, count);
    position += count;
  }

  private void writeGroup() throws IOException {
    List<Chunk> chunks = new ArrayList<>(fields.size());
    for (int c = 0; c < fields.size(); c++) {
      Column column = joined(c);
      if (required(c) && column.missing() > 0) {
        throw new Bug(fields.get(c).name() + " misses values");
      }
      chunks.add(
          switch (column) {
            case IntColumn ints -> writeInts(c, ints);
            case FloatColumn floats -> writeFloats(c, floats);
            case StringColumn strings -> writeStrings(c, strings);
            case ListColumn _ -> throw ListColumn.refused();
          });
    }
    groups.add(new Group(heldRows, chunks));
    held.clear();
    heldRows = 0;
    heldChars = 0;
  }

  private boolean required(int column) {
    return fields.get(column).name().equals(Field.ROW);
  }

  /** One column of all batches that are held. */
  private Column joined(int c) {
    if (held.size() == 1) {
      return held.getFirst().columns().get(c);
    }
    int rows = Math.toIntExact(heldRows);
    long[] present = new long[(rows + 63) >> 6];
    int at = 0;
    for (ExampleBatch batch : held) {
      Column column = batch.columns().get(c);
      for (int r = 0; r < batch.rows(); r++, at++) {
        if (!column.isMissing(r)) {
          present[at >> 6] |= 1L << at;
        }
      }
    }
    Validity validity = Validity.of(present, rows);
    return switch (fields.get(c).type()) {
      case INT -> {
        long[] values = new long[rows];
        int to = 0;
        for (ExampleBatch batch : held) {
          long[] from = ((IntColumn) batch.columns().get(c)).values();
          System.arraycopy(from, 0, values, to, batch.rows());
          to += batch.rows();
        }
        yield new IntColumn(values, validity);
      }
      case FLOAT -> {
        double[] values = new double[rows];
        int to = 0;
        for (ExampleBatch batch : held) {
          double[] from = ((FloatColumn) batch.columns().get(c)).values();
          System.arraycopy(from, 0, values, to, batch.rows());
          to += batch.rows();
        }
        yield new FloatColumn(values, validity);
      }
      case STRING -> joinedStrings(c, rows, validity);
    };
  }

  private StringColumn joinedStrings(int c, int rows, Validity validity) {
    int[] codes = new int[rows];
    Map<String, Integer> known = new HashMap<>();
    List<String> texts = new ArrayList<>();
    int to = 0;
    for (ExampleBatch batch : held) {
      StringColumn column = (StringColumn) batch.columns().get(c);
      int[] renamed = new int[column.dictionary().size()];
      for (int code = 0; code < renamed.length; code++) {
        String text = column.dictionary().get(code);
        Integer old = known.putIfAbsent(text, texts.size());
        renamed[code] = old == null ? texts.size() : old;
        if (old == null) {
          texts.add(text);
        }
      }
      for (int r = 0; r < batch.rows(); r++, to++) {
        codes[to] = column.isMissing(r) ? 0 : renamed[column.codes()[r]];
      }
    }
    return new StringColumn(codes, texts, validity);
  }

  private Chunk writeInts(int c, IntColumn column) throws IOException {
    int rows = column.rows();
    begin(c, column, 0, rows);
    reserve(rows * 8);
    long[] values = column.values();
    boolean all = column.missing() == 0;
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    byte[] b = plain;
    int at = length;
    for (int r = 0; r < rows; r++) {
      if (all || !column.isMissing(r)) {
        long value = values[r];
        LONG_LE.set(b, at, value);
        at += 8;
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    length = at;
    boolean any = column.missing() < rows;
    ChunkPages pages = new ChunkPages();
    pages.data(rows, PLAIN);
    return pages.chunk(c, column, any ? bytes(min) : null, any ? bytes(max) : null);
  }

  private Chunk writeFloats(int c, FloatColumn column) throws IOException {
    int rows = column.rows();
    begin(c, column, 0, rows);
    reserve(rows * 8);
    double[] values = column.values();
    boolean all = column.missing() == 0;
    boolean narrow = options.narrowFloats();
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    boolean any = false;
    byte[] b = plain;
    int at = length;
    for (int r = 0; r < rows; r++) {
      if (all || !column.isMissing(r)) {
        double value = values[r];
        if (narrow) {
          float rounded = (float) value;
          INT_LE.set(b, at, Float.floatToIntBits(rounded));
          at += 4;
          value = rounded;
        } else {
          LONG_LE.set(b, at, Double.doubleToLongBits(value));
          at += 8;
        }
        if (!Double.isNaN(value)) {
          any = true;
          min = value < min ? value : min;
          max = value > max ? value : max;
        }
      }
    }
    length = at;
    // Minus zero below, plus zero above, as readers may take either for the other.
    min = min == 0 ? -0.0 : min;
    max = max == 0 ? 0.0 : max;
    ChunkPages pages = new ChunkPages();
    pages.data(rows, PLAIN);
    return pages.chunk(
        c, column, any ? floatBytes(min, narrow) : null, any ? floatBytes(max, narrow) : null);
  }

  private Chunk writeStrings(int c, StringColumn column) throws IOException {
    int rows = column.rows();
    int[] codes = column.codes();
    // Entries in the order of their first use: unused ones vanish, and equal columns that were
    // coded
    // in another order give the same bytes.
    int[] places = new int[column.dictionary().size()];
    Arrays.fill(places, -1);
    byte[][] texts = new byte[places.length][];
    int used = 0;
    long textBytes = 0;
    long dictionaryBytes = 0;
    int present = rows - column.missing();
    for (int r = 0; r < rows; r++) {
      if (column.isMissing(r)) {
        continue;
      }
      int code = codes[r];
      if (places[code] < 0) {
        places[code] = used;
        byte[] text = column.dictionary().get(code).getBytes(UTF_8);
        texts[used++] = text;
        dictionaryBytes += 4L + text.length;
      }
      textBytes += 4L + texts[places[code]].length;
    }
    byte[] min = null;
    byte[] max = null;
    for (int i = 0; i < used; i++) {
      byte[] text = texts[i];
      min = min == null || Arrays.compareUnsigned(text, min) < 0 ? text : min;
      max = max == null || Arrays.compareUnsigned(text, max) > 0 ? text : max;
    }
    boolean bounded =
        min != null && max != null && min.length <= BOUND_BYTES && max.length <= BOUND_BYTES;
    ChunkPages pages = new ChunkPages();
    int bits = Math.max(1, 32 - Integer.numberOfLeadingZeros(Math.max(0, used - 1)));
    boolean coded =
        used > 0
            && dictionaryBytes <= DICTIONARY_BYTES
            && dictionaryBytes + (long) present * bits / 8 < textBytes;
    if (coded) {
      length = 0;
      reserve((int) dictionaryBytes);
      for (int i = 0; i < used; i++) {
        putText(texts[i]);
      }
      pages.dictionary(used);
      begin(c, column, 0, rows);
      putCodes(column, places, used, bits, present);
      pages.data(rows, RLE_DICTIONARY);
    } else {
      int from = 0;
      while (from < rows) {
        int to = from;
        long size = 0;
        while (to < rows && size < PAGE_BYTES) {
          size += column.isMissing(to) ? 0 : 4L + texts[places[codes[to]]].length;
          to++;
        }
        begin(c, column, from, to);
        reserve(Math.toIntExact(size));
        for (int r = from; r < to; r++) {
          if (!column.isMissing(r)) {
            putText(texts[places[codes[r]]]);
          }
        }
        pages.data(to - from, PLAIN);
        from = to;
      }
    }
    return pages.chunk(c, column, bounded ? min : null, bounded ? max : null);
  }

  private void putText(byte[] text) {
    INT_LE.set(plain, length, text.length);
    System.arraycopy(text, 0, plain, length + 4, text.length);
    length += 4 + text.length;
  }

  /** Bit width, then one run: repeated where all are equal, else packed, lowest bits first. */
  private void putCodes(StringColumn column, int[] places, int used, int bits, int present) {
    int packedGroups = (present + 7) / 8;
    reserve(1 + 10 + packedGroups * bits + 8);
    plain[length++] = (byte) bits;
    if (used == 1) {
      putVarint((long) present << 1);
      plain[length++] = 0;
      return;
    }
    putVarint((long) packedGroups << 1 | 1);
    int[] codes = column.codes();
    boolean all = column.missing() == 0;
    long word = 0;
    int filled = 0;
    byte[] b = plain;
    int at = length;
    int end = at + packedGroups * bits;
    for (int r = 0; r < column.rows(); r++) {
      if (all || !column.isMissing(r)) {
        word |= (long) places[codes[r]] << filled;
        filled += bits;
        while (filled >= 8) {
          b[at++] = (byte) word;
          word >>>= 8;
          filled -= 8;
        }
      }
    }
    if (filled > 0) {
      b[at++] = (byte) word;
    }
    Arrays.fill(b, at, end, (byte) 0);
    length = end;
  }

  /** Starts a page: an optional column's definition levels, length before them. */
  private void begin(int c, Column column, int from, int to) {
    length = 0;
    if (required(c)) {
      return;
    }
    int rows = to - from;
    int missing = column.missing();
    reserve(4 + 10 + rows / 8 + 2);
    length = 4;
    if (missing == 0 || missing == column.rows()) {
      putVarint((long) rows << 1);
      plain[length++] = (byte) (missing == 0 ? 1 : 0);
    } else {
      putVarint((long) ((rows + 7) / 8) << 1 | 1);
      for (int r = from; r < to; r += 8) {
        int bits = 0;
        for (int i = 0; i < 8 && r + i < to; i++) {
          bits |= (column.isMissing(r + i) ? 0 : 1) << i;
        }
        plain[length++] = (byte) bits;
      }
    }
    INT_LE.set(plain, 0, length - 4);
  }

  private void putVarint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      plain[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    plain[length++] = (byte) rest;
  }

  private void reserve(int more) {
    int needed = Math.addExact(length, more);
    if (needed > plain.length) {
      plain = Arrays.copyOf(plain, (int) Math.min(Math.max(needed, 2L * plain.length), 1 << 30));
    }
  }

  private static byte[] bytes(long value) {
    byte[] b = new byte[8];
    LONG_LE.set(b, 0, value);
    return b;
  }

  private static byte[] floatBytes(double value, boolean narrow) {
    if (!narrow) {
      return bytes(Double.doubleToRawLongBits(value));
    }
    byte[] b = new byte[4];
    INT_LE.set(b, 0, Float.floatToRawIntBits((float) value));
    return b;
  }

  /** The pages of one column chunk as they are written from {@code plain}. */
  private final class ChunkPages {
    private long dictionaryOffset = -1;
    private long dataOffset = -1;
    private long values;
    private long plainBytes;
    private long storedBytes;

    void dictionary(int entries) throws IOException {
      dictionaryOffset = position;
      int stored = compress();
      page(
          new ThriftCompact()
              .i32(1, 2)
              .i32(2, length)
              .i32(3, stored)
              .struct(7)
              .i32(1, entries)
              .i32(2, PLAIN)
              .end(),
          stored);
    }

    void data(int rows, int valueEncoding) throws IOException {
      if (dataOffset < 0) {
        dataOffset = position;
      }
      values += rows;
      int stored = compress();
      page(
          new ThriftCompact()
              .i32(1, 0)
              .i32(2, length)
              .i32(3, stored)
              .struct(5)
              .i32(1, rows)
              .i32(2, valueEncoding)
              .i32(3, RLE)
              .i32(4, RLE)
              .end(),
          stored);
    }

    private int compress() {
      int bound = Math.toIntExact(Zstd.compressBound(length));
      if (packed.length < bound) {
        packed = new byte[bound];
      }
      return zstd.compressByteArray(packed, 0, packed.length, plain, 0, length);
    }

    private void page(ThriftCompact header, int stored) throws IOException {
      byte[] head = header.toBytes();
      emit(head, head.length);
      emit(packed, stored);
      plainBytes += head.length + length;
      storedBytes += head.length + stored;
    }

    Chunk chunk(int c, Column column, byte @Nullable [] min, byte @Nullable [] max) {
      return new Chunk(
          c,
          dictionaryOffset,
          dataOffset,
          values,
          plainBytes,
          storedBytes,
          column.missing(),
          min,
          max);
    }
  }

  private byte[] footer() {
    ThriftCompact t = new ThriftCompact();
    t.i32(1, 2);
    t.structList(2, fields.size() + 1);
    t.element().string(4, "examples").i32(5, fields.size()).end();
    for (int c = 0; c < fields.size(); c++) {
      t.element()
          .i32(1, physicalType(c))
          .i32(3, required(c) ? REQUIRED : OPTIONAL)
          .string(4, fields.get(c).name());
      if (fields.get(c).type() == ValueType.STRING) {
        t.i32(6, UTF8).struct(10).struct(1).end().end();
      }
      t.end();
    }
    t.i64(3, written);
    t.structList(4, groups.size());
    for (int g = 0; g < groups.size(); g++) {
      group(t, groups.get(g));
    }
    Map<String, String> metadata = new TreeMap<>(options.metadata());
    if (!metadata.isEmpty()) {
      t.structList(5, metadata.size());
      metadata.forEach((key, value) -> t.element().string(1, key).string(2, value).end());
    }
    t.string(6, CREATED_BY);
    t.structList(7, fields.size());
    for (int c = 0; c < fields.size(); c++) {
      t.element().struct(1).end().end();
    }
    return t.toBytes();
  }

  private void group(ThriftCompact t, Group group) {
    long plainBytes = 0;
    long storedBytes = 0;
    t.element().structList(1, group.chunks().size());
    for (Chunk chunk : group.chunks()) {
      plainBytes += chunk.plainBytes();
      storedBytes += chunk.storedBytes();
      boolean coded = chunk.dictionaryOffset() >= 0;
      t.element().i64(2, 0).struct(3).i32(1, physicalType(chunk.column()));
      if (coded) {
        t.i32List(2, PLAIN, RLE, RLE_DICTIONARY);
      } else {
        t.i32List(2, PLAIN, RLE);
      }
      t.stringList(3, fields.get(chunk.column()).name())
          .i32(4, ZSTD)
          .i64(5, chunk.values())
          .i64(6, chunk.plainBytes())
          .i64(7, chunk.storedBytes())
          .i64(9, chunk.dataOffset());
      if (coded) {
        t.i64(11, chunk.dictionaryOffset());
      }
      t.struct(12).i64(3, chunk.nulls());
      if (chunk.min() != null && chunk.max() != null) {
        t.binary(5, chunk.max()).binary(6, chunk.min()).bool(7, true).bool(8, true);
      }
      t.end().end().end();
    }
    Chunk first = group.chunks().getFirst();
    t.i64(2, plainBytes)
        .i64(3, group.rows())
        .i64(5, first.dictionaryOffset() >= 0 ? first.dictionaryOffset() : first.dataOffset())
        .i64(6, storedBytes)
        .end();
  }

  private int physicalType(int c) {
    return switch (fields.get(c).type()) {
      case INT -> INT64;
      case FLOAT -> options.narrowFloats() ? FLOAT : DOUBLE;
      case STRING -> BYTE_ARRAY;
    };
  }
}
