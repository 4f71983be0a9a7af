package dev.sluice.localcloud.run;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.ParquetExampleReader;
import dev.sluice.examples.Split;
import dev.sluice.examples.StringColumn;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A real row of the file, as a request: from eval, which the model has not learned from, where eval
 * has rows.
 *
 * @param row its place in the file, from 1
 * @param seen whether the model has learned from it
 * @param label its label's text, or null where the label is no column or has no value there
 * @param request the body for predict: raw columns that the model reads
 */
record SampleRow(long row, boolean seen, @Nullable String label, JsonObject request) {
  /** A request longer than this is not for a command line. */
  private static final int LONGEST_LINE = 1_500;

  /**
   * @param artifacts the bucket
   * @param examples the artifact's folder in it, ending in a slash
   * @param columns what the model reads
   * @param label the label's name
   */
  static @Nullable SampleRow read(
      ObjectStore objects, String artifacts, String examples, Set<String> columns, String label)
      throws IOException {
    ExamplesManifest manifest =
        ExamplesManifest.fromJson(
            new String(
                objects.read(ObjectName.of(artifacts, examples + ExamplesManifest.NAME)),
                StandardCharsets.UTF_8));
    Set<String> wanted = new HashSet<>(columns);
    for (Field field : manifest.fields()) {
      if (field.name().equals(label)) {
        wanted.add(label);
      }
    }
    wanted.add(Field.ROW);
    for (Split split : new Split[] {Split.EVAL, Split.TRAIN}) {
      for (ExamplesManifest.Part part : manifest.files(split).files()) {
        if (part.rows() > 0) {
          Path file = Files.createTempFile("sluice-row", ".parquet");
          try {
            objects.download(ObjectName.of(artifacts, examples + part.file()), file);
            try (ExampleReader reader = ParquetExampleReader.open(file, wanted)) {
              ExampleBatch batch = reader.next();
              if (batch != null) {
                return of(batch, split == Split.TRAIN, columns, label);
              }
            }
          } finally {
            Files.deleteIfExists(file);
          }
        }
      }
    }
    return null;
  }

  static SampleRow of(ExampleBatch batch, boolean seen, Set<String> columns, String label) {
    int row = firstComplete(batch);
    JsonObject instance = new JsonObject();
    for (int i = 0; i < batch.fields().size(); i++) {
      String name = batch.fields().get(i).name();
      Column column = batch.columns().get(i);
      if (columns.contains(name) && !column.isMissing(row)) {
        add(instance, name, column, row);
      }
    }
    JsonArray instances = new JsonArray();
    instances.add(instance);
    JsonObject request = new JsonObject();
    request.add("instances", instances);
    Column truth = batch.column(label);
    String text = null;
    if (truth != null && !truth.isMissing(row)) {
      JsonObject one = new JsonObject();
      add(one, label, truth, row);
      text = one.has(label) ? one.get(label).getAsString() : null;
    }
    long number = batch.column(Field.ROW) instanceof IntColumn rows ? rows.values()[row] : row + 1L;
    return new SampleRow(number, seen, text, request);
  }

  /** The row with the fewest gaps among the first ones. */
  private static int firstComplete(ExampleBatch batch) {
    int best = 0;
    int fewest = Integer.MAX_VALUE;
    for (int row = 0; row < Math.min(batch.rows(), 100) && fewest > 0; row++) {
      int gaps = 0;
      for (Column column : batch.columns()) {
        gaps += column.isMissing(row) ? 1 : 0;
      }
      if (gaps < fewest) {
        fewest = gaps;
        best = row;
      }
    }
    return best;
  }

  private static void add(JsonObject to, String name, Column column, int row) {
    JsonElement value = json(column, row);
    if (value != null) {
      to.add(name, value);
    }
  }

  /** Null for infinity and for what is not a number, which JSON has no word for. */
  private static @Nullable JsonElement json(Column column, int row) {
    return switch (column) {
      case IntColumn ints -> new JsonPrimitive(ints.values()[row]);
      case FloatColumn floats ->
          Double.isFinite(floats.values()[row]) ? new JsonPrimitive(floats.values()[row]) : null;
      case StringColumn text -> new JsonPrimitive(text.value(row));
      case ListColumn lists -> {
        JsonArray values = new JsonArray();
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          JsonElement value = json(lists.values(), v);
          if (value == null) {
            // A list with a gap would be one of another length.
            yield null;
          }
          values.add(value);
        }
        yield values;
      }
    };
  }

  /**
   * A shell command that asks for it.
   *
   * @param folder where the request is written if it is too long for a command line
   */
  String curl(String url, Path folder) throws IOException {
    String body = request.toString();
    if (body.length() <= LONGEST_LINE) {
      return "curl -d '" + body.replace("'", "'\\''") + "' " + url;
    }
    Path file = folder.resolve("row.json");
    Files.writeString(file, body);
    return "curl -d @" + file + " " + url;
  }
}
