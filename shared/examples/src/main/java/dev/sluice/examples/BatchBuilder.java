package dev.sluice.examples;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects rows into batches. A row is complete with {@link #endRow}; columns that were not put
 * before are missing in it.
 */
final class BatchBuilder {
  private static final int CELLS = 1 << 22;
  private static final int FEWEST_ROWS = 1 << 12;
  private static final int TEXT_BYTES = 1 << 26;

  private final List<Field> fields;
  private final Cells[] columns;
  private final int maxRows;
  private int rows;
  private int capacity = 1024;
  private long textBytes;
  private byte[] shared = {};
  private int sharedCode;

  BatchBuilder(List<Field> fields) {
    this.fields = fields;
    this.columns = new Cells[fields.size()];
    for (int c = 0; c < columns.length; c++) {
      columns[c] = new Cells(fields.get(c).type(), capacity);
    }
    maxRows = rowsPerBatch(fields.size());
  }

  /** Fewer rows where columns are many, so that a batch stays within some tens of MiB. */
  static int rowsPerBatch(int columns) {
    return Math.clamp(CELLS / Math.max(1, columns), FEWEST_ROWS, ExampleBatch.ROWS);
  }

  void putLong(int column, long value) {
    Cells cells = columns[column];
    cells.longs()[rows] = value;
    cells.present[rows >> 6] |= 1L << rows;
  }

  void putDouble(int column, double value) {
    Cells cells = columns[column];
    cells.doubles()[rows] = value;
    cells.present[rows >> 6] |= 1L << rows;
  }

  void putText(int column, byte[] b, int from, int to) {
    Cells cells = columns[column];
    cells.codes()[rows] = cells.dictionary().code(b, from, to);
    cells.present[rows >> 6] |= 1L << rows;
    textBytes += to - from;
  }

  /** Puts a text that the row before mostly shares. */
  void putShared(int column, byte[] text) {
    if (rows == 0 || !Arrays.equals(text, shared)) {
      shared = text;
      sharedCode = columns[column].dictionary().code(text, 0, text.length);
    }
    Cells cells = columns[column];
    cells.codes()[rows] = sharedCode;
    cells.present[rows >> 6] |= 1L << rows;
  }

  /** Ends a row; true where the batch is full and should be taken. */
  boolean endRow() {
    rows++;
    if (rows == capacity && rows < maxRows) {
      capacity = Math.min(capacity * 2, maxRows);
      for (Cells cells : columns) {
        cells.grow(capacity);
      }
    }
    return rows >= maxRows || textBytes >= TEXT_BYTES;
  }

  int rows() {
    return rows;
  }

  /** The rows since the last call; the builder starts afresh. */
  ExampleBatch take() {
    List<Column> taken = new ArrayList<>(columns.length);
    for (Cells cells : columns) {
      taken.add(cells.take(rows, capacity));
    }
    ExampleBatch batch = new ExampleBatch(fields, taken, rows);
    rows = 0;
    textBytes = 0;
    return batch;
  }

  private static final class Cells {
    private final ValueType type;
    private final @Nullable BytesDictionary dictionary;
    private long @Nullable [] longs;
    private double @Nullable [] doubles;
    private int @Nullable [] codes;
    private long[] present = {};

    Cells(ValueType type, int capacity) {
      this.type = type;
      this.dictionary = type == ValueType.STRING ? new BytesDictionary() : null;
      allocate(capacity);
    }

    private void allocate(int capacity) {
      present = new long[(capacity + 63) >> 6];
      switch (type) {
        case INT -> longs = new long[capacity];
        case FLOAT -> doubles = new double[capacity];
        case STRING -> codes = new int[capacity];
      }
    }

    private void grow(int capacity) {
      present = Arrays.copyOf(present, (capacity + 63) >> 6);
      switch (type) {
        case INT -> longs = Arrays.copyOf(longs(), capacity);
        case FLOAT -> doubles = Arrays.copyOf(doubles(), capacity);
        case STRING -> codes = Arrays.copyOf(codes(), capacity);
      }
    }

    private Column take(int rows, int capacity) {
      Validity validity = Validity.of(present, rows);
      Column column =
          switch (type) {
            case INT -> new IntColumn(longs(), validity);
            case FLOAT -> new FloatColumn(doubles(), validity);
            case STRING -> new StringColumn(codes(), dictionary().texts(), validity);
          };
      if (dictionary != null) {
        dictionary.clear();
      }
      allocate(capacity);
      return column;
    }

    private long[] longs() {
      return held(longs);
    }

    private double[] doubles() {
      return held(doubles);
    }

    private int[] codes() {
      return held(codes);
    }

    private BytesDictionary dictionary() {
      return held(dictionary);
    }

    private <T> T held(@Nullable T values) {
      if (values == null) {
        throw new Bug("a column of type " + type + " was given a value of another type");
      }
      return values;
    }
  }
}
