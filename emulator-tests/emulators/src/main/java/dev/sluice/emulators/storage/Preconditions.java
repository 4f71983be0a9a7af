package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The generation and metageneration conditions of a call; a null one asks nothing. */
record Preconditions(
    @Nullable Long generationMatch,
    @Nullable Long generationNotMatch,
    @Nullable Long metagenerationMatch,
    @Nullable Long metagenerationNotMatch) {
  static final Preconditions NONE = new Preconditions(null, null, null, null);

  /**
   * Reads the conditions from query parameters.
   *
   * @param prefix "if" for the object itself, "ifSource" for the source of a copy
   */
  static Preconditions of(Map<String, String> query, String prefix) throws ApiError {
    return new Preconditions(
        number(query, prefix + "GenerationMatch"),
        number(query, prefix + "GenerationNotMatch"),
        number(query, prefix + "MetagenerationMatch"),
        number(query, prefix + "MetagenerationNotMatch"));
  }

  static @Nullable Long number(Map<String, String> query, String key) throws ApiError {
    String value = query.get(key);
    if (value == null) {
      return null;
    }
    try {
      return Long.valueOf(value);
    } catch (NumberFormatException e) {
      throw ApiError.badRequest(
          "Invalid value for " + key + ": '" + value + "' must be a whole number.");
    }
  }

  /** Before a write: 412 unless every condition holds for the live object. */
  void checkWrite(@Nullable ObjectMetadata live) throws ApiError {
    check(live == null ? 0 : live.generation(), live == null ? 0 : live.metageneration(), false);
  }

  /** Before a read: 412 for a failed match, 304 for a failed "not match". */
  void checkRead(ObjectMetadata object) throws ApiError {
    check(object.generation(), object.metageneration(), true);
  }

  void check(long generation, long metageneration, boolean read) throws ApiError {
    if ((generationMatch != null && generationMatch != generation)
        || (metagenerationMatch != null && metagenerationMatch != metageneration)) {
      throw ApiError.conditionNotMet();
    }
    if (Objects.equals(generationNotMatch, generation)
        || Objects.equals(metagenerationNotMatch, metageneration)) {
      throw read ? ApiError.notModified() : ApiError.conditionNotMet();
    }
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("ifGenerationMatch", generationMatch);
    json.addProperty("ifGenerationNotMatch", generationNotMatch);
    json.addProperty("ifMetagenerationMatch", metagenerationMatch);
    json.addProperty("ifMetagenerationNotMatch", metagenerationNotMatch);
    return json;
  }

  static Preconditions fromJson(JsonObject json) {
    return new Preconditions(
        whole(json, "ifGenerationMatch"),
        whole(json, "ifGenerationNotMatch"),
        whole(json, "ifMetagenerationMatch"),
        whole(json, "ifMetagenerationNotMatch"));
  }

  private static @Nullable Long whole(JsonObject json, String field) {
    String value = Json.string(json, field);
    return value == null ? null : Long.valueOf(value);
  }
}
