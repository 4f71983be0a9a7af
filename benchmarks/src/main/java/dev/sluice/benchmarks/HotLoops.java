package dev.sluice.benchmarks;

import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.Splits;
import dev.sluice.models.BinaryTrainer;
import dev.sluice.models.TrainConfig;
import dev.sluice.models.TrainingRows;
import dev.sluice.models.TreeModel;
import dev.sluice.statistics.DatasetAccumulator;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.transform.FeatureMatrix;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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
 * Rows a second of the loops that see each row: CSV to Parquet, CSV to columns, statistics of
 * columns and prediction; rows of a marketplace with ten columns, one value in twenty missing.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class HotLoops {
  private static final int ROWS = 100_000;
  private static final int FEATURES = 17;
  private static final int REQUESTS = 1024;

  private final List<ExampleBatch> batches = new ArrayList<>();
  private final float[][] requests = new float[REQUESTS][];
  private ByteSource csv;
  private TreeModel model;

  /** Makes the rows up and reads them. */
  @Setup
  public void prepare() throws IOException {
    Random random = new Random(1);
    csv = ByteSource.of("listings.csv", listings(random, ROWS).getBytes(StandardCharsets.UTF_8));
    try (ExampleReader reader = Ingestion.read(RecordFiles.detect(List.of(csv)))) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        batches.add(batch);
      }
    }
    model = TreeModel.read(train(random, 20_000), "the model");
    for (int i = 0; i < REQUESTS; i++) {
      requests[i] = features(random);
    }
  }

  /** Inspects, types, splits and writes the file as {@code ingest} does. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public Ingestion.Result ingest() throws IOException {
    return new Ingestion(Splits.ofDefaults())
        .run(
            RecordFiles.detect(List.of(csv)),
            file -> OutputStream.nullOutputStream(),
            Ingestion.Progress.none());
  }

  /** Inspects and reads the file, in two passes. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public int parse() throws IOException {
    int rows = 0;
    try (ExampleReader reader = Ingestion.read(RecordFiles.detect(List.of(csv)))) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        rows += batch.rows();
      }
    }
    return rows;
  }

  /** Every figure of every column, without groups. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public DatasetStatistics statistics() {
    DatasetAccumulator accumulator = new DatasetAccumulator(batches.getFirst().fields());
    batches.forEach(accumulator::add);
    return accumulator.result("train");
  }

  /** One row after the other through the trees, as a request has them. */
  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public float predict() {
    float sum = 0;
    for (float[] row : requests) {
      sum += model.predict(row);
    }
    return sum;
  }

  private static String listings(Random random, int rows) {
    StringBuilder out =
        new StringBuilder("id,price,discount,quantity,hour,brand,country,rating,title,sold\n");
    for (int i = 0; i < rows; i++) {
      cell(out, random, "l" + i);
      cell(out, random, String.format(Locale.ROOT, "%.2f", Math.exp(3 + random.nextGaussian())));
      cell(out, random, random.nextBoolean() ? "0" : String.valueOf(random.nextInt(90) / 100.0));
      cell(out, random, String.valueOf(random.nextInt(20)));
      cell(out, random, String.valueOf(random.nextInt(24)));
      cell(out, random, "brand " + random.nextInt(500));
      cell(out, random, "country " + random.nextInt(40));
      cell(out, random, String.valueOf(random.nextInt(50) / 10.0));
      cell(
          out, random, random.nextInt(10) == 0 ? "\"a, \"\"b\"\"\"" : "title " + random.nextInt(9));
      out.append(random.nextInt(4) == 0 ? "yes" : "no").append('\n');
    }
    return out.toString();
  }

  private static void cell(StringBuilder out, Random random, String text) {
    if (random.nextInt(20) != 0) {
      out.append(text);
    }
    out.append(',');
  }

  private static byte[] train(Random random, int rows) {
    List<String> names = new ArrayList<>();
    for (int j = 0; j < FEATURES; j++) {
      names.add("f" + j);
    }
    float[] values = new float[rows * FEATURES];
    float[] labels = new float[rows];
    for (int i = 0; i < rows; i++) {
      float[] row = features(random);
      System.arraycopy(row, 0, values, i * FEATURES, FEATURES);
      double score = row[0] - row[1] * row[2] + (Float.isNaN(row[3]) ? 1 : row[3]);
      labels[i] = score + random.nextGaussian() > 1 ? 1 : 0;
    }
    TrainingRows all = new TrainingRows(names);
    all.add(new FeatureMatrix(names, rows, values, labels, new long[rows]));
    return BinaryTrainer.train(all, TrainConfig.ofDefaults()).model();
  }

  private static float[] features(Random random) {
    float[] row = new float[FEATURES];
    for (int j = 0; j < FEATURES; j++) {
      row[j] = j > 2 && random.nextInt(10) == 0 ? Float.NaN : (float) random.nextGaussian();
    }
    return row;
  }
}
