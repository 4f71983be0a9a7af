package dev.sluice.benchmarks.faults;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Outcome;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.RecordFiles;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import dev.sluice.validation.Anomaly;
import dev.sluice.validation.BatchStatistics;
import dev.sluice.validation.Checks;
import dev.sluice.validation.DataValidator;
import dev.sluice.validation.Severity;
import dev.sluice.validation.Validation;
import dev.sluice.validation.ValidationInput;
import dev.sluice.validation.ValidationInput.CutOff;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Schema;

/**
 * Sluice's own stages in this process, by their defaults: CSV to examples, statistics with groups,
 * validation against the last file that passed, those before it, and the first one, as the batch
 * that the live model was trained on.
 */
final class SluiceJudge implements Judge {
  private static final String NAME = "Sluice";
  private static final int KEPT = 48;
  private static final int HISTORY = 12;

  /**
   * What is known of a file.
   *
   * @param schema what a first batch of it makes
   */
  private record Measured(
      BatchStatistics statistics,
      List<ExampleBatch> examples,
      List<CutOff> cutOff,
      @Nullable Schema schema) {}

  /** Files that several scenes share; the one not used for longest is forgotten. */
  private final Map<String, FutureTask<Measured>> known =
      new LinkedHashMap<>(KEPT, 0.75f, /* accessOrder= */ true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, FutureTask<Measured>> eldest) {
          return size() > KEPT;
        }
      };

  @Override
  public List<String> names() {
    return List.of(NAME);
  }

  @Override
  public Map<String, List<Found>> judge(DataSet data, Scene scene) throws IOException {
    List<BatchStatistics> passed = new ArrayList<>();
    Schema schema = null;
    for (Batch before : scene.before()) {
      Measured measured = known(data, before);
      passed.addFirst(measured.statistics());
      schema = schema == null ? measured.schema() : schema;
    }
    BatchStatistics live = passed.size() > 1 ? passed.getLast() : null;
    List<Found> found = new ArrayList<>();
    for (Batch after : scene.after()) {
      Measured measured = known(data, after);
      Validation validation = validate(data, measured, passed, live, schema);
      for (Anomaly anomaly : validation.anomalies()) {
        if (anomaly.severity() != Severity.INFO) {
          found.add(
              new Found(
                  anomaly.feature(),
                  anomaly.slice(),
                  anomaly.severity() == Severity.FAIL,
                  anomaly.firstRow(),
                  anomaly.kind() + ": " + anomaly.shortText()));
        }
      }
      if (validation.outcome() == Outcome.PASS) {
        live = live == null ? passed.getLast() : live;
        passed.addFirst(measured.statistics());
        schema = validation.schema();
      }
    }
    return Map.of(NAME, found);
  }

  private static Validation validate(
      DataSet data,
      Measured measured,
      List<BatchStatistics> passed,
      @Nullable BatchStatistics live,
      @Nullable Schema schema) {
    return new DataValidator()
        .validate(
            new ValidationInput(
                    measured.statistics(),
                    passed.subList(0, Math.min(1, passed.size())),
                    passed.subList(0, Math.min(HISTORY, passed.size())),
                    live,
                    schema,
                    false,
                    Checks.defaults(),
                    data.label(),
                    data.excluded(),
                    columns -> reader(measured.examples()))
                .withCutOff(measured.cutOff()));
  }

  private Measured known(DataSet data, Batch batch) throws IOException {
    FutureTask<Measured> task;
    synchronized (known) {
      task =
          known.computeIfAbsent(
              batch.name(),
              name ->
                  new FutureTask<>(() -> {
                    Measured measured = measure(batch);
                    Schema schema = validate(data, measured, List.of(), null, null).schema();
                    return new Measured(
                        measured.statistics(), measured.examples(), measured.cutOff(), schema);
                  }));
    }
    task.run();
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + batch.name() + " was measured", e);
    } catch (ExecutionException e) {
      throw new Bug(batch.name() + " cannot be measured: " + e.getCause(), e);
    }
  }

  /** As {@code ingest} and {@code analyze} do, in memory. */
  private static Measured measure(Batch batch) throws IOException {
    List<ExampleBatch> examples = new ArrayList<>();
    List<Field> fields;
    try (ExampleReader reader = Ingestion.read(List.of(RecordFiles.detect(batch.file())))) {
      fields = reader.fields();
      for (ExampleBatch next = reader.next(); next != null; next = reader.next()) {
        examples.add(next);
      }
    }
    try {
      Statistics statistics =
          new StatisticsAnalyzer(GroupOptions.ofDefaults())
              .analyze(() -> reader(fields, examples), () -> reader(fields, List.of()));
      return new Measured(
          new BatchStatistics(statistics.all(), statistics.allGroups(), statistics.relations()),
          examples,
          cutOff(batch, examples),
          null);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** As ingest tells it: more records than the last example's row, so the last was rejected. */
  private static List<CutOff> cutOff(Batch batch, List<ExampleBatch> examples) throws IOException {
    long rows =
        Ingestion.inspect(
                List.of(RecordFiles.detect(batch.file())), 0, 1, Ingestion.Progress.none())
            .rows();
    long last = 0;
    for (ExampleBatch example : examples) {
      if (example.column(Field.ROW) instanceof IntColumn places) {
        last = Math.max(last, Arrays.stream(places.values()).limit(example.rows()).max().orElse(0));
      }
    }
    return last < rows ? List.of(new CutOff(batch.name(), rows)) : List.of();
  }

  private static ExampleReader reader(List<ExampleBatch> examples) {
    return reader(examples.isEmpty() ? List.of() : examples.getFirst().fields(), examples);
  }

  private static ExampleReader reader(List<Field> fields, List<ExampleBatch> examples) {
    return new ExampleReader() {
      private int next;

      @Override
      public List<Field> fields() {
        return fields;
      }

      @Override
      public @Nullable ExampleBatch next() {
        return next < examples.size() ? examples.get(next++) : null;
      }

      @Override
      public void close() {}
    };
  }
}
