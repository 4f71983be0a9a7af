package dev.sluice.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a format makes of an object, stretch by stretch. */
final class Records {
  private Records() {}

  /**
   * What stretches give, one after the other.
   *
   * @param rows values of good records, and the reasons of broken ones
   */
  record Found(List<List<@Nullable Object>> rows, List<String> ends) {}

  /** Every record of the whole object. */
  static List<List<@Nullable Object>> all(RecordFile file) throws IOException {
    return cut(file, List.of()).rows();
  }

  /** Every record, where the object is cut at these bytes. */
  static Found cut(RecordFile file, List<Long> cuts) throws IOException {
    Kinds kinds = new Kinds();
    file.declare(kinds);
    List<Stretch> stretches = new ArrayList<>();
    long from = 0;
    for (long cut : cuts) {
      stretches.add(new Stretch(from, cut));
      from = cut;
    }
    stretches.add(new Stretch(from, Long.MAX_VALUE));
    for (Stretch stretch : stretches) {
      look(file, stretch, kinds);
    }
    List<List<@Nullable Object>> rows = new ArrayList<>();
    List<String> gaps = new ArrayList<>();
    long end = -1;
    for (Stretch stretch : stretches) {
      try (RecordReader reader = file.read(stretch)) {
        rows.addAll(rows(reader, kinds));
        if (end >= 0 && reader.first() != end) {
          gaps.add("a stretch ends at " + end + ", the next one begins at " + reader.first());
        }
        end = reader.end();
      }
    }
    return new Found(rows, gaps);
  }

  private static void look(RecordFile file, Stretch stretch, Kinds kinds) throws IOException {
    try (RecordReader reader = file.read(stretch)) {
      while (reader.next()) {
        if (reader.problem() == null) {
          reader.look(kinds);
        }
      }
    }
  }

  private static List<List<@Nullable Object>> rows(RecordReader reader, Kinds kinds)
      throws IOException {
    List<Field> fields = kinds.fields();
    reader.bind(fields, kinds);
    BatchBuilder builder = new BatchBuilder(fields, kinds);
    List<List<@Nullable Object>> rows = new ArrayList<>();
    while (reader.next()) {
      RecordReader.Problem problem = reader.problem();
      if (problem != null) {
        rows.add(List.of(reader.offset() + ": " + problem.reason()));
        continue;
      }
      try {
        reader.append(builder);
      } catch (Misfit e) {
        throw new AssertionError("looked at, and yet a misfit: " + e.column(), e);
      }
      builder.endRow();
      ExampleBatch batch = builder.take();
      List<@Nullable Object> row = new ArrayList<>();
      for (Column column : batch.columns()) {
        row.add(Data.value(column, 0));
      }
      rows.add(row);
    }
    return rows;
  }
}
