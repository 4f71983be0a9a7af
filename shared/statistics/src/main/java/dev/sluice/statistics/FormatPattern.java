package dev.sluice.statistics;

import dev.sluice.contracts.Bug;

/**
 * The format of a text: what stays when letters and digits are forgotten. A function of the text
 * alone, so that formats of different batches, groups and rows compare. The idea is that a code
 * keeps its lengths and a natural text does not, as lengths mean something in {@code AB-1234} and
 * nothing in {@code Anna}:
 *
 * <ul>
 *   <li>Digits are {@code 9} each, so that {@code AB-1234} is {@code AA-9999}; more than {@value
 *       #MOST_DIGITS} are {@code 9…}. All that is neither letter nor digit stands for itself;
 *       blanks in a row are one.
 *   <li>Letters are {@code A} or {@code a} each. They are a word, of no length, where they begin
 *       with a capital and go on small ({@code Aa…}), mix case otherwise ({@code aA…}), are more
 *       than {@value #SHORT} ({@code A…}, {@code a…}), are of a script that knows no case ({@code
 *       c…}) or go on after a blank or an apostrophe; and where a text has one word, all its
 *       letters are words: {@code Chicago, IL 60601} is {@code Aa…, A… 99999}.
 *   <li>A text of {@value #PROSE} words or more is prose, whose punctuation says nothing: its first
 *       part and {@code …} are left.
 *   <li>Where letters and digits alternate as in hexadecimal numbers and random keys, each of them
 *       is {@code x} (small letters), {@code X} (capitals) or {@code w} (both): a UUID is {@code
 *       xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}.
 * </ul>
 *
 * <p>Linear in the first {@value #LONGEST} characters; the rest is {@code …}. Not safe for use by
 * several threads.
 */
public final class FormatPattern {
  /** Stands for the rest of something. */
  static final char MORE = '…';

  private static final int LONGEST = 256;

  /** Letters in a row that may be a code, such as a currency or an airport. */
  private static final int SHORT = 4;

  private static final int MOST_DIGITS = 20;
  private static final int MOST_MIXED = 64;
  private static final int MOST_REPEATED = 3;
  private static final int PROSE = 5;

  /** A short code, as on a number plate, may alternate by design. */
  private static final int FEWEST_RANDOM = 8;

  private static final int FEWEST_CHANGES = 4;
  private static final int FEWEST_HEXADECIMAL = 12;

  /** In hexadecimal numbers 6 of 16 are letters; in a time as 2026-11-01T00:00Z 2 of 14. */
  private static final int LETTERS_ONE_IN = 6;

  private static final byte OTHER = 0;
  private static final byte UPPER = 1;
  private static final byte LOWER = 2;
  private static final byte UNCASED = 3;
  private static final byte DIGIT = 4;
  private static final byte BLANK = 5;
  private static final byte MARK = 6;
  private static final byte APOSTROPHE = 7;

  private static final byte[] ASCII = new byte[128];

  static {
    for (int c = 0; c < 128; c++) {
      ASCII[c] =
          c >= 'A' && c <= 'Z'
              ? UPPER
              : c >= 'a' && c <= 'z'
                  ? LOWER
                  : c >= '0' && c <= '9'
                      ? DIGIT
                      : c == ' ' || (c >= '\t' && c <= '\r')
                          ? BLANK
                          : c == '\'' ? APOSTROPHE : OTHER;
    }
  }

  /** Letters, with what joins their words, or digits, or one character as often as it repeats. */
  private static final byte LETTERS = 1;

  private static final byte DIGITS = 2;
  private static final byte LITERAL = 3;

  private final byte[] kinds = new byte[LONGEST];
  private final int[] lengths = new int[LONGEST];

  /** Of letters, the format's first two characters, the second 0 where it has one alone. */
  private final char[] firsts = new char[LONGEST];

  private final char[] seconds = new char[LONGEST];

  private final char[] format = new char[2 * LONGEST];
  private int written;

  private String text = "";
  private int end;
  private int parts;
  private int words;
  private int letters;
  private int digits;
  private int changes;
  private boolean word;
  private boolean blank;
  private boolean capital;
  private boolean small;
  private boolean hexadecimal;

