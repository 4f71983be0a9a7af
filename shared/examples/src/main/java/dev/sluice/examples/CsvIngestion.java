package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns the CSV objects of a batch into one Parquet file a split: a pass for types and rejected
 * rows, and a pass that splits and writes. Equal objects give equal bytes.
 *
 * @param splits who goes where
 * @param shard the number in the files' names
 */
public record CsvIngestion(Splits splits, int shard) {
  /** Rejected rows that a result holds; the sink gets all of them. */
  public static final int REJECTED_ROWS_KEPT = 1000;

  public CsvIngestion {
    if (shard < 0) {
      throw new BadInput("shard is " + shard + "; shards are counted from 0");
    }
  }

  /** Opens the stream of a split's file; who gives it closes it. */
  @FunctionalInterface
  public interface Targets {
    /** A stream for the file of that name, see {@link ExamplesManifest#partName}. */
    OutputStream open(Split split, String file) throws IOException;
  }

  /**
   * What was read and written.
   *
   * @param rows data rows of all objects, rejected ones included
   * @param bytes of all objects
   * @param firstRejected at most {@value #REJECTED_ROWS_KEPT}
   */
  public record Result(
      ExamplesManifest manifest,
      long rows,
      long rejectedRows,
      long bytes,
      List<RejectedRow> firstRejected) {
    public Result {
      firstRejected = List.copyOf(firstRejected);
    }

    /** Rows written to a split. */
    public long rows(Split split) {
      return manifest.files(split).rows();
    }
  }

  /**
   * Reads the objects and writes the files. Each split gets a file, also where it has no rows. On a
   * failure the files are incomplete.
   *
   * @param rejected gets every rejected row, also before a failure because all were rejected
   * @throws BadInput as {@link CsvExamples#inspect}, or where the key of the split is no column
   */
  public Result run(List<ByteSource> sources, Targets targets, RejectedRows rejected)
      throws IOException {
    List<RejectedRow> kept = new ArrayList<>();
    CsvExamples examples =
        CsvExamples.inspect(
            sources,
            row -> {
              if (kept.size() < REJECTED_ROWS_KEPT) {
                kept.add(row);
              }
              rejected.add(row);
            });
    requireKey(examples, sources.getFirst().name());
    List<Target> written = new ArrayList<>();
    try {
      Target train = new Target(Split.TRAIN, examples.storedFields(), targets);
      written.add(train);
      Target eval = new Target(Split.EVAL, examples.storedFields(), targets);
      written.add(eval);
      try (CsvExamples.Rows rows = examples.rows()) {
        int source = -1;
        Splits.Decider decider = null;
        while (rows.next()) {
          if (decider == null || rows.source() != source) {
            source = rows.source();
            decider = rows.decider(splits);
          }
          Target target =
              switch (decider.split(rows.scanner())) {
                case TRAIN -> train;
                case EVAL -> eval;
              };
          target.add(rows);
        }
      }
      Map<String, ExamplesManifest.Files> files = new TreeMap<>();
      for (Target target : written) {
        ExamplesManifest.Part part = target.finish();
        files.put(target.split.label(), new ExamplesManifest.Files(part.rows(), List.of(part)));
      }
      List<CsvExamples.SourceSummary> read = examples.sources();
      return new Result(
          new ExamplesManifest(examples.fields(), files, read),
          read.stream().mapToLong(CsvExamples.SourceSummary::rows).sum(),
          read.stream().mapToLong(CsvExamples.SourceSummary::rejectedRows).sum(),
          read.stream().mapToLong(CsvExamples.SourceSummary::bytes).sum(),
          kept);
    } finally {
      written.forEach(Target::close);
    }
  }

  private void requireKey(CsvExamples examples, String source) {
    @Nullable String key = splits.key();
    List<String> names = examples.fields().stream().map(Field::name).toList();
    if (key != null && !names.contains(key)) {
      throw new BadInput(
          source + " has no column " + key + ", the split_key; it has " + String.join(", ", names));
    }
  }

  private final class Target {
    private final Split split;
    private final String file;
    private final ExampleWriter writer;
    private final BatchBuilder builder;

    Target(Split split, List<Field> fields, Targets targets) throws IOException {
      this.split = split;
      this.file = ExamplesManifest.partName(split, shard);
      this.writer = ParquetExampleWriter.open(targets.open(split, file), fields);
      this.builder = new BatchBuilder(fields);
    }

    void add(CsvExamples.Rows rows) throws IOException {
      if (rows.appendTo(builder)) {
        writer.write(builder.take());
      }
    }

    ExamplesManifest.Part finish() throws IOException {
      if (builder.rows() > 0) {
        writer.write(builder.take());
      }
      writer.finish();
      return new ExamplesManifest.Part(file, writer.rows());
    }

    void close() {
      writer.close();
    }
  }
}
