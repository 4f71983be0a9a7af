package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows as BigQuery's Storage Read API writes them in Avro (specification 1.11, "Binary Encoding"):
 * the schema's text, and records one after the other without a container. Values come as {@link
 * Rows#wire} leaves them.
 */
final class AvroRows {
  private final List<Field> fields;
  private int records;

  AvroRows(List<Field> fields) {
    this.fields = fields;
  }

  /** As Google names things: the row is {@code __root__}, RECORDs are {@code __s_0} and on. */
  String schema() {
    records = 0;
    return record("__root__", fields).toString();
  }

  private JsonObject record(String name, List<Field> of) {
    JsonObject out = new JsonObject();
    out.addProperty("type", "record");
    out.addProperty("name", name);
    JsonArray members = new JsonArray();
    for (Field field : of) {
      JsonObject member = new JsonObject();
      member.addProperty("name", field.name());
      if (field.type().is(Kind.ARRAY)) {
        JsonObject array = new JsonObject();
        array.addProperty("type", "array");
        array.add("items", type(field.type().item()));
        member.add("type", array);
      } else if (field.required()) {
        member.add("type", type(field.type()));
      } else {
        JsonArray union = new JsonArray();
        union.add("null");
        union.add(type(field.type()));
        member.add("type", union);
      }
      if (!field.description().isEmpty()) {
        member.addProperty("doc", field.description());
      }
      members.add(member);
    }
    out.add("fields", members);
    return out;
  }

  private com.google.gson.JsonElement type(SqlType type) {
    return switch (type.kind()) {
      case INT64 -> new JsonPrimitive("long");
      case FLOAT64 -> new JsonPrimitive("double");
      case BOOL -> new JsonPrimitive("boolean");
      case STRING -> new JsonPrimitive("string");
      case BYTES -> new JsonPrimitive("bytes");
      case NUMERIC -> {
        JsonObject decimal = annotated("bytes", "logicalType", "decimal");
        decimal.addProperty("precision", 38);
        decimal.addProperty("scale", 9);
        yield decimal;
      }
      case DATE -> annotated("int", "logicalType", "date");
      case TIME -> annotated("long", "logicalType", "time-micros");
      case TIMESTAMP -> annotated("long", "logicalType", "timestamp-micros");
      case DATETIME -> annotated("string", "sqlType", "DATETIME");
      case JSON -> annotated("string", "sqlType", "JSON");
      case INTERVAL -> annotated("string", "sqlType", "INTERVAL");
      case STRUCT -> record("__s_" + records++, type.fields());
      case ARRAY -> throw new IllegalStateException("an array of arrays");
    };
  }

  private static JsonObject annotated(String type, String name, String value) {
    JsonObject out = new JsonObject();
    out.addProperty("type", type);
    out.addProperty(name, value);
    return out;
  }

  /** The row's columns for a query over {@code t}. */
  String columns() {
    return fields.isEmpty()
        ? "1"
        : String.join(
            ", ",
            fields.stream()
                .map(field -> Rows.wire("t." + Sql.quote(field.name()), field.type()))
                .toList());
  }

  void write(List<@Nullable Object> row, ByteArrayOutputStream out) {
    members(fields, row, out);
  }

  private static void members(
      List<Field> of, List<? extends @Nullable Object> values, ByteArrayOutputStream out) {
    for (int i = 0; i < of.size(); i++) {
      Field field = of.get(i);
      Object value = values.get(i);
      if (field.type().is(Kind.ARRAY)) {
        List<?> items = value instanceof List<?> list ? list : List.of();
        if (!items.isEmpty()) {
          number(items.size(), out);
          for (Object item : items) {
            value(field.type().item(), item, out);
          }
        }
        number(0, out);
      } else if (field.required()) {
        value(field.type(), value, out);
      } else if (value == null) {
        number(0, out);
      } else {
        number(1, out);
        value(field.type(), value, out);
      }
    }
  }

  private static void value(SqlType type, @Nullable Object value, ByteArrayOutputStream out) {
    if (value == null) {
      throw new IllegalStateException("a value that cannot be NULL is");
    }
    switch (type.kind()) {
      case INT64, TIMESTAMP -> number(((Number) value).longValue(), out);
      case FLOAT64 -> {
        long bits = Double.doubleToRawLongBits(((Number) value).doubleValue());
        for (int shift = 0; shift < 64; shift += 8) {
          out.write((int) (bits >>> shift));
        }
      }
      case BOOL -> out.write((Boolean) value ? 1 : 0);
      case BYTES -> bytes(Base64.getDecoder().decode(value.toString()), out);
      case NUMERIC ->
          bytes(
              new BigDecimal(value.toString())
                  .setScale(9, RoundingMode.UNNECESSARY)
                  .unscaledValue()
                  .toByteArray(),
              out);
      case DATE -> number(LocalDate.parse(value.toString()).toEpochDay(), out);
      case TIME -> number(LocalTime.parse(value.toString()).toNanoOfDay() / 1000, out);
      case STRING, DATETIME, JSON, INTERVAL ->
          bytes(value.toString().getBytes(StandardCharsets.UTF_8), out);
      case STRUCT -> members(type.fields(), (List<?>) value, out);
      case ARRAY -> throw new IllegalStateException("an array of arrays");
    }
  }

  private static void bytes(byte[] bytes, ByteArrayOutputStream out) {
    number(bytes.length, out);
    out.writeBytes(bytes);
  }

  /** Zig-zag, then seven bits a byte, the least first. */
  private static void number(long value, ByteArrayOutputStream out) {
    long left = (value << 1) ^ (value >> 63);
    while ((left & ~0x7FL) != 0) {
      out.write((int) (left & 0x7F) | 0x80);
      left >>>= 7;
    }
    out.write((int) left);
  }
}
