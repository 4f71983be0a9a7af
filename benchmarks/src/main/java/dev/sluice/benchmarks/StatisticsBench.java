package dev.sluice.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.contracts.Json;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFile;
import dev.sluice.examples.RecordFiles;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Label;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All statistics of a CSV on one thread, beside DuckDB's {@code SUMMARIZE} of the same file in the
 * same process, in turn. Sluice reads the file twice: for each feature by itself, and for what goes
 * together. Then, of rows held in memory, what the slices of three grouping columns add.
 */
public final class StatisticsBench {
  /** Rows held for the slices. */
  private static final int HELD_ROWS = 1 << 18;

  private static final OperatingSystemMXBean PROCESSOR =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final Path csv;
  private final int rounds;
  private final String label;
  private final List<String> grouping;
  private final Map<String, Object> figures = new LinkedHashMap<>();
  private long rows;

  private StatisticsBench(Path csv, int rounds, String label, List<String> grouping) {
    this.csv = csv;
    this.rounds = rounds;
    this.label = label;
    this.grouping = grouping;
  }

  /** Work that is timed. */
  private interface Work {
    void run() throws Exception;
  }

  /**
   * @param args the CSV, which is made up where it is absent; its rows; rounds; and of a CSV of
   *     one's own, the label and columns that make groups
   */
  public static void main(String[] args) throws Exception {
    Path csv = Path.of(args[0]);
    if (!Files.exists(csv)) {
      Listings.write(csv, Integer.parseInt(args[1]));
    }
    StatisticsBench bench =
        new StatisticsBench(
            csv,
            Integer.parseInt(args[2]),
            args.length > 3 ? args[3] : Listings.LABEL,
            args.length > 4 ? List.of(args).subList(4, args.length) : List.of(Listings.GROUPING));
    bench.run();
    System.out.println(Json.write(bench.figures));
  }

