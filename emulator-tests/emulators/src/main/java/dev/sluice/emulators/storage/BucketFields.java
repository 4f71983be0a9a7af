package dev.sluice.emulators.storage;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The fields of a bucket a client may set. */
final class BucketFields {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");
  private static final Set<String> KEPT =
      Set.of(
          "cors",
          "iamConfiguration",
          "labels",
          "lifecycle",
          "location",
          "softDeletePolicy",
          "storageClass",
          "versioning",
          "website");

  private BucketFields() {}

  static String name(String name) throws ApiError {
    if (!NAME.matcher(name).matches() || (name.length() > 63 && !name.contains("."))) {
      throw ApiError.badRequest(
          "Invalid bucket name: '" + name + "' must be 3 to 63 of a-z, 0-9, '-', '_', '.'.");
    }
    return name;
  }

  /** JSON merge patch (RFC 7396), two levels deep, of the kept fields; others are ignored. */
  static void merge(JsonObject resource, JsonObject patch) {
    for (Map.Entry<String, JsonElement> entry : patch.entrySet()) {
      String field = entry.getKey();
      JsonElement value = entry.getValue();
      if (!KEPT.contains(field)) {
        continue;
      }
      if (value.isJsonNull()) {
        resource.remove(field);
      } else if (field.equals("labels") && value instanceof JsonObject labels) {
        JsonObject merged = Json.object(resource, field).deepCopy();
        for (Map.Entry<String, JsonElement> label : labels.entrySet()) {
          merged.remove(label.getKey());
          if (!label.getValue().isJsonNull()) {
            merged.add(label.getKey(), label.getValue());
          }
        }
        resource.add(field, merged);
      } else {
        resource.add(field, value);
      }
    }
  }
}
