package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * Tells the encoding of text from its bytes: a byte order mark; else the zero bytes that UTF-16
 * puts beside ASCII characters; else UTF-8 where the bytes are valid; else Windows-1252, which has
 * Latin-1 in it, where the bytes that are no ASCII are mostly letters and stand beside ASCII
 * letters.
 *
 * <p>Linear in the bytes. It refuses bytes with control characters, which are no text.
 */
final class Encodings {
  /** Latin-1 with letters and punctuation where that has control characters. */
  static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  /** Bytes that are looked at; what follows is taken to be the same. */
  static final int SAMPLE = 1 << 18;

  /** Fewer bytes that are no UTF-8 may be damage in a table. */
  private static final int FEWEST_HIGH = 3;

  private Encodings() {}

  /**
   * What the bytes are written in, or null where they are no text.
   *
   * @param whole true where nothing follows; else the last character may be cut
   */
  static @Nullable Charset of(byte[] b, int length, boolean whole) {
    Charset wide = wide(b, length);
    if (wide != null) {
      return wide;
    }
    int cut = whole ? length : lastWhole(b, length);
    Counts counts = Counts.of(b, cut);
    if (counts.controls > 0) {
      return null;
    }
    if (counts.high == 0) {
      return UTF_8;
    }
    return counts.letters * 2 >= counts.high && counts.multiBytes == 0 ? WINDOWS_1252 : null;
  }

  /**
   * What a table is written in, where a damaged byte should cost a row and not the table: UTF-8
   * unless the bytes are surely something else.
   */
  static Charset ofTable(byte[] b) {
    Charset wide = wide(b, b.length);
    if (wide != null) {
      return wide;
    }
    Counts counts = Counts.of(b, lastWhole(b, b.length));
    boolean sure =
        counts.high >= FEWEST_HIGH && counts.multiBytes == 0 && counts.letters * 2 > counts.high;
    return sure && counts.controls == 0 ? WINDOWS_1252 : UTF_8;
  }

  /** UTF-16 of either order, by its mark or its zero bytes; null where it is not. */
  static @Nullable Charset wide(byte[] b, int length) {
    if (length >= 2 && b[0] == (byte) 0xff && b[1] == (byte) 0xfe) {
      return UTF_16LE;
    }
    if (length >= 2 && b[0] == (byte) 0xfe && b[1] == (byte) 0xff) {
      return UTF_16BE;
    }
    int pairs = Math.min(length, SAMPLE) / 2;
    if (pairs < 2) {
      return null;
    }
    int little = 0;
    int big = 0;
    for (int i = 0; i < pairs; i++) {
      little += isAsciiText(b[2 * i]) && b[2 * i + 1] == 0 ? 1 : 0;
      big += isAsciiText(b[2 * i + 1]) && b[2 * i] == 0 ? 1 : 0;
    }
    // Texts of other scripts still have blanks, digits and line ends.
    int enough = Math.max(2, pairs / 20);
    if (little >= enough && big == 0 && noZeroPair(b, pairs)) {
      return UTF_16LE;
    }
    return big >= enough && little == 0 && noZeroPair(b, pairs) ? UTF_16BE : null;
  }

  private static boolean noZeroPair(byte[] b, int pairs) {
    for (int i = 0; i < pairs; i++) {
      if (b[2 * i] == 0 && b[2 * i + 1] == 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAsciiText(byte c) {
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  }

  /** How many bytes of a byte order mark the text begins with. */
  static int mark(byte[] b, int length, Charset charset) {
    if (charset.equals(UTF_8)) {
      return length >= 3 && b[0] == (byte) 0xef && b[1] == (byte) 0xbb && b[2] == (byte) 0xbf
          ? 3
          : 0;
    }
    boolean marked =
        length >= 2
            && ((b[0] == (byte) 0xff && b[1] == (byte) 0xfe)
                || (b[0] == (byte) 0xfe && b[1] == (byte) 0xff));
    return marked && !charset.equals(WINDOWS_1252) ? 2 : 0;
  }

  /** The length without a sequence of UTF-8 that the end of the sample cuts. */
  private static int lastWhole(byte[] b, int length) {
    int i = length;
    while (i > 0 && length - i < 3 && (b[i - 1] & 0xc0) == 0x80) {
      i--;
    }
    return i > 0 && (b[i - 1] & 0xff) >= 0xc2 ? i - 1 : length;
  }

  /**
   * What bytes that may be UTF-8 are made of.
   *
   * @param high bytes of no valid sequence
   * @param letters those of {@code high} that are letters in Windows-1252 and have an ASCII letter
   *     beside them
   * @param multiBytes valid sequences of two bytes and more
   * @param controls characters that no text has
   */
  record Counts(int high, int letters, int multiBytes, int controls) {
    static Counts of(byte[] b, int length) {
      int high = 0;
      int letters = 0;
      int multiBytes = 0;
      int controls = 0;
      int i = 0;
      while (i < length) {
        int c = b[i] & 0xff;
        if (c < 0x80) {
          controls += isControl(c) ? 1 : 0;
          i++;
          continue;
        }
        int valid = Utf8.sequence(b, i, length);
        if (valid > 0) {
          multiBytes++;
          i += valid;
          continue;
        }
        high++;
        boolean beside =
            (i > 0 && isAsciiLetter(b[i - 1])) || (i + 1 < length && isAsciiLetter(b[i + 1]));
        letters += beside && isLetter(c) ? 1 : 0;
        i++;
      }
      return new Counts(high, letters, multiBytes, controls);
    }

    /** Not what ends lines and pages, rings, or begins a terminal's colours. */
    private static boolean isControl(int c) {
      boolean inTexts = (c >= 7 && c <= 13) || c == 0x1b;
      return (c < ' ' && !inTexts) || c == 0x7f;
    }

    private static boolean isAsciiLetter(byte c) {
      return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    }

    /** Letters of Windows-1252 above ASCII. */
    private static boolean isLetter(int c) {
      return (c >= 0xc0 && c != 0xd7 && c != 0xf7)
          || c == 0x8a
          || c == 0x8c
          || c == 0x8e
          || c == 0x9a
          || c == 0x9c
          || c == 0x9e
          || c == 0x9f;
    }
  }
}
