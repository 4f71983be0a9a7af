package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Avro's binary records read by their schema; logical types stay the numbers that they are. */
final class AvroText {
  private AvroText() {}

  static List<Map<String, @Nullable Object>> read(String schema, byte[] rows) {
    ByteArrayInputStream in = new ByteArrayInputStream(rows);
    JsonObject root = JsonParser.parseString(schema).getAsJsonObject();
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    while (in.available() > 0) {
      out.add(record(root, in));
    }
    return out;
  }

  private static Map<String, @Nullable Object> record(JsonObject type, ByteArrayInputStream in) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (JsonElement field : type.getAsJsonArray("fields")) {
      JsonObject member = field.getAsJsonObject();
      out.put(member.get("name").getAsString(), value(member.get("type"), in));
    }
    return out;
  }

  private static @Nullable Object value(JsonElement type, ByteArrayInputStream in) {
    if (type instanceof JsonArray union) {
      return value(union.get((int) number(in)), in);
    }
    JsonObject full = type instanceof JsonObject object ? object : new JsonObject();
    String name = full.has("type") ? full.get("type").getAsString() : type.getAsString();
    return switch (name) {
      case "null" -> null;
      case "boolean" -> in.read() == 1;
      case "int", "long" -> number(in);
      case "double" -> ByteBuffer.wrap(bytes(8, in)).order(ByteOrder.LITTLE_ENDIAN).getDouble();
      case "string" -> new String(bytes(number(in), in), StandardCharsets.UTF_8);
      case "bytes" -> {
        byte[] bytes = bytes(number(in), in);
        yield full.has("scale")
            ? new BigDecimal(new BigInteger(bytes), full.get("scale").getAsInt())
            : HexFormat.of().formatHex(bytes);
      }
      case "array" -> {
        List<@Nullable Object> items = new ArrayList<>();
        for (long block = number(in); block != 0; block = number(in)) {
          for (long i = 0; i < block; i++) {
            items.add(value(full.get("items"), in));
          }
        }
        yield items;
      }
      case "record" -> record(full, in);
      default -> throw new AssertionError("no such type: " + type);
    };
  }

  private static byte[] bytes(long length, ByteArrayInputStream in) {
    byte[] out = new byte[(int) length];
    if (in.read(out, 0, out.length) != out.length && length > 0) {
      throw new AssertionError("the block ends within a value");
    }
    return out;
  }

  private static long number(ByteArrayInputStream in) {
    long value = 0;
    int shift = 0;
    int next;
    do {
      next = in.read();
      value |= (long) (next & 0x7F) << shift;
      shift += 7;
    } while ((next & 0x80) != 0);
    return (value >>> 1) ^ -(value & 1);
  }
}
