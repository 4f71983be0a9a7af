package dev.sluice.emulators.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32C;

/** Size, CRC-32C and MD5 of bytes as they stream by. Not safe for use by two threads at once. */
final class Digests {
  private static final int BUFFER = 1 << 17;

  private final CRC32C crc = new CRC32C();
  private final MessageDigest md5;
  private long size;

  Digests() {
    try {
      md5 = MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }

  static Digests of(Path file) throws IOException {
    Digests digests = new Digests();
    try (InputStream in = Files.newInputStream(file)) {
      digests.copy(in, OutputStream.nullOutputStream(), Long.MAX_VALUE);
    }
    return digests;
  }

  /** Copies at most {@code limit} bytes; what was copied before a failure is counted. */
  long copy(InputStream in, OutputStream out, long limit) throws IOException {
    byte[] buffer = new byte[(int) Math.min(BUFFER, Math.max(limit, 1))];
    long copied = 0;
    while (copied < limit) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, limit - copied));
      if (read < 0) {
        break;
      }
      out.write(buffer, 0, read);
      crc.update(buffer, 0, read);
      md5.update(buffer, 0, read);
      size += read;
      copied += read;
    }
    return copied;
  }

  long size() {
    return size;
  }

  String crc32c() {
    byte[] bytes = ByteBuffer.allocate(4).putInt((int) crc.getValue()).array();
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Ends the digest: no bytes may follow. */
  String md5Hash() {
    return Base64.getEncoder().encodeToString(md5.digest());
  }
}
