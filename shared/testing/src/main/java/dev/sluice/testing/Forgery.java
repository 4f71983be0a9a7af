package dev.sluice.testing;

/** What somebody would do who wants a change to pass for what was there. */
public final class Forgery {
  /** CRC-32C's polynomial, 1 11EDC6F41, as its bits pass: changing these changes no checksum. */
  private static final int[] POLYNOMIAL = {0xf1, 0x76, 0xec, 0x05, 0x01};

  private Forgery() {}

  /** Other bytes of the same length and the same CRC32C; the given ones are at least 5. */
  public static byte[] sameCrc32c(byte[] bytes) {
    byte[] forged = bytes.clone();
    int at = (bytes.length - POLYNOMIAL.length) / 2;
    for (int i = 0; i < POLYNOMIAL.length; i++) {
      forged[at + i] ^= (byte) POLYNOMIAL[i];
    }
    return forged;
  }
}
