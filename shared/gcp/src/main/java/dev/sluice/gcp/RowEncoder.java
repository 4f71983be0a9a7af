package dev.sluice.gcp;

import com.google.cloud.bigquery.storage.v1.BQTableSchemaToProtoDescriptor;
import com.google.cloud.bigquery.storage.v1.BigDecimalByteStringEncoder;
import com.google.cloud.bigquery.storage.v1.CivilTimeEncoder;
import com.google.cloud.bigquery.storage.v1.ProtoSchema;
import com.google.cloud.bigquery.storage.v1.ProtoSchemaConverter;
import com.google.cloud.bigquery.storage.v1.TableFieldSchema;
import com.google.cloud.bigquery.storage.v1.TableSchema;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.sluice.contracts.Bug;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows as the messages that one schema of a table asks for. */
final class RowEncoder {
  /** A column that the schema does not have, which a newer one may. */
  static final class UnknownColumn extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownColumn(String column) {
      super(column);
    }
  }

  private record Column(TableFieldSchema schema, FieldDescriptor field, Fields inner) {}

  /** The columns of a table, or the fields of a RECORD; {@code byName} is in lower case. */
  private record Fields(Descriptor type, List<Column> columns, Map<String, Column> byName) {
    /** Google's descriptor has the schema's fields in order, under names of its own making. */
    static Fields of(Descriptor type, List<TableFieldSchema> schema) {
      Map<String, Column> byName = new HashMap<>();
      List<Column> columns = new ArrayList<>();
      for (int i = 0; i < schema.size(); i++) {
        FieldDescriptor field = type.getFields().get(i);
        TableFieldSchema column = schema.get(i);
        Column made =
            new Column(
                column,
                field,
                column.getType() == TableFieldSchema.Type.STRUCT
                    ? of(field.getMessageType(), column.getFieldsList())
                    : new Fields(type, List.of(), Map.of()));
        columns.add(made);
        byName.put(column.getName().toLowerCase(Locale.ROOT), made);
      }
      return new Fields(type, List.copyOf(columns), byName);
    }
  }

  private final String table;
  private final Fields root;
  private final ProtoSchema schema;

  private RowEncoder(String table, Fields root) {
    this.table = table;
    this.root = root;
    this.schema = ProtoSchemaConverter.convert(root.type());
  }

  /**
   * @param table told in errors
   */
  static RowEncoder of(String table, TableSchema schema) {
    try {
      return new RowEncoder(
          table,
          Fields.of(
              BQTableSchemaToProtoDescriptor.convertBQTableSchemaToProtoDescriptor(schema),
              schema.getFieldsList()));
    } catch (DescriptorValidationException e) {
      throw new Bug("table " + table + " has a schema that rows cannot be written for", e);
    }
  }

  /** What a writer tells of its rows. */
  ProtoSchema schema() {
    return schema;
  }

  /**
   * @param number of the row, told in errors
   * @throws UnknownColumn where the schema lacks a column
   * @throws Bug where a value does not fit
   */
  ByteString encode(int number, Map<String, @Nullable Object> row) {
    return message(root, row, "table " + table + ", row " + number + ", column ", "")
        .toByteString();
  }

  private static DynamicMessage message(Fields record, Map<?, ?> row, String where, String path) {
    DynamicMessage.Builder out = DynamicMessage.newBuilder(record.type());
    for (Map.Entry<?, ?> entry : row.entrySet()) {
      String name = String.valueOf(entry.getKey());
      Column column = record.byName().get(name.toLowerCase(Locale.ROOT));
      if (column == null) {
        throw new UnknownColumn(path + name);
      }
      Object value = entry.getValue();
      if (value == null) {
        continue;
      }
      String at = path + column.schema().getName();
      if (column.schema().getMode() == TableFieldSchema.Mode.REPEATED) {
        if (!(value instanceof Collection<?> values)) {
          throw misfit(where + at, column, value);
        }
        for (Object element : values) {
          if (element == null) {
            throw new Bug(where + at + ": a REPEATED value cannot hold null");
          }
          out.addRepeatedField(column.field(), value(column, element, where, at));
        }
      } else {
        out.setField(column.field(), value(column, value, where, at));
      }
    }
    for (Column column : record.columns()) {
      if (column.schema().getMode() == TableFieldSchema.Mode.REQUIRED
          && !out.hasField(column.field())) {
        throw new Bug(
            where + path + column.schema().getName() + ": the column is REQUIRED and has no value");
      }
    }
    return out.build();
  }

  private static Object value(Column column, Object value, String where, String at) {
    try {
      Object converted =
          switch (column.schema().getType()) {
            case INT64 -> whole(value);
            case DOUBLE -> value instanceof Number number ? number.doubleValue() : null;
            case NUMERIC -> BigDecimalByteStringEncoder.encodeToNumericByteString(decimal(value));
            case BIGNUMERIC ->
                BigDecimalByteStringEncoder.encodeToBigNumericByteString(decimal(value));
            case BOOL -> value instanceof Boolean ? value : null;
            case STRING -> value instanceof Enum<?> choice ? choice.name() : text(value);
            case JSON, GEOGRAPHY, INTERVAL -> text(value);
            case BYTES -> value instanceof byte[] bytes ? ByteString.copyFrom(bytes) : null;
            case DATE ->
                (int)
                    (value instanceof LocalDate day ? day : LocalDate.parse(needText(value)))
                        .toEpochDay();
            case DATETIME ->
                CivilTimeEncoder.encodePacked64DatetimeMicrosLocalDateTime(
                    (value instanceof LocalDateTime time
                            ? time
                            : LocalDateTime.parse(needText(value)))
                        .truncatedTo(ChronoUnit.MICROS));
            case TIME ->
                CivilTimeEncoder.encodePacked64TimeMicrosLocalTime(
                    (value instanceof LocalTime time ? time : LocalTime.parse(needText(value)))
                        .truncatedTo(ChronoUnit.MICROS));
            case TIMESTAMP ->
                ChronoUnit.MICROS.between(
                    Instant.EPOCH,
                    value instanceof Instant time ? time : Instant.parse(needText(value)));
            case STRUCT ->
                value instanceof Map<?, ?> record
                    ? message(column.inner(), record, where, at + ".")
                    : null;
            case RANGE, TYPE_UNSPECIFIED, UNRECOGNIZED -> null;
          };
      if (converted != null) {
        return converted;
      }
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      throw misfit(where + at, column, value);
    }
    throw misfit(where + at, column, value);
  }

  private static @Nullable Long whole(Object value) {
    return switch (value) {
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case BigInteger number -> number.longValueExact();
      default -> null;
    };
  }

  private static BigDecimal decimal(Object value) {
    return switch (value) {
      case BigDecimal number -> number;
      case Double number -> BigDecimal.valueOf(number);
      default -> new BigDecimal(value.toString());
    };
  }

  private static @Nullable String text(Object value) {
    return value instanceof CharSequence text ? text.toString() : null;
  }

  private static String needText(Object value) {
    String text = text(value);
    if (text == null) {
      throw new IllegalArgumentException("neither a time nor its text");
    }
    return text;
  }

  private static Bug misfit(String where, Column column, Object value) {
    String shown = value instanceof byte[] bytes ? bytes.length + " bytes" : value.toString();
    boolean repeated = column.schema().getMode() == TableFieldSchema.Mode.REPEATED;
    return new Bug(
        where
            + ": '"
            + (shown.length() > 100 ? shown.substring(0, 100) + "..." : shown)
            + "' ("
            + value.getClass().getSimpleName()
            + ") does not fit "
            + (repeated ? "REPEATED " : "")
            + column.schema().getType()
            + "; make the row and the table's schema agree");
  }
}
