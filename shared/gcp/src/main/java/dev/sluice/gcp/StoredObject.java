package dev.sluice.gcp;

import dev.sluice.contracts.Bug;
import java.time.Instant;

/**
 * What Cloud Storage says about one generation of an object.
 *
 * @param name with its generation
 * @param size bytes as stored, at least 0
 * @param crc32c base64 of the big-endian CRC32C of the stored bytes, as Cloud Storage writes it;
 *     empty where the server keeps none
 * @param contentType {@code application/octet-stream} where none was set
 * @param created when this generation was written
 */
public record StoredObject(
    ObjectName name, long size, String crc32c, String contentType, Instant created) {
  public StoredObject {
    if (name.generation() == null) {
      throw new Bug("stored object " + name + " has no generation");
    }
    if (size < 0) {
      throw new Bug("size of " + name + " is " + size + "; it is at least 0");
    }
  }

  /** The generation, from 1. */
  public long generation() {
    Long generation = name.generation();
    return generation == null ? 0 : generation;
  }
}
