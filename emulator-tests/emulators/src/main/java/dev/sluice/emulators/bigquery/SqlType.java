package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A GoogleSQL type. ARRAY has an element and STRUCT has fields; the others have neither.
 *
 * @param fields of a STRUCT, in order; a field without a name has the empty one
 */
record SqlType(Kind kind, @Nullable SqlType element, List<Field> fields) {
  enum Kind {
    INT64("BIGINT", "INTEGER"),
    FLOAT64("DOUBLE", "FLOAT"),
    NUMERIC("DECIMAL(38,9)", "NUMERIC"),
    BOOL("BOOLEAN", "BOOLEAN"),
    STRING("VARCHAR", "STRING"),
    BYTES("BLOB", "BYTES"),
    DATE("DATE", "DATE"),
    DATETIME("TIMESTAMP", "DATETIME"),
    TIME("TIME", "TIME"),
    TIMESTAMP("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"),
    JSON("JSON", "JSON"),
    INTERVAL("INTERVAL", "INTERVAL"),
    ARRAY("", ""),
    STRUCT("", "RECORD");

    private final String duck;
    private final String wire;

    Kind(String duck, String wire) {
      this.duck = duck;
      this.wire = wire;
    }
  }

  /** A column, or a field of a STRUCT. REPEATED shows as a type of kind ARRAY. */
  record Field(String name, SqlType type, boolean required, String description) {
    static Field of(String name, SqlType type) {
      return new Field(name, type, false, "");
    }

    /** Reads one element of {@code TableSchema.fields}; Terraform's files have the same form. */
    static Field fromJson(JsonObject json) {
      if (!json.has("name") || !json.has("type")) {
        throw ApiError.invalid("A schema field needs a name and a type: " + json);
      }
      String mode =
          json.has("mode") && !json.get("mode").isJsonNull()
              ? json.get("mode").getAsString().toUpperCase(Locale.ROOT)
              : "NULLABLE";
      String type = json.get("type").getAsString().toUpperCase(Locale.ROOT);
      SqlType base;
      if (type.equals("RECORD") || type.equals("STRUCT")) {
        base = struct(schema(json.get("fields")));
        if (base.fields().isEmpty()) {
          throw ApiError.invalid(
              "Field " + json.get("name").getAsString() + " is type RECORD but has no schema");
        }
      } else {
        base = parse(type);
        if (base == null) {
          throw ApiError.invalid(
              "Invalid value for type: " + type + " is not a valid value (or not emulated)");
        }
      }
      String text = json.has("description") ? json.get("description").getAsString() : "";
      return switch (mode) {
        case "NULLABLE" -> new Field(json.get("name").getAsString(), base, false, text);
        case "REQUIRED" -> new Field(json.get("name").getAsString(), base, true, text);
        case "REPEATED" -> new Field(json.get("name").getAsString(), array(base), false, text);
        default -> throw ApiError.invalid("Invalid value for mode: " + mode);
      };
    }

    JsonObject toJson() {
      JsonObject json = new JsonObject();
      SqlType base = type.item();
      json.addProperty("name", name);
      json.addProperty("type", base.kind.wire);
      json.addProperty(
          "mode", type.kind == Kind.ARRAY ? "REPEATED" : required ? "REQUIRED" : "NULLABLE");
      if (base.kind == Kind.STRUCT) {
        json.add("fields", toJsonArray(base.fields));
      }
      if (!description.isEmpty()) {
        json.addProperty("description", description);
      }
      return json;
    }
  }

  static final SqlType INT64 = of(Kind.INT64);
  static final SqlType FLOAT64 = of(Kind.FLOAT64);
  static final SqlType NUMERIC = of(Kind.NUMERIC);
  static final SqlType BOOL = of(Kind.BOOL);
  static final SqlType STRING = of(Kind.STRING);
  static final SqlType BYTES = of(Kind.BYTES);
  static final SqlType DATE = of(Kind.DATE);
  static final SqlType DATETIME = of(Kind.DATETIME);
  static final SqlType TIME = of(Kind.TIME);
  static final SqlType TIMESTAMP = of(Kind.TIMESTAMP);
  static final SqlType JSON = of(Kind.JSON);
  static final SqlType INTERVAL = of(Kind.INTERVAL);

