package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Sources and rows as tests write them down. */
final class Data {
  private Data() {}

  static ByteSource csv(String text) {
    return csv("in/a.csv", text);
  }

  static ByteSource csv(String name, String text) {
    return ByteSource.of(name, text.getBytes(UTF_8));
  }

  /**
   * What ingestion makes of sources.
   *
   * @param rows accepted ones with provenance, in the order of the sources
   */
  record Table(
      List<Field> fields,
      List<SourceSummary> sources,
      List<RejectedRow> rejected,
      List<List<@Nullable Object>> rows) {}

  static Table inspect(ByteSource... sources) throws IOException {
    List<RecordFile> files = RecordFiles.detect(List.of(sources));
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults())
            .run(files, file -> OutputStream.nullOutputStream(), Ingestion.Progress.none());
    return new Table(
        result.manifest().fields(),
        result.manifest().sources(),
        result.firstRejected(),
        rows(Ingestion.read(files)));
  }

  /** Every row of a reader, which it closes: Long, Double, String or null. */
  static List<List<@Nullable Object>> rows(ExampleReader reader) throws IOException {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    try (reader) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        for (int r = 0; r < batch.rows(); r++) {
          List<@Nullable Object> row = new ArrayList<>();
          for (Column column : batch.columns()) {
            row.add(value(column, r));
          }
          rows.add(row);
        }
      }
    }
    return rows;
  }

  /** Long, Double, String, null, or a list of them. */
  static @Nullable Object value(Column column, int row) {
    if (column.isMissing(row)) {
      return null;
    }
    return switch (column) {
      case IntColumn ints -> ints.values()[row];
      case FloatColumn floats -> floats.values()[row];
      case StringColumn strings -> strings.value(row);
      case ListColumn lists ->
          IntStream.range(lists.offsets()[row], lists.offsets()[row + 1])
              .mapToObj(v -> value(lists.values(), v))
              .toList();
    };
  }

  /** Rows without provenance. */
  static List<List<@Nullable Object>> values(Table table) {
    int columns = table.fields().size();
    return table.rows().stream().map(row -> row.subList(0, columns)).toList();
  }
}
