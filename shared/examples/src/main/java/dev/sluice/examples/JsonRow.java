package dev.sluice.examples;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object after the other (RFC 8259) as rows, in place: a member costs a look-up of
 * its name and no object. Linear in the bytes.
 *
 * <p>Whole numbers are {@code INT}, beyond a long and with a fraction or an exponent {@code FLOAT},
 * as are {@code NaN}, {@code Infinity} and {@code -Infinity}, which Python writes. Texts are texts,
 * also where they look like numbers; {@code true} and {@code false} are texts; {@code null} and
 * empty texts are missing. The members of an object {@code a} are the columns {@code a.b}. A list
 * of plain values is multi-valued.
 *
 * <p>Refused: lists of lists, objects or null, a name that comes twice, numbers beyond a double,
 * halves of surrogate pairs, bytes that are not UTF-8, and nesting beyond {@value #DEPTH} levels.
 */
final class JsonRow {
  /** Levels of objects, one within the other. */
  static final int DEPTH = 64;

  /** Values that one row may have. */
  private static final int MAX_VALUES = TfExample.MAX_VALUES;

  private static final int EXACT_DIGITS = 18;

  private static final byte INT = 1;
  private static final byte FLOAT = 2;
  private static final byte TEXT = 3;
  private static final byte UNESCAPED = 4;

  /** What is wrong, thrown out of the depth; it has no stack. */
  private static final class Fault extends Exception {
    private final @Nullable String column;

    Fault(@Nullable String column, String message) {
      super(message, null, false, false);
      this.column = column;
    }
  }

  private final ColumnNames names = new ColumnNames();
  private byte[] buffer = {};
  private int start;
  private int end;
  private int at;

  private int members;
  private int[] codes = new int[64];

  /** Where each member's values end; they begin where those of the one before end. */
  private int[] ends = new int[64];

  private int count;
  private byte[] kinds = new byte[64];

  /** A long, the bits of a double, or start and end of a text in the buffer or the scratch. */
  private long[] values = new long[64];

  /** Texts without their escapes. */
  private byte[] scratch = new byte[256];

  private int scratchEnd;

  /** Names of the objects around, each with a full stop behind it. */
  private byte[] path = new byte[64];

  private int textFrom;
  private int textTo;
  private boolean textUnescaped;

  private @Nullable String faultColumn;

  static boolean isByteOrderMark(byte[] b, int at) {
    return b[at] == (byte) 0xef && b[at + 1] == (byte) 0xbb && b[at + 2] == (byte) 0xbf;
  }

  static boolean isBlank(byte c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  /**
   * Reads a row, whose bytes must stay until the next one.
   *
   * @return what is wrong with it as a sentence, or null
   */
  @Nullable String parse(byte[] b, int from, int to) {
    names.nextRecord();
    buffer = b;
    start = from;
    end = to;
    at = from;
    members = 0;
    count = 0;
    scratchEnd = 0;
    faultColumn = null;
    try {
      if (peek() != '{') {
        throw new Fault(null, "the line is no JSON object; write one object, {...}, a line");
      }
      object(0, 0);
      if (peek() != 0 || at < end) {
        throw fault("there is more after the object; write one object a line");
      }
      return null;
    } catch (Fault e) {
      faultColumn = e.column;
      return String.valueOf(e.getMessage());
    }
  }

  /** The column that is wrong, or null for the row as a whole. */
  @Nullable String faultColumn() {
    return faultColumn;
  }

  private Fault fault(String what) {
    return new Fault(null, "at byte " + (at - start + 1) + " of the line: " + what);
  }

  /** The next byte that is no white space, not yet consumed; 0 at the end. */
  private byte peek() {
    byte[] b = buffer;
    int i = at;
    while (i < end && isBlank(b[i])) {
      i++;
    }
    at = i;
    return i < end ? b[i] : 0;
  }

  private void object(int depth, int prefix) throws Fault {
    if (depth == DEPTH) {
      throw fault("objects are nested more than " + DEPTH + " levels deep; flatten them");
    }
    at++;
    if (peek() == '}') {
      at++;
      return;
    }
    while (true) {
      if (peek() != '"') {
        throw fault("a name in quotes was expected");
      }
      string();
      byte[] from = textUnescaped ? scratch : buffer;
      int nameFrom = textFrom;
      int nameTo = textTo;
      if (prefix > 0) {
        nameTo = prefix + nameTo - nameFrom;
        reservePath(nameTo);
        System.arraycopy(from, nameFrom, path, prefix, nameTo - prefix);
        from = path;
        nameFrom = 0;
      }
      if (peek() != ':') {
        throw fault("a colon was expected");
      }
      at++;
      if (peek() == '{') {
        int length = nameTo - nameFrom;
        reservePath(length + 1);
        System.arraycopy(from, nameFrom, path, 0, length);
        path[length] = '.';
        object(depth + 1, length + 1);
      } else {
        member(from, nameFrom, nameTo);
      }
      byte next = peek();
      at++;
      if (next == '}') {
        return;
      }
      if (next != ',') {
        at--;
        throw fault("a comma or } was expected");
      }
    }
  }

  private void reservePath(int length) {
    if (length > path.length) {
      path = Arrays.copyOf(path, length * 2);
    }
  }

  private void member(byte[] name, int from, int to) throws Fault {
    int code = names.code(name, from, to);
    if (code < 0) {
      throw new Fault(null, ColumnNames.tooLong(name, from));
    }
    String fault = names.fault(code);
    if (fault != null) {
      throw new Fault(null, fault);
    }
    if (!names.first(code)) {
      throw new Fault(names.name(code), "the name " + names.name(code) + " comes twice in the row");
    }
    if (members == codes.length) {
      if (members > Kinds.MAX_COLUMNS) {
        throw new Fault(null, "the row has more than " + Kinds.MAX_COLUMNS + " columns");
      }
      codes = Arrays.copyOf(codes, members * 2);
      ends = Arrays.copyOf(ends, members * 2);
    }
    if (peek() == '[') {
      list(code);
    } else if (!value()) {
      word("null");
    }
    codes[members] = code;
    ends[members++] = count;
  }

  private void list(int code) throws Fault {
    at++;
    if (peek() == ']') {
      at++;
      return;
    }
    while (true) {
      byte c = peek();
      if (c == '[' || c == '{' || !value()) {
        throw new Fault(
            names.name(code),
            "the list "
                + names.name(code)
                + " holds "
                + (c == '[' ? "a list" : c == '{' ? "an object" : "null")
                + "; only texts, numbers, true and false can stand in a list");
      }
      byte next = peek();
      at++;
      if (next == ']') {
        return;
      }
      if (next != ',') {
        at--;
        throw fault("a comma or ] was expected");
      }
    }
  }

  /** Reads a plain value; false where it is null, which is not consumed. */
  private boolean value() throws Fault {
    byte c = peek();
    switch (c) {
      case '"' -> {
        string();
        // An empty text is missing in every format.
        if (textTo > textFrom) {
          add(textUnescaped ? UNESCAPED : TEXT, (long) textFrom << 32 | textTo);
        }
      }
      case 't' -> boolWord("true");
      case 'f' -> boolWord("false");
      case 'N' -> {
        word("NaN");
        add(FLOAT, Double.doubleToRawLongBits(Double.NaN));
      }
      case 'I' -> {
        word("Infinity");
        add(FLOAT, Double.doubleToRawLongBits(Double.POSITIVE_INFINITY));
      }
      case 'n' -> {
        return false;
      }
      default -> number();
    }
    return true;
  }

  private void boolWord(String word) throws Fault {
    int from = at;
    word(word);
    add(TEXT, (long) from << 32 | at);
  }

  private void word(String word) throws Fault {
    int length = word.length();
    boolean same = end - at >= length;
    for (int i = 0; same && i < length; i++) {
      same = buffer[at + i] == word.charAt(i);
    }
    if (!same) {
      throw fault("a value was expected, such as \"text\", 1, 2.5, true, null, [...] or {...}");
    }
    at += length;
  }

  private void add(byte kind, long value) throws Fault {
    if (count == values.length) {
      if (count >= MAX_VALUES) {
        throw new Fault(null, "the row has more than " + MAX_VALUES + " values");
      }
      values = Arrays.copyOf(values, count * 2);
      kinds = Arrays.copyOf(kinds, count * 2);
    }
    kinds[count] = kind;
    values[count++] = value;
  }

  private void number() throws Fault {
    byte[] b = buffer;
    int to = end;
    int i = at;
    int from = i;
    boolean negative = i < to && b[i] == '-';
    if (negative) {
      i++;
    }
    int digits = i;
    long value = 0;
    while (i < to && b[i] >= '0' && b[i] <= '9') {
      value = value * 10 + (b[i++] - '0');
    }
    int whole = i - digits;
    if (whole == 0) {
      if (negative) {
        at = i;
        word("Infinity");
        add(FLOAT, Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY));
        return;
      }
      word("null");
    }
    if (whole > 1 && b[digits] == '0') {
      throw fault("a number begins with a zero; write it as a text in quotes, or without");
    }
    boolean fraction = i < to && (b[i] == '.' || (b[i] | 0x20) == 'e');
    if (fraction) {
      if (b[i] == '.') {
        i = digits(i + 1);
      }
      if (i < to && (b[i] | 0x20) == 'e') {
        i++;
        i = digits(i < to && (b[i] == '-' || b[i] == '+') ? i + 1 : i);
      }
    }
    at = i;
    if (!fraction
        && (whole <= EXACT_DIGITS || (whole == 19 && Numbers.kind(b, from, i) == Numbers.INT))) {
      add(INT, negative ? -value : value);
      return;
    }
    double number = Numbers.parseDouble(b, from, i);
    if (Double.isInfinite(number)) {
      throw fault("a number is beyond 1.8e308, the largest double");
    }
    add(FLOAT, Double.doubleToRawLongBits(number));
  }

  /** At least one digit; answers where they end. */
  private int digits(int from) throws Fault {
    int i = from;
    while (i < end && buffer[i] >= '0' && buffer[i] <= '9') {
      i++;
    }
    if (i == from) {
      at = i;
      throw fault("a digit was expected");
    }
    return i;
  }

  /** Consumes a text, quotes and all, and tells where its bytes are. */
  private void string() throws Fault {
    byte[] b = buffer;
    int i = at + 1;
    int from = i;
    int to = end;
    int high = 0;
    while (i < to) {
      byte c = b[i];
      if (c == '"') {
        textFrom = from;
        textTo = i;
        textUnescaped = false;
        at = i + 1;
        if (high < 0) {
          requireUtf8(from, i);
        }
        return;
      }
      if (c == '\\') {
        unescape(from, i, high < 0);
        return;
      }
      if (c >= 0 && c < ' ') {
        at = i;
        throw fault("a control character stands in a text; escape it, such as \\n");
      }
      high |= c;
      i++;
    }
    throw fault("a text has no closing quote");
  }

  private void requireUtf8(int from, int to) throws Fault {
    int bad = Utf8.firstInvalid(buffer, from, to);
    if (bad >= 0) {
      at = bad;
      throw fault(
          String.format(
              "byte 0x%02X is not valid UTF-8; save the file as UTF-8", buffer[bad] & 0xff));
    }
  }

  /** Copies a text from its first byte on, the first escape being at {@code escape}. */
  private void unescape(int from, int escape, boolean highBefore) throws Fault {
    byte[] b = buffer;
    int to = end;
    // What stands behind an escape is never longer than the escape.
    if (scratch.length - scratchEnd < to - from) {
      scratch = Arrays.copyOf(scratch, scratchEnd + Math.max(scratch.length, to - from));
    }
    byte[] out = scratch;
    int o = scratchEnd;
    System.arraycopy(b, from, out, o, escape - from);
    o += escape - from;
    int high = highBefore ? -1 : 0;
    int i = escape;
    while (i < to) {
      byte c = b[i];
      if (c == '"') {
        textFrom = scratchEnd;
        textTo = o;
        textUnescaped = true;
        scratchEnd = o;
        at = i + 1;
        if (high < 0) {
          requireUtf8(from, i);
        }
        return;
      }
      if (c >= 0 && c < ' ') {
        at = i;
        throw fault("a control character stands in a text; escape it, such as \\n");
      }
      high |= c;
      if (c != '\\') {
        out[o++] = c;
        i++;
        continue;
      }
      at = i;
      byte kind = i + 1 < to ? b[i + 1] : 0;
      i += 2;
      switch (kind) {
        case '"', '\\', '/' -> out[o++] = kind;
        case 'b' -> out[o++] = '\b';
        case 'f' -> out[o++] = '\f';
        case 'n' -> out[o++] = '\n';
        case 'r' -> out[o++] = '\r';
        case 't' -> out[o++] = '\t';
        case 'u' -> {
          int unit = hex(i);
          i += 4;
          if (Character.isHighSurrogate((char) unit)
              && i + 6 <= to
              && b[i] == '\\'
              && b[i + 1] == 'u') {
            int low = hex(i + 2);
            if (Character.isLowSurrogate((char) low)) {
              unit = Character.toCodePoint((char) unit, (char) low);
              i += 6;
            }
          }
          if (unit >= Character.MIN_SURROGATE && unit <= Character.MAX_SURROGATE) {
            throw fault("half of a surrogate pair stands alone; write the character itself");
          }
          o = putUtf8(out, o, unit);
        }
        default -> throw fault("a backslash begins no escape; double it");
      }
    }
    throw fault("a text has no closing quote");
  }

  private int hex(int from) throws Fault {
    int unit = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = i < end ? Character.digit(buffer[i], 16) : -1;
      if (digit < 0) {
        throw fault("four hexadecimal digits must follow \\u");
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  private static int putUtf8(byte[] out, int at, int point) {
    int o = at;
    if (point < 0x80) {
      out[o++] = (byte) point;
    } else if (point < 0x800) {
      out[o++] = (byte) (0xc0 | (point >> 6));
      out[o++] = (byte) (0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
      out[o++] = (byte) (0xe0 | (point >> 12));
      out[o++] = (byte) (0x80 | ((point >> 6) & 0x3f));
      out[o++] = (byte) (0x80 | (point & 0x3f));
    } else {
      out[o++] = (byte) (0xf0 | (point >> 18));
      out[o++] = (byte) (0x80 | ((point >> 12) & 0x3f));
      out[o++] = (byte) (0x80 | ((point >> 6) & 0x3f));
      out[o++] = (byte) (0x80 | (point & 0x3f));
    }
    return o;
  }

  /** Adds what the values look like. */
  void look(Kinds seen) {
    int v = 0;
    for (int m = 0; m < members; m++) {
      int kind = ends[m] - v > 1 ? Kinds.LIST : 0;
      for (; v < ends[m]; v++) {
        kind |=
            switch (kinds[v]) {
              case INT -> Numbers.INT;
              case FLOAT -> Numbers.FLOAT;
              default -> Numbers.TEXT;
            };
      }
      seen.see(names.place(codes[m], seen), kind);
    }
  }

  /** Fixes the columns that {@link #append} puts values into. */
  void bind(List<Field> fields) {
    names.bind(fields);
  }

  /** Puts the values into the row. */
  void append(BatchBuilder builder) throws Misfit {
    int v = 0;
    for (int m = 0; m < members; m++) {
      int column = names.column(codes[m]);
      for (; v < ends[m]; v++) {
        long value = values[v];
        switch (kinds[v]) {
          case INT -> builder.integer(column, value);
          case FLOAT -> builder.number(column, Double.longBitsToDouble(value));
          case TEXT -> builder.text(column, buffer, (int) (value >>> 32), (int) value);
          default -> builder.text(column, scratch, (int) (value >>> 32), (int) value);
        }
      }
    }
  }
}
