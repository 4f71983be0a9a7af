package dev.sluice.localcloud;

import dev.sluice.contracts.Names;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What stands between a command's words and the screen: values of somebody's data are among them,
 * and a terminal obeys control characters (ECMA-48). All but line feed and tab are written out as
 * JSON writes them, so that JSON still means the same; so is what turns a line's direction. Bytes
 * that are no UTF-8 pass, but for the controls of ISO 8859.
 */
final class Terminal extends FilterOutputStream {
  /** The longest character of UTF-8. */
  private static final int LONGEST = 4;

  private final byte[] begun = new byte[LONGEST];
  private int size;
  private int wanted;

  private Terminal(OutputStream out) {
    super(out);
  }

  /** A stream that writes to this one what a terminal may be shown. */
  static PrintStream over(OutputStream out, Charset charset) {
    return new PrintStream(new Terminal(out), /* autoFlush= */ true, charset);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    int plain = from;
    for (int i = from; i < from + length; i++) {
      boolean passes = size == 0 && ((bytes[i] >= ' ' && bytes[i] < 0x7f) || bytes[i] == '\n');
      if (!passes) {
        out.write(bytes, plain, i - plain);
        write(bytes[i]);
        plain = i + 1;
      }
    }
    out.write(bytes, plain, from + length - plain);
  }

  @Override
  public void write(int b) throws IOException {
    int unsigned = b & 0xff;
    if (size > 0 && (unsigned & 0xc0) == 0x80) {
      begun[size++] = (byte) b;
      if (size == wanted) {
        character();
      }
      return;
    }
    broken();
    if (unsigned >= 0xc2 && unsigned < 0xf5) {
      begun[size++] = (byte) b;
      wanted = unsigned < 0xe0 ? 2 : unsigned < 0xf0 ? 3 : LONGEST;
    } else if (unsigned < 0xa0 && isControl(unsigned)) {
      escape(unsigned);
    } else {
      out.write(unsigned);
    }
  }

  private void character() throws IOException {
    int point = new String(begun, 0, size, StandardCharsets.UTF_8).codePointAt(0);
    if (isControl(point)) {
      size = 0;
      escape(point);
    } else {
      broken();
    }
  }

  /** What was begun as a character goes out as it is. */
  private void broken() throws IOException {
    out.write(begun, 0, size);
    size = 0;
  }

  private static boolean isControl(int point) {
    return point != '\n' && point != '\t' && Names.isControl(point);
  }

  private void escape(int point) throws IOException {
    out.write(String.format(Locale.ROOT, "\\u%04x", point).getBytes(StandardCharsets.US_ASCII));
  }
}
