package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * One generation of an object.
 *
 * @param generation microseconds since the epoch, unique and rising within an emulator
 * @param metageneration 1 at creation, one more with each change of the attributes
 * @param size bytes stored, at least 0
 * @param crc32c CRC-32C (Castagnoli) of the bytes, base64 of four big-endian bytes
 * @param md5Hash base64 of the MD5; null for a composed object, as in Cloud Storage
 * @param componentCount how many parts a composed object has; 0 for others
 * @param timeDeleted when the generation became noncurrent; null while it is live
 */
public record ObjectMetadata(
    String bucket,
    String name,
    long generation,
    long metageneration,
    long size,
    String crc32c,
    @Nullable String md5Hash,
    int componentCount,
    Instant timeCreated,
    Instant updated,
    @Nullable Instant timeDeleted,
    Attributes attributes) {

  public ObjectMetadata {
    if (generation < 1 || metageneration < 1) {
      throw new IllegalArgumentException(
          "generation and metageneration must be at least 1, not %d and %d"
              .formatted(generation, metageneration));
    }
    if (size < 0) {
      throw new IllegalArgumentException("size must be at least 0 bytes, not " + size);
    }
  }

  public String contentType() {
    return attributes.contentType();
  }

  boolean live() {
    return timeDeleted == null;
  }

  ObjectMetadata deletedAt(Instant time) {
    return new ObjectMetadata(
        bucket,
        name,
        generation,
        metageneration,
        size,
        crc32c,
        md5Hash,
        componentCount,
        timeCreated,
        updated,
        time,
        attributes);
  }

  ObjectMetadata with(Attributes changed, Instant time) {
    return new ObjectMetadata(
        bucket,
        name,
        generation,
        metageneration + 1,
        size,
        crc32c,
        md5Hash,
        componentCount,
        timeCreated,
        time,
        timeDeleted,
        changed);
  }

  String etag() {
    byte[] pair = ByteBuffer.allocate(16).putLong(generation).putLong(metageneration).array();
    return Base64.getEncoder().encodeToString(pair);
  }

  /**
   * The object resource of the JSON API, which is also the data of a CloudEvent.
   *
   * @param baseUrl what the links start with, such as {@code http://127.0.0.1:9000}
   */
  public JsonObject toJson(String baseUrl) {
    String escaped = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    String path = "/storage/v1/b/" + bucket + "/o/" + escaped;
    JsonObject json = new JsonObject();
    json.addProperty("kind", "storage#object");
    json.addProperty("id", bucket + "/" + name + "/" + generation);
    json.addProperty("selfLink", baseUrl + path);
    json.addProperty(
        "mediaLink", baseUrl + "/download" + path + "?generation=" + generation + "&alt=media");
    json.addProperty("name", name);
    json.addProperty("bucket", bucket);
    json.addProperty("generation", Long.toString(generation));
    json.addProperty("metageneration", Long.toString(metageneration));
    json.addProperty("size", Long.toString(size));
    json.addProperty("crc32c", crc32c);
    if (md5Hash != null) {
      json.addProperty("md5Hash", md5Hash);
    }
    if (componentCount > 0) {
      json.addProperty("componentCount", componentCount);
    }
    json.addProperty("etag", etag());
    json.addProperty("timeCreated", Json.time(timeCreated));
    json.addProperty("updated", Json.time(updated));
    json.addProperty("timeStorageClassUpdated", Json.time(timeCreated));
    json.addProperty("timeFinalized", Json.time(timeCreated));
    if (timeDeleted != null) {
      json.addProperty("timeDeleted", Json.time(timeDeleted));
    }
    attributes.writeTo(json);
    return json;
  }

  static ObjectMetadata fromJson(JsonObject json) {
    String deleted = Json.string(json, "timeDeleted");
    Attributes attributes;
    try {
      attributes = Attributes.of(json, null);
    } catch (ApiError e) {
      throw new IllegalStateException(e);
    }
    return new ObjectMetadata(
        json.get("bucket").getAsString(),
        json.get("name").getAsString(),
        json.get("generation").getAsLong(),
        json.get("metageneration").getAsLong(),
        json.get("size").getAsLong(),
        json.get("crc32c").getAsString(),
        Json.string(json, "md5Hash"),
        json.has("componentCount") ? json.get("componentCount").getAsInt() : 0,
        Instant.parse(json.get("timeCreated").getAsString()),
        Instant.parse(json.get("updated").getAsString()),
        deleted == null ? null : Instant.parse(deleted),
        attributes);
  }
}
