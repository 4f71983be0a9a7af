package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON Lines: one JSON object (RFC 8259) a line, in UTF-8, whose members are the row's columns.
 * Empty lines are passed, a byte order mark and carriage returns too.
 *
 * <p>Lines that are not such an object, or that {@link JsonRow} refuses, are rejected one by one.
 * JSON has no line break within a text, so that any line's end is a record's end.
 */
final class JsonLinesFile extends UnpackedFile {
  /** Bytes of a line that is still read. */
  static final int MAX_LINE = CsvScanner.MAX_RECORD;

  private static final int RAW_BYTES = 4 * RejectedRow.MAX_CHARS;

  private final int buffer;

  /**
   * @param packing how it is packed, such as {@code ", gzip"}, or ""
   * @param indivisible why it cannot be cut, or null
   */
  JsonLinesFile(ByteSource source, String packing, @Nullable String indivisible) {
    this(source, packing, indivisible, 1 << 18);
  }

  /** For tests: a buffer so small that lines cross its end. */
  JsonLinesFile(ByteSource source, String packing, @Nullable String indivisible, int buffer) {
    super(source, packing, indivisible);
    this.buffer = buffer;
  }

  @Override
  public String format() {
    return "JSON Lines" + packing;
  }

  @Override
  boolean declare(Kinds kinds) {
    return false;
  }

  @Override
  boolean openColumns() {
    return true;
  }

  @Override
  RecordReader read(Stretch stretch) throws IOException {
    return new Reader(stretch);
  }

  private final class Reader extends RecordReader {
    private final ByteWindow window;
    private final JsonRow row = new JsonRow();
    private final long to;
    private boolean marked;
    private final long first;
    private long offset;
    private long line;
    private long lines;

    private @Nullable Problem problem;

    Reader(Stretch stretch) throws IOException {
      boolean start = stretch.from() == 0;
      to = stretch.to();
      long from = start ? 0 : stretch.from() - 1;
      window = new ByteWindow(source.open(from), from, buffer);
      if (!start) {
        skipLine();
      } else if (window.has(3) && JsonRow.isByteOrderMark(window.bytes(), window.at())) {
        window.skip(3);
        // The first line begins with its mark.
        marked = to > 0;
      }
      first = window.position();
    }

    @Override
    boolean next() throws IOException {
      while ((marked || window.position() < to) && window.has(1)) {
        marked = false;
        offset = window.position();
        lines++;
        line = lines;
        problem = null;
        int length = ahead();
        if (length < 0) {
          tooLong();
        } else {
          int from = window.at();
          boolean filled = read(from, from + length);
          window.skip(length + 1L);
          if (!filled) {
            continue;
          }
        }
        return true;
      }
      return false;
    }

    /** False for an empty line. */
    private boolean read(int from, int to) {
      byte[] b = window.bytes();
      int last = to;
      while (last > from && JsonRow.isBlank(b[last - 1])) {
        last--;
      }
      if (last == from) {
        return false;
      }
      String fault = row.parse(b, from, last);
      if (fault != null) {
        String raw = new String(b, from, Math.min(last - from, RAW_BYTES), UTF_8);
        problem = new Problem(row.faultColumn(), raw, fault);
      }
      return true;
    }

    /** Bytes up to the line's end or the object's; -1 where they are more than are read. */
    private int ahead() throws IOException {
      int scanned = 0;
      while (true) {
        byte[] b = window.bytes();
        int limit = window.limit();
        int i = window.at() + scanned;
        while (i < limit && b[i] != '\n') {
          i++;
        }
        scanned = i - window.at();
        if (scanned > MAX_LINE) {
          return -1;
        }
        if (i < limit || !window.has(scanned + 1)) {
          return scanned;
        }
      }
    }

    private void tooLong() throws IOException {
      problem =
          new Problem(
              null,
              new String(window.peek(RAW_BYTES), UTF_8),
              "the line is longer than "
                  + MAX_LINE
                  + " bytes; put its long texts elsewhere, or write one object a line");
      skipLine();
    }

    private void skipLine() throws IOException {
      while (window.has(1)) {
        byte[] b = window.bytes();
        int limit = window.limit();
        int i = window.at();
        while (i < limit && b[i] != '\n') {
          i++;
        }
        boolean found = i < limit;
        window.skip(i - window.at() + (found ? 1L : 0L));
        if (found) {
          return;
        }
      }
    }

    @Override
    @Nullable Problem problem() {
      return problem;
    }

    @Override
    long offset() {
      return offset;
    }

    @Override
    long line() {
      return line;
    }

    @Override
    void look(Kinds kinds) {
      row.look(kinds);
    }

    @Override
    void bind(List<Field> fields, Kinds kinds) {
      row.bind(fields);
    }

    @Override
    void append(BatchBuilder builder) throws Misfit {
      row.append(builder);
    }

    @Override
    long first() {
      return first;
    }

    @Override
    long end() {
      return window.position();
    }

    /** Empty lines that begin before the stretch's end are counted, as no other stretch does. */
    @Override
    long lines() {
      return lines;
    }

    @Override
    public void close() throws IOException {
      window.close();
    }
  }
}
