package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a text is like. Words are what blanks and line breaks separate, as {@code wc -w} counts
 * them, so a text in a script without blanks has few.
 *
 * <p>One pass with a buffer of fixed size.
 *
 * @param length in characters (Unicode code points), without a byte order mark
 * @param start the first {@value #START} characters at most
 * @param problem why it cannot be decoded, null where it can; the other values are then of what
 *     comes before
 */
record TextObject(long length, long words, String start, @Nullable String problem) {
  /** Characters that a guess of the language looks at. */
  static final int START = 2000;

  static TextObject read(byte[] b, int length, Charset charset) {
    CharsetDecoder decoder = decoder(charset);
    int mark = Encodings.mark(b, length, charset);
    ByteBuffer in = ByteBuffer.wrap(b, mark, length - mark);
    CharBuffer chars = CharBuffer.allocate(1 << 13);
    StringBuilder start = new StringBuilder();
    long units = 0;
    long pairs = 0;
    long words = 0;
    boolean inWord = false;
    CoderResult result;
    do {
      result = decoder.decode(in, chars, /* endOfInput= */ true);
      chars.flip();
      for (int i = 0; i < chars.length(); i++) {
        char c = chars.charAt(i);
        pairs += Character.isLowSurrogate(c) ? 1 : 0;
        boolean blank = isBlank(c);
        words += inWord && blank ? 1 : 0;
        inWord = !blank;
      }
      units += chars.length();
      if (start.length() < START) {
        start.append(chars, 0, Math.min(chars.length(), START - start.length()));
      }
      chars.clear();
    } while (result.isOverflow());
    String problem =
        result.isError()
            ? "at byte "
                + in.position()
                + " the text is no "
                + charset.name().toUpperCase(Locale.ROOT)
                + "; save it as UTF-8"
            : null;
    return new TextObject(units - pairs, words + (inWord ? 1 : 0), start.toString(), problem);
  }

  /** What Unicode calls white space, the blanks that do not break included. */
  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  /** The whole text in UTF-8, of bytes that {@link #read} found no problem in. */
  static byte[] utf8(byte[] b, int length, Charset charset) {
    int mark = Encodings.mark(b, length, charset);
    return new String(b, mark, length - mark, charset).getBytes(UTF_8);
  }

  private static CharsetDecoder decoder(Charset charset) {
    // Windows-1252 leaves five bytes without a character.
    return charset
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(
            charset.equals(Encodings.WINDOWS_1252)
                ? CodingErrorAction.REPLACE
                : CodingErrorAction.REPORT);
  }
}
