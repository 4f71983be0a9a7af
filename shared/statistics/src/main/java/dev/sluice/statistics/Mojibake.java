package dev.sluice.statistics;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * Tells text that was written as UTF-8 and read as Windows-1252 or Latin-1, as {@code Ã©} for
 * {@code é}, or whose characters were lost to U+FFFD. The characters above ASCII are taken back to
 * the bytes they were read from: bytes of a real text hardly ever make up UTF-8 (Unicode 16.0,
 * table 3-7), as each first byte, a letter with an accent, must be followed by as many signs as it
 * says. What they stand for must be plausible too: letters of Latin, or of another script two in a
 * row, typographic signs, ideographs, pictures. {@code NESTLÉ®} is the bytes of a phonetic letter,
 * and {@code MANHÃ»} those of a small letter in a word of capitals; both are left alone.
 *
 * <p>Linear time; a text in ASCII costs one look at each character. It does not tell damage by
 * other encodings.
 */
final class Mojibake {
  private static final char REPLACEMENT = '\uFFFD';

  /** So much evidence outweighs real characters beside it, as of two texts put together. */
  private static final int SURE = 3;

  /** The byte of each character that Windows-1252 has above Latin-1; 0 = none. */
  private static final byte[] WINDOWS = new byte[0x2200];

  static {
    Charset windows = Charset.forName("windows-1252");
    for (int b = 0x80; b < 0xa0; b++) {
      char c = windows.decode(ByteBuffer.wrap(new byte[] {(byte) b})).get();
      if (c < WINDOWS.length && c > 0xff) {
        WINDOWS[c] = (byte) b;
      }
    }
  }

  private Mojibake() {}

  /** True where a text is damaged. */
  static boolean isDamaged(String text) {
    int length = text.length();
    int at = 0;
    while (at < length && text.charAt(at) < 0x80) {
      at++;
    }
    if (at == length) {
      return false;
    }
    return text.indexOf(REPLACEMENT, at) >= 0 || isMisread(text, at);
  }

  private static boolean isMisread(String text, int start) {
    int length = text.length();
    int evidence = 0;
    int real = 0;
    Character.@Nullable UnicodeBlock before = null;
    int at = start;
    while (at < length) {
      if (text.charAt(at) < 0x80) {
        before = null;
        at++;
        continue;
      }
      int needed = sequence(text, at);
      if (needed < 0) {
        // The text was cut within a character.
        break;
      }
      if (needed == 0) {
        real++;
        before = null;
        at++;
        continue;
      }
      int point = point(text, at, needed);
      Character.@Nullable UnicodeBlock block = Character.UnicodeBlock.of(point);
      if (isSure(text, at, needed, point)) {
        evidence++;
      } else if (needed == 2 && Character.isLetter(point) && point > 0x36f && block != null) {
        // One alone may be a sign of its own, as ز is what a diameter Ø² would stand for.
        evidence += block.equals(before) ? 1 : 0;
      } else {
        real++;
      }
      before = block;
      at += needed;
    }
    return evidence > 0 && (real == 0 || (evidence >= SURE && evidence > 2 * real));
  }

  /** Bytes of the UTF-8 sequence that begins there; 0 where none does, -1 where the text ends. */
  private static int sequence(String text, int at) {
    int first = octet(text.charAt(at));
    int needed = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (int i = 1; i < needed; i++) {
      if (at + i == text.length()) {
        return -1;
      }
      int next = octet(text.charAt(at + i));
      if (next < 0x80 || next > 0xbf) {
        return 0;
      }
    }
    return needed;
  }

  /** The byte a character was read from; 0 where it can come from none above ASCII. */
  private static int octet(char c) {
    if (c < 0x100) {
      return c < 0x80 ? 0 : c;
    }
    return c < WINDOWS.length ? WINDOWS[c] & 0xff : 0;
  }

  private static int point(String text, int at, int needed) {
    int point = octet(text.charAt(at)) & (0x7f >> needed);
    for (int i = 1; i < needed; i++) {
      point = point << 6 | (octet(text.charAt(at + i)) & 0x3f);
    }
    return point;
  }

  private static boolean isSure(String text, int at, int needed, int point) {
    if (needed == 2) {
      if (point < 0xc0) {
        return point >= 0xa0;
      }
      boolean latin = point <= 0x17f || (point >= 0x218 && point <= 0x21b);
      return latin && !(Character.isLowerCase(point) && afterCapitals(text, at));
    }
    boolean shortest = point >= (needed == 3 ? 0x800 : 0x10000);
    return shortest
        && Character.isDefined(point)
        && Character.getType(point) != Character.SURROGATE
        && Character.getType(point) != Character.PRIVATE_USE;
  }

  private static boolean afterCapitals(String text, int at) {
    return at >= 2
        && Character.isUpperCase(text.charAt(at - 1))
        && Character.isUpperCase(text.charAt(at - 2));
  }
}
