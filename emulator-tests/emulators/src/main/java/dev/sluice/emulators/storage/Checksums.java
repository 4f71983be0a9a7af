package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/** Compares what a client says it sent with what arrived. */
final class Checksums {
  private Checksums() {}

  /** Refuses the upload with 400 where a checksum of the resource or of a header disagrees. */
  static void verify(ObjectStore.Staged staged, JsonObject resource, Call call) throws ApiError {
    compare("CRC32C", Json.string(resource, "crc32c"), staged.crc32c());
    compare("MD5", Json.string(resource, "md5Hash"), staged.md5Hash());
    compare("MD5", call.header("Content-MD5"), staged.md5Hash());
    String header = call.header("X-Goog-Hash");
    if (header != null) {
      for (String one : header.split(",", -1)) {
        String hash = one.strip();
        if (hash.startsWith("crc32c=")) {
          compare("CRC32C", hash.substring("crc32c=".length()), staged.crc32c());
        } else if (hash.startsWith("md5=")) {
          compare("MD5", hash.substring("md5=".length()), staged.md5Hash());
        }
      }
    }
  }

  private static void compare(String kind, @Nullable String provided, @Nullable String calculated)
      throws ApiError {
    if (provided != null && calculated != null && !provided.equals(calculated)) {
      throw ApiError.badRequest(
          "Provided %s hash \"%s\" doesn't match calculated %s hash \"%s\"."
              .formatted(kind, provided, kind, calculated));
    }
  }
}
