package dev.sluice.emulators.bigquery;

import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows that are serialized messages of a writer's own type, by the conversions that Google's
 * "Protocol buffer data type conversions" gives. A column that the type lacks is NULL; a field that
 * the table lacks, or a type that does not fit its column, refuses the writer as a whole.
 */
final class ProtoRows {
  /** {@code google.cloud.bigquery.storage.v1.column_name}: a column whose name is no identifier. */
  private static final int COLUMN_NAME = 454_943_157;

  private static final long FIRST_MICRO = -62_135_596_800_000_000L;
  private static final long LAST_MICRO = 253_402_300_799_999_999L;
  private static final long FIRST_DAY = -719_162;
  private static final long LAST_DAY = 2_932_896;
  private static final BigDecimal NUMERIC_LIMIT = new BigDecimal("1e29");

  /** A column and the field that carries it, or none; {@code inner} are those of a STRUCT. */
  private record Column(Field field, @Nullable FieldDescriptor from, List<Column> inner) {}

  private final Descriptor descriptor;
  private final List<Column> columns;

  private ProtoRows(Descriptor descriptor, List<Column> columns) {
    this.descriptor = descriptor;
    this.columns = columns;
  }

  /**
   * A reader of rows for that table.
   *
   * @throws io.grpc.StatusRuntimeException where the type and the table do not fit
   */
  static ProtoRows of(Store.Table table, DescriptorProto type, String entity) {
    Descriptor descriptor;
    try {
      descriptor =
          FileDescriptor.buildFrom(
                  FileDescriptorProto.newBuilder()
                      .setName("rows.proto")
                      .addMessageType(type)
                      .build(),
                  new FileDescriptor[0])
              .getMessageTypes()
              .getFirst();
    } catch (DescriptorValidationException e) {
      throw StorageErrors.invalid(
          "Invalid proto schema (it must hold all its nested types): " + e.getMessage());
    }
    return new ProtoRows(descriptor, columns(table.fields(), descriptor, "root", entity));
  }

  private static List<Column> columns(
      List<Field> fields, Descriptor type, String path, String entity) {
    List<Column> out = new ArrayList<>();
    List<FieldDescriptor> left = new ArrayList<>(type.getFields());
    for (Field field : fields) {
      FieldDescriptor from = null;
      for (FieldDescriptor candidate : type.getFields()) {
        if (column(candidate).equalsIgnoreCase(field.name())) {
          from = candidate;
        }
      }
      left.remove(from);
      String where = path + "." + field.name();
      List<Column> inner = List.of();
      if (from != null) {
        SqlType item = field.type().item();
        if (from.isRepeated() != field.type().is(Kind.ARRAY) || !takes(item, from)) {
          throw StorageErrors.exception(
              StorageErrors.status(
                  Code.INVALID_ARGUMENT,
                  "The proto field mismatched with BigQuery field at "
                      + where
                      + ", the proto field type "
                      + (from.isRepeated() ? "repeated " : "")
                      + from.getType().name().toLowerCase(Locale.ROOT)
                      + ", BigQuery field type "
                      + field.type()
                      + " Entity: "
                      + entity));
        }
        if (item.is(Kind.STRUCT)) {
          inner = columns(item.fields(), from.getMessageType(), where, entity);
        }
      }
      out.add(new Column(field, from, inner));
    }
    if (!left.isEmpty()) {
      throw StorageErrors.exception(
          StorageErrors.status(
              Code.INVALID_ARGUMENT,
              StorageErrorCode.SCHEMA_MISMATCH_EXTRA_FIELDS,
              "Input schema has more fields than BigQuery schema, extra fields: '"
                  + String.join(",", left.stream().map(ProtoRows::column).toList())
                  + "'",
              entity));
    }
    return out;
  }

  private static String column(FieldDescriptor field) {
    List<ByteString> names =
        field.getOptions().getUnknownFields().getField(COLUMN_NAME).getLengthDelimitedList();
    return names.isEmpty() ? field.getName() : names.getLast().toStringUtf8();
  }

  private static boolean takes(SqlType type, FieldDescriptor from) {
    boolean text = from.getJavaType() == FieldDescriptor.JavaType.STRING;
    boolean bytes = from.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING;
    boolean number =
        from.getJavaType() == FieldDescriptor.JavaType.LONG
            || from.getJavaType() == FieldDescriptor.JavaType.INT;
    boolean real =
        from.getJavaType() == FieldDescriptor.JavaType.DOUBLE
            || from.getJavaType() == FieldDescriptor.JavaType.FLOAT;
    boolean choice = from.getJavaType() == FieldDescriptor.JavaType.ENUM;
    return switch (type.kind()) {
      case INT64 -> number || choice;
      case FLOAT64 -> real;
      case NUMERIC -> number || real || text || bytes;
      case BOOL -> number || from.getJavaType() == FieldDescriptor.JavaType.BOOLEAN;
      case STRING -> text || choice;
      case BYTES -> bytes || text;
      case DATE, DATETIME, TIME, TIMESTAMP -> number || text;
      case JSON -> text;
      case STRUCT -> from.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      case INTERVAL, ARRAY -> false;
    };
  }

  /**
   * A row as {@link Appends} takes it: values in the order of the table's columns.
   *
   * @throws Rows.Misfit naming the column whose value does not fit
   */
  @Nullable Object[] read(ByteString row) {
    DynamicMessage message;
    try {
      message = DynamicMessage.newBuilder(descriptor).mergeFrom(row).buildPartial();
    } catch (InvalidProtocolBufferException e) {
      throw new Rows.Misfit("root", "Failed to parse the row as the writer's message type.");
    }
    return values(message, columns, "root").toArray();
  }

