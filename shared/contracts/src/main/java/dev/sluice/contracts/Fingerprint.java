package dev.sluice.contracts;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names for content: equal content, equal name. */
public final class Fingerprint {
  /** Hex digits in a fingerprint: 128 bits, so that a clash needs 2^64 artifacts. */
  private static final int DIGITS = 32;

  private Fingerprint() {}

  /** The first 128 bits of the SHA-256 of the value's canonical JSON, as 32 hex digits. */
  public static String of(Object value) {
    return sha256(Json.canonical(value).getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
  }

  /** SHA-256 as 64 hex digits. */
  public static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(digest().digest(bytes));
  }

  /** SHA-256 of what is yet to come, for content that is too large to be held. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new Bug("every Java platform has SHA-256", e);
    }
  }
}
