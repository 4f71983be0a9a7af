package dev.sluice.examples;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * TFRecord of {@code tf.Example}: each record's features are its columns. {@code int64} is {@code
 * INT}; {@code float} is {@code FLOAT}, the 32 bits widened; {@code bytes} is {@code STRING}, in
 * base64 where some value of the column is not UTF-8. A feature with several values is a list, one
 * without any is missing.
 *
 * <p>What is good is kept, where TensorFlow would stop at the first fault. A record whose data does
 * not fit its checksum, or is no {@code tf.Example}, is rejected alone. Where the length cannot be
 * trusted, all bytes up to the next good record are one rejected record, and so is a last record
 * that is cut off.
 *
 * <p>A record is where the checksum of its length fits; to begin at one that nothing led to, what
 * follows must fit too: the next record's header, the object's end or the data's own checksum. A
 * stretch begins at its first such place, and takes with it whatever broken bytes stand between its
 * last record and the next such place.
 */
final class TfRecordFile extends UnpackedFile {
  /** Bytes of a record's data that are still read. */
  static final int MAX_RECORD = 1 << 26;

  private static final int FRAME = TfRecords.HEADER + TfRecords.FOOTER;

  /** Bytes of data whose checksum is taken in search of a record, so that no object costs more. */
  private static final long SEARCH_BYTES = 1 << 30;

  private static final int RAW_BYTES = 64;

  private final int buffer;

  /**
   * @param packing how it is packed, such as {@code ", gzip"}, or ""
   * @param indivisible why it cannot be cut, or null
   */
  TfRecordFile(ByteSource source, String packing, @Nullable String indivisible) {
    this(source, packing, indivisible, 1 << 18);
  }

  /** For tests: a buffer so small that records cross its end. */
  TfRecordFile(ByteSource source, String packing, @Nullable String indivisible, int buffer) {
    super(source, packing, indivisible);
    this.buffer = buffer;
  }

  @Override
  public String format() {
    return "TFRecord" + packing;
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
    private final long from;
    private final long to;
    private final CRC32C crc = new CRC32C();
    private final TfExample example = new TfExample();
    private long searchBytes = SEARCH_BYTES;
    private final long first;
    private long offset;
    private @Nullable Problem problem;

    Reader(Stretch stretch) throws IOException {
      from = stretch.from();
      to = stretch.to();
      window = new ByteWindow(source.open(from), from, buffer);
      if (from > 0) {
        search();
      }
      first = window.position();
    }

    @Override
    boolean next() throws IOException {
      if (from == to || !window.has(1) || (window.position() >= to && begins())) {
        return false;
      }
      offset = window.position();
      problem = null;
      if (!header()) {
        damaged();
      } else {
        record(TfRecords.length(window.bytes(), window.at()));
      }
      return true;
    }

    private boolean header() throws IOException {
      return window.has(TfRecords.HEADER) && TfRecords.isHeader(window.bytes(), window.at());
    }

    private void record(long length) throws IOException {
      if (length < 0 || length > MAX_RECORD) {
        byte[] raw = window.peek(RAW_BYTES);
        long rest = length < 0 || length > Long.MAX_VALUE - FRAME ? Long.MAX_VALUE : length + FRAME;
        boolean whole = window.skip(rest) == rest;
        String size = Long.toUnsignedString(length);
        reject(
            raw,
            whole
                ? "the record has "
                    + size
                    + " bytes, more than the "
                    + MAX_RECORD
                    + " that are read; write smaller records"
                : truncated(size));
        return;
      }
      int size = (int) length + FRAME;
      if (!window.has(size)) {
        byte[] raw = window.peek(RAW_BYTES);
        window.skip(size);
        reject(raw, truncated(Long.toString(length)));
        return;
      }
      int data = window.at() + TfRecords.HEADER;
      if (!dataFits()) {
        reject(
            window.peek(RAW_BYTES),
            "the record's data does not fit its checksum (CRC-32C); write the object again");
      } else {
        String fault = example.parse(window.bytes(), data, data + (int) length);
        if (fault != null) {
          problem = new Problem(null, hex(window.peek(RAW_BYTES)), fault);
        }
      }
      window.skip(size);
    }

    private String truncated(String length) {
      return "the record says that it has "
          + length
          + " bytes, but the object ends "
          + (window.position() - offset)
          + " bytes after the record's start; write the object again";
    }

    private boolean dataFits() {
      int length = (int) TfRecords.length(window.bytes(), window.at());
      int data = window.at() + TfRecords.HEADER;
      return TfRecords.checksum(crc, window.bytes(), data, length)
          == TfRecords.checksumAt(window.bytes(), data + length);
    }

    /** Everything up to the next place where a record begins. */
    private void damaged() throws IOException {
      byte[] raw = window.peek(RAW_BYTES);
      window.skip(1);
      search();
      reject(
          raw,
          (window.position() - offset)
              + " bytes are no record (the length's CRC-32C does not fit) and were passed over up"
              + " to the next good one; write the object again");
    }

    private void reject(byte[] raw, String reason) {
      problem = new Problem(null, hex(raw), reason);
    }

    private static String hex(byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    }

    /** Moves to the next place where a record surely begins, or to the end. */
    private void search() throws IOException {
      while (window.has(TfRecords.HEADER)) {
        // Nearly every place fails the first test, which costs next to nothing.
        byte[] b = window.bytes();
        int at = window.at();
        int last = window.limit() - TfRecords.HEADER;
        int i = at;
        while (i <= last && (TfRecords.length(b, i) >>> 27 != 0 || !TfRecords.isHeader(b, i))) {
          i++;
        }
        window.skip(i - at);
        if (i <= last) {
          if (begins()) {
            return;
          }
          window.skip(1);
        }
      }
      window.skip(TfRecords.HEADER);
    }

    /** True where a record begins here, whatever stands before. */
    private boolean begins() throws IOException {
      if (!header()) {
        return false;
      }
      long length = TfRecords.length(window.bytes(), window.at());
      if (length < 0 || length > MAX_RECORD) {
        return false;
      }
      int size = (int) length + FRAME;
      if (!window.has(size)) {
        return false;
      }
      if (window.has(size + TfRecords.HEADER)
          ? TfRecords.isHeader(window.bytes(), window.at() + size)
          : !window.has(size + 1)) {
        return true;
      }
      searchBytes -= length;
      return searchBytes >= 0 && dataFits();
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
      return 0;
    }

    @Override
    void look(Kinds kinds) {
      example.look(kinds);
    }

    @Override
    void bind(List<Field> fields, Kinds kinds) {
      example.bind(fields);
    }

    @Override
    void append(BatchBuilder builder) throws Misfit {
      example.append(builder);
    }

    @Override
    long first() {
      return first;
    }

    @Override
    long end() {
      return window.position();
    }

    @Override
    long lines() {
      return 0;
    }

    @Override
    public void close() throws IOException {
      window.close();
    }
  }

  /** True where some place in the bytes is the header of a record of a size that is read. */
  static boolean hasHeader(byte[] b) {
    for (int i = 0; i + TfRecords.HEADER <= b.length; i++) {
      if (TfRecords.length(b, i) >>> 27 == 0 && TfRecords.isHeader(b, i)) {
        return true;
      }
    }
    return false;
  }

  /** True where the bytes begin with a record's header. */
  static boolean beginsWithHeader(byte[] b) {
    return b.length >= TfRecords.HEADER && TfRecords.isHeader(Arrays.copyOf(b, 12), 0);
  }
}
