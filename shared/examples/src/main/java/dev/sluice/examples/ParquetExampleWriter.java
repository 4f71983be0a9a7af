package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes Parquet files (apache/parquet-format 2.10) straight from columns: zstd, version 1 data
 * pages, {@code INT64}, {@code DOUBLE} or {@code FLOAT}, and UTF-8 {@code BYTE_ARRAY} with a
 * dictionary where that is smaller. Every column is optional but {@code __row}, which must not miss
 * values. A repeated column is a standard list, {@code optional group NAME (LIST) { repeated group
 * list { required element } }}, a missing one a null list. Names of columns whose texts are base64
 * stand in the footer under {@value #BASE64}. Each column chunk has minimum, maximum and number of
 * nulls; NaN is in neither bound, zero bounds carry the sign that covers both zeros, and bounds of
 * long texts are left out. The same batches give the same bytes.
 *
 * <p>Holds the rows of one group, about 64k or 64 MiB of text, and of the file's end only the
 * groups' metadata. Batches that share a group are not joined: each page is packed from all of
 * them, and of a batch's texts only those that its rows use cost anything.
 */
public final class ParquetExampleWriter implements ExampleWriter {
  /** Footer key of a JSON list: the columns whose texts are base64. */
  static final String BASE64 = "sluice.base64";

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
  private static final int REPEATED = 2;
  private static final int UTF8 = 0;
  private static final int LIST = 3;

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
  private long heldValues;
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
      Column values = column;
      if (column instanceof ListColumn lists) {
        values = lists.values();
        heldValues += values.rows();
      }
      if (values instanceof StringColumn strings) {
        heldChars += chars(strings.dictionary());
      }
    }
    if (heldRows >= ExampleBatch.ROWS
        || heldRows * fields.size() + heldValues >= GROUP_CELLS
        || heldChars >= GROUP_CHARS) {
      writeGroup();
    }
  }

  /** What a dictionary holds in memory, used or not. */
  private static long chars(List<String> dictionary) {
    if (dictionary instanceof Utf8List texts) {
      return texts.isEmpty() ? 0 : texts.end(texts.size() - 1);
    }
    long chars = 0;
    for (String text : dictionary) {
      chars += text.length();
    }
    return chars;
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
      Parts parts = parts(c);
      if (required(c) && parts.missing > 0) {
        throw new Bug(fields.get(c).name() + " misses values");
      }
      chunks.add(
          switch (fields.get(c).type()) {
            case INT -> writeInts(parts);
            case FLOAT -> writeFloats(parts);
            case STRING -> writeStrings(parts);
          });
    }
    groups.add(new Group(heldRows, chunks));
    held.clear();
    heldRows = 0;
    heldChars = 0;
    heldValues = 0;
  }

  private boolean required(int column) {
    return fields.get(column).name().equals(Field.ROW);
  }

  private Parts parts(int c) {
    Field field = fields.get(c);
    Column[] columns = new Column[held.size()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = held.get(i).columns().get(c);
      if (columns[i] instanceof ListColumn != field.repeated()
          || columns[i].type() != field.type()) {
        throw new Bug(
            "column " + field.name() + " is " + field + ", but a batch has " + columns[i].type());
      }
    }
    return new Parts(c, field.repeated(), columns);
  }

  /**
   * One column of all batches that are held.
   *
   * <p>Its values are those of {@link #values}: in a list column they are all present, and a row
   * has those from {@link #first} of it to that of the next row.
   */
  private static final class Parts {
    private final int column;
    private final boolean lists;
    private final Column[] rows;
    private final Column[] values;
    private final int missing;

    /** Rows that the column has in all. */
    private final int total;

    Parts(int column, boolean lists, Column[] rows) {
      this.column = column;
      this.lists = lists;
      this.rows = rows;
      this.values = new Column[rows.length];
      int gone = 0;
      int all = 0;
      for (int i = 0; i < rows.length; i++) {
        values[i] = rows[i] instanceof ListColumn list ? list.values() : rows[i];
        gone += rows[i].missing();
        all += rows[i].rows();
      }
      this.missing = gone;
      this.total = all;
    }

    /** The first value of a row, or the end of the row before. */
    int first(int part, int row) {
      return rows[part] instanceof ListColumn list ? list.offsets()[row] : row;
    }
  }

  /** Rows of one part that share a page. */
  private record Span(int part, int from, int to) {}

  /** Bytes that a row's values take, roughly. */
  @FunctionalInterface
  private interface Weight {
    long of(int part, int row);
  }

  /** The rows of each page: all of them, or so many that a page has about a megabyte. */
  private static List<List<Span>> pages(Parts parts, Weight weight) {
    List<List<Span>> pages = new ArrayList<>();
    List<Span> page = new ArrayList<>();
    long bytes = 0;
    for (int part = 0; part < parts.rows.length; part++) {
      int rows = parts.rows[part].rows();
      int from = 0;
      for (int row = 0; row < rows; row++) {
        bytes += weight.of(part, row);
        if (bytes >= PAGE_BYTES) {
          page.add(new Span(part, from, row + 1));
          pages.add(page);
          page = new ArrayList<>();
          from = row + 1;
          bytes = 0;
        }
      }
      if (from < rows) {
        page.add(new Span(part, from, rows));
      }
    }
    if (!page.isEmpty()) {
      pages.add(page);
    }
    return pages;
  }

  /** As {@link #pages}, where a value has so many bytes. */
  private static List<List<Span>> pages(Parts parts, int valueBytes) {
    if (parts.lists) {
      return pages(
          parts,
          (part, row) ->
              (long) valueBytes * (1 + parts.first(part, row + 1) - parts.first(part, row)));
    }
    // A group's plain numbers and codes are about a page.
    List<Span> all = new ArrayList<>();
    for (int part = 0; part < parts.rows.length; part++) {
      all.add(new Span(part, 0, parts.rows[part].rows()));
    }
    return List.of(all);
  }

  private Chunk writeInts(Parts parts) throws IOException {
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    boolean any = false;
    ChunkPages pages = new ChunkPages();
    for (List<Span> page : pages(parts, 8)) {
      int entries = begin(parts, page);
      reserve(8 * values(parts, page));
      for (Span span : page) {
        IntColumn column = (IntColumn) parts.values[span.part()];
        long[] values = column.values();
        boolean all = column.missing() == 0;
        int end = parts.first(span.part(), span.to());
        byte[] b = plain;
        int at = length;
        for (int r = parts.first(span.part(), span.from()); r < end; r++) {
          if (all || !column.isMissing(r)) {
            long value = values[r];
            LONG_LE.set(b, at, value);
            at += 8;
            min = Math.min(min, value);
            max = Math.max(max, value);
          }
        }
        any |= at > length;
        length = at;
      }
      pages.data(entries, PLAIN);
    }
    return pages.chunk(parts, any ? bytes(min) : null, any ? bytes(max) : null);
  }

  private Chunk writeFloats(Parts parts) throws IOException {
    boolean narrow = options.narrowFloats();
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    boolean any = false;
    ChunkPages pages = new ChunkPages();
    for (List<Span> page : pages(parts, 8)) {
      int entries = begin(parts, page);
      reserve(8 * values(parts, page));
      for (Span span : page) {
        FloatColumn column = (FloatColumn) parts.values[span.part()];
        double[] values = column.values();
        boolean all = column.missing() == 0;
        int end = parts.first(span.part(), span.to());
        byte[] b = plain;
        int at = length;
        for (int r = parts.first(span.part(), span.from()); r < end; r++) {
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
      }
      pages.data(entries, PLAIN);
    }
    // Minus zero below, plus zero above, as readers may take either for the other.
    min = min == 0 ? -0.0 : min;
    max = max == 0 ? 0.0 : max;
    return pages.chunk(
        parts, any ? floatBytes(min, narrow) : null, any ? floatBytes(max, narrow) : null);
  }

  /** The values that a page may have, missing ones included. */
  private static int values(Parts parts, List<Span> page) {
    int count = 0;
    for (Span span : page) {
      count += parts.first(span.part(), span.to()) - parts.first(span.part(), span.from());
    }
    return count;
  }

  /**
   * A part's texts as bytes, of which only those that rows use were looked at.
   *
   * @param uses how often each is used
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Texts(
      @Nullable Utf8List list, byte[] @Nullable [] encoded, int[] uses, int[] firstUses, int used) {
    static Texts of(StringColumn column, int values) {
      int size = column.dictionary().size();
      int[] uses = new int[size];
      int[] firstUses = new int[Math.min(size, values)];
      int used = 0;
      int[] codes = column.codes();
      boolean all = column.missing() == 0;
      for (int i = 0; i < values; i++) {
        if ((all || !column.isMissing(i)) && uses[codes[i]]++ == 0) {
          firstUses[used++] = codes[i];
        }
      }
      if (column.dictionary() instanceof Utf8List list) {
        return new Texts(list, null, uses, firstUses, used);
      }
      byte[][] encoded = new byte[size][];
      for (int i = 0; i < used; i++) {
        encoded[firstUses[i]] = column.dictionary().get(firstUses[i]).getBytes(UTF_8);
      }
      return new Texts(null, encoded, uses, firstUses, used);
    }

    byte[] bytes(int code) {
      return list != null ? list.bytes() : encoded(code);
    }

    private byte[] encoded(int code) {
      byte[] text = encoded == null ? null : encoded[code];
      if (text == null) {
        throw new Bug("text " + code + " is used by no row");
      }
      return text;
    }

    int from(int code) {
      return list != null ? list.start(code) : 0;
    }

    int to(int code) {
      return list != null ? list.end(code) : encoded(code).length;
    }

    int size(int code) {
      return to(code) - from(code);
    }
  }

  private Chunk writeStrings(Parts parts) throws IOException {
    Texts[] texts = new Texts[parts.rows.length];
    long textBytes = 0;
    int present = 0;
    TextBounds bounds = new TextBounds();
    for (int part = 0; part < texts.length; part++) {
      Texts own =
          Texts.of((StringColumn) parts.values[part], parts.first(part, parts.rows[part].rows()));
      texts[part] = own;
      for (int i = 0; i < own.used(); i++) {
        int code = own.firstUses()[i];
        int uses = own.uses()[code];
        present += uses;
        textBytes += uses * (4L + own.size(code));
        bounds.add(own.bytes(code), own.from(code), own.to(code));
      }
    }
    ChunkPages pages = new ChunkPages();
    Dictionary dictionary = dictionary(texts, present, textBytes);
    if (dictionary != null) {
      length = 0;
      reserve(Math.toIntExact(dictionary.bytes()));
      for (long place : dictionary.entries()) {
        int code = (int) place;
        Texts own = texts[(int) (place >>> 32)];
        putText(own.bytes(code), own.from(code), own.to(code));
      }
      pages.dictionary(dictionary.entries().length);
      for (List<Span> page : pages(parts, 4)) {
        int entries = begin(parts, page);
        putCodes(parts, page, dictionary);
        pages.data(entries, RLE_DICTIONARY);
      }
    } else {
      for (List<Span> page : pages(parts, (part, row) -> bytes(parts, texts[part], part, row))) {
        int entries = begin(parts, page);
        for (Span span : page) {
          StringColumn column = (StringColumn) parts.values[span.part()];
          Texts own = texts[span.part()];
          int end = parts.first(span.part(), span.to());
          for (int r = parts.first(span.part(), span.from()); r < end; r++) {
            if (!column.isMissing(r)) {
              int code = column.codes()[r];
              reserve(4 + own.size(code));
              putText(own.bytes(code), own.from(code), own.to(code));
            }
          }
        }
        pages.data(entries, PLAIN);
      }
    }
    return pages.chunk(parts, bounds.least(), bounds.greatest());
  }

  private static long bytes(Parts parts, Texts texts, int part, int row) {
    StringColumn column = (StringColumn) parts.values[part];
    int end = parts.first(part, row + 1);
    long bytes = parts.lists ? 4 : 0;
    for (int i = parts.first(part, row); i < end; i++) {
      bytes += column.isMissing(i) ? 0 : 4L + texts.size(column.codes()[i]);
    }
    return bytes;
  }

  /** The least and the greatest text by their bytes. */
  private static final class TextBounds {
    private byte[] min = {};
    private int minFrom;
    private int minTo = -1;
    private byte[] max = {};
    private int maxFrom;
    private int maxTo;

    void add(byte[] b, int from, int to) {
      boolean first = minTo < 0;
      if (first || Arrays.compareUnsigned(b, from, to, min, minFrom, minTo) < 0) {
        min = b;
        minFrom = from;
        minTo = to;
      }
      if (first || Arrays.compareUnsigned(b, from, to, max, maxFrom, maxTo) > 0) {
        max = b;
        maxFrom = from;
        maxTo = to;
      }
    }

    private boolean fits() {
      return minTo >= 0 && minTo - minFrom <= BOUND_BYTES && maxTo - maxFrom <= BOUND_BYTES;
    }

    byte @Nullable [] least() {
      return fits() ? Arrays.copyOfRange(min, minFrom, minTo) : null;
    }

    byte @Nullable [] greatest() {
      return fits() ? Arrays.copyOfRange(max, maxFrom, maxTo) : null;
    }
  }

  /**
   * A group's dictionary: its entries in the order of their first use, so that unused ones vanish
   * and equal columns that were coded in another order give the same bytes.
   *
   * @param entries part in the upper 32 bits, code in the lower
   * @param places by part and code, the entry
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Dictionary(long[] entries, int[][] places, long bytes) {}

  /** The dictionary of a group, or null where plain texts are no larger. */
  private static @Nullable Dictionary dictionary(Texts[] texts, int present, long textBytes) {
    int[][] places = new int[texts.length][];
    long[] entries = new long[16];
    int size = 0;
    long bytes = 0;
    // The texts of one part differ; several parts may share some.
    BytesDictionary known = texts.length == 1 ? null : new BytesDictionary();
    for (int part = 0; part < texts.length; part++) {
      Texts own = texts[part];
      int[] ofCode = new int[own.uses().length];
      for (int i = 0; i < own.used(); i++) {
        int code = own.firstUses()[i];
        int place =
            known == null ? size : known.code(own.bytes(code), own.from(code), own.to(code));
        ofCode[code] = place;
        if (place == size) {
          bytes += 4L + own.size(code);
          if (bytes > DICTIONARY_BYTES || bytes >= textBytes) {
            return null;
          }
          if (size == entries.length) {
            entries = Arrays.copyOf(entries, size * 2);
          }
          entries[size++] = (long) part << 32 | code;
        }
      }
      places[part] = ofCode;
    }
    boolean smaller = size > 0 && bytes + (long) present * bits(size) / 8 < textBytes;
    return smaller ? new Dictionary(Arrays.copyOf(entries, size), places, bytes) : null;
  }

  private static int bits(int entries) {
    return Math.max(1, 32 - Integer.numberOfLeadingZeros(Math.max(0, entries - 1)));
  }

  private void putText(byte[] b, int from, int to) {
    INT_LE.set(plain, length, to - from);
    System.arraycopy(b, from, plain, length + 4, to - from);
    length += 4 + to - from;
  }

  /** Bit width, then one run: repeated where all are equal, else packed, lowest bits first. */
  private void putCodes(Parts parts, List<Span> page, Dictionary dictionary) {
    int bits = bits(dictionary.entries().length);
    int present = 0;
    for (Span span : page) {
      Column column = parts.values[span.part()];
      int from = parts.first(span.part(), span.from());
      int end = parts.first(span.part(), span.to());
      present += end - from;
      if (column.missing() > 0) {
        for (int r = from; r < end; r++) {
          present -= column.isMissing(r) ? 1 : 0;
        }
      }
    }
    reserve(1 + 10 + (present + 7) / 8 * bits + 8);
    plain[length++] = (byte) bits;
    if (dictionary.entries().length == 1) {
      putVarint((long) present << 1);
      plain[length++] = 0;
      return;
    }
    Run run = new Run(bits, present);
    for (Span span : page) {
      StringColumn column = (StringColumn) parts.values[span.part()];
      int[] places = dictionary.places()[span.part()];
      int[] codes = column.codes();
      boolean all = column.missing() == 0;
      int end = parts.first(span.part(), span.to());
      for (int r = parts.first(span.part(), span.from()); r < end; r++) {
        if (all || !column.isMissing(r)) {
          run.put(places[codes[r]]);
        }
      }
    }
    run.end();
  }

  /** A bit-packed run of numbers, lowest bits first, written to where there is room for it. */
  private final class Run {
    private final byte[] b;
    private final int bits;
    private final int end;
    private int at;
    private long word;
    private int filled;

    Run(int bits, int count) {
      int packedGroups = (count + 7) / 8;
      putVarint((long) packedGroups << 1 | 1);
      this.b = plain;
      this.bits = bits;
      this.at = length;
      this.end = at + packedGroups * bits;
    }

    void put(int number) {
      word |= (long) number << filled;
      filled += bits;
      while (filled >= 8) {
        b[at++] = (byte) word;
        word >>>= 8;
        filled -= 8;
      }
    }

    /** A bit a row; only where a number is one bit. */
    void putPresence(Validity validity, int from, int to) {
      byte[] to8 = b;
      int i = at;
      int bitsOfByte = (int) word;
      int count = filled;
      for (int r = from; r < to; r++) {
        bitsOfByte |= (validity.isMissing(r) ? 0 : 1) << count;
        if (++count == 8) {
          to8[i++] = (byte) bitsOfByte;
          bitsOfByte = 0;
          count = 0;
        }
      }
      at = i;
      word = bitsOfByte;
      filled = count;
    }

    void end() {
      if (filled > 0) {
        b[at++] = (byte) word;
      }
      Arrays.fill(b, at, end, (byte) 0);
      length = end;
    }
  }

  /**
   * Starts a page: the levels of a list's repetition and of an optional column's definition, each
   * with its length before it.
   *
   * @return entries of the page, which a missing row has one of
   */
  private int begin(Parts parts, List<Span> page) {
    length = 0;
    int rows = 0;
    for (Span span : page) {
      rows += span.to() - span.from();
    }
    if (required(parts.column)) {
      return rows;
    }
    if (parts.lists) {
      return beginLists(parts, page, rows);
    }
    reserve(4 + 10 + rows / 8 + 2);
    length = 4;
    if (parts.missing == 0 || parts.missing == parts.total) {
      putVarint((long) rows << 1);
      plain[length++] = (byte) (parts.missing == 0 ? 1 : 0);
    } else {
      Run run = new Run(1, rows);
      for (Span span : page) {
        run.putPresence(validity(parts.rows[span.part()]), span.from(), span.to());
      }
      run.end();
    }
    INT_LE.set(plain, 0, length - 4);
    return rows;
  }

  private static Validity validity(Column column) {
    return switch (column) {
      case IntColumn ints -> ints.validity();
      case FloatColumn floats -> floats.validity();
      case StringColumn texts -> texts.validity();
      case ListColumn lists -> lists.validity();
    };
  }

  private int beginLists(Parts parts, List<Span> page, int rows) {
    int missing = 0;
    for (Span span : page) {
      for (int r = span.from(); r < span.to(); r++) {
        missing += parts.rows[span.part()].isMissing(r) ? 1 : 0;
      }
    }
    int entries = values(parts, page) + missing;
    reserve(2 * (4 + 10) + 3 * (entries / 8 + 1) + 8);
    length = 4;
    if (entries == rows) {
      putVarint((long) rows << 1);
      plain[length++] = 0;
    } else {
      Run repetition = new Run(1, entries);
      for (Span span : page) {
        for (int r = span.from(); r < span.to(); r++) {
          repetition.put(0);
          int more = parts.first(span.part(), r + 1) - parts.first(span.part(), r) - 1;
          for (int i = 0; i < more; i++) {
            repetition.put(1);
          }
        }
      }
      repetition.end();
    }
    INT_LE.set(plain, 0, length - 4);
    int start = length;
    length += 4;
    if (missing == 0) {
      putVarint((long) entries << 1);
      plain[length++] = 2;
    } else {
      Run definition = new Run(2, entries);
      for (Span span : page) {
        for (int r = span.from(); r < span.to(); r++) {
          int count = parts.first(span.part(), r + 1) - parts.first(span.part(), r);
          if (count == 0) {
            definition.put(0);
          }
          for (int i = 0; i < count; i++) {
            definition.put(2);
          }
        }
      }
      definition.end();
    }
    INT_LE.set(plain, start, length - start - 4);
    return entries;
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

    void data(int entries, int valueEncoding) throws IOException {
      if (dataOffset < 0) {
        dataOffset = position;
      }
      values += entries;
      int stored = compress();
      page(
          new ThriftCompact()
              .i32(1, 0)
              .i32(2, length)
              .i32(3, stored)
              .struct(5)
              .i32(1, entries)
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

    Chunk chunk(Parts parts, byte @Nullable [] min, byte @Nullable [] max) {
      return new Chunk(
          parts.column,
          dictionaryOffset,
          dataOffset,
          values,
          plainBytes,
          storedBytes,
          parts.missing,
          min,
          max);
    }
  }

  private byte[] footer() {
    ThriftCompact t = new ThriftCompact();
    t.i32(1, 2);
    int nodes = 1;
    for (Field field : fields) {
      nodes += field.repeated() ? 3 : 1;
    }
    t.structList(2, nodes);
    t.element().string(4, "examples").i32(5, fields.size()).end();
    for (int c = 0; c < fields.size(); c++) {
      String name = fields.get(c).name();
      if (fields.get(c).repeated()) {
        t.element().i32(3, OPTIONAL).string(4, name).i32(5, 1).i32(6, LIST);
        t.struct(10).struct(3).end().end().end();
        t.element().i32(3, REPEATED).string(4, "list").i32(5, 1).end();
        leaf(t, c, REQUIRED, "element");
      } else {
        leaf(t, c, required(c) ? REQUIRED : OPTIONAL, name);
      }
    }
    t.i64(3, written);
    t.structList(4, groups.size());
    for (int g = 0; g < groups.size(); g++) {
      group(t, groups.get(g));
    }
    Map<String, String> metadata = new TreeMap<>(options.metadata());
    List<String> base64 = fields.stream().filter(Field::base64).map(Field::name).toList();
    if (!base64.isEmpty()) {
      metadata.put(BASE64, Json.write(base64));
    }
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

  private void leaf(ThriftCompact t, int c, int repetition, String name) {
    t.element().i32(1, physicalType(c)).i32(3, repetition).string(4, name);
    if (fields.get(c).type() == ValueType.STRING) {
      t.i32(6, UTF8).struct(10).struct(1).end().end();
    }
    t.end();
  }

  private String[] path(int c) {
    String name = fields.get(c).name();
    return fields.get(c).repeated() ? new String[] {name, "list", "element"} : new String[] {name};
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
      t.stringList(3, path(chunk.column()))
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
