package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.util.Locale;

/**
 * A text in another encoding as UTF-8, made while it is read, with buffers of fixed size. What is
 * no character becomes the byte {@code 0xFF}, which UTF-8 has not, so that the row it stands in is
 * rejected and no other.
 *
 * @param text in {@code charset}, unpacked
 */
record TranscodedSource(ByteSource text, Charset charset) implements ByteSource {
  /** As people write it. */
  String encoding() {
    return charset.equals(Encodings.WINDOWS_1252)
        ? "Windows-1252"
        : charset.name().toUpperCase(Locale.ROOT);
  }

  /** Why it cannot be cut, as the end of a sentence that begins with its name. */
  String indivisible() {
    return "is " + encoding() + " and not UTF-8, which cannot be cut";
  }

  @Override
  public InputStream open() throws IOException {
    return new Utf8Stream(text.open(), charset);
  }

  @Override
  public String name() {
    return text.name();
  }

  /** As it is stored. */
  @Override
  public long size() {
    return text.size();
  }

  private static final class Utf8Stream extends InputStream {
    private static final int BUFFER = 1 << 14;

    private final InputStream in;
    private final CharsetDecoder decoder;
    private final CharsetEncoder encoder = UTF_8.newEncoder();
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
    private final CharBuffer chars = CharBuffer.allocate(BUFFER);

    /** Three bytes a character, and one for what is none. */
    private final ByteBuffer out = ByteBuffer.allocate(3 * BUFFER + 1).flip();

    private boolean ended;
    private boolean decoded;

    Utf8Stream(InputStream in, Charset charset) {
      this.in = in;
      this.decoder =
          charset
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    @Override
    public int read() throws IOException {
      return more() ? out.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] b, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!more()) {
        return -1;
      }
      int count = Math.min(length, out.remaining());
      out.get(b, from, count);
      return count;
    }

    /** True once there is a byte to give, false at the end. */
    private boolean more() throws IOException {
      while (!out.hasRemaining() && !decoded) {
        fill();
        out.clear();
        CoderResult result = decoder.decode(bytes, chars, ended);
        decoded = ended && result.isUnderflow();
        chars.flip();
        // What is left over is the first half of a pair, whose second half comes next; where it
        // does not, the decoder has said so.
        encoder.encode(chars, out, /* endOfInput= */ false);
        chars.compact();
        if (result.isError()) {
          bytes.position(bytes.position() + result.length());
          out.put((byte) 0xff);
        }
        out.flip();
      }
      return out.hasRemaining();
    }

    private void fill() throws IOException {
      if (ended) {
        return;
      }
      bytes.compact();
      int read = in.readNBytes(bytes.array(), bytes.position(), bytes.remaining());
      ended = read < bytes.remaining();
      bytes.position(bytes.position() + read);
      bytes.flip();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