  FormatPattern() {}

  /** The format of a text; empty for the empty text. */
  public static String of(String text) {
    FormatPattern pattern = new FormatPattern();
    int length = pattern.write(text);
    return new String(pattern.buffer(), 0, length);
  }

  /** Where {@link #write} leaves the format. */
  char[] buffer() {
    return format;
  }

  /** Writes the format of a text and returns its length. */
  int write(String value) {
    text = value;
    end = Math.min(value.length(), LONGEST);
    parts = 0;
    words = 0;
    letters = 0;
    digits = 0;
    changes = 0;
    word = false;
    blank = false;
    capital = false;
    small = false;
    hexadecimal = true;
    written = 0;
    split();
    if (words >= PROSE) {
      part(0);
      put(' ');
      put(MORE);
      return written;
    }
    if (isMixed()) {
      mixed(capital ? small ? 'w' : 'X' : 'x');
    } else {
      for (int i = 0; i < parts; i++) {
        part(i);
      }
    }
    if (end < value.length()) {
      put(MORE);
    }
    return written;
  }

  private void split() {
    int at = 0;
    while (at < end && words < PROSE) {
      char c = text.charAt(at);
      byte kind = c < 128 ? ASCII[c] : kind(at);
      switch (kind) {
        case UPPER, LOWER, UNCASED -> at = letters(at);
        case DIGIT -> at = digits(at);
        case BLANK -> {
          blank = true;
          at += Character.charCount(text.codePointAt(at));
          while (at < end && kind(at) == BLANK) {
            at++;
          }
          add(LITERAL, 1, ' ');
        }
        default -> at = literal(at);
      }
    }
  }

  private byte kind(int at) {
    char c = text.charAt(at);
    if (c < 128) {
      return ASCII[c];
    }
    return switch (Character.getType(text.codePointAt(at))) {
      case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> UPPER;
      case Character.LOWERCASE_LETTER -> LOWER;
      case Character.OTHER_LETTER, Character.MODIFIER_LETTER -> UNCASED;
      case Character.DECIMAL_DIGIT_NUMBER -> DIGIT;
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          BLANK;
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          MARK;
      default -> c == '’' ? APOSTROPHE : OTHER;
    };
  }

  private int letters(int start) {
    boolean afterDigit = parts > 0 && kinds[parts - 1] == DIGITS;
    int at = start;
    int n = 0;
    int upper = 0;
    int lower = 0;
    int found = 1;
    boolean joined = false;
    byte first = 0;
    byte before = 0;
    while (at < end) {
      char c = text.charAt(at);
      byte kind = c < 128 ? ASCII[c] : kind(at);
      if (kind == UPPER || kind == LOWER || kind == UNCASED) {
        n++;
        first = first == 0 ? kind : first;
        if (kind == UPPER) {
          upper++;
          changes += before == LOWER ? 1 : 0;
        } else if (kind == LOWER) {
          lower++;
        }
        hexadecimal &= c <= 'f' && (c | 0x20) <= 'f';
      } else if ((kind == BLANK || kind == APOSTROPHE) && letterAt(at + 1)) {
        if (kind == BLANK && ++found + words >= PROSE) {
          break;
        }
        joined = true;
      } else if (kind != MARK) {
        break;
      }
      before = kind;
      at += Character.isHighSurrogate(c) && at + 1 < text.length() ? 2 : 1;
    }
    boolean beforeDigit = at < end && kind(at) == DIGIT;
    changes += (afterDigit ? 1 : 0) + (beforeDigit ? 1 : 0);
    if (!afterDigit && !beforeDigit) {
      words += found;
    }
    letters += n;
    blank |= joined;
    capital |= upper > 0;
    small |= lower > 0;
    boolean cased = upper + lower == n;
    word |= joined || n > SHORT || !cased || (upper > 0 && lower > 0);
    char one = !cased ? 'c' : first == UPPER ? 'A' : 'a';
    boolean both = cased && upper > 0 && lower > 0;
    add(LETTERS, n, one);
    seconds[parts - 1] = both ? one == 'A' ? 'a' : 'A' : 0;
    return at;
  }

