package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sources and rows as tests write them down. */
final class Data {
  private Data() {}

  @SuppressWarnings("ArrayRecordComponent")
  record Bytes(String name, byte[] bytes) implements ByteSource {
    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public long size() {
      return bytes.length;
    }
  }

  static ByteSource csv(String text) {
    return csv("in/a.csv", text);
  }

  static ByteSource csv(String name, String text) {
    return new Bytes(name, text.getBytes(UTF_8));
  }

  static CsvExamples inspect(ByteSource... sources) throws IOException {
    return CsvExamples.inspect(List.of(sources), RejectedRows.none());
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

  private static @Nullable Object value(Column column, int row) {
    if (column.isMissing(row)) {
      return null;
    }
    return switch (column) {
      case IntColumn ints -> ints.values()[row];
      case FloatColumn floats -> floats.values()[row];
      case StringColumn strings -> strings.value(row);
    };
  }

  /** Rows without provenance. */
  static List<List<@Nullable Object>> values(CsvExamples examples) throws IOException {
    int columns = examples.fields().size();
    return rows(examples.read()).stream().map(row -> row.subList(0, columns)).toList();
  }
}
