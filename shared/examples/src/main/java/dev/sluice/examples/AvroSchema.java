package dev.sluice.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import dev.sluice.contracts.BadInput;
import dev.sluice.examples.AvroType.Form;
import dev.sluice.examples.AvroType.Plain;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of an Avro schema (Apache Avro 1.12 specification, "Schema Declaration", "Names",
 * "Logical Types"), and BigQuery's {@code sqlType}. Defaults, aliases, orders and docs do not
 * matter to who reads with the writer's schema and are passed over. A logical type that does not
 * fit what it annotates counts as not there, as the specification asks. A type that contains itself
 * is refused.
 */
final class AvroSchema {
  private static final int MILLIS = 1000;
  private static final int MICROS = 1_000_000;
  private static final int NANOS = 1_000_000_000;
  private static final int UUID_BYTES = 16;

  private final Map<String, AvroType> types = new HashMap<>();
  private final Set<String> open = new HashSet<>();

  private AvroSchema() {}

  /**
   * @throws BadInput where the text is no schema; the message is the end of a sentence about the
   *     object
   */
  static AvroType parse(String json) {
    try (JsonReader reader = new JsonReader(new StringReader(json))) {
      reader.setStrictness(Strictness.STRICT);
      JsonElement tree = JsonParser.parseReader(reader);
      return new AvroSchema().type(tree, "");
    } catch (JsonParseException | java.io.IOException | IllegalStateException e) {
      throw new BadInput("is no JSON: " + e.getMessage(), e);
    }
  }

  private AvroType type(JsonElement json, String space) {
    if (json.isJsonArray()) {
      return union(json.getAsJsonArray(), space);
    }
    if (json.isJsonObject()) {
      return type(json.getAsJsonObject(), space);
    }
    return named(text(json, "type"), space);
  }

  private AvroType named(String name, String space) {
    Plain plain = primitive(name);
    if (plain != null) {
      return plain;
    }
    String full = full(name, space);
    AvroType type = types.get(full);
    // A name without a namespace may also be one of those without any.
    String found = type == null && !open.contains(full) ? name : full;
    if (open.contains(found)) {
      throw new BadInput(
          "has the type " + found + ", which contains itself; write rows of plain columns");
    }
    type = types.get(found);
    if (type == null) {
      throw new BadInput("names the type " + name + ", which it does not define");
    }
    return type;
  }

  private static @Nullable Plain primitive(String name) {
    return switch (name) {
      case "null" -> Plain.of(Form.NULL);
      case "boolean" -> Plain.of(Form.BOOLEAN);
      case "int", "long" -> Plain.of(Form.INTEGER);
      case "float" -> Plain.of(Form.FLOAT);
      case "double" -> Plain.of(Form.DOUBLE);
      case "bytes" -> Plain.of(Form.BYTES);
      case "string" -> Plain.of(Form.STRING);
      default -> null;
    };
  }

  private AvroType union(JsonArray json, String space) {
    List<AvroType> branches = new ArrayList<>();
    for (JsonElement branch : json) {
      AvroType type = type(branch, space);
      if (type instanceof AvroType.Union) {
        throw new BadInput("has a union in a union, which Avro does not allow");
      }
      branches.add(type);
    }
    if (branches.isEmpty()) {
      throw new BadInput("has a union of no types");
    }
    return new AvroType.Union(branches);
  }

  private AvroType type(JsonObject json, String space) {
    JsonElement type = member(json, "type", "a type");
    if (!type.isJsonPrimitive()) {
      return type(type, space);
    }
    String name = text(type, "type");
    return switch (name) {
      case "record", "error" -> struct(json, space);
      case "enum" -> enumeration(json, space);
      case "fixed" -> fixed(json, space);
      case "array" -> new AvroType.Array(type(member(json, "items", "an array"), space));
      case "map" -> {
        type(member(json, "values", "a map"), space);
        yield new AvroType.Refused("a map");
      }
      default -> annotated(name, json, space);
    };
  }

  private AvroType struct(JsonObject json, String space) {
    String full = define(json, space);
    open.add(full);
    String inner = full.contains(".") ? full.substring(0, full.lastIndexOf('.')) : "";
    JsonElement fields = member(json, "fields", "the record " + full);
    if (!fields.isJsonArray()) {
      throw new BadInput("has the record " + full + " without a list of fields");
    }
    List<AvroType.Member> members = new ArrayList<>();
    for (JsonElement field : fields.getAsJsonArray()) {
      if (!field.isJsonObject()) {
        throw new BadInput("has a field in " + full + " that is no JSON object");
      }
      JsonObject object = field.getAsJsonObject();
      String name = text(member(object, "name", "a field of " + full), "name");
      AvroType type = type(member(object, "type", "the field " + name), inner);
      members.add(new AvroType.Member(name, type));
    }
    open.remove(full);
    AvroType refused = refused(json);
    return defined(full, refused == null ? new AvroType.Struct(full, members) : refused);
  }

  private AvroType enumeration(JsonObject json, String space) {
    String full = define(json, space);
    JsonElement symbols = member(json, "symbols", "the enum " + full);
    if (!symbols.isJsonArray()) {
      throw new BadInput("has the enum " + full + " without a list of symbols");
    }
    List<String> texts = new ArrayList<>();
    for (JsonElement symbol : symbols.getAsJsonArray()) {
      texts.add(text(symbol, "symbol"));
    }
    return defined(full, new Plain(Form.ENUM, 0, 0, texts));
  }

