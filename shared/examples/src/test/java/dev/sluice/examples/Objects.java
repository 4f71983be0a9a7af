package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Folders of objects as tests write them down. */
final class Objects {
  private final List<ObjectEntry> entries = new ArrayList<>();

  static Objects of() {
    return new Objects();
  }

  Objects add(String uri, byte[] bytes) {
    entries.add(ObjectEntry.of(ByteSource.of(uri, bytes)));
    return this;
  }

  Objects add(String uri, String text) {
    return add(uri, text.getBytes(UTF_8));
  }

  Objects add(String uri, byte[] bytes, String contentType) {
    entries.add(new ObjectEntry(ByteSource.of(uri, bytes), "", contentType, null));
    return this;
  }

  List<ObjectEntry> entries() {
    return List.copyOf(entries);
  }

  /** A file beside these tests. */
  static byte[] resource(String name) throws IOException {
    try (InputStream in = Objects.class.getResourceAsStream("objects/" + name)) {
      if (in == null) {
        throw new IOException("no resource " + name);
      }
      return in.readAllBytes();
    }
  }

  /**
   * What ingestion makes of them.
   *
   * @param rows by uri, by column, missing ones left out
   */
  record Read(
      List<Field> fields,
      List<RejectedRow> rejected,
      Map<String, Map<String, Object>> rows,
      Ingestion.Result result) {
    Map<String, Object> row(String uri) {
      return rows.getOrDefault(uri, Map.of());
    }

    List<String> columns() {
      return fields.stream().map(Field::name).toList();
    }
  }

  Read read() throws IOException {
    return read(ObjectOptions.ofDefaults());
  }

  Read read(ObjectOptions options) throws IOException {
    List<RecordFile> files = List.of(RecordFiles.objects(entries, options));
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults())
            .run(files, file -> OutputStream.nullOutputStream(), Ingestion.Progress.none());
    return new Read(
        result.manifest().fields(), result.firstRejected(), byUri(Ingestion.read(files)), result);
  }

  /** The rows of a reader, which it closes. */
  static Map<String, Map<String, Object>> byUri(ExampleReader reader) throws IOException {
    List<Field> fields = reader.fields();
    Map<String, Map<String, Object>> rows = new LinkedHashMap<>();
    for (List<@Nullable Object> row : Data.rows(reader)) {
      Map<String, Object> values = new LinkedHashMap<>();
      for (int c = 0; c < fields.size(); c++) {
        Object value = row.get(c);
        if (value != null) {
          values.put(fields.get(c).name(), value);
        }
      }
      rows.put(String.valueOf(values.get(Field.SOURCE)), values);
    }
    return rows;
  }
}
