package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rows in BigQuery's JSON: into a table (every leaf a text that DuckDB casts) and out of results.
 */
final class Rows {
  /** One value that does not fit its field. */
  static final class Misfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String location;

    Misfit(String location, String message) {
      super(message);
      this.location = location;
    }

    String location() {
      return location;
    }
  }

  private Rows() {}

  /** The row with canonical texts; throws {@link Misfit} at the first value that does not fit. */
  static JsonObject read(List<Field> fields, JsonObject row, String prefix, boolean ignoreUnknown) {
    JsonObject out = new JsonObject();
    for (Map.Entry<String, JsonElement> entry : row.entrySet()) {
      Field field =
          fields.stream()
              .filter(f -> f.name().equalsIgnoreCase(entry.getKey()))
              .findFirst()
              .orElse(null);
      if (field == null) {
        if (!ignoreUnknown) {
          String path = prefix + entry.getKey();
          throw new Misfit(path, "no such field: " + path + ".");
        }
        continue;
      }
      String path = prefix + field.name();
      if (field.type().is(Kind.ARRAY)) {
        JsonArray items = new JsonArray();
        if (!entry.getValue().isJsonNull()) {
          if (!entry.getValue().isJsonArray()) {
            throw new Misfit(path, "Field value cannot be empty or is not an array: " + path + ".");
          }
          for (JsonElement item : entry.getValue().getAsJsonArray()) {
            if (item.isJsonNull()) {
              throw new Misfit(
                  path,
                  "Only optional fields can be set to NULL. Field: " + path + "; Value: NULL");
            }
            items.add(leaf(field.type().item(), item, path, ignoreUnknown));
          }
        }
        out.add(field.name(), items);
      } else if (!entry.getValue().isJsonNull()) {
        out.add(field.name(), leaf(field.type(), entry.getValue(), path, ignoreUnknown));
      }
    }
    for (Field field : fields) {
      if (field.required() && !out.has(field.name())) {
        throw new Misfit(
            prefix + field.name(), "Missing required field: " + prefix + field.name() + ".");
      }
      if (field.type().is(Kind.ARRAY) && !out.has(field.name())) {
        out.add(field.name(), new JsonArray());
      }
    }
    return out;
  }

  private static JsonElement leaf(SqlType type, JsonElement value, String path, boolean ignore) {
    if (type.is(Kind.STRUCT)) {
      if (!value.isJsonObject()) {
        throw new Misfit(path, "This field: " + path + " is not a record.");
      }
      return read(type.fields(), value.getAsJsonObject(), path + ".", ignore);
    }
    if (type.is(Kind.JSON)) {
      return new JsonPrimitive(
          value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()
              ? value.getAsString()
              : value.toString());
    }
    if (value.isJsonArray()) {
      throw new Misfit(path, "Array specified for non-repeated field: " + path + ".");
    }
    if (value.isJsonObject()) {
      throw new Misfit(path, "This field: " + path + " is not a record.");
    }
    String text = value.getAsString();
    try {
      return new JsonPrimitive(canonical(type, value.getAsJsonPrimitive(), text));
    } catch (IllegalArgumentException e) {
      String bad =
          switch (type.kind()) {
            case INT64 -> "Cannot convert value to integer (bad value): " + text;
            case FLOAT64 -> "Cannot convert value to floating point (bad value): " + text;
            case BOOL -> "Cannot convert value to boolean (bad value): " + text;
            case TIMESTAMP ->
                "Could not parse '"
                    + text
                    + "' as a timestamp. Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or"
                    + " YYYY/MM/DD HH:MM[:SS[.SSSSSS]]";
            case BYTES -> "Could not decode base64 string to bytes. Field: " + path;
            default -> "Invalid " + type + " string \"" + text + "\" Field: " + path;
          };
      throw new Misfit(path, bad);
    }
  }

  private static String canonical(SqlType type, JsonPrimitive value, String text) {
    return switch (type.kind()) {
      case INT64 -> {
        if (value.isBoolean()) {
          throw new IllegalArgumentException("a boolean");
        }
        try {
          yield Long.toString(new BigDecimal(text.strip()).longValueExact());
        } catch (ArithmeticException e) {
          throw new IllegalArgumentException(text, e);
        }
      }
      case FLOAT64 -> Double.toString(Values.parseDouble(text));
      case NUMERIC -> new BigDecimal(text.strip()).toPlainString();
      case BOOL -> {
        if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
          throw new IllegalArgumentException(text);
        }
        yield text;
      }
      case BYTES ->
          Base64.getEncoder()
              .encodeToString(Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/')));
      case TIMESTAMP -> {
        boolean number = value.isNumber() || text.matches("-?\\d+(\\.\\d+)?([eE]\\d+)?");
        if (!number) {
          yield Values.canonical(
              type,
              text.replaceFirst("^(\\d{4})/(\\d\\d)/(\\d\\d)", "$1-$2-$3")
                  .replaceFirst("^(\\S+[ T]\\d\\d:\\d\\d)$", "$1:00"));
        }
        long micros =
            new BigDecimal(text)
                .movePointRight(6)
                .setScale(0, java.math.RoundingMode.HALF_UP)
                .longValueExact();
        java.time.Instant at =
            java.time.Instant.ofEpochSecond(
                Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000L);
        java.time.LocalDateTime utc =
            java.time.LocalDateTime.ofInstant(at, java.time.ZoneOffset.UTC);
        yield utc.toLocalDate() + " " + Values.clock(utc.toLocalTime()) + "+00";
      }
      case DATE, DATETIME, TIME -> Values.canonical(type, text);
      default -> text;
    };
  }

  /** DuckDB's {@code from_json} structure for rows that {@link #read} gave. */
  static String structure(List<Field> fields) {
    return "[" + object(fields) + "]";
  }

  private static JsonElement shape(SqlType type) {
    if (type.is(Kind.ARRAY)) {
      JsonArray list = new JsonArray();
      list.add(shape(type.item()));
      return list;
    }
    return type.is(Kind.STRUCT) ? object(type.fields()) : new JsonPrimitive("VARCHAR");
  }

  private static JsonObject object(List<Field> fields) {
    JsonObject out = new JsonObject();
    fields.forEach(field -> out.add(field.name(), shape(field.type())));
    return out;
  }

  /** The typed value of {@code x}, which {@link #structure} left as texts. */
  static String typed(String x, SqlType type) {
    return switch (type.kind()) {
      case STRING -> x;
      case BYTES -> "from_base64(" + x + ")";
      case ARRAY -> "list_transform(" + x + ", lambda e: " + typed("e", type.item()) + ")";
      case STRUCT ->
          "CASE WHEN "
              + x
              + " IS NULL THEN NULL ELSE "
              + type.fields().stream()
                  .map(f ->
                      Sql.quote(f.name())
                          + " := "
                          + typed(
                              "struct_extract(" + x + ", " + Sql.string(f.name()) + ")", f.type()))
                  .collect(Collectors.joining(", ", "struct_pack(", ")"))
              + " END";
      default -> "CAST(" + x + " AS " + type.duck() + ")";
    };
  }

  /** SQL that turns a result's value into what {@link #encode} takes. */
  static String wire(String x, SqlType type) {
    return switch (type.kind()) {
      case INT64, FLOAT64, BOOL, STRING -> x;
      case BYTES -> "to_base64(" + x + ")";
      case TIMESTAMP -> "epoch_us(" + x + ")";
      case DATE, TIME, NUMERIC -> Casts.toString(x, type, false);
      case DATETIME -> "replace(" + Casts.toString(x, type, false) + ", ' ', 'T')";
      case JSON, INTERVAL -> "CAST(" + x + " AS VARCHAR)";
      case ARRAY -> {
        String inner = wire("e", type.item());
        yield inner.equals("e") ? x : "list_transform(" + x + ", lambda e: " + inner + ")";
      }
      case STRUCT -> {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < type.fields().size(); i++) {
          parts.add(
              "f"
                  + i
                  + " := "
                  + wire(Translator.field(Sql.of(x, type), i).text(), type.fields().get(i).type()));
        }
        yield "CASE WHEN "
            + x
            + " IS NULL THEN NULL ELSE struct_pack("
            + String.join(", ", parts)
            + ") END";
      }
    };
  }

  /** A JDBC value without its tie to the connection. */
  static @Nullable Object detach(@Nullable Object value) throws java.sql.SQLException {
    if (value instanceof java.sql.Array array) {
      Object[] items = (Object[]) array.getArray();
      List<@Nullable Object> out = new ArrayList<>();
      for (Object item : items) {
        out.add(detach(item));
      }
      return out;
    }
    if (value instanceof java.sql.Struct struct) {
      List<@Nullable Object> out = new ArrayList<>();
      for (Object item : struct.getAttributes()) {
        out.add(detach(item));
      }
      return out;
    }
    return value;
  }

  static JsonElement encode(@Nullable Object value, SqlType type, boolean int64Timestamps) {
    if (type.is(Kind.ARRAY)) {
      JsonArray out = new JsonArray();
      if (value instanceof List<?> items) {
        for (Object item : items) {
          JsonObject cell = new JsonObject();
          cell.add("v", encode(item, type.item(), int64Timestamps));
          out.add(cell);
        }
      }
      return out;
    }
    if (value == null) {
      return JsonNull.INSTANCE;
    }
    if (type.is(Kind.STRUCT)) {
      return row(((List<?>) value).toArray(), type.fields(), int64Timestamps);
    }
    if (type.is(Kind.TIMESTAMP) && !int64Timestamps) {
      return new JsonPrimitive(Double.toString(((Number) value).longValue() / 1e6));
    }
    return new JsonPrimitive(value.toString());
  }

  static JsonObject row(@Nullable Object[] values, List<Field> fields, boolean int64Timestamps) {
    JsonArray cells = new JsonArray();
    for (int i = 0; i < fields.size(); i++) {
      JsonObject cell = new JsonObject();
      cell.add("v", encode(values[i], fields.get(i).type(), int64Timestamps));
      cells.add(cell);
    }
    JsonObject row = new JsonObject();
    row.add("f", cells);
    return row;
  }
}
