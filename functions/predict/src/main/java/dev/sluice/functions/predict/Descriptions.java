package dev.sluice.functions.predict;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.transform.Encoder;
import dev.sluice.transform.RawColumn;
import java.util.List;
import java.util.TreeMap;

/**
 * TensorFlow Serving's answers about a model: its versions' status, and what it takes and gives.
 */
final class Descriptions {
  private static final int ANY = -1;
  private static final List<Integer> ROWS = List.of(ANY);

  private Descriptions() {}

  /** The status of what answers and of what was refused, the newest version first. */
  static JsonObject status(ServedPipeline.Live live) {
    TreeMap<Integer, String> errors = new TreeMap<>(live.failures());
    live.versions().keySet().forEach(number -> errors.put(number, ""));
    JsonArray versions = new JsonArray();
    errors.descendingMap().forEach((number, error) -> versions.add(version(number, error)));
    return status(versions);
  }

  /** The status of one version that answers. */
  static JsonObject status(ServedVersion version) {
    JsonArray versions = new JsonArray();
    versions.add(version(version.number(), ""));
    return status(versions);
  }

  private static JsonObject status(JsonArray versions) {
    JsonObject out = new JsonObject();
    out.add("model_version_status", versions);
    return out;
  }

  private static JsonObject version(int number, String error) {
    JsonObject status = new JsonObject();
    status.addProperty("error_code", error.isEmpty() ? "OK" : "DATA_LOSS");
    status.addProperty("error_message", error);
    JsonObject out = new JsonObject();
    out.addProperty("version", Integer.toString(number));
    out.addProperty("state", error.isEmpty() ? "AVAILABLE" : "END");
    out.add("status", status);
    return out;
  }

  /**
   * The signature: each raw column that the model reads, a value or a list a row, and one float a
   * row.
   */
  static JsonObject metadata(ServedVersion version) {
    JsonObject inputs = new JsonObject();
    for (RawColumn column : version.mapping().rawColumns()) {
      if (column.role() == RawColumn.Role.FEATURE) {
        String type =
            switch (column.type()) {
              case INT -> "DT_INT64";
              case FLOAT -> "DT_DOUBLE";
              case STRING -> "DT_STRING";
            };
        inputs.add(column.name(), tensor(column.name(), type, sizes(version, column)));
      }
    }
    JsonObject outputs = new JsonObject();
    outputs.add("predictions", tensor("predictions", "DT_FLOAT", ROWS));
    JsonObject signature = new JsonObject();
    signature.add("inputs", inputs);
    signature.add("outputs", outputs);
    signature.addProperty("method_name", "tensorflow/serving/predict");
    JsonObject signatures = new JsonObject();
    signatures.add(ServedVersion.SIGNATURE, signature);
    JsonObject map = new JsonObject();
    map.add("signature_def", signatures);
    JsonObject metadata = new JsonObject();
    metadata.add("signature_def", map);
    JsonObject spec = new JsonObject();
    spec.addProperty("name", version.pipeline());
    spec.addProperty("signature_name", "");
    spec.addProperty("version", Integer.toString(version.number()));
    JsonObject out = new JsonObject();
    out.add("model_spec", spec);
    out.add("metadata", metadata);
    return out;
  }

  /** A value a row; a list of any length, or of the one that the model takes. */
  private static List<Integer> sizes(ServedVersion version, RawColumn column) {
    if (!column.repeated()) {
      return ROWS;
    }
    for (Encoder encoder : version.mapping().encoders()) {
      if (encoder instanceof Encoder.Vector vector && vector.column().equals(column.name())) {
        return List.of(ANY, vector.length());
      }
    }
    return List.of(ANY, ANY);
  }

  private static JsonObject tensor(String name, String type, List<Integer> sizes) {
    JsonArray dimensions = new JsonArray();
    for (int size : sizes) {
      JsonObject dimension = new JsonObject();
      dimension.add("size", new JsonPrimitive(Integer.toString(size)));
      dimension.addProperty("name", "");
      dimensions.add(dimension);
    }
    JsonObject shape = new JsonObject();
    shape.add("dim", dimensions);
    shape.addProperty("unknown_rank", false);
    JsonObject out = new JsonObject();
    out.addProperty("dtype", type);
    out.add("tensor_shape", shape);
    out.addProperty("name", name + ":0");
    return out;
  }
}
