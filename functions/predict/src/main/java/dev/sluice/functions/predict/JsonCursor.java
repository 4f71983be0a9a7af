package dev.sluice.functions.predict;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) from bytes, value by value and in place: a number costs no object, a text
 * only where it is asked for. Beyond the standard it takes {@code NaN}, {@code Infinity} and {@code
 * -Infinity}, as TensorFlow Serving and Python's {@code json} do. Refuses text that is not UTF-8,
 * and nesting beyond {@value #DEPTH} levels.
 */
final class JsonCursor {
  private static final int DEPTH = 64;
  private static final long EXACT = 1L << 53;
  private static final double[] POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final byte[] NOTHING = {};

  private byte[] buffer = NOTHING;
  private int end;
  private int at;

  private int from;
  private int to;
  private boolean escaped;
  private @Nullable String decoded;

  private boolean whole;
  private long longValue;
  private double doubleValue;
  private boolean nonFinite;

  void start(byte[] bytes, int length) {
    buffer = bytes;
    end = length;
    at = 0;
    nonFinite = false;
  }

  /** Lets go of what it read: one that waits for its next use must not keep a large body. */
  void clear() {
    start(NOTHING, 0);
    decoded = null;
  }

  byte[] buffer() {
    return buffer;
  }

  /** Where the next byte is read. */
  int position() {
    return at;
  }

  /** Goes on reading there. */
  void position(int position) {
    at = position;
  }

  /** True once since the last call where a number was NaN or infinite, which JSON does not have. */
  boolean tookNonFinite() {
    boolean was = nonFinite;
    nonFinite = false;
    return was;
  }

  /** The next byte that is no white space, not yet consumed; 0 at the end. */
  byte peek() {
    byte[] b = buffer;
    int i = at;
    while (i < end) {
      byte c = b[i];
      if (c > ' ' || c < 0 || !(c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
        at = i;
        return c;
      }
      i++;
    }
    at = i;
    return 0;
  }

  /** Consumes that byte. */
  void expect(char wanted) {
    if (peek() != wanted) {
      throw fault("expected '" + wanted + "'");
    }
    at++;
  }

  /** Consumes that byte where it is next. */
  boolean take(char wanted) {
    if (peek() == wanted) {
      at++;
      return true;
    }
    return false;
  }

  /**
   * After an element of an object or a list: true where another follows, false where {@code close}
   * ends it.
   */
  boolean more(char close) {
    byte c = peek();
    if (c != ',' && c != close) {
      throw fault("expected ',' or '" + close + "'");
    }
    at++;
    return c == ',';
  }

  /** Consumes a text; its bytes between the quotes are {@link #from} to {@link #to}. */
  void string() {
    expect('"');
    byte[] b = buffer;
    int i = at;
    from = i;
    escaped = false;
    decoded = null;
    boolean ascii = true;
    while (true) {
      if (i >= end) {
        at = i;
        throw fault("a text without its closing quote");
      }
      byte c = b[i];
      if (c == '"') {
        break;
      }
      if (c == '\\') {
        escaped = true;
        i = escape(b, i + 1);
        continue;
      }
      if (c < ' ') {
        if (c >= 0) {
          at = i;
          throw fault("a control character in a text; escape it");
        }
        ascii = false;
      }
      i++;
    }
    to = i;
    at = i + 1;
    if (!ascii) {
      decode();
    }
  }

  private int escape(byte[] b, int i) {
    if (i < end) {
      switch (b[i]) {
        case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
          return i + 1;
        }
        case 'u' -> {
          if (i + 4 < end) {
            for (int k = 1; k <= 4; k++) {
              if (Character.digit(b[i + k], 16) < 0) {
                at = i;
                throw fault("\\u takes four hexadecimal digits");
              }
            }
            return i + 5;
          }
        }
        default -> {}
      }
    }
    at = Math.min(i, end);
    throw fault("an unknown escape in a text");
  }

  private void decode() {
    try {
      decoded =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(buffer, from, to - from))
              .toString();
    } catch (CharacterCodingException e) {
      at = from;
      throw fault("a text that is not UTF-8");
    }
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  /** True where the text's bytes are not the text itself. */
  boolean isEscaped() {
    return escaped;
  }

  /** The text that {@link #string} consumed. */
  String text() {
    String raw = decoded;
    if (raw == null) {
      raw = new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }
    return escaped ? unescaped(raw) : raw;
  }

  private static String unescaped(String raw) {
    StringBuilder out = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char code = raw.charAt(++i);
      switch (code) {
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> {
          out.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
          i += 4;
        }
        default -> out.append(code);
      }
    }
    return out.toString();
  }

  /**
   * Consumes a number; then {@link #isWhole} tells which of {@link #longValue} and {@link
   * #doubleValue} holds it. Doubles are read exactly: one multiplication or division where that is
   * exact (W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990), else {@link
   * Double#parseDouble}.
   */
  void number() {
    byte first = peek();
    byte[] b = buffer;
    int start = at;
    int i = start;
    boolean negative = first == '-';
    if (negative) {
      i++;
    }
    byte lead = i < end ? b[i] : 0;
    if (lead == 'I' || (lead == 'N' && !negative)) {
      at = i;
      literal(lead == 'I' ? "Infinity" : "NaN");
      whole = false;
      nonFinite = true;
      double infinity = negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      doubleValue = lead == 'I' ? infinity : Double.NaN;
      return;
    }
    long mantissa = 0;
    int digits = 0;
    int scale = 0;
    int point = i;
    while (i < end && isDigit(b[i])) {
      mantissa = mantissa * 10 + (b[i] - '0');
      digits += digits > 0 || b[i] != '0' ? 1 : 0;
      i++;
    }
    if (i == point) {
      at = i;
      throw fault("expected a value");
    }
    if (i > point + 1 && lead == '0') {
      at = i;
      throw fault("a number with a leading zero");
    }
    whole = true;
    if (i < end && b[i] == '.') {
      whole = false;
      int fraction = ++i;
      while (i < end && isDigit(b[i])) {
        mantissa = mantissa * 10 + (b[i] - '0');
        digits += digits > 0 || b[i] != '0' ? 1 : 0;
        i++;
      }
      scale = fraction - i;
      if (scale == 0) {
        at = i;
        throw fault("a number without digits after its point");
      }
    }
    if (i < end && (b[i] | 0x20) == 'e') {
      whole = false;
      i++;
      boolean minus = i < end && b[i] == '-';
      if (minus || (i < end && b[i] == '+')) {
        i++;
      }
      int power = 0;
      int exponent = i;
      while (i < end && isDigit(b[i])) {
        power = Math.min(power * 10 + (b[i] - '0'), 100_000);
        i++;
      }
      if (i == exponent) {
        at = i;
        throw fault("a number without digits in its exponent");
      }
      scale += minus ? -power : power;
    }
    at = i;
    value(start, negative, mantissa, digits, scale);
  }

  private void value(int start, boolean negative, long mantissa, int digits, int scale) {
    if (whole && digits <= 18) {
      longValue = negative ? -mantissa : mantissa;
      return;
    }
    if (digits <= 18 && mantissa <= EXACT && scale >= -22 && scale <= 22) {
      double value = scale < 0 ? mantissa / POWERS[-scale] : mantissa * POWERS[scale];
      doubleValue = negative ? -value : value;
      return;
    }
    String text = new String(buffer, start, at - start, StandardCharsets.ISO_8859_1);
    if (whole && digits == 19) {
      try {
        longValue = Long.parseLong(text);
        return;
      } catch (NumberFormatException e) {
        // More than 63 bits: a double is the nearest there is.
      }
    }
    whole = false;
    doubleValue = Double.parseDouble(text);
    if (Double.isInfinite(doubleValue)) {
      at = start;
      throw fault("a number beyond the range of 64-bit floats");
    }
  }

  boolean isWhole() {
    return whole;
  }

  long longValue() {
    return longValue;
  }

  double doubleValue() {
    return doubleValue;
  }

  /** Consumes that word. */
  void literal(String word) {
    int length = word.length();
    for (int k = 0; k < length; k++) {
      if (at + k >= end || buffer[at + k] != word.charAt(k)) {
        throw fault("expected a value");
      }
    }
    at += length;
  }

  /** Consumes any value. */
  void skip() {
    skip(0);
  }

  private void skip(int depth) {
    if (depth > DEPTH) {
      throw fault("more than " + DEPTH + " levels");
    }
    switch (peek()) {
      case '"' -> string();
      case '{' -> {
        at++;
        if (take('}')) {
          return;
        }
        do {
          string();
          expect(':');
          skip(depth + 1);
        } while (more('}'));
      }
      case '[' -> {
        at++;
        if (take(']')) {
          return;
        }
        do {
          skip(depth + 1);
        } while (more(']'));
      }
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> number();
    }
  }

  /** What kind of value is next, in words. */
  String kind() {
    return switch (peek()) {
      case '"' -> "a text";
      case '{' -> "an object";
      case '[' -> "a list";
      case 't', 'f' -> "a truth value";
      case 'n' -> "null";
      default -> "a number";
    };
  }

  /** The document must be at its end. */
  void finish() {
    if (peek() != 0 || at < end) {
      throw fault("text after the end of the document");
    }
  }

  Refusal fault(String what) {
    return Refusal.bad(
        "JSON Parse error: "
            + (end == 0 ? "the document is empty" : at >= end ? "the document ends early" : what)
            + " at offset: "
            + at);
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }
}
