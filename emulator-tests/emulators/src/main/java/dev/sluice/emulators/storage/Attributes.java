package dev.sluice.emulators.storage;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a writer says about an object and may change later.
 *
 * @param contentType a media type
 * @param properties the fields of {@link #PROPERTIES} that are set
 * @param metadata the writer's own keys
 */
public record Attributes(
    String contentType, Map<String, String> properties, Map<String, String> metadata) {
  static final List<String> PROPERTIES =
      List.of(
          "cacheControl",
          "contentDisposition",
          "contentEncoding",
          "contentLanguage",
          "customTime",
          "storageClass");
  static final String DEFAULT_CONTENT_TYPE = "application/octet-stream";

  /** Fields that change how the service treats an object; accepted silently they would deceive. */
  private static final Set<String> REFUSED =
      Set.of("temporaryHold", "eventBasedHold", "retention", "contexts", "kmsKeyName");

  public Attributes {
    properties = Collections.unmodifiableMap(new TreeMap<>(properties));
    metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
  }

  /** The attributes of a new object: those of the resource, with defaults for the rest. */
  static Attributes of(JsonObject resource, @Nullable String contentType) throws ApiError {
    String type = contentType == null ? DEFAULT_CONTENT_TYPE : contentType;
    return new Attributes(type, Map.of(), Map.of()).patched(resource);
  }

  /**
   * JSON merge patch (RFC 7396) over these attributes; fields that are not writable are ignored.
   */
  Attributes patched(JsonObject patch) throws ApiError {
    for (String field : REFUSED) {
      JsonElement value = patch.get(field);
      if (value != null
          && !value.isJsonNull()
          && !(value.isJsonPrimitive() && !value.getAsBoolean())) {
        throw ApiError.notSupported("objects with " + field);
      }
    }
    String type = contentType;
    if (patch.has("contentType")) {
      String given = Json.string(patch, "contentType");
      type = given == null || given.isEmpty() ? DEFAULT_CONTENT_TYPE : given;
    }
    Map<String, String> changed = new TreeMap<>(properties);
    for (String field : PROPERTIES) {
      if (patch.has(field)) {
        put(changed, field, patch.get(field));
      }
    }
    Map<String, String> keys = new TreeMap<>(metadata);
    if (patch.has("metadata")) {
      if (patch.get("metadata").isJsonNull()) {
        keys.clear();
      }
      Json.object(patch, "metadata").entrySet().forEach(e -> put(keys, e.getKey(), e.getValue()));
    }
    return new Attributes(type, changed, keys);
  }

  private static void put(Map<String, String> map, String key, JsonElement value) {
    if (value.isJsonNull()) {
      map.remove(key);
    } else {
      map.put(key, value.getAsString());
    }
  }

  void writeTo(JsonObject resource) {
    resource.addProperty("contentType", contentType);
    resource.addProperty("storageClass", properties.getOrDefault("storageClass", "STANDARD"));
    properties.forEach(resource::addProperty);
    if (!metadata.isEmpty()) {
      JsonObject keys = new JsonObject();
      metadata.forEach(keys::addProperty);
      resource.add("metadata", keys);
    }
  }
}
