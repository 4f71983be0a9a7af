package dev.sluice.examples;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** What a file's records say, as tests compare it, and bytes as tests make them. */
final class Reading {
  private Reading() {}

  /**
   * A record of a file.
   *
   * @param values as text, by column; of good records only
   */
  record Found(
      long offset, long line, @Nullable String column, @Nullable String reason, String values) {}

  /** A reason with its place left out. */
  static List<@Nullable String> reasons(List<Found> records) {
    return records.stream().map(Found::reason).toList();
  }

  static List<String> values(List<Found> records) {
    return records.stream().filter(r -> r.reason() == null).map(Found::values).toList();
  }

  /** All records, read in one stretch. */
  static List<Found> records(RecordFile file) throws IOException {
    return records(file, kinds(file), Stretch.WHOLE);
  }

  /** All records, read in the stretches between the cuts, which must not overlap. */
  static List<Found> records(RecordFile file, long... cuts) throws IOException {
    Kinds kinds = kinds(file);
    List<Found> all = new ArrayList<>();
    long from = 0;
    long lines = 0;
    long end = 0;
    for (int i = 0; i <= cuts.length; i++) {
      long to = i < cuts.length ? cuts[i] : Long.MAX_VALUE;
      Stretch stretch = new Stretch(from, to);
      for (Found r : records(file, kinds, stretch)) {
        all.add(
            new Found(
                r.offset(),
                r.line() == 0 ? 0 : lines + r.line(),
                r.column(),
                r.reason(),
                r.values()));
      }
      try (RecordReader reader = file.read(stretch)) {
        while (reader.next()) {}
        if (i > 0 && reader.first() != end) {
          throw new AssertionError("a stretch begins at " + reader.first() + ", not at " + end);
        }
        end = reader.end();
        lines += reader.lines();
      }
      from = to;
    }
    return all;
  }

  static Kinds kinds(RecordFile file) throws IOException {
    Kinds kinds = new Kinds();
    file.declare(kinds);
    try (RecordReader reader = file.read(Stretch.WHOLE)) {
      while (reader.next()) {
        if (reader.problem() == null) {
          reader.look(kinds);
        }
      }
    }
    return kinds;
  }

  private static List<Found> records(RecordFile file, Kinds kinds, Stretch stretch)
      throws IOException {
    List<Field> fields = kinds.fields();
    List<Found> found = new ArrayList<>();
    try (RecordReader reader = file.read(stretch)) {
      reader.bind(fields, kinds);
      BatchBuilder builder = new BatchBuilder(fields, kinds);
      while (reader.next()) {
        RecordReader.Problem problem = reader.problem();
        String values = "";
        if (problem == null) {
          reader.append(builder);
          builder.endRow();
          values = text(builder.take());
        }
        found.add(
            new Found(
                reader.offset(),
                reader.line(),
                problem == null ? null : problem.column(),
                problem == null ? null : problem.reason(),
                values));
      }
    } catch (Misfit e) {
      throw new AssertionError(e);
    }
    return found;
  }

  /** Columns by name, missing ones left out. */
  private static String text(ExampleBatch batch) {
    TreeMap<String, Object> row = new TreeMap<>();
    for (int c = 0; c < batch.fields().size(); c++) {
      Object value = value(batch.columns().get(c), 0);
      if (value != null) {
        row.put(batch.fields().get(c).name(), value);
      }
    }
    return row.toString();
  }

  static @Nullable Object value(Column column, int row) {
    if (column.isMissing(row)) {
      return null;
    }
    return switch (column) {
      case IntColumn ints -> ints.values()[row];
      case FloatColumn floats -> floats.values()[row];
      case StringColumn strings -> strings.value(row);
      case ListColumn lists -> {
        List<@Nullable Object> values = new ArrayList<>();
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          values.add(value(lists.values(), v));
        }
        yield values;
      }
    };
  }

  /** TFRecord's frame around each of the records, by its specification alone. */
  static byte[] tfRecords(List<byte[]> records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] data : records) {
      byte[] length =
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
      out.writeBytes(length);
      out.writeBytes(masked(length));
      out.writeBytes(data);
      out.writeBytes(masked(data));
    }
    return out.toByteArray();
  }

  /** The masked checksum of the bytes. */
  static byte[] masked(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    int value = (int) crc.getValue();
    return ByteBuffer.allocate(4)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((value >>> 15 | value << 17) + 0xa282ead8)
        .array();
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] cut(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  /** The bytes with one of them changed. */
  static byte[] flip(byte[] bytes, int at) {
    byte[] out = bytes.clone();
    out[at] ^= 0x55;
    return out;
  }
}