  static SqlType of(Kind kind) {
    return new SqlType(kind, null, List.of());
  }

  static SqlType array(SqlType element) {
    return new SqlType(Kind.ARRAY, element, List.of());
  }

  static SqlType struct(List<Field> fields) {
    return new SqlType(Kind.STRUCT, null, List.copyOf(fields));
  }

  /** A scalar type by any of its names, or null. */
  static @Nullable SqlType parse(String name) {
    return switch (name.toUpperCase(Locale.ROOT)) {
      case "INT64", "INTEGER", "INT", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT" -> INT64;
      case "FLOAT64", "FLOAT" -> FLOAT64;
      case "NUMERIC", "DECIMAL" -> NUMERIC;
      case "BOOL", "BOOLEAN" -> BOOL;
      case "STRING" -> STRING;
      case "BYTES" -> BYTES;
      case "DATE" -> DATE;
      case "DATETIME" -> DATETIME;
      case "TIME" -> TIME;
      case "TIMESTAMP" -> TIMESTAMP;
      case "JSON" -> JSON;
      default -> null;
    };
  }

  static List<Field> schema(@Nullable JsonElement fields) {
    List<Field> out = new ArrayList<>();
    if (fields != null && fields.isJsonArray()) {
      for (JsonElement field : fields.getAsJsonArray()) {
        Field read = Field.fromJson(field.getAsJsonObject());
        if (out.stream().anyMatch(f -> f.name().equalsIgnoreCase(read.name()))) {
          throw ApiError.invalid("Field " + read.name() + " already exists in schema");
        }
        if (!read.name().matches("[\\p{L}\\p{M}\\p{N}_\\- ]{1,300}")) {
          throw ApiError.invalid(
              "Invalid field name \""
                  + read.name()
                  + "\". Fields must contain the allowed characters, and be at most 300 characters"
                  + " long.");
        }
        out.add(read);
      }
    }
    return out;
  }

  static JsonArray toJsonArray(List<Field> fields) {
    JsonArray out = new JsonArray();
    fields.forEach(field -> out.add(field.toJson()));
    return out;
  }

  boolean is(Kind other) {
    return kind == other;
  }

  boolean numeric() {
    return kind == Kind.INT64 || kind == Kind.FLOAT64 || kind == Kind.NUMERIC;
  }

  /** The element of an ARRAY, or the type itself. */
  SqlType item() {
    return element == null ? this : element;
  }

  /** DuckDB's type for the values of this one. */
  String duck() {
    return switch (kind) {
      case ARRAY -> item().duck() + "[]";
      case STRUCT -> {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
          parts.add(Sql.quote(fieldKey(i)) + " " + fields.get(i).type().duck());
        }
        yield "STRUCT(" + String.join(", ", parts) + ")";
      }
      default -> kind.duck;
    };
  }

  /** DuckDB wants distinct names in a struct; GoogleSQL lets them be absent or repeated. */
  String fieldKey(int index) {
    String name = fields.get(index).name();
    boolean taken =
        name.isEmpty()
            || fields.subList(0, index).stream().anyMatch(f -> f.name().equalsIgnoreCase(name));
    return taken ? "_field_" + (index + 1) : name;
  }

  /** Equal but for names of fields, modes and descriptions. */
  boolean sameShape(SqlType other) {
    if (kind != other.kind || fields.size() != other.fields.size()) {
      return false;
    }
    if (kind == Kind.ARRAY) {
      return item().sameShape(other.item());
    }
    for (int i = 0; i < fields.size(); i++) {
      if (!fields.get(i).type().sameShape(other.fields.get(i).type())) {
        return false;
      }
    }
    return true;
  }

  boolean orderable() {
    return kind != Kind.ARRAY && kind != Kind.STRUCT && kind != Kind.JSON;
  }

  @Override
  public String toString() {
    return switch (kind) {
      case ARRAY -> "ARRAY<" + item() + ">";
      case STRUCT ->
          fields.stream()
              .map(f -> f.name().isEmpty() ? f.type().toString() : f.name() + " " + f.type())
              .collect(Collectors.joining(", ", "STRUCT<", ">"));
      default -> kind.name();
    };
  }
}
