package dev.sluice.examples;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One object of a folder, as a listing gives it.
 *
 * @param bytes opens it at the listed generation; its name is the object's uri without a generation
 * @param crc32c base64 of the big-endian CRC32C of its bytes; empty where nobody knows, then it is
 *     computed
 * @param contentType as it was stored; empty or {@code application/octet-stream} claim nothing
 * @param created when it was stored, null where nobody knows
 */
public record ObjectEntry(
    ByteSource bytes, String crc32c, String contentType, @Nullable Instant created) {

  /** An object of which only its bytes are known. */
  public static ObjectEntry of(ByteSource bytes) {
    return new ObjectEntry(bytes, "", "", null);
  }

  /** Its full name. */
  public String uri() {
    return bytes.name();
  }

  /** Its length in bytes. */
  public long size() {
    return bytes.size();
  }

  /** The last segment of its name. */
  public String name() {
    return uri().substring(uri().lastIndexOf('/') + 1);
  }

  /** The name up to and with its last slash; empty where there is none. */
  String folder() {
    return uri().substring(0, uri().lastIndexOf('/') + 1);
  }

  /** What consoles store so that an empty folder can be seen; no file. */
  boolean isFolder() {
    return size() == 0 && uri().endsWith("/");
  }
}
