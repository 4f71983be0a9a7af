package dev.sluice.contracts;

/**
 * One object of a batch, pinned.
 *
 * @param uri {@code gs://bucket/name#generation}
 * @param bytes its size
 * @param crc32c its checksum as Cloud Storage gives it, base64
 */
public record Source(String uri, long bytes, String crc32c) {
  public Source {
    if (!uri.matches("(?s)gs://[^/]+/.+#[0-9]+")) {
      throw new BadInput("source '" + uri + "' is not of the form gs://bucket/name#generation");
    }
  }

  /** The object's full name, {@code gs://bucket/name}, without the generation. */
  public String object() {
    return uri.substring(0, uri.lastIndexOf('#'));
  }
}