  private AvroType fixed(JsonObject json, String space) {
    String full = define(json, space);
    int size = number(json, "size", -1);
    if (size < 1) {
      throw new BadInput("has the fixed type " + full + " without a size of at least 1");
    }
    AvroType type =
        switch (logical(json)) {
          case "decimal" -> decimal(json, Form.FIXED_DECIMAL, size);
          case "uuid" -> Plain.sized(size == UUID_BYTES ? Form.FIXED_UUID : Form.FIXED, size);
          case "duration" ->
              size == 12 ? new AvroType.Refused("a duration") : Plain.sized(Form.FIXED, size);
          default -> Plain.sized(Form.FIXED, size);
        };
    return defined(full, type);
  }

  private AvroType annotated(String name, JsonObject json, String space) {
    AvroType refused = refused(json);
    if (refused != null) {
      return refused;
    }
    String logical = logical(json);
    return switch (name) {
      case "int" ->
          switch (logical) {
            case "date" -> Plain.of(Form.DATE);
            case "time-millis" -> Plain.sized(Form.TIME, MILLIS);
            default -> named(name, space);
          };
      case "long" ->
          switch (logical) {
            case "time-micros" -> Plain.sized(Form.TIME, MICROS);
            case "timestamp-millis" -> Plain.sized(Form.INSTANT, MILLIS);
            case "timestamp-micros" -> Plain.sized(Form.INSTANT, MICROS);
            case "timestamp-nanos" -> Plain.sized(Form.INSTANT, NANOS);
            case "local-timestamp-millis" -> Plain.sized(Form.LOCAL, MILLIS);
            case "local-timestamp-micros" -> Plain.sized(Form.LOCAL, MICROS);
            case "local-timestamp-nanos" -> Plain.sized(Form.LOCAL, NANOS);
            default -> named(name, space);
          };
      case "bytes" ->
          switch (logical) {
            case "decimal" -> decimal(json, Form.DECIMAL, 0);
            case "big-decimal" -> Plain.of(Form.BIG_DECIMAL);
            default -> named(name, space);
          };
      // Exports say sqlType DATETIME, the Storage Read API logicalType datetime.
      case "string" ->
          logical.equals("datetime") || optional(json, "sqlType").equals("DATETIME")
              ? Plain.of(Form.DATETIME)
              : named(name, space);
      default -> named(name, space);
    };
  }

  /** BigQuery's types that no column can be made of, whatever Avro type carries them. */
  private static AvroType.@Nullable Refused refused(JsonObject json) {
    return switch (optional(json, "sqlType")) {
      case "INTERVAL" -> new AvroType.Refused("an interval");
      case "RANGE" -> new AvroType.Refused("a range");
      default -> null;
    };
  }

  /** Of more digits than its bytes hold, or with a scale that makes no sense: plain bytes. */
  private static Plain decimal(JsonObject json, Form form, int size) {
    int precision = number(json, "precision", 0);
    int scale = number(json, "scale", 0);
    boolean fits = size == 0 || precision <= Math.floor(Math.log10(2) * (8.0 * size - 1));
    if (precision < 1 || scale < 0 || scale > precision || !fits) {
      return Plain.sized(size == 0 ? Form.BYTES : Form.FIXED, size);
    }
    return new Plain(form, size, scale, List.of());
  }

  private String define(JsonObject json, String space) {
    String name = text(member(json, "name", "a named type"), "name");
    String own = json.has("namespace") ? text(json.get("namespace"), "namespace") : space;
    String full = full(name, own);
    if (primitive(name) != null) {
      throw new BadInput("defines a type named " + name + ", which is Avro's own");
    }
    if (types.containsKey(full) || open.contains(full)) {
      throw new BadInput("defines the type " + full + " twice");
    }
    return full;
  }

  private AvroType defined(String full, AvroType type) {
    types.put(full, type);
    return type;
  }

  private static String full(String name, String space) {
    return name.contains(".") || space.isEmpty() ? name : space + "." + name;
  }

  private static String logical(JsonObject json) {
    return optional(json, "logicalType");
  }

  private static String optional(JsonObject json, String name) {
    JsonElement value = json.get(name);
    return value != null && value.isJsonPrimitive() ? value.getAsString() : "";
  }

  private static int number(JsonObject json, String name, int absent) {
    JsonElement value = json.get(name);
    if (value == null || value.isJsonNull()) {
      return absent;
    }
    try {
      return value.getAsBigDecimal().intValueExact();
    } catch (NumberFormatException
        | ArithmeticException
        | IllegalStateException
        | UnsupportedOperationException e) {
      throw new BadInput("has the " + name + " " + value + ", which is no whole number", e);
    }
  }

  private static JsonElement member(JsonObject json, String name, String where) {
    JsonElement value = json.get(name);
    if (value == null || value.isJsonNull()) {
      throw new BadInput("has " + where + " without \"" + name + "\"");
    }
    return value;
  }

  private static String text(JsonElement json, String what) {
    if (!json.isJsonPrimitive() || !json.getAsJsonPrimitive().isString()) {
      throw new BadInput("has the " + what + " " + json + ", which is no text");
    }
    return json.getAsString();
  }
}
