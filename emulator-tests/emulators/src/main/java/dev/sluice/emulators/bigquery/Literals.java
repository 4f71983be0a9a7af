package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Constants: typed literals of the query text and query parameters, as DuckDB's text. */
final class Literals {
  private Literals() {}

  static Sql integer(long value) {
    return Sql.literal(
        value < 0 ? "CAST('" + value + "' AS BIGINT)" : value + "::BIGINT", SqlType.INT64);
  }

  static Sql bytes(String latin) {
    String hex = HexFormat.of().formatHex(latin.getBytes(StandardCharsets.ISO_8859_1));
    return Sql.literal("unhex('" + hex + "')", SqlType.BYTES);
  }

  static Sql of(SqlType type, String value, String where) {
    try {
      return switch (type.kind()) {
        case INT64 -> integer(Long.parseLong(value.strip()));
        case FLOAT64 -> Sql.literal("CAST('" + Values.parseDouble(value) + "' AS DOUBLE)", type);
        case NUMERIC ->
            Sql.literal(
                "CAST('"
                    + new java.math.BigDecimal(value.strip()).toPlainString()
                    + "' AS DECIMAL(38,9))",
                type);
        case BOOL -> Sql.literal(Boolean.parseBoolean(value) ? "TRUE" : "FALSE", type);
        case STRING -> Sql.literal(Sql.string(value) + "::VARCHAR", type);
        case BYTES ->
            bytes(new String(Base64.getDecoder().decode(value), StandardCharsets.ISO_8859_1));
        case JSON -> Sql.literal("CAST(" + Sql.string(value) + " AS JSON)", type);
        case DATE, DATETIME, TIME, TIMESTAMP ->
            Sql.literal(
                "CAST(" + Sql.string(Values.canonical(type, value)) + " AS " + type.duck() + ")",
                type);
        default -> throw ApiError.notSpoken("a literal of type " + type);
      };
    } catch (IllegalArgumentException e) {
      throw ApiError.invalidQuery("Invalid " + type + " literal: \"" + value + "\"" + where);
    }
  }

  /** {@code queryParameters} of a request, by lower-case name or {@code #position}. */
  static Map<String, Sql> parameters(JsonArray parameters) {
    Map<String, Sql> out = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      JsonObject parameter = parameters.get(i).getAsJsonObject();
      SqlType type = type(parameter.getAsJsonObject("parameterType"));
      JsonElement given = parameter.get("parameterValue");
      Sql value =
          value(
              type,
              given == null || !given.isJsonObject() ? new JsonObject() : given.getAsJsonObject());
      boolean named = parameter.has("name") && !parameter.get("name").getAsString().isEmpty();
      out.put(
          named ? parameter.get("name").getAsString().toLowerCase(Locale.ROOT) : "#" + i, value);
    }
    return out;
  }

  private static SqlType type(JsonObject type) {
    String name = type.get("type").getAsString();
    if (name.equals("ARRAY")) {
      return SqlType.array(type(type.getAsJsonObject("arrayType")));
    }
    if (name.equals("STRUCT")) {
      List<SqlType.Field> fields = new ArrayList<>();
      for (JsonElement field : type.getAsJsonArray("structTypes")) {
        JsonObject object = field.getAsJsonObject();
        fields.add(
            SqlType.Field.of(
                object.has("name") ? object.get("name").getAsString() : "",
                type(object.getAsJsonObject("type"))));
      }
      return SqlType.struct(fields);
    }
    SqlType scalar = SqlType.parse(name);
    if (scalar == null) {
      throw ApiError.notSpoken("query parameters of type " + name);
    }
    return scalar;
  }

  private static Sql value(SqlType type, JsonObject value) {
    return switch (type.kind()) {
      case ARRAY -> {
        List<String> items = new ArrayList<>();
        if (value.has("arrayValues")) {
          for (JsonElement item : value.getAsJsonArray("arrayValues")) {
            items.add(value(type.item(), item.getAsJsonObject()).text());
          }
        }
        yield Sql.of("CAST([" + String.join(", ", items) + "] AS " + type.duck() + ")", type);
      }
      case STRUCT -> {
        JsonObject given =
            value.has("structValues") ? value.getAsJsonObject("structValues") : new JsonObject();
        List<Sql> values = new ArrayList<>();
        for (SqlType.Field field : type.fields()) {
          values.add(
              value(
                  field.type(),
                  given.has(field.name())
                      ? given.getAsJsonObject(field.name())
                      : new JsonObject()));
        }
        yield Translator.structOf(type.fields(), values);
      }
      default -> {
        JsonElement scalar = value.get("value");
        yield scalar == null || scalar.isJsonNull()
            ? Sql.literal("CAST(NULL AS " + type.duck() + ")", type)
            : of(type, scalar.getAsString(), "");
      }
    };
  }
}
