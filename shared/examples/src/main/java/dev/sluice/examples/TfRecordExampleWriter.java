package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes TFRecord of {@code tf.Example}, one record a row, as TensorFlow reads it: {@code INT} as
 * {@code int64_list}, {@code FLOAT} as {@code float_list} (32 bits, rounded to the nearest), {@code
 * STRING} as {@code bytes_list}, base64 columns decoded. A missing value is an absent feature, and
 * provenance is left out. Features stand in the order of their names' bytes, so the same batches
 * give the same bytes.
 *
 * <p>Memory is the texts of a batch and the longest row.
 */
public final class TfRecordExampleWriter implements ExampleWriter {
  private static final int FLUSH = 1 << 16;
  private static final byte FIRST = 0x0a;
  private static final byte SECOND = 0x12;
  private static final byte BYTES_LIST = 0x0a;
  private static final byte FLOAT_LIST = 0x12;
  private static final byte INT64_LIST = 0x1a;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final OutputStream out;
  private final List<Field> fields;

  /** Places of the columns that are written, by the bytes of their names. */
  private final int[] order;

  /** Each column's name as the first field of its map entry. */
  private final byte[][] keys;

  private final CRC32C crc = new CRC32C();
  private byte[] buffer = new byte[2 * FLUSH];
  private int length;
  private long rows;
  private boolean finished;

  /** Starts a file; the caller closes the stream after {@link #finish}. */
  public TfRecordExampleWriter(OutputStream out, List<Field> fields) {
    this.out = out;
    this.fields = List.copyOf(fields);
    List<Integer> written = new ArrayList<>();
    keys = new byte[fields.size()][];
    for (int c = 0; c < fields.size(); c++) {
      byte[] name = fields.get(c).name().getBytes(UTF_8);
      keys[c] = new byte[1 + varintSize(name.length) + name.length];
      keys[c][0] = FIRST;
      int at = putVarint(keys[c], 1, name.length);
      System.arraycopy(name, 0, keys[c], at, name.length);
      if (!fields.get(c).isProvenance()) {
        written.add(c);
      }
    }
    written.sort((a, b) ->
        Arrays.compareUnsigned(
            fields.get(a).name().getBytes(UTF_8), fields.get(b).name().getBytes(UTF_8)));
    order = written.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public void write(ExampleBatch batch) throws IOException {
    if (finished) {
      throw new Bug("a batch was written after the file was finished");
    }
    if (!batch.fields().equals(fields)) {
      throw new Bug("the batch has fields " + batch.fields() + ", the file has " + fields);
    }
    Texts[] texts = new Texts[fields.size()];
    for (int c : order) {
      Column column = batch.columns().get(c);
      Column values = column instanceof ListColumn lists ? lists.values() : column;
      if (values instanceof StringColumn strings) {
        texts[c] = new Texts(strings, fields.get(c).base64());
      }
    }
    int[] sizes = new int[order.length];
    for (int r = 0; r < batch.rows(); r++) {
      row(batch, r, texts, sizes);
    }
    rows += batch.rows();
  }

  private void row(ExampleBatch batch, int r, @Nullable Texts[] texts, int[] sizes)
      throws IOException {
    // Sizes stand before what they measure, so they are summed up from the inside first.
    long features = 0;
    for (int k = 0; k < order.length; k++) {
      Column column = batch.columns().get(order[k]);
      if (column.isMissing(r)) {
        sizes[k] = -1;
        continue;
      }
      long list =
          column instanceof ListColumn lists
              ? listSize(
                  lists.values(), lists.offsets()[r], lists.offsets()[r + 1], texts[order[k]])
              : listSize(column, r, r + 1, texts[order[k]]);
      sizes[k] = fits(list);
      features += 1 + varintSize(entrySize(k, sizes[k])) + (long) entrySize(k, sizes[k]);
    }
    int data = fits(1 + varintSize(fits(features)) + features);
    reserve(data);
    byte[] b = buffer;
    int start = length;
    int at = start + TfRecords.HEADER;
    b[at++] = FIRST;
    at = putVarint(b, at, features);
    for (int k = 0; k < order.length; k++) {
      if (sizes[k] >= 0) {
        at = entry(b, at, k, batch.columns().get(order[k]), r, texts[order[k]], sizes[k]);
      }
    }
    if (at != start + TfRecords.HEADER + data) {
      throw new Bug("a record of " + data + " bytes was counted and another one written");
    }
    TfRecords.putHeader(b, start, data);
    TfRecords.putChecksum(b, at, TfRecords.checksum(crc, b, start + TfRecords.HEADER, data));
    length = at + TfRecords.FOOTER;
    if (length >= FLUSH) {
      out.write(b, 0, length);
      length = 0;
    }
  }

  private static int fits(long size) {
    if (size > TfRecordFile.MAX_RECORD) {
      throw new BadInput(
          "a row is larger than "
              + TfRecordFile.MAX_RECORD
              + " bytes as a tf.Example; leave its long values out");
    }
    return (int) size;
  }

  /** Bytes of the list's message, without its own tag and length. */
  private static long listSize(Column values, int from, int to, @Nullable Texts texts) {
    return switch (values) {
      case FloatColumn _ -> packedSize(4L * (to - from));
      case IntColumn ints -> {
        long size = 0;
        for (int v = from; v < to; v++) {
          size += varintSize(ints.values()[v]);
        }
        yield packedSize(size);
      }
      case StringColumn _ -> {
        long size = 0;
        for (int v = from; v < to; v++) {
          int text = of(texts).size(v);
          size += 1 + varintSize(text) + (long) text;
        }
        yield size;
      }
      case ListColumn _ -> throw ListColumn.refused();
    };
  }

  private static long packedSize(long size) {
    return 1 + varintSize(size) + size;
  }

  private static Texts of(@Nullable Texts texts) {
    if (texts == null) {
      throw new Bug("a text column without texts");
    }
    return texts;
  }

  private static int featureSize(int list) {
    return 1 + varintSize(list) + list;
  }

  private int entrySize(int k, int list) {
    int feature = featureSize(list);
    return keys[order[k]].length + 1 + varintSize(feature) + feature;
  }

  private int entry(
      byte[] b, int start, int k, Column column, int r, @Nullable Texts texts, int size) {
    byte[] key = keys[order[k]];
    int at = start;
    b[at++] = FIRST;
    at = putVarint(b, at, entrySize(k, size));
    System.arraycopy(key, 0, b, at, key.length);
    at += key.length;
    b[at++] = SECOND;
    at = putVarint(b, at, featureSize(size));
    if (column instanceof ListColumn lists) {
      return list(b, at, lists.values(), lists.offsets()[r], lists.offsets()[r + 1], texts, size);
    }
    return list(b, at, column, r, r + 1, texts, size);
  }

  private static int list(
      byte[] b, int start, Column values, int from, int to, @Nullable Texts texts, int size) {
    int at = start;
    b[at++] =
        switch (values) {
          case IntColumn _ -> INT64_LIST;
          case FloatColumn _ -> FLOAT_LIST;
          default -> BYTES_LIST;
        };
    at = putVarint(b, at, size);
    switch (values) {
      case FloatColumn floats -> {
        b[at++] = FIRST;
        at = putVarint(b, at, 4L * (to - from));
        for (int v = from; v < to; v++) {
          INT.set(b, at, Float.floatToIntBits((float) floats.values()[v]));
          at += 4;
        }
      }
      case IntColumn ints -> {
        long packed = 0;
        for (int v = from; v < to; v++) {
          packed += varintSize(ints.values()[v]);
        }
        b[at++] = FIRST;
        at = putVarint(b, at, packed);
        for (int v = from; v < to; v++) {
          at = putVarint(b, at, ints.values()[v]);
        }
      }
      case StringColumn _ -> {
        for (int v = from; v < to; v++) {
          b[at++] = FIRST;
          at = of(texts).put(b, at, v);
        }
      }
      case ListColumn _ -> throw ListColumn.refused();
    }
    return at;
  }

  private void reserve(int data) {
    int needed = Math.addExact(length, data + TfRecords.HEADER + TfRecords.FOOTER);
    if (needed > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(needed, 2 * buffer.length));
    }
  }

