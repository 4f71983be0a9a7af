package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import java.util.Map;

/** What a call answers with. */
sealed interface Answer {
  int status();

  Map<String, String> headers();

  record Empty(int status, Map<String, String> headers) implements Answer {}

  record Document(int status, Map<String, String> headers, JsonObject json) implements Answer {
    static Document ok(JsonObject json) {
      return new Document(200, Map.of(), json);
    }
  }

  /** Text of another kind than JSON: an error of a download, the parts of a batch. */
  record Text(int status, Map<String, String> headers, String text) implements Answer {}

  /** A range of an object's bytes, streamed; {@code gunzip} answers the decompressed whole. */
  record Media(
      int status,
      Map<String, String> headers,
      ObjectStore.Content content,
      long offset,
      long length,
      boolean gunzip)
      implements Answer {}
}