  private void run() throws Exception {
    List<Times> times;
    long start;
    double first;
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      try (Statement set = duckdb.createStatement()) {
        set.execute("SET threads = 1");
      }
      start = System.nanoTime();
      whole();
      first = (System.nanoTime() - start) / 1e9;
      times = inTurn(this::whole, this::sliced, () -> summarize(duckdb));
    }
    System.out.printf(
        Locale.ROOT,
        "%,d rows, %,d MB of CSV, %,d MiB of heap%n",
        rows,
        Files.size(csv) / 1_000_000,
        Runtime.getRuntime().maxMemory() >> 20);
    Times whole = times.get(0);
    Times duckdb = times.get(2);
    tell("Sluice, all statistics and associations", whole);
    tell("Sluice, the same and the slices of " + String.join(", ", grouping), times.get(1));
    tell("DuckDB, SUMMARIZE", duckdb);
    ratio("Sluice / DuckDB", whole, duckdb);
    System.out.printf(
        Locale.ROOT, "%-72s %.2f s%n", "Sluice, the first time in the process", first);
    figures.put("rows", rows);
    figures.put("sluice_seconds", whole.median());
    figures.put("sluice_first_seconds", first);
    figures.put("sluice_with_slices_seconds", times.get(1).median());
    figures.put("duckdb_seconds", duckdb.median());
    figures.put("sluice_over_duckdb", whole.median() / duckdb.median());
    slices();
  }

  private static void ratio(String name, Times of, Times to) {
    System.out.printf(
        Locale.ROOT,
        "%-72s %.2f, processor %.2f%n",
        name + ", medians",
        of.median() / to.median(),
        of.medianOfProcessor() / to.medianOfProcessor());
  }

  private void slices() throws Exception {
    List<ExampleBatch> held = held();
    Supplier<ExampleReader> all = () -> new Held(held);
    Supplier<ExampleReader> none = () -> new Held(List.of(), held.getFirst().fields());
    List<Times> times =
        inTurn(
            () -> analyzer(GroupOptions.none()).analyze(all, none),
            () -> analyzer(GroupOptions.by(grouping)).analyze(all, none));
    int n = held.stream().mapToInt(ExampleBatch::rows).sum();
    tell("%,d rows held in memory, without slices".formatted(n), times.get(0));
    tell("The same with slices", times.get(1));
    ratio("With slices / without", times.get(1), times.get(0));
    figures.put("with_slices_over_without", times.get(1).median() / times.get(0).median());
  }

  private StatisticsAnalyzer analyzer(GroupOptions groups) {
    return new StatisticsAnalyzer(groups, Label.column(label));
  }

  private void whole() throws IOException {
    analyze(GroupOptions.none());
  }

  private void sliced() throws IOException {
    analyze(GroupOptions.by(grouping));
  }

  private void analyze(GroupOptions groups) throws IOException {
    List<RecordFile> file = List.of(RecordFiles.detect(ByteSource.of(csv)));
    Statistics statistics =
        Ingestion.reading(
            file,
            all -> {
              List<Field> fields = fields(all);
              return analyzer(groups).analyze(all, () -> new Held(List.of(), fields));
            });
    rows = statistics.all().rows();
  }

  private static List<Field> fields(Supplier<ExampleReader> rows) throws IOException {
    try (ExampleReader reader = rows.get()) {
      return reader.fields();
    }
  }

  private void summarize(Connection duckdb) throws SQLException {
    try (Statement statement = duckdb.createStatement();
        ResultSet columns =
            statement.executeQuery("SUMMARIZE SELECT * FROM read_csv('" + csv + "')")) {
      while (columns.next()) {
        columns.getString(1);
      }
    }
  }

  private List<ExampleBatch> held() throws IOException {
    return Ingestion.reading(
        List.of(RecordFiles.detect(ByteSource.of(csv))),
        rows -> {
          List<ExampleBatch> held = new ArrayList<>();
          int n = 0;
          try (ExampleReader reader = rows.get()) {
            for (ExampleBatch batch = reader.next();
                batch != null && n < HELD_ROWS;
                batch = reader.next()) {
              held.add(batch);
              n += batch.rows();
            }
          }
          return held;
        });
  }

  /** Batches that are there. */
  private static final class Held implements ExampleReader {
    private final List<ExampleBatch> batches;
    private final List<Field> fields;
    private int next;

    Held(List<ExampleBatch> batches) {
      this(batches, batches.getFirst().fields());
    }

    Held(List<ExampleBatch> batches, List<Field> fields) {
      this.batches = batches;
      this.fields = fields;
    }

    @Override
    public List<Field> fields() {
      return fields;
    }

    @Override
    public @Nullable ExampleBatch next() {
      return next < batches.size() ? batches.get(next++) : null;
    }

    @Override
    public void close() {}
  }

  /** Seconds of the clock and of the processor, garbage collection and compilation included. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Times(double[] seconds, double[] processor) {
    double median() {
      return StatisticsBench.median(seconds);
    }

    double medianOfProcessor() {
      return StatisticsBench.median(processor);
    }
  }

  private static double median(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void tell(String name, Times times) {
    System.out.printf(
        Locale.ROOT,
        "%-72s %.2f s (%.2f to %.2f), processor %.2f s%n",
        name,
        times.median(),
        Arrays.stream(times.seconds()).min().orElse(0),
        Arrays.stream(times.seconds()).max().orElse(0),
        times.medianOfProcessor());
  }

  /** Each work once unmeasured, then all in turn. */
  private List<Times> inTurn(Work... works) throws Exception {
    List<Times> times = new ArrayList<>();
    for (Work work : works) {
      work.run();
      times.add(new Times(new double[rounds], new double[rounds]));
    }
    for (int round = 0; round < rounds; round++) {
      for (int w = 0; w < works.length; w++) {
        long processor = PROCESSOR.getProcessCpuTime();
        long start = System.nanoTime();
        works[w].run();
        times.get(w).seconds()[round] = (System.nanoTime() - start) / 1e9;
        times.get(w).processor()[round] = (PROCESSOR.getProcessCpuTime() - processor) / 1e9;
      }
    }
    return times;
  }
}
