package dev.sluice.gcp;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32C;

/** CRC32C (RFC 3720, appendix B.4) as Cloud Storage tells it: base64 of the big-endian sum. */
public final class Crc32c {
  private Crc32c() {}

  /** Of all bytes. */
  public static String of(byte[] bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return text(sum);
  }

  /** Of what the sum has seen. */
  public static String text(CRC32C sum) {
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array());
  }
}
