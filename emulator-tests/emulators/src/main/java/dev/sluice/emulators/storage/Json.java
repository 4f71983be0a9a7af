package dev.sluice.emulators.storage;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** JSON in the dialect of Google's APIs: whole numbers as strings, times to the millisecond. */
final class Json {
  static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Json() {}

  static String time(Instant instant) {
    return TIME.format(instant);
  }

  static @Nullable String string(JsonObject object, String field) {
    JsonElement value = object.get(field);
    return value == null || value.isJsonNull() ? null : value.getAsString();
  }

  static JsonObject object(JsonObject object, String field) {
    return object.get(field) instanceof JsonObject nested ? nested : new JsonObject();
  }

  static JsonObject parse(String text) throws ApiError {
    if (text.isBlank()) {
      return new JsonObject();
    }
    try {
      if (JsonParser.parseString(text) instanceof JsonObject object) {
        return object;
      }
    } catch (JsonParseException e) {
      throw ApiError.badRequest("Parse Error: the body is not JSON: " + e.getMessage());
    }
    throw ApiError.badRequest("Parse Error: the body must be a JSON object.");
  }

  static JsonObject read(Path file) throws IOException {
    try (Reader reader = Files.newBufferedReader(file)) {
      return JsonParser.parseReader(reader).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new IOException(
          "the emulator's file " + file + " is damaged; delete it to start without it", e);
    }
  }

  /** Replaces the file in one step, so that a reader sees the old text or the new, never half. */
  static void write(Path file, JsonObject json) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    Files.writeString(temporary, GSON.toJson(json));
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