  private static List<@Nullable Object> values(
      DynamicMessage message, List<Column> columns, String path) {
    List<@Nullable Object> out = new ArrayList<>(columns.size());
    for (Column column : columns) {
      FieldDescriptor from = column.from();
      String where = path + "." + column.field().name();
      SqlType type = column.field().type();
      if (type.is(Kind.ARRAY)) {
        List<Object> items = new ArrayList<>();
        if (from != null) {
          for (Object item : (List<?>) message.getField(from)) {
            items.add(value(type.item(), item, column, where));
          }
        }
        out.add(items);
      } else if (from != null && message.hasField(from)) {
        out.add(value(type, message.getField(from), column, where));
      } else if (column.field().required()) {
        throw new Rows.Misfit(
            where, "Required field is missing: " + column.field().name() + " on field " + where);
      } else {
        out.add(null);
      }
    }
    return out;
  }

  private static Object value(SqlType type, Object value, Column column, String where) {
    try {
      return switch (type.kind()) {
        case INT64 ->
            value instanceof EnumValueDescriptor choice
                ? (long) choice.getNumber()
                : whole(value, column);
        case FLOAT64 -> ((Number) value).doubleValue();
        case NUMERIC -> numeric(value, column);
        case BOOL -> value instanceof Boolean ? value : ((Number) value).longValue() != 0;
        case STRING ->
            value instanceof EnumValueDescriptor choice ? choice.getName() : (String) value;
        case BYTES ->
            value instanceof ByteString bytes
                ? bytes.toByteArray()
                : ((String) value).getBytes(StandardCharsets.UTF_8);
        case DATE ->
            value instanceof String text
                ? LocalDate.parse(Values.canonical(type, text))
                : LocalDate.ofEpochDay(
                    within(whole(value, column), FIRST_DAY, LAST_DAY, "Date", where));
        case DATETIME ->
            value instanceof String text
                ? LocalDateTime.parse(Values.canonical(type, text).replace(' ', 'T'))
                : civil(whole(value, column));
        case TIME ->
            value instanceof String text
                ? LocalTime.parse(Values.canonical(type, text))
                : clock(whole(value, column));
        case TIMESTAMP ->
            value instanceof String text
                ? OffsetDateTime.parse(Values.canonical(type, text).replace(' ', 'T'))
                : timestamp(
                    within(whole(value, column), FIRST_MICRO, LAST_MICRO, "Timestamp", where));
        case JSON -> json((String) value);
        case STRUCT -> values((DynamicMessage) value, column.inner(), where);
        case INTERVAL, ARRAY -> throw new IllegalStateException("no column takes " + type);
      };
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      throw new Rows.Misfit(
          where, "Invalid " + type + " value: " + shown(value) + " on field " + where);
    }
  }

  private static String shown(Object value) {
    String text = value instanceof ByteString bytes ? bytes.size() + " bytes" : value.toString();
    return text.length() > 100 ? text.substring(0, 100) + "..." : text;
  }

  private static long whole(Object value, Column column) {
    FieldDescriptor from = column.from();
    boolean unsigned =
        from != null
            && (from.getType() == FieldDescriptor.Type.UINT32
                || from.getType() == FieldDescriptor.Type.FIXED32);
    return unsigned ? Integer.toUnsignedLong((Integer) value) : ((Number) value).longValue();
  }

  private static long within(long value, long first, long last, String what, String where) {
    if (value < first || value > last) {
      throw new Rows.Misfit(
          where, what + " field value is out of range: " + value + " on field " + where);
    }
    return value;
  }

  private static OffsetDateTime timestamp(long micros) {
    return Instant.ofEpochSecond(
            Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000L)
        .atOffset(ZoneOffset.UTC);
  }

  /** NUMERIC as bytes is a little-endian integer of units of 1e-9. */
  private static BigDecimal numeric(Object value, Column column) {
    BigDecimal number =
        switch (value) {
          case ByteString bytes -> {
            byte[] big = new byte[bytes.size()];
            for (int i = 0; i < big.length; i++) {
              big[i] = bytes.byteAt(big.length - 1 - i);
            }
            yield big.length == 0 ? BigDecimal.ZERO : new BigDecimal(new BigInteger(big), 9);
          }
          case String text -> new BigDecimal(text.strip());
          case Double real -> BigDecimal.valueOf(real);
          case Float real -> new BigDecimal(real.toString());
          default -> BigDecimal.valueOf(whole(value, column));
        };
    BigDecimal scaled = number.setScale(9, RoundingMode.HALF_UP);
    if (scaled.abs().compareTo(NUMERIC_LIMIT) >= 0) {
      throw new IllegalArgumentException("out of range");
    }
    return scaled;
  }

  /** "Packed 64": years, months, days, hours, minutes, seconds and microseconds in bits. */
  private static LocalDateTime civil(long packed) {
    long date = packed >> 37;
    return LocalDate.of((int) (date >> 9), (int) (date >> 5) & 0xF, (int) date & 0x1F)
        .atTime(clock(packed & ((1L << 37) - 1)));
  }

  private static LocalTime clock(long packed) {
    long seconds = packed >> 20;
    if (seconds >> 17 != 0) {
      throw new IllegalArgumentException("no time of day");
    }
    return LocalTime.of(
        (int) (seconds >> 12),
        (int) (seconds >> 6) & 0x3F,
        (int) seconds & 0x3F,
        Math.multiplyExact((int) (packed & 0xF_FFFF), 1000));
  }

  private static String json(String text) {
    try {
      var _ = JsonParser.parseString(text);
      return text;
    } catch (JsonParseException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
