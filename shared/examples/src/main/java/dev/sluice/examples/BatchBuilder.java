package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects rows into batches. A row is complete with {@link #endRow}; columns that were not put
 * before are missing in it. What is put into a repeated column becomes the next value of the row's
 * list.
 *
 * <p>{@link #integer}, {@link #number}, {@link #text} and {@link #binary} take a value of any
 * record and fit it to the column; the {@code put} methods are for callers that know the type.
 */
final class BatchBuilder {
  private static final int CELLS = 1 << 22;
  private static final int FEWEST_ROWS = 1 << 12;
  private static final int TEXT_BYTES = 1 << 26;

  private final List<Field> fields;
  private final boolean[] sure;
  private final Cells[] columns;
  private final int maxRows;
  private int rows;
  private int capacity = 1024;
  private long textBytes;
  private long listValues;
  private byte[] shared = {};
  private int sharedCode;

  BatchBuilder(List<Field> fields) {
    this(fields, null);
  }

  /**
   * @param kinds what the types were found from, where they may be a guess: a number is then no
   *     value of a text column that has shown no text
   */
  BatchBuilder(List<Field> fields, @Nullable Kinds kinds) {
    this.fields = fields;
    this.sure = new boolean[fields.size()];
    for (int c = 0; c < sure.length; c++) {
      int place = kinds == null ? -1 : kinds.find(fields.get(c).name());
      sure[c] =
          kinds == null
              || place < 0
              || fields.get(c).type() != ValueType.STRING
              || (kinds.seen(place) & (Numbers.TEXT | Kinds.BINARY)) != 0;
    }
    this.columns = new Cells[fields.size()];
    for (int c = 0; c < columns.length; c++) {
      columns[c] = new Cells(fields.get(c), capacity);
    }
    maxRows = rowsPerBatch(fields.size());
  }

  /** Fewer rows where columns are many, so that a batch stays within some tens of MiB. */
  static int rowsPerBatch(int columns) {
    return Math.clamp(CELLS / Math.max(1, columns), FEWEST_ROWS, ExampleBatch.ROWS);
  }

  /**
   * A whole number: into a float column as the nearest double, into a text column as its digits.
   */
  void integer(int column, long value) throws Misfit {
    switch (fields.get(column).type()) {
      case INT -> cell(column).longs()[at(column)] = value;
      case FLOAT -> cell(column).doubles()[at(column)] = value;
      case STRING -> {
        requireSure(column);
        text(column, Long.toString(value));
      }
    }
  }

  /** A number: into a text column as Java's shortest decimal that gives it again. */
  void number(int column, double value) throws Misfit {
    switch (fields.get(column).type()) {
      case INT -> throw new Misfit(fields.get(column).name());
      case FLOAT -> cell(column).doubles()[at(column)] = value;
      case STRING -> {
        requireSure(column);
        text(column, Double.toString(value));
      }
    }
  }

  private void requireSure(int column) throws Misfit {
    if (!sure[column]) {
      throw new Misfit(fields.get(column).name());
    }
  }

  /** False for a text column that has shown no text yet, and so may be one of numbers. */
  boolean sure(int column) {
    return sure[column];
  }

  /** A text in UTF-8; an empty one is missing. */
  void text(int column, byte[] b, int from, int to) throws Misfit {
    if (from == to) {
      return;
    }
    Field field = fields.get(column);
    if (field.type() != ValueType.STRING) {
      throw new Misfit(field.name());
    }
    if (field.base64()) {
      encoded(column, b, from, to);
    } else {
      code(column, b, from, to);
    }
  }

  private void text(int column, String text) throws Misfit {
    byte[] b = text.getBytes(UTF_8);
    text(column, b, 0, b.length);
  }

  /** Bytes that may be anything; an empty value is missing. */
  void binary(int column, byte[] b, int from, int to) throws Misfit {
    if (from == to) {
      return;
    }
    Field field = fields.get(column);
    if (field.type() != ValueType.STRING
        || (!field.base64() && Utf8.firstInvalid(b, from, to) >= 0)) {
      throw new Misfit(field.name());
    }
    if (field.base64()) {
      encoded(column, b, from, to);
    } else {
      code(column, b, from, to);
    }
  }

  private void encoded(int column, byte[] b, int from, int to) throws Misfit {
    byte[] base64 = Base64.getEncoder().encode(Arrays.copyOfRange(b, from, to));
    code(column, base64, 0, base64.length);
  }

  private void code(int column, byte[] b, int from, int to) throws Misfit {
    int code = columns[column].dictionary().code(b, from, to);
    cell(column).codes()[at(column)] = code;
    textBytes += to - from;
  }

  /** The column, with room for one more value. */
  private Cells cell(int column) {
    Cells cells = columns[column];
    if (cells.repeated && cells.values == cells.room) {
      cells.grow(cells.room * 2);
    }
    return cells;
  }

  /** Where the value that is put now stands, which from now on is present. */
  private int at(int column) throws Misfit {
    Cells cells = columns[column];
    long bit = 1L << rows;
    if (cells.repeated) {
      cells.present[rows >> 6] |= bit;
      listValues++;
      return cells.values++;
    }
    if ((cells.present[rows >> 6] & bit) != 0) {
      throw new Misfit(fields.get(column).name());
    }
    cells.present[rows >> 6] |= bit;
    return rows;
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
    for (Cells cells : columns) {
      if (cells.repeated) {
        cells.offsets[rows] = cells.values;
      }
    }
    if (rows == capacity && rows < maxRows) {
      capacity = Math.min(capacity * 2, maxRows);
      for (Cells cells : columns) {
        cells.growRows(capacity);
      }
    }
    return rows >= maxRows || textBytes >= TEXT_BYTES || listValues >= CELLS;
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
    listValues = 0;
    return batch;
  }

  private static final class Cells {
    private final ValueType type;
    private final boolean repeated;
    private final @Nullable BytesDictionary dictionary;
    private long @Nullable [] longs;
    private double @Nullable [] doubles;
    private int @Nullable [] codes;
    private long[] present = {};
    private int[] offsets = {};

    /** Values of a repeated column so far, and how many there is room for. */
    private int values;

    private int room;

    Cells(Field field, int capacity) {
      this.type = field.type();
      this.repeated = field.repeated();
      this.dictionary = type == ValueType.STRING ? new BytesDictionary() : null;
      allocate(capacity);
    }

    private void allocate(int capacity) {
      present = new long[(capacity + 63) >> 6];
      offsets = repeated ? new int[capacity + 1] : offsets;
      values = 0;
      room = capacity;
      switch (type) {
        case INT -> longs = new long[capacity];
        case FLOAT -> doubles = new double[capacity];
        case STRING -> codes = new int[capacity];
      }
    }

    private void growRows(int capacity) {
      present = Arrays.copyOf(present, (capacity + 63) >> 6);
      if (repeated) {
        offsets = Arrays.copyOf(offsets, capacity + 1);
      } else {
        grow(capacity);
      }
    }

    private void grow(int capacity) {
      room = capacity;
      switch (type) {
        case INT -> longs = Arrays.copyOf(longs(), capacity);
        case FLOAT -> doubles = Arrays.copyOf(doubles(), capacity);
        case STRING -> codes = Arrays.copyOf(codes(), capacity);
      }
    }

    private Column take(int rows, int capacity) {
      Validity validity = Validity.of(present, rows);
      Column column =
          repeated
              ? new ListColumn(offsets, values(Validity.all(values)), validity)
              : values(validity);
      if (dictionary != null) {
        dictionary.clear();
      }
      allocate(capacity);
      return column;
    }

    private Column values(Validity validity) {
      return switch (type) {
        case INT -> new IntColumn(longs(), validity);
        case FLOAT -> new FloatColumn(doubles(), validity);
        case STRING -> new StringColumn(codes(), dictionary().texts(), validity);
      };
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
