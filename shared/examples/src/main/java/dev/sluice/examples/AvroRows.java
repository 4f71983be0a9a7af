package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.Bug;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs an {@link AvroProgram} over binary rows (Apache Avro 1.12 specification, "Binary Encoding").
 * A row becomes a tape of the values that are present, in order: column, what it is, and the number
 * or the bounds of the text. Nothing is made a Java object on the way into a {@link BatchBuilder}.
 *
 * <p>Values that no column can hold (text that is not UTF-8, a time outside the day) are a problem
 * of their row; bytes that contradict the schema are {@link AvroDamage}.
 */
final class AvroRows {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080808080808080L;

  /** Values of one row, lists counted out. */
  private static final int MAX_VALUES = 1 << 20;

  private static final int MAX_DECIMAL_BYTES = 1 << 12;
  private static final int MAX_SCALE = 10_000;

  /** Whole numbers up to here are doubles, so that one division rounds once. */
  private static final long EXACT = 1L << 53;

  private static final double[] POWERS = new double[23];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = Double.parseDouble("1e" + i);
    }
  }

  private static final byte WHOLE = 0;
  private static final byte REAL = 1;
  private static final byte TEXT = 2;
  private static final byte WRITTEN = 3;
  private static final byte CONSTANT = 4;
  private static final byte BINARY = 5;

  private final AvroProgram program;
  private final int[] code;
  private final byte[] constants;
  private final int[] bounds;

  private byte[] b = {};
  private int at;
  private int limit;

  private int[] columns = new int[64];
  private byte[] tags = new byte[64];
  private long[] values = new long[64];
  private int size;
  private byte[] written = new byte[256];
  private int writtenSize;
  private RecordReader.@Nullable Problem problem;

  private @Nullable Kinds looked;
  private int[] lookedPlaces = {};
  private int[] places = {};

  AvroRows(AvroProgram program) {
    this.program = program;
    this.code = program.code();
    this.constants = program.constants();
    this.bounds = program.bounds();
  }

  /** Names the columns in order, with what the schema tells; true where it tells all. */
  static boolean declare(AvroProgram program, Kinds kinds) {
    boolean all = true;
    for (AvroProgram.Column column : program.columns()) {
      kinds.see(kinds.place(column.name()), column.kinds());
      all &= !column.look();
    }
    return all;
  }

  /** The rows from here on are read next; the bytes are not changed until then. */
  void begin(byte[] bytes, int from, int to) {
    b = bytes;
    at = from;
    limit = to;
  }

  /** The next byte to read. */
  int at() {
    return at;
  }

  /** Passes over what is left. */
  void skip() {
    at = limit;
  }

  /** Bytes that are left. */
  int left() {
    return limit - at;
  }

  /** What is wrong with the row, or null. */
  RecordReader.@Nullable Problem problem() {
    return problem;
  }

  /** Reads a row. */
  void next() throws AvroDamage {
    size = 0;
    writtenSize = 0;
    problem = null;
    long items = 0;
    int pc = 0;
    while (true) {
      int first = code[pc + 1];
      int second = code[pc + 2];
      switch (code[pc]) {
        case AvroProgram.END -> {
          return;
        }
        case AvroProgram.JUMP -> pc = first - 4;
        case AvroProgram.NULLABLE -> {
          long branch = varint();
          if (branch == first) {
            pc = second - 4;
          } else if (branch >>> 1 != 0) {
            throw new AvroDamage("a union of 2 types names type " + branch);
          }
        }
        case AvroProgram.UNION -> {
          long branch = varint();
          if (branch < 0 || branch >= first) {
            throw new AvroDamage("a union of " + first + " types names type " + branch);
          }
          pc = second + 4 * (int) branch - 4;
        }
        case AvroProgram.ARRAY -> {
          items = items();
          if (items == 0) {
            pc = first - 4;
          }
        }
        case AvroProgram.NEXT -> {
          if (--items == 0) {
            items = items();
          }
          pc = (items == 0 ? second : first) - 4;
        }
        default -> value(pc, first, second);
      }
      pc += 4;
    }
  }

  private void value(int pc, int column, int operand) throws AvroDamage {
    switch (code[pc]) {
      case AvroProgram.BOOLEAN -> {
        require(1);
        byte value = b[at++];
        if (value >>> 1 != 0) {
          throw new AvroDamage("a boolean has the byte " + value);
        }
        put(column, CONSTANT, value == 0 ? bounds(0, 5) : bounds(5, 9));
      }
      case AvroProgram.INTEGER -> put(column, WHOLE, varint());
      case AvroProgram.FLOAT -> {
        require(Float.BYTES);
        float value = Float.intBitsToFloat((int) INT.get(b, at));
        at += Float.BYTES;
        put(column, REAL, Double.doubleToRawLongBits(value));
      }
      case AvroProgram.DOUBLE -> {
        require(Double.BYTES);
        put(column, REAL, (long) LONG.get(b, at));
        at += Double.BYTES;
      }
      case AvroProgram.STRING -> text(column, length());
      case AvroProgram.DATETIME -> dateTime(column, length());
      case AvroProgram.BYTES -> slice(column, BINARY, length());
      case AvroProgram.FIXED -> {
        require(operand);
        slice(column, BINARY, operand);
      }
      case AvroProgram.ENUM -> {
        long symbol = varint();
        if (symbol < 0 || symbol >= code[pc + 3]) {
          throw new AvroDamage("an enum of " + code[pc + 3] + " symbols names symbol " + symbol);
        }
        int bound = operand + 2 * (int) symbol;
        put(column, CONSTANT, bounds(bounds[bound], bounds[bound + 1]));
      }
      case AvroProgram.DECIMAL -> decimal(column, operand, length());
      case AvroProgram.FIXED_DECIMAL -> {
        require(code[pc + 3]);
        decimal(column, operand, code[pc + 3]);
      }
      case AvroProgram.BIG_DECIMAL -> bigDecimal(column);
      case AvroProgram.FIXED_UUID -> uuid(column);
      case AvroProgram.DATE -> {
        long days = varint();
        if (days != (int) days) {
          throw new AvroDamage("a date lies " + days + " days from 1970, beyond 32 bits");
        }
        room();
        written(column, IsoTimes.date(written, writtenSize, days));
      }
      case AvroProgram.TIME -> {
        long value = varint();
        long scale = 1_000_000_000 / operand;
        if (value < 0 || value >= IsoTimes.NANOS_A_DAY / scale) {
          fault(column, Long.toString(value), "the time of day is not within a day");
        } else {
          room();
          written(column, IsoTimes.time(written, writtenSize, value * scale));
        }
      }
      case AvroProgram.INSTANT, AvroProgram.LOCAL -> {
        room();
        boolean utc = code[pc] == AvroProgram.INSTANT;
        written(column, IsoTimes.dateTime(written, writtenSize, varint(), operand, utc));
      }
      default -> throw new Bug("no instruction " + code[pc]);
    }
  }

  private long varint() throws AvroDamage {
    int i = at;
    if (i < limit) {
      byte x = b[i];
      if (x >= 0) {
        at = i + 1;
        return (x >>> 1) ^ -(long) (x & 1);
      }
    }
    return longVarint();
  }

  private long longVarint() throws AvroDamage {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      require(1);
      byte x = b[at++];
      value |= (x & 0x7fL) << shift;
      if (x >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new AvroDamage("a number has more than 10 bytes");
  }

  private void require(int bytes) throws AvroDamage {
    if (limit - at < bytes) {
      throw new AvroDamage("a value goes on beyond the end of its block");
    }
  }

  private int length() throws AvroDamage {
    long length = varint();
    if (length < 0 || length > limit - at) {
      throw new AvroDamage(
          "a value has " + length + " bytes, of which its block holds " + (limit - at));
    }
    return (int) length;
  }

  /** Items of the next part of an array, 0 at its end. */
  private long items() throws AvroDamage {
    long items = varint();
    if (items < 0) {
      items = -items;
      varint();
    }
    if (items < 0 || items > limit - at) {
      throw new AvroDamage(
          "an array has " + items + " items in the " + (limit - at) + " bytes left of its block");
    }
    return items;
  }

  private static long bounds(int from, int to) {
    return ((long) from << 32) | to;
  }

  private void put(int column, byte tag, long value) throws AvroDamage {
    if (size == columns.length) {
      if (size == MAX_VALUES) {
        throw new AvroDamage("a row has more than " + MAX_VALUES + " values");
      }
      columns = Arrays.copyOf(columns, size * 2);
      tags = Arrays.copyOf(tags, size * 2);
      values = Arrays.copyOf(values, size * 2);
    }
    columns[size] = column;
    tags[size] = tag;
    values[size++] = value;
  }

  private void slice(int column, byte tag, int length) throws AvroDamage {
    put(column, tag, bounds(at, at + length));
    at += length;
  }

  private void text(int column, int length) throws AvroDamage {
    int to = at + length;
    int i = at;
    for (; i + 8 <= to; i += 8) {
      if (((long) LONG.get(b, i) & NOT_ASCII) != 0) {
        break;
      }
    }
    while (i < to && b[i] >= 0) {
      i++;
    }
    if (i < to && Utf8.firstInvalid(b, i, to) >= 0) {
      fault(
          column,
          new String(b, at, Math.min(length, RejectedRow.MAX_CHARS), UTF_8),
          "the text is not UTF-8, from byte " + (Utf8.firstInvalid(b, i, to) - at) + " on");
      at = to;
      return;
    }
    slice(column, TEXT, length);
  }

  /** BigQuery's texts may have a blank between date and time, and zeros at the fraction's end. */
  private void dateTime(int column, int length) throws AvroDamage {
    if ((length == 19 && b[at + 10] == 'T') || length > IsoTimes.LONGEST) {
      text(column, length);
      return;
    }
    try {
      String text = new String(b, at, length, UTF_8).replace(' ', 'T');
      LocalDateTime time = LocalDateTime.parse(text);
      room();
      int i = IsoTimes.date(written, writtenSize, time.toLocalDate().toEpochDay());
      written[i++] = 'T';
      written(column, IsoTimes.time(written, i, time.toLocalTime().toNanoOfDay()));
      at += length;
    } catch (DateTimeException e) {
      text(column, length);
    }
  }

  private void decimal(int column, int scale, int length) throws AvroDamage {
    if (length > MAX_DECIMAL_BYTES || Math.abs((long) scale) > MAX_SCALE) {
      fault(
          column,
          HexFormat.of().formatHex(b, at, at + Math.min(length, 32)),
          "the decimal has " + length + " bytes and a scale of " + scale);
    } else {
      put(column, REAL, Double.doubleToRawLongBits(nearest(at, length, scale)));
    }
    at += length;
  }

  /** The nearest double to a big-endian two's complement number divided by 10^scale. */
  private double nearest(int from, int length, int scale) {
    if (length == 0) {
      return 0;
    }
    if (length <= Long.BYTES && scale >= 0 && scale < POWERS.length) {
      long unscaled = 0;
      for (int i = from; i < from + length; i++) {
        unscaled = (unscaled << 8) | (b[i] & 0xff);
      }
      unscaled = unscaled << (64 - 8 * length) >> (64 - 8 * length);
      if (unscaled <= EXACT && unscaled >= -EXACT) {
        return unscaled / POWERS[scale];
      }
    }
    return new BigDecimal(new BigInteger(b, from, length), scale).doubleValue();
  }

  /** Bytes that hold the number's own bytes, with their length before and the scale behind them. */
  private void bigDecimal(int column) throws AvroDamage {
    int size = length();
    int end = at + size;
    int outer = limit;
    limit = end;
    int length = length();
    int digits = at;
    at += length;
    long scale = varint();
    at = digits;
    decimal(column, Math.clamp(scale, Integer.MIN_VALUE + 1, Integer.MAX_VALUE), length);
    at = end;
    limit = outer;
  }

  private void uuid(int column) throws AvroDamage {
    require(16);
    room();
    int to = writtenSize;
    for (int i = 0; i < 16; i++) {
      if (i == 4 || i == 6 || i == 8 || i == 10) {
        written[to++] = '-';
      }
      written[to++] = (byte) Character.forDigit((b[at] >> 4) & 15, 16);
      written[to++] = (byte) Character.forDigit(b[at++] & 15, 16);
    }
    written(column, to);
  }

  private void room() {
    if (written.length - writtenSize < IsoTimes.LONGEST) {
      written = Arrays.copyOf(written, written.length * 2);
    }
  }

  private void written(int column, int end) throws AvroDamage {
    put(column, WRITTEN, bounds(writtenSize, end));
    writtenSize = end;
  }

  private void fault(int column, String value, String reason) {
    if (problem == null) {
      String name = program.columns().get(column).name();
      problem = new RecordReader.Problem(name, value, reason + "; correct it in the source");
    }
  }

  /** Adds what the row's values look like, and what the schema says of them. */
  void look(Kinds kinds) {
    if (looked != kinds) {
      looked = kinds;
      declare(program, kinds);
      lookedPlaces =
          program.columns().stream().mapToInt(column -> kinds.place(column.name())).toArray();
    }
    for (int i = 0; i < size; i++) {
      int column = columns[i];
      if (program.columns().get(column).look()) {
        kinds.see(lookedPlaces[column], kind(i));
      }
    }
  }

  private int kind(int i) {
    return switch (tags[i]) {
      case WHOLE -> Numbers.INT;
      case REAL -> Numbers.FLOAT;
      case BINARY -> {
        int from = (int) (values[i] >>> 32);
        yield Utf8.firstInvalid(b, from, (int) values[i]) < 0 ? Numbers.TEXT : Kinds.BINARY;
      }
      default -> Numbers.TEXT;
    };
  }

  /** See {@link RecordReader#bind}. */
  void bind(List<Field> fields) {
    List<String> names = fields.stream().map(Field::name).toList();
    places =
        program.columns().stream()
            .mapToInt(column -> {
              int place = names.indexOf(column.name());
              if (place < 0) {
                throw new Bug("column " + column.name() + " is not among those bound");
              }
              return place;
            })
            .toArray();
  }

  /** See {@link RecordReader#append}. */
  void append(BatchBuilder builder) throws Misfit {
    for (int i = 0; i < size; i++) {
      int place = places[columns[i]];
      long value = values[i];
      switch (tags[i]) {
        case WHOLE -> builder.integer(place, value);
        case REAL -> builder.number(place, Double.longBitsToDouble(value));
        case TEXT -> builder.text(place, b, (int) (value >>> 32), (int) value);
        case WRITTEN -> builder.text(place, written, (int) (value >>> 32), (int) value);
        case CONSTANT -> builder.text(place, constants, (int) (value >>> 32), (int) value);
        case BINARY -> builder.binary(place, b, (int) (value >>> 32), (int) value);
        default -> throw new Bug("no value is tagged " + tags[i]);
      }
    }
  }
}