  private boolean letterAt(int at) {
    if (at >= end) {
      return false;
    }
    byte kind = kind(at);
    return kind == UPPER || kind == LOWER || kind == UNCASED;
  }

  private int digits(int start) {
    int at = start;
    int n = 0;
    while (at < end && kind(at) == DIGIT) {
      at += Character.isHighSurrogate(text.charAt(at)) ? 2 : 1;
      n++;
    }
    digits += n;
    add(DIGITS, n, '9');
    return at;
  }

  private int literal(int start) {
    int point = text.codePointAt(start);
    int step = Character.charCount(point);
    int at = start + step;
    int n = 1;
    while (at < end && text.codePointAt(at) == point) {
      at += step;
      n++;
    }
    // Pictures would be as many formats as there are pictures; a control character is not to see.
    char shown = step == 2 ? 's' : Character.isISOControl(point) ? '␀' : (char) point;
    hexadecimal &= shown == '-' || shown == ':' || shown == '_';
    add(LITERAL, n, shown);
    return at;
  }

  private void add(byte kind, int length, char first) {
    if (parts == kinds.length) {
      throw new Bug("a text of " + end + " characters has more parts than that");
    }
    kinds[parts] = kind;
    lengths[parts] = length;
    firsts[parts] = first;
    seconds[parts] = 0;
    parts++;
  }

  private boolean isMixed() {
    int n = letters + digits;
    if (blank || digits == 0 || letters * LETTERS_ONE_IN < n) {
      return false;
    }
    return (n >= FEWEST_RANDOM && changes >= FEWEST_CHANGES)
        || (n >= FEWEST_HEXADECIMAL && hexadecimal && !(capital && small));
  }

  /** All letters and digits alike, those side by side together. */
  private void mixed(char sign) {
    int n = 0;
    for (int i = 0; i < parts; i++) {
      if (kinds[i] == LITERAL) {
        put(sign, n, MOST_MIXED);
        n = 0;
        part(i);
      } else {
        n += lengths[i];
      }
    }
    put(sign, n, MOST_MIXED);
  }

  private void part(int i) {
    char one = firsts[i];
    switch (kinds[i]) {
      case LETTERS -> {
        char two = seconds[i];
        if (!word && words < PROSE) {
          put(one, lengths[i], SHORT);
        } else {
          put(one);
          if (two != 0) {
            put(two);
          }
          put(MORE);
        }
      }
      case DIGITS -> put(one, lengths[i], MOST_DIGITS);
      default -> put(one, lengths[i], MOST_REPEATED);
    }
  }

  private void put(char c, int times, int most) {
    if (times > most) {
      put(c);
      put(MORE);
      return;
    }
    for (int i = 0; i < times; i++) {
      format[written++] = c;
    }
  }

  private void put(char c) {
    format[written++] = c;
  }

  /**
   * What is left of a format where lengths are forgotten too and no more than {@code most} parts
   * are kept: {@code AA-9999} becomes {@code A…-9…}.
   */
  static String coarse(String format, int most) {
    StringBuilder coarse = new StringBuilder();
    int at = 0;
    for (int part = 0; at < format.length(); part++) {
      if (part == most) {
        return coarse.append(MORE).toString();
      }
      char c = format.charAt(at);
      int from = at++;
      if (isSign(c)) {
        while (at < format.length()
            && isSign(format.charAt(at))
            && (format.charAt(at) == '9') == (c == '9')) {
          at++;
        }
        boolean both = format.startsWith("Aa", from) || format.startsWith("aA", from);
        coarse.append(format, from, from + (both ? 2 : 1)).append(MORE);
      } else {
        coarse.append(c);
        while (at < format.length() && format.charAt(at) == c) {
          at++;
        }
      }
      // A blank stands for blanks in a row; what follows it is the rest of prose.
      if (c != ' ' && at < format.length() && format.charAt(at) == MORE) {
        at++;
      }
    }
    return coarse.toString();
  }

  private static boolean isSign(char c) {
    return c == '9' || c == 'A' || c == 'a' || c == 'c' || c == 'x' || c == 'X' || c == 'w';
  }
}
