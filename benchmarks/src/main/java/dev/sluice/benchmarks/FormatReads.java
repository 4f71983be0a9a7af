package dev.sluice.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExampleWriter;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ParquetExampleWriter;
import dev.sluice.examples.RecordFile;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rows a second from the bytes of an object to columns, by format: 20 columns, of which eight are
 * whole numbers, six are numbers, four are texts, one is a date and one a timestamp; one value in
 * twenty is missing.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class FormatReads {
  private static final int ROWS = 1 << 16;
  private static final int BLOCK = 500;
  private static final int WHOLE = 8;
  private static final int REAL = 6;
  private static final int TEXTS = 4;
  private static final byte[] SYNC = "0123456789abcdef".getBytes(UTF_8);

  private RecordFile avro;
  private RecordFile deflated;
  private RecordFile parquet;

  /** Makes the rows up and writes them. */
  @Setup
  public void prepare() throws IOException {
    avro = RecordFiles.detect(ByteSource.of("rows.avro", avro("null")));
    deflated = RecordFiles.detect(ByteSource.of("deflated.avro", avro("deflate")));
    parquet = RecordFiles.detect(ByteSource.of("rows.parquet", parquet()));
  }

  /** Avro without packing to columns. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long avroToColumns() throws IOException {
    return read(avro);
  }

  /** Avro with deflate to columns. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long deflatedAvroToColumns() throws IOException {
    return read(deflated);
  }

  /** Parquet with zstd to columns; hardwood decodes on every core. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long parquetToColumns() throws IOException {
    return read(parquet);
  }

  private static long read(RecordFile file) throws IOException {
    long rows = 0;
    try (ExampleReader reader = Ingestion.read(List.of(file))) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        rows += batch.rows();
      }
    }
    return rows;
  }

  private static byte[] avro(String codec) {
    List<String> fields = new ArrayList<>();
    for (int c = 0; c < WHOLE + REAL + TEXTS; c++) {
      String type = c < WHOLE ? "long" : c < WHOLE + REAL ? "double" : "string";
      fields.add("{\"name\":\"c" + c + "\",\"type\":[\"null\",\"" + type + "\"]}");
    }
    fields.add("{\"name\":\"day\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}}");
    fields.add(
        "{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}}");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {'O', 'b', 'j', 1});
    number(out, 2);
    text(out, "avro.schema");
    text(out, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + String.join(",", fields) + "]}");
    text(out, "avro.codec");
    text(out, codec);
    number(out, 0);
    out.writeBytes(SYNC);
    Random random = new Random(1);
    for (int row = 0; row < ROWS; row += BLOCK) {
      int count = Math.min(BLOCK, ROWS - row);
      ByteArrayOutputStream rows = new ByteArrayOutputStream();
      for (int r = 0; r < count; r++) {
        row(rows, random);
      }
      byte[] block = codec.equals("null") ? rows.toByteArray() : deflate(rows.toByteArray());
      number(out, count);
      number(out, block.length);
      out.writeBytes(block);
      out.writeBytes(SYNC);
    }
    return out.toByteArray();
  }

  private static void row(ByteArrayOutputStream out, Random random) {
    for (int c = 0; c < WHOLE + REAL + TEXTS; c++) {
      if (random.nextInt(20) == 0) {
        number(out, 0);
        continue;
      }
      number(out, 1);
      if (c < WHOLE) {
        number(out, random.nextLong() >>> (20 + 5 * c));
      } else if (c < WHOLE + REAL) {
        long bits = Double.doubleToLongBits(random.nextDouble() * 1000);
        for (int i = 0; i < Double.BYTES; i++) {
          out.write((int) (bits >>> (8 * i)));
        }
      } else {
        text(out, word(c, random));
      }
    }
    number(out, 20_000 + random.nextInt(400));
    number(out, 1_700_000_000_000_000L + 1_000_000L * random.nextInt(100_000_000));
  }

  private static String word(int column, Random random) {
    return "word-" + random.nextInt((int) Math.pow(10, column - WHOLE - REAL + 1.5));
  }

  private static byte[] deflate(byte[] bytes) {
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, /* nowrap= */ true);
    deflater.setInput(bytes);
    deflater.finish();
    byte[] packed = new byte[bytes.length + 100];
    int size = deflater.deflate(packed);
    deflater.end();
    return Arrays.copyOf(packed, size);
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] b = text.getBytes(UTF_8);
    number(out, b.length);
    out.writeBytes(b);
  }

  private static void number(ByteArrayOutputStream out, long value) {
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static byte[] parquet() throws IOException {
    Random random = new Random(1);
    List<Field> fields = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    for (int c = 0; c < WHOLE + REAL + TEXTS + 2; c++) {
      long[] present = new long[ROWS >> 6];
      for (int r = 0; r < ROWS; r++) {
        present[r >> 6] |= random.nextInt(20) == 0 ? 0 : 1L << r;
      }
      Validity validity = Validity.of(present, ROWS);
      int column = c;
      if (c < WHOLE) {
        fields.add(new Field("c" + c, ValueType.INT));
        long[] values = random.longs(ROWS).map(v -> v >>> (20 + 5 * column)).toArray();
        columns.add(new IntColumn(values, validity));
      } else if (c < WHOLE + REAL) {
        fields.add(new Field("c" + c, ValueType.FLOAT));
        columns.add(new FloatColumn(random.doubles(ROWS, 0, 1000).toArray(), validity));
      } else {
        fields.add(new Field("c" + c, ValueType.STRING));
        List<String> words = new ArrayList<>();
        for (int w = 0; w < 1000; w++) {
          words.add(word(Math.min(c, WHOLE + REAL + TEXTS - 1), random));
        }
        columns.add(new StringColumn(random.ints(ROWS, 0, 1000).toArray(), words, validity));
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ExampleWriter writer = ParquetExampleWriter.open(out, fields)) {
      writer.write(new ExampleBatch(fields, columns, ROWS));
      writer.finish();
    }
    return out.toByteArray();
  }
}
