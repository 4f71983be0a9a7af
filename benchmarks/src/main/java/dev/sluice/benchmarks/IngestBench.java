package dev.sluice.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.Json;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.Splits;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Files to examples, one thread: CSV beside DuckDB's {@code COPY} of the same file in the same
 * process, in turn; and the table of {@link Listings} as JSON Lines, TFRecord, Avro and Parquet
 * too.
 */
public final class IngestBench {
  private final Path folder;
  private final int rows;
  private final int rounds;
  private final Map<String, Object> figures = new LinkedHashMap<>();

  private IngestBench(Path folder, int rows, int rounds) {
    this.folder = folder;
    this.rows = rows;
    this.rounds = rounds;
  }

  /** Work that is timed. */
  private interface Work {
    void run() throws Exception;
  }

  /**
   * @param args a folder for the files, rows, rounds
   */
  public static void main(String[] args) throws Exception {
    IngestBench bench =
        new IngestBench(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    bench.make();
    bench.run();
    System.out.println(Json.write(bench.figures));
  }

  private void run() throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      try (Statement set = duckdb.createStatement()) {
        set.execute("SET threads = 1");
      }
      String csv = "listings.csv";
      String[] names = {
        "Sluice, CSV to examples in two splits",
        "DuckDB, COPY of the CSV to one Parquet file (zstd)"
      };
      double[][] seconds = inTurn(() -> ingest(csv), () -> copy(duckdb));
      for (int i = 0; i < names.length; i++) {
        tell(names[i], seconds[i], Files.size(folder.resolve(csv)));
      }
      double ratio = median(seconds[0]) / median(seconds[1]);
      System.out.printf(Locale.ROOT, "%-52s %.2f%n", "Sluice / DuckDB, medians", ratio);
      figures.put("csv_seconds", median(seconds[0]));
      figures.put("duckdb_seconds", median(seconds[1]));
      figures.put("csv_over_duckdb", ratio);
    }
    for (String file :
        List.of("listings.jsonl", "listings.tfrecord", "listings.avro", "duckdb.parquet")) {
      double[] seconds = inTurn(() -> ingest(file))[0];
      tell("Sluice, " + file + " to examples", seconds, Files.size(folder.resolve(file)));
      figures.put(file.substring(file.indexOf('.') + 1) + "_rows_a_second", rows / median(seconds));
    }
  }

  private void tell(String name, double[] seconds, long bytes) {
    double median = median(seconds);
    System.out.printf(
        Locale.ROOT,
        "%-52s %.2f s (%.2f to %.2f), %,.0f rows/s, %.0f MB/s%n",
        name,
        median,
        Arrays.stream(seconds).min().orElse(0),
        Arrays.stream(seconds).max().orElse(0),
        rows / median,
        bytes / median / 1e6);
  }

  private static double median(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** Each work once unmeasured, then all in turn. */
  private double[][] inTurn(Work... works) throws Exception {
    double[][] seconds = new double[works.length][rounds];
    for (Work work : works) {
      work.run();
    }
    for (int round = 0; round < rounds; round++) {
      for (int w = 0; w < works.length; w++) {
        long start = System.nanoTime();
        works[w].run();
        seconds[w][round] = (System.nanoTime() - start) / 1e9;
      }
    }
    return seconds;
  }

  private void ingest(String file) throws IOException {
    Path out = Files.createDirectories(folder.resolve("out"));
    new Ingestion(Splits.ofDefaults())
        .run(
            List.of(RecordFiles.detect(ByteSource.of(folder.resolve(file)))),
            name -> new BufferedOutputStream(Files.newOutputStream(out.resolve(name)), 1 << 16),
            Ingestion.Progress.none());
  }

  private void copy(Connection duckdb) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(
          "COPY (SELECT * FROM read_csv('"
              + folder.resolve("listings.csv")
              + "')) TO '"
              + folder.resolve("duckdb.parquet")
              + "' (FORMAT parquet, COMPRESSION zstd)");
    }
  }

  /** The same rows in every format; TFRecord by ingesting the CSV, Parquet is what DuckDB makes. */
  private void make() throws IOException {
    Random random = new Random(7);
    try (OutputStream csv = open("listings.csv");
        OutputStream jsonl = open("listings.jsonl");
        AvroOut avro = new AvroOut(open("listings.avro"), Listings.names())) {
      csv.write((String.join(",", Listings.names()) + "\n").getBytes(UTF_8));
      for (int row = 0; row < rows; row++) {
        Object[] values = Listings.values(random, row);
        write(csv, jsonl, values);
        avro.write(values);
      }
    }
    Path csv = folder.resolve("listings.csv");
    Map<String, String> names = Map.of("train-00000.tfrecord", "listings.tfrecord");
    new Ingestion(
            new Splits.ByColumn("category", java.util.Set.of("nothing")), /* tfrecord= */ true)
        .run(
            List.of(RecordFiles.detect(ByteSource.of(csv))),
            name -> open(names.getOrDefault(name, "other-" + name)),
            Ingestion.Progress.none());
  }

  private OutputStream open(String name) throws IOException {
    return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)), 1 << 16);
  }

  private static void write(OutputStream csv, OutputStream jsonl, Object[] values)
      throws IOException {
    StringBuilder line = new StringBuilder();
    StringBuilder json = new StringBuilder("{");
    String[] names = Listings.names();
    for (int c = 0; c < values.length; c++) {
      line.append(c == 0 ? "" : ",");
      if (values[c] != null) {
        line.append(values[c]);
        json.append(json.length() == 1 ? "\"" : ",\"").append(names[c]).append("\":");
        if (values[c] instanceof String text) {
          json.append('"').append(text).append('"');
        } else {
          json.append(values[c]);
        }
      }
    }
    csv.write(line.append('\n').toString().getBytes(UTF_8));
    jsonl.write(json.append("}\n").toString().getBytes(UTF_8));
  }

  /** Just enough of Avro's container to write the table: nullable columns, no codec. */
  private static final class AvroOut implements AutoCloseable {
    private static final byte[] SYNC = "sixteen bytes ok".getBytes(UTF_8);
    private static final int BLOCK = 4000;

    private final OutputStream out;
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();
    private int count;

    AvroOut(OutputStream out, String[] names) throws IOException {
      this.out = out;
      StringBuilder schema =
          new StringBuilder("{\"type\":\"record\",\"name\":\"listing\",\"fields\":[");
      for (int c = 0; c < names.length; c++) {
        String type = c == 0 || c > 15 ? "long" : c < 8 ? "string" : "double";
        schema
            .append(c == 0 ? "" : ",")
            .append("{\"name\":\"")
            .append(names[c])
            .append("\",\"type\":[\"null\",\"")
            .append(type)
            .append("\"]}");
      }
      out.write("Obj\u0001".getBytes(UTF_8));
      ByteArrayOutputStream header = new ByteArrayOutputStream();
      varint(header, 1);
      bytes(header, "avro.schema".getBytes(UTF_8));
      bytes(header, schema.append("]}").toString().getBytes(UTF_8));
      varint(header, 0);
      header.write(SYNC);
      out.write(header.toByteArray());
    }

    void write(Object[] values) throws IOException {
      for (Object value : values) {
        varint(block, value == null ? 0 : 1);
        switch (value) {
          case null -> {}
          case Long number -> varint(block, number);
          case Double number -> {
            long bits = Double.doubleToLongBits(number);
            for (int i = 0; i < 64; i += 8) {
              block.write((int) (bits >>> i));
            }
          }
          default -> bytes(block, value.toString().getBytes(UTF_8));
        }
      }
      if (++count == BLOCK) {
        flush();
      }
    }

    private void flush() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      varint(head, count);
      varint(head, block.size());
      out.write(head.toByteArray());
      block.writeTo(out);
      out.write(SYNC);
      block.reset();
      count = 0;
    }

    private static void bytes(ByteArrayOutputStream to, byte[] bytes) throws IOException {
      varint(to, bytes.length);
      to.write(bytes);
    }

    private static void varint(ByteArrayOutputStream to, long value) {
      long rest = (value << 1) ^ (value >> 63);
      while ((rest & ~0x7fL) != 0) {
        to.write((int) (rest | 0x80));
        rest >>>= 7;
      }
      to.write((int) rest);
    }

    @Override
    public void close() throws IOException {
      if (count > 0) {
        flush();
      }
      out.close();
    }
  }
}