  private static int varintSize(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
  }

  private static int putVarint(byte[] b, int start, long value) {
    int at = start;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      b[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    b[at++] = (byte) rest;
    return at;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public void finish() throws IOException {
    if (!finished) {
      finished = true;
      out.write(buffer, 0, length);
      length = 0;
      out.flush();
    }
  }

  @Override
  public void close() {}

  /** A column's texts as the bytes that are written, each made once. */
  private static final class Texts {
    private final int[] codes;
    private final byte[] bytes;
    private final int[] ends;

    Texts(StringColumn column, boolean base64) {
      codes = column.codes();
      int size = column.dictionary().size();
      if (column.dictionary() instanceof Utf8List list && !base64) {
        bytes = list.bytes();
        ends = new int[size];
        for (int code = 0; code < size; code++) {
          ends[code] = list.end(code);
        }
        return;
      }
      byte[][] texts = new byte[size][];
      ends = new int[size];
      int end = 0;
      for (int code = 0; code < size; code++) {
        String text = column.dictionary().get(code);
        texts[code] = base64 ? Base64.getDecoder().decode(text) : text.getBytes(UTF_8);
        end = Math.addExact(end, texts[code].length);
        ends[code] = end;
      }
      bytes = new byte[end];
      for (int code = 0; code < size; code++) {
        System.arraycopy(texts[code], 0, bytes, start(code), texts[code].length);
      }
    }

    private int start(int code) {
      return code == 0 ? 0 : ends[code - 1];
    }

    int size(int v) {
      return ends[codes[v]] - start(codes[v]);
    }

    int put(byte[] b, int from, int v) {
      int size = size(v);
      int at = putVarint(b, from, size);
      System.arraycopy(bytes, start(codes[v]), b, at, size);
      return at + size;
    }
  }
}
