package dev.sluice.functions.predict;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.transform.RawColumn;
import java.util.TreeMap;

/**
 * TensorFlow Serving's answers about a model: its versions' status, and what it takes and gives.
 */
final class Descriptions {
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

  /** The signature: each raw column that the model reads, a value a row, and one float a row. */
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
        inputs.add(column.name(), tensor(column.name(), type));
      }
    }
    JsonObject outputs = new JsonObject();
    outputs.add("predictions", tensor("predictions", "DT_FLOAT"));
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

  private static JsonObject tensor(String name, String type) {
    JsonObject rows = new JsonObject();
    rows.add("size", new JsonPrimitive("-1"));
    rows.addProperty("name", "");
    JsonArray dimensions = new JsonArray();
    dimensions.add(rows);
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
