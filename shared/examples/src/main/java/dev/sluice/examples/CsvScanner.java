package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream of bytes into records and fields by RFC 4180, one record at a time, without
 * copying: the fields of the current record are ranges of {@link #bytes}.
 *
 * <p>A quote opens a quoted field only as its first byte; elsewhere in an unquoted field it is
 * text. Empty lines are skipped. A record that is broken has a {@link #problem}; after a broken
 * quote the scan resumes at the next line, so one stray quote costs one row, not the rest of the
 * object. Time is linear in the bytes, memory is the longest record, {@value #MAX_RECORD} bytes at
 * most.
 */
final class CsvScanner implements AutoCloseable {
  /** Bytes of a record that is still read; a longer one is a problem. */
  static final int MAX_RECORD = 1 << 24;

  private static final int RAW_BYTES = 4 * RejectedRow.MAX_CHARS;
  private static final int BUFFER = 1 << 18;
  private static final byte QUOTE = '"';

  private static final int DONE = 0;
  private static final int NEED_MORE = 1;
  private static final int UNCLOSED = 2;
  private static final int AFTER_QUOTE = 3;

  private final InputStream in;
  private final byte delimiter;
  private final byte lineEnd;
  private final int maxRecord;
  private byte[] buffer;
  private int limit;
  private boolean ended;
  private long base;
  private int next;
  private long line = 1;
  private int expected = -1;
  private long stop = Long.MAX_VALUE;

  private int[] starts = new int[64];
  private int[] ends = new int[64];
  private boolean[] doubled = new boolean[64];
  private int fields;
  private boolean anyDoubled;
  private boolean nonAscii;
  private boolean oneLine;
  private boolean openQuote;
  private int scanned;

  private byte[] raw;
  private int recordStart;
  private int recordEnd;
  private long recordOffset;
  private long recordLine;
  private @Nullable String problem;
  private int problemField;

  CsvScanner(InputStream in, byte delimiter, byte lineEnd) {
    this(in, delimiter, lineEnd, BUFFER, MAX_RECORD);
  }

  /** A scanner whose stream begins at that byte of the object. */
  CsvScanner(InputStream in, byte delimiter, byte lineEnd, long base) {
    this(in, delimiter, lineEnd);
    this.base = base;
  }

  /** For tests: a buffer so small that records cross its end. */
  CsvScanner(InputStream in, byte delimiter, byte lineEnd, int bufferBytes, int maxRecord) {
    this.in = in;
    this.delimiter = delimiter;
    this.lineEnd = lineEnd;
    this.maxRecord = maxRecord;
    this.buffer = new byte[bufferBytes + 1];
    this.raw = buffer;
  }

  /** No record, and no empty line, that begins at or after that byte of the object is read. */
  void stopAt(long offset) {
    stop = offset;
  }

  /** From now on a record with another number of fields is a problem. */
  void expectFields(int count) {
    expected = count;
  }

  /** Skips a byte order mark; before the first record only. */
  void skipByteOrderMark() throws IOException {
    fill(0);
    if (limit >= 3
        && buffer[0] == (byte) 0xef
        && buffer[1] == (byte) 0xbb
        && buffer[2] == (byte) 0xbf) {
      next = 3;
    }
  }

  /** Moves behind the next line's end; before the first record only. */
  void skipLine() throws IOException {
    do {
      fill(next);
      next = nextLine(next);
    } while (!ended && buffer[next - 1] != lineEnd);
  }

  /** Where the next record, or an empty line before it, begins. */
  long position() {
    return base + next;
  }

  /** The line at {@link #position}, 1-based. */
  long positionLine() {
    return line;
  }

  /** Moves to the next record, good or broken; false at the end. */
  boolean next() throws IOException {
    while (true) {
      if (base + next >= stop) {
        return false;
      }
      int state = scan(next);
      while (state == NEED_MORE) {
        if (limit - next >= maxRecord) {
          if (openQuote && nextLine(next) < limit) {
            state = UNCLOSED;
            break;
          }
          return tooLong();
        }
        fill(next);
        state = scan(next);
      }
      if (state == AFTER_QUOTE && !bufferLine()) {
        return tooLong();
      }
      beginRecord();
      if (state == DONE) {
        if (fields == 0) {
          if (scanned >= limit && ended) {
            return false;
          }
          line++;
          next = scanned;
          continue;
        }
        recordEnd = scanned;
        int innerLines = linesIn(recordStart, recordEnd);
        if (expected >= 0 && fields != expected) {
          problem =
              "the row has " + count(fields, "field") + ", the header has " + expected + hint();
          if (innerLines > 1 && nextLineIsGood()) {
            return resumeAtNextLine();
          }
        } else if (nonAscii) {
          checkUtf8();
        }
        next = recordEnd;
        line += innerLines;
        if (problem == null && anyDoubled) {
          undouble();
        }
        return true;
      }
      problemField = fields;
      problem =
          state == UNCLOSED
              ? "a quote is opened and never closed; close it, or double it where it is text"
              : "there is text after a closing quote; double a quote that is part of the text";
      return resumeAtNextLine();
    }
  }

  private String hint() {
    return fields > expected
        ? "; quote fields that hold the delimiter or a line break"
        : "; fill the row up, or quote fields that hold a line break";
  }

  private static String count(int n, String thing) {
    return n + " " + thing + (n == 1 ? "" : "s");
  }

  /** Counted only for records that hold more than their own line's end. */
  private int linesIn(int from, int to) {
    if (oneLine) {
      return 1;
    }
    int lines = 0;
    for (int i = from; i < to; i++) {
      if (buffer[i] == lineEnd) {
        lines++;
      }
    }
    return Math.max(1, lines);
  }

  /**
   * Splits the record at {@code from} into fields; {@code scanned} is then after its line's end, or
   * {@code fields} is the field that is broken. Zero fields are an empty line, or the end of the
   * object.
   */
  private int scan(int from) {
    byte[] b = buffer;
    byte delim = delimiter;
    byte eol = lineEnd;
    int end = limit;
    int n = 0;
    int high = 0;
    int p = from;
    anyDoubled = false;
    oneLine = true;
    openQuote = false;
    fields = 0;
    if (p >= end) {
      scanned = p;
      return ended ? DONE : NEED_MORE;
    }
    while (true) {
      if (n == starts.length) {
        grow();
      }
      int s = p;
      int c = b[p];
      if (c == QUOTE && p < end) {
        boolean pairs = false;
        p++;
        s = p;
        while (true) {
          while (p < end && (c = b[p]) != QUOTE) {
            high |= c;
            if (c == eol) {
              oneLine = false;
            }
            p++;
          }
          if (p >= end || (p + 1 >= end && !ended)) {
            fields = n;
            openQuote = p >= end;
            return openQuote && ended ? UNCLOSED : NEED_MORE;
          }
          if (p + 1 < end && b[p + 1] == QUOTE) {
            pairs = true;
            p += 2;
            continue;
          }
          break;
        }
        starts[n] = s;
        ends[n] = p;
        doubled[n] = pairs;
        anyDoubled |= pairs;
        p++;
        c = p < end ? b[p] : eol;
        if (c == '\r' && eol == '\n') {
          if (p + 1 >= end && !ended) {
            return NEED_MORE;
          }
          if (p + 1 >= end || b[p + 1] == '\n') {
            p++;
            c = eol;
          }
        }
        if (c != delim && c != eol) {
          fields = n;
          scanned = p;
          return AFTER_QUOTE;
        }
      } else {
        // The byte after the last one is a line end, so this loop needs no test of the limit.
        while (c != delim && c != eol) {
          high |= c;
          c = b[++p];
        }
        starts[n] = s;
        ends[n] = c == eol && p > s && eol == '\n' && b[p - 1] == '\r' ? p - 1 : p;
        doubled[n] = false;
      }
      n++;
      if (c == delim && p < end) {
        p++;
        continue;
      }
      if (p >= end && !ended) {
        fields = 0;
        return NEED_MORE;
      }
      scanned = Math.min(p + 1, end);
      nonAscii = high < 0;
      fields = n == 1 && p - from <= 1 && starts[0] == from && ends[0] == from ? 0 : n;
      return DONE;
    }
  }

  private void grow() {
    int length = starts.length * 2;
    starts = Arrays.copyOf(starts, length);
    ends = Arrays.copyOf(ends, length);
    doubled = Arrays.copyOf(doubled, length);
  }

  private void checkUtf8() {
    int bad = Utf8.firstInvalid(buffer, recordStart, recordEnd);
    if (bad >= 0) {
      problemField = 0;
      while (problemField < fields - 1 && starts[problemField + 1] <= bad) {
        problemField++;
      }
      problem =
          String.format(
              "byte 0x%02X is not valid UTF-8; save the file as UTF-8", buffer[bad] & 0xff);
    }
  }

  private void undouble() {
    for (int f = 0; f < fields; f++) {
      if (doubled[f]) {
        int to = starts[f];
        for (int i = starts[f]; i < ends[f]; i++) {
          buffer[to++] = buffer[i];
          if (buffer[i] == QUOTE) {
            i++;
          }
        }
        ends[f] = to;
      }
    }
  }

  /** True where the line after the record's first is a whole record by itself. */
  private boolean nextLineIsGood() {
    int count = fields;
    int end = scanned;
    int second = nextLine(recordStart);
    boolean good = scan(second) == DONE && fields == expected && scanned < end;
    fields = count;
    scanned = end;
    return good;
  }

  private int nextLine(int from) {
    int p = from;
    while (p < limit && buffer[p] != lineEnd) {
      p++;
    }
    return Math.min(p + 1, limit);
  }

  /** Reads until the line at {@code next} is whole; false where it is beyond the limit. */
  private boolean bufferLine() throws IOException {
    while (buffer[nextLine(next) - 1] != lineEnd && !ended) {
      if (limit - next >= maxRecord) {
        return false;
      }
      fill(next);
    }
    return true;
  }

  private boolean resumeAtNextLine() {
    recordEnd = nextLine(recordStart);
    next = recordEnd;
    line++;
    return true;
  }

  /** A record beyond the limit: it ends at its first line's end, however far that is. */
  private boolean tooLong() throws IOException {
    beginRecord();
    recordEnd = nextLine(recordStart);
    problem =
        "the row is longer than "
            + maxRecord
            + " bytes; put its long texts elsewhere, or mend its line breaks";
    if (buffer[recordEnd - 1] == lineEnd) {
      next = recordEnd;
    } else {
      raw = Arrays.copyOfRange(buffer, recordStart, recordStart + RAW_BYTES);
      recordStart = 0;
      recordEnd = RAW_BYTES;
      do {
        fill(limit);
        next = nextLine(0);
      } while (!ended && buffer[next - 1] != lineEnd);
    }
    line++;
    return true;
  }

  private void beginRecord() {
    raw = buffer;
    recordStart = next;
    recordOffset = base + next;
    recordLine = line;
    problem = null;
    problemField = -1;
  }

  /** Moves what is from {@code keep} on to the front and reads until the buffer is full. */
  private void fill(int keep) throws IOException {
    int kept = limit - keep;
    byte[] target = buffer;
    if (kept > buffer.length / 2) {
      target = new byte[(buffer.length - 1) * 2 + 1];
    }
    System.arraycopy(buffer, keep, target, 0, kept);
    buffer = target;
    base += keep;
    next = 0;
    int read = in.readNBytes(buffer, kept, buffer.length - 1 - kept);
    limit = kept + read;
    ended = limit < buffer.length - 1;
    buffer[limit] = lineEnd;
  }

  /** What {@link #start} and {@link #end} point into; changes with every record. */
  byte[] bytes() {
    return buffer;
  }

  /** Fields of the current record. */
  int fields() {
    return fields;
  }

  /** First byte of a field, quotes left off. */
  int start(int field) {
    return starts[field];
  }

  /** After the last byte of a field, quotes left off and doubled ones made single. */
  int end(int field) {
    return ends[field];
  }

  /** 1-based line on which the record starts. */
  long line() {
    return recordLine;
  }

  /** Place of the record's first byte in the object. */
  long offset() {
    return recordOffset;
  }

  /** What is wrong with the current record, or null. */
  @Nullable String problem() {
    return problem;
  }

  /** The field that is wrong, or -1 for the record as a whole. */
  int problemField() {
    return problemField;
  }

  /** The record as it stands in the object, without its line's end; broken records only. */
  String raw() {
    int to = recordEnd;
    while (to > recordStart && (raw[to - 1] == '\n' || raw[to - 1] == '\r')) {
      to--;
    }
    // A character takes at most four bytes, so the cut never costs one that is kept.
    return new String(raw, recordStart, Math.min(to - recordStart, RAW_BYTES), UTF_8);
  }

  /** True where the whole stream has been read and nothing follows the current record. */
  boolean atEnd() {
    return ended && next >= limit;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
