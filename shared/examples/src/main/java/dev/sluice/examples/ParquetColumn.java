package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.LayerKind;
import dev.hardwood.schema.ColumnSchema;
import dev.sluice.contracts.BadInput;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.LongFunction;

/** Turns one column of a Parquet file into ours, batch by batch. */
final class ParquetColumn {
  private static final VarHandle LONG_LE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT_LE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG_BE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final byte[][] BOOLEANS = {{'f', 'a', 'l', 's', 'e'}, {'t', 'r', 'u', 'e'}};
  private static final long NANOS = 1_000_000_000L;
  private static final long SECONDS_A_DAY = 86_400;
  private static final long JULIAN_DAY_OF_1970 = 2_440_588;
  private static final int INT96_BYTES = 12;

  /** Whole numbers up to here are doubles, and so are powers of ten up to the 22nd. */
  private static final long EXACT = 1L << 53;

  private static final int EXACT_POWER = 22;
  private static final double[] POWERS = new double[EXACT_POWER + 1];

  static {
    for (int i = 0; i <= EXACT_POWER; i++) {
      POWERS[i] = Double.parseDouble("1e" + i);
    }
  }

  private final String file;
  private final ParquetSchema.Leaf leaf;
  private final boolean encode;
  private final ColumnReader reader;
  private final ColumnSchema schema;
  private final int layer;
  private final BytesDictionary dictionary = new BytesDictionary();

  /**
   * @param encode true where bytes become base64
   */
  ParquetColumn(String file, ParquetSchema.Leaf leaf, boolean encode, ColumnReader reader) {
    this.file = file;
    this.leaf = leaf;
    this.encode = encode;
    this.reader = reader;
    this.schema = leaf.schema();
    this.layer = leaf.repeated() ? repeatedLayer(reader) : -1;
  }

  private static int repeatedLayer(ColumnReader reader) {
    for (int i = 0; i < reader.getLayerCount(); i++) {
      if (reader.getLayerKind(i) == LayerKind.REPEATED) {
        return i;
      }
    }
    throw new IllegalStateException("a list column without a list layer");
  }

  /** The column of the reader's current batch. */
  Column read(int rows) {
    int count = leaf.repeated() ? reader.getValueCount() : rows;
    long[] words = reader.getLeafValidity().words();
    Validity present = words == null ? Validity.all(count) : Validity.of(words, count);
    Column values = values(count, present);
    return leaf.repeated() ? lists(values, rows) : values;
  }

  /** The present values, row by row. */
  private ListColumn lists(Column values, int rows) {
    int[] ends = reader.getLayerOffsets(layer);
    int[] offsets = new int[rows + 1];
    long[] present = new long[(rows + 63) >> 6];
    int[] places = new int[values.rows() - values.missing()];
    int size = 0;
    for (int r = 0; r < rows; r++) {
      for (int v = ends[r]; v < ends[r + 1]; v++) {
        if (!values.isMissing(v)) {
          places[size++] = v;
        }
      }
      offsets[r + 1] = size;
      if (size > offsets[r]) {
        present[r >> 6] |= 1L << r;
      }
    }
    // Also where none is missing: an array of the reader may be longer than its values.
    List<Field> one = List.of(new Field(leaf.name(), leaf.type()));
    Column kept =
        new ExampleBatch(one, List.of(values), values.rows())
            .select(size == places.length ? places : Arrays.copyOf(places, size))
            .columns()
            .getFirst();
    return new ListColumn(offsets, kept, Validity.of(present, rows));
  }

  private Column values(int count, Validity present) {
    return switch (schema.logicalType()) {
      case LogicalType.DecimalType decimal -> decimals(decimal.scale(), count, present);
      case LogicalType.Float16Type _ -> halves(count, present);
      case LogicalType.DateType _ -> {
        int[] days = reader.getInts();
        yield texts(i -> days[i], day -> LocalDate.ofEpochDay(day).toString(), count, present);
      }
      case LogicalType.TimeType time -> {
        long unit = perSecond(time.unit());
        yield texts(numbers(), value -> time(value, unit), count, present);
      }
      case LogicalType.TimestampType time -> {
        long unit = perSecond(time.unit());
        boolean utc = time.isAdjustedToUTC();
        yield texts(
            numbers(),
            value ->
                timestamp(
                    Math.floorDiv(value, unit), Math.floorMod(value, unit) * (NANOS / unit), utc),
            count,
            present);
      }
      case LogicalType.NullType _ ->
          new StringColumn(
              new int[count], List.of(), Validity.of(new long[(count + 63) >> 6], count));
      case LogicalType.IntType ints when !ints.isSigned() -> unsigned(count, present);
      case null, default -> plain(count, present);
    };
  }

