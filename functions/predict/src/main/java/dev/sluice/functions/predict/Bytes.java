package dev.sluice.functions.predict;

import java.util.Arrays;

/** Bytes that grow, kept between requests unless one made them large. */
final class Bytes {
  private static final int KEPT = 128 << 10;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private byte[] array = new byte[4096];
  private int length;

  byte[] array() {
    return array;
  }

  int length() {
    return length;
  }

  byte[] copy() {
    return Arrays.copyOf(array, length);
  }

  /** Empties it. */
  void clear() {
    length = 0;
    if (array.length > KEPT) {
      array = new byte[4096];
    }
  }

  /** Makes room for so many bytes more and returns the array. */
  byte[] room(int more) {
    if (array.length - length < more) {
      array = Arrays.copyOf(array, Math.max(length + more, array.length * 2));
    }
    return array;
  }

  /** Counts bytes that were put into the room. */
  void added(int count) {
    length += count;
  }

  void add(char ascii) {
    room(1)[length++] = (byte) ascii;
  }

  void add(byte[] from) {
    add(from, 0, from.length);
  }

  void add(byte[] from, int start, int end) {
    System.arraycopy(from, start, room(end - start), length, end - start);
    length += end - start;
  }

  void ascii(String text) {
    byte[] to = room(text.length());
    for (int i = 0; i < text.length(); i++) {
      to[length++] = (byte) text.charAt(i);
    }
  }

  /** Adds UTF-8 as the inside of a JSON string (RFC 8259, section 7). */
  void escaped(byte[] from, int start, int end) {
    byte[] to = room(6 * (end - start));
    int at = length;
    for (int i = start; i < end; i++) {
      byte b = from[i];
      if (b == '"' || b == '\\') {
        to[at++] = '\\';
        to[at++] = b;
      } else if (b >= 0 && b < ' ') {
        to[at++] = '\\';
        to[at++] = 'u';
        to[at++] = '0';
        to[at++] = '0';
        to[at++] = (byte) HEX[b >> 4];
        to[at++] = (byte) HEX[b & 15];
      } else {
        to[at++] = b;
      }
    }
    length = at;
  }
}
