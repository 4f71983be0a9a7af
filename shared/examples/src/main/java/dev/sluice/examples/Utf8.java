package dev.sluice.examples;

/** Validation of UTF-8 by table 3-7 of the Unicode standard: no overlong forms, no surrogates. */
final class Utf8 {
  private Utf8() {}

  /** The first byte of the first malformed sequence in {@code [from, to)}, or -1. */
  static int firstInvalid(byte[] b, int from, int to) {
    int i = from;
    while (i < to) {
      int c = b[i];
      if (c >= 0) {
        i++;
        continue;
      }
      int length = sequence(b, i, to);
      if (length == 0) {
        return i;
      }
      i += length;
    }
    return -1;
  }

  /** Bytes of the sequence that begins at {@code i} with a byte above ASCII; 0 if malformed. */
  static int sequence(byte[] b, int i, int to) {
    int c = b[i] & 0xff;
    int length = c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (length == 0 || i + length > to) {
      return 0;
    }
    int second = b[i + 1] & 0xff;
    int low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    int high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) {
      return 0;
    }
    for (int k = 2; k < length; k++) {
      if ((b[i + k] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