  private Column plain(int count, Validity present) {
    return switch (schema.type()) {
      case INT64 -> new IntColumn(reader.getLongs(), present);
      case INT32 -> {
        int[] ints = reader.getInts();
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
          values[i] = ints[i];
        }
        yield new IntColumn(values, present);
      }
      case DOUBLE -> new FloatColumn(reader.getDoubles(), present);
      case FLOAT -> {
        float[] floats = reader.getFloats();
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
          values[i] = floats[i];
        }
        yield new FloatColumn(values, present);
      }
      case BOOLEAN -> booleans(count, present);
      case INT96, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY -> bytes(count, present);
    };
  }

  private Column unsigned(int count, Validity present) {
    if (schema.type() == PhysicalType.INT32) {
      int[] ints = reader.getInts();
      long[] values = new long[count];
      for (int i = 0; i < count; i++) {
        values[i] = Integer.toUnsignedLong(ints[i]);
      }
      return new IntColumn(values, present);
    }
    long[] values = reader.getLongs();
    for (int i = 0; i < count; i++) {
      if (values[i] < 0 && !present.isMissing(i)) {
        throw new BadInput(
            file
                + ", column "
                + leaf.name()
                + " has the unsigned number "
                + Long.toUnsignedString(values[i])
                + ", beyond 63 bits; cast it to a string or a double");
      }
    }
    return new IntColumn(values, present);
  }

  private Column halves(int count, Validity present) {
    byte[] bytes = reader.getBinaryValues();
    int[] offsets = reader.getBinaryOffsets();
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      if (!present.isMissing(i)) {
        int at = offsets[i];
        short half = (short) ((bytes[at] & 0xff) | (bytes[at + 1] << 8));
        values[i] = Float.float16ToFloat(half);
      }
    }
    return new FloatColumn(values, present);
  }

  private Column decimals(int scale, int count, Validity present) {
    double[] values = new double[count];
    switch (schema.type()) {
      case INT32, INT64 -> {
        LongValues unscaled = numbers();
        for (int i = 0; i < count; i++) {
          values[i] = decimal(unscaled.at(i), scale);
        }
      }
      default -> {
        byte[] bytes = reader.getBinaryValues();
        int[] offsets = reader.getBinaryOffsets();
        for (int i = 0; i < count; i++) {
          if (!present.isMissing(i) && offsets[i + 1] > offsets[i]) {
            BigInteger unscaled = new BigInteger(bytes, offsets[i], offsets[i + 1] - offsets[i]);
            values[i] =
                unscaled.bitLength() < Long.SIZE
                    ? decimal(unscaled.longValue(), scale)
                    : new BigDecimal(unscaled, scale).doubleValue();
          }
        }
      }
    }
    return new FloatColumn(values, present);
  }

  /** The nearest double: a quotient of two exact ones is rounded once. */
  private static double decimal(long unscaled, int scale) {
    return Math.abs(unscaled) <= EXACT && scale >= 0 && scale <= EXACT_POWER
        ? unscaled / POWERS[scale]
        : BigDecimal.valueOf(unscaled, scale).doubleValue();
  }

  /** A number by its place. */
  @FunctionalInterface
  private interface LongValues {
    long at(int place);
  }

  private LongValues numbers() {
    if (schema.type() == PhysicalType.INT32) {
      int[] ints = reader.getInts();
      return i -> ints[i];
    }
    long[] longs = reader.getLongs();
    return i -> longs[i];
  }

  /** Numbers that mean a text; neighbours are often the same. */
  private StringColumn texts(
      LongValues values, LongFunction<String> text, int count, Validity present) {
    int[] codes = new int[count];
    dictionary.clear();
    long last = 0;
    int code = -1;
    for (int i = 0; i < count; i++) {
      if (!present.isMissing(i)) {
        long value = values.at(i);
        if (code < 0 || value != last) {
          byte[] b = text.apply(value).getBytes(ISO_8859_1);
          code = dictionary.code(b, 0, b.length);
          last = value;
        }
        codes[i] = code;
      }
    }
    return new StringColumn(codes, dictionary.texts(), present);
  }

  private static long perSecond(LogicalType.TimeUnit unit) {
    return switch (unit) {
      case MILLIS -> 1_000;
      case MICROS -> 1_000_000;
      case NANOS -> NANOS;
    };
  }

  private String time(long value, long unit) {
    if (value < 0 || value >= SECONDS_A_DAY * unit) {
      throw new BadInput(
          file + ", column " + leaf.name() + " has the time " + value + ", which no day has");
    }
    return DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay(value * (NANOS / unit)));
  }

  private static String timestamp(long second, long nano, boolean utc) {
    LocalDateTime time = LocalDateTime.ofEpochSecond(second, (int) nano, ZoneOffset.UTC);
    return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time) + (utc ? "Z" : "");
  }

  private StringColumn booleans(int count, Validity present) {
    boolean[] booleans = reader.getBooleans();
    int[] codes = new int[count];
    dictionary.clear();
    for (int i = 0; i < count; i++) {
      if (!present.isMissing(i)) {
        byte[] text = BOOLEANS[booleans[i] ? 1 : 0];
        codes[i] = dictionary.code(text, 0, text.length);
      }
    }
    return new StringColumn(codes, dictionary.texts(), present);
  }

  private StringColumn bytes(int count, Validity present) {
    byte[] bytes = reader.getBinaryValues();
    int[] offsets = reader.getBinaryOffsets();
    int[] codes = new int[count];
    dictionary.clear();
    int empty = 0;
    for (int i = 0; i < count; i++) {
      if (!present.isMissing(i)) {
        int from = offsets[i];
        int to = offsets[i + 1];
        if (from == to) {
          empty++;
        } else {
          codes[i] = code(bytes, from, to);
        }
      }
    }
    Validity filled = empty == 0 ? present : withoutEmpty(offsets, count, present);
    return new StringColumn(codes, dictionary.texts(), filled);
  }

  private static Validity withoutEmpty(int[] offsets, int count, Validity present) {
    long[] words = new long[(count + 63) >> 6];
    for (int i = 0; i < count; i++) {
      if (!present.isMissing(i) && offsets[i] < offsets[i + 1]) {
        words[i >> 6] |= 1L << i;
      }
    }
    return Validity.of(words, count);
  }

  private int code(byte[] bytes, int from, int to) {
    byte[] text;
    if (schema.logicalType() instanceof LogicalType.UuidType) {
      long high = (long) LONG_BE.get(bytes, from);
      long low = (long) LONG_BE.get(bytes, from + Long.BYTES);
      text = new UUID(high, low).toString().getBytes(ISO_8859_1);
    } else if (schema.type() == PhysicalType.INT96) {
      text = int96(bytes, from, to).getBytes(ISO_8859_1);
    } else if (encode) {
      text = Base64.getEncoder().encode(Arrays.copyOfRange(bytes, from, to));
    } else {
      return dictionary.code(bytes, from, to);
    }
    return dictionary.code(text, 0, text.length);
  }

  /** Nanoseconds of a day and the Julian day, an instant by Impala's and Spark's custom. */
  private String int96(byte[] bytes, int from, int to) {
    if (to - from != INT96_BYTES) {
      throw new IllegalStateException(leaf.name() + " has an INT96 of " + (to - from) + " bytes");
    }
    long nano = (long) LONG_LE.get(bytes, from);
    long day = (int) INT_LE.get(bytes, from + Long.BYTES) - JULIAN_DAY_OF_1970;
    return timestamp(
        day * SECONDS_A_DAY + Math.floorDiv(nano, NANOS), Math.floorMod(nano, NANOS), true);
  }

  /** True where each value of the current batch is UTF-8. */
  static boolean isText(ColumnReader reader) {
    byte[] bytes = reader.getBinaryValues();
    int[] offsets = reader.getBinaryOffsets();
    dev.hardwood.reader.Validity present = reader.getLeafValidity();
    for (int i = 0; i < reader.getValueCount(); i++) {
      if (present.isNotNull(i) && Utf8.firstInvalid(bytes, offsets[i], offsets[i + 1]) >= 0) {
        return false;
      }
    }
    return true;
  }
}
