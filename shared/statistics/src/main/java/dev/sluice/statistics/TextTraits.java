package dev.sluice.statistics;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What a text is beside its value; each text of a batch is looked at once. */
final class TextTraits {
  /** It reads as a number. */
  static final int NUMBER = 1;

  /** Its bytes are no UTF-8. */
  static final int INVALID_UTF8 = 2;

  /** It was decoded with a wrong encoding on its way. */
  static final int DAMAGED = 4;

  /** Characters of base64 whose bytes mostly tell already; a multiple of 4. */
  private static final int BEGINNING = 1 << 12;

  private TextTraits() {}

  /**
   * The sum of the traits a text has.
   *
   * @param base64 true where it stands for bytes, which have no trait but to be UTF-8 or not
   */
  static int of(String text, boolean base64) {
    if (base64) {
      return isUtf8(text) ? 0 : INVALID_UTF8;
    }
    return (isNumber(text) ? NUMBER : 0) | (Mojibake.isDamaged(text) ? DAMAGED : 0);
  }

  /** True for base64 of UTF-8, and for what is no base64. */
  private static boolean isUtf8(String base64) {
    try {
      if (base64.length() > BEGINNING && !isUtf8(base64.substring(0, BEGINNING), false)) {
        return false;
      }
      return isUtf8(base64, true);
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private static boolean isUtf8(String base64, boolean whole) {
    byte[] bytes = Base64.getDecoder().decode(base64);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CoderResult result =
        decoder.decode(ByteBuffer.wrap(bytes), CharBuffer.allocate(bytes.length), whole);
    return !result.isError();
  }

  /**
   * True for digits with a sign, a decimal point, an exponent or commas between thousands, and
   * blanks around; also with zeros before them, which a number would lose.
   */
  static boolean isNumber(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isBlank(text.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(text.charAt(to - 1))) {
      to--;
    }
    int at = from;
    if (at < to && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
      at++;
    }
    int whole = digits(text, at, to);
    int digits = whole - at;
    at = whole;
    if (digits > 0 && digits <= 3) {
      while (at < to && text.charAt(at) == ',' && digits(text, at + 1, to) == at + 4) {
        at += 4;
      }
    }
    if (at < to && text.charAt(at) == '.') {
      int fraction = digits(text, at + 1, to);
      digits += fraction - at - 1;
      at = fraction;
    }
    if (digits == 0) {
      return false;
    }
    if (at < to && (text.charAt(at) | 0x20) == 'e') {
      at++;
      if (at < to && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
        at++;
      }
      int exponent = digits(text, at, to);
      if (exponent == at) {
        return false;
      }
      at = exponent;
    }
    return at == to;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** After the digits that begin at {@code from}. */
  private static int digits(String text, int from, int to) {
    int at = from;
    while (at < to && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }
}
