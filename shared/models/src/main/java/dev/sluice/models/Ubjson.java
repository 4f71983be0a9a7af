package dev.sluice.models;

import dev.sluice.contracts.BadInput;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Universal Binary JSON (ubjson.org, draft 12) as XGBoost writes it. Objects become maps,
 * arrays lists, typed number arrays {@code float[]}, {@code int[]}, {@code long[]} or {@code
 * byte[]}; whole numbers Long, others Double. Time and memory are linear in the file; lengths are
 * checked against what is left of it, and nesting ends at 64.
 */
final class Ubjson {
  private static final int DEEPEST = 64;

  private final ByteBuffer in;
  private final String what;

  private Ubjson(byte[] file, String what) {
    this.in = ByteBuffer.wrap(file);
    this.what = what;
  }

  /**
   * @param what the file's name, for errors
   * @throws BadInput with the byte where the file stops making sense
   */
  static Map<?, ?> object(byte[] file, String what) {
    Ubjson reader = new Ubjson(file, what);
    try {
      if (reader.value(reader.marker(), 0) instanceof Map<?, ?> map) {
        return map;
      }
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new BadInput(what + " is cut off after " + file.length + " bytes; copy it again", e);
    }
    throw new BadInput(what + " is not an XGBoost model in UBJSON: it holds no object");
  }

  private @Nullable Object value(char marker, int depth) {
    if (depth > DEEPEST) {
      throw refuse("values nested deeper than " + DEEPEST);
    }
    return switch (marker) {
      case '{' -> map(depth);
      case '[' -> array(depth);
      case 'S' -> text();
      case 'C' -> String.valueOf((char) (in.get() & 0xff));
      case 'i' -> (long) in.get();
      case 'U' -> (long) (in.get() & 0xff);
      case 'I' -> (long) in.getShort();
      case 'l' -> (long) in.getInt();
      case 'L' -> in.getLong();
      case 'd' -> (double) in.getFloat();
      case 'D' -> in.getDouble();
      case 'T' -> true;
      case 'F' -> false;
      case 'Z' -> null;
      default -> throw refuse("the marker 0x" + Integer.toHexString(marker));
    };
  }

  private Map<String, @Nullable Object> map(int depth) {
    if (in.get(in.position()) == '$') {
      throw refuse("an object of one type");
    }
    long count = counted() ? length(2) : -1;
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    while (count < 0 ? in.get(in.position()) != '}' : out.size() < count) {
      String key = text();
      if (out.put(key, value(marker(), depth + 1)) != null) {
        throw refuse("the key '" + key + "' twice");
      }
    }
    if (count < 0) {
      in.get();
    }
    return out;
  }

  private Object array(int depth) {
    if (in.get(in.position()) == '$') {
      in.get();
      char type = marker();
      if (!counted()) {
        throw refuse("a typed array without a length");
      }
      return typed(type);
    }
    long count = counted() ? length(1) : -1;
    List<@Nullable Object> out = new ArrayList<>();
    while (count < 0 ? in.get(in.position()) != ']' : out.size() < count) {
      out.add(value(marker(), depth + 1));
    }
    if (count < 0) {
      in.get();
    }
    return out;
  }

  private Object typed(char type) {
    return switch (type) {
      case 'd' -> {
        float[] out = new float[length(Float.BYTES)];
        in.asFloatBuffer().get(out);
        in.position(in.position() + out.length * Float.BYTES);
        yield out;
      }
      case 'l' -> {
        int[] out = new int[length(Integer.BYTES)];
        in.asIntBuffer().get(out);
        in.position(in.position() + out.length * Integer.BYTES);
        yield out;
      }
      case 'L' -> {
        long[] out = new long[length(Long.BYTES)];
        in.asLongBuffer().get(out);
        in.position(in.position() + out.length * Long.BYTES);
        yield out;
      }
      case 'U', 'i' -> {
        byte[] out = new byte[length(1)];
        in.get(out);
        yield out;
      }
      default -> throw refuse("an array of type 0x" + Integer.toHexString(type));
    };
  }

  private boolean counted() {
    if (in.get(in.position()) != '#') {
      return false;
    }
    in.get();
    return true;
  }

  private int length(int bytesEach) {
    return value(marker(), 0) instanceof Long n && n >= 0 && n <= in.remaining() / bytesEach
        ? n.intValue()
        : refuseLength();
  }

  private int refuseLength() {
    throw refuse("a length beyond the end of the file");
  }

  private String text() {
    byte[] bytes = new byte[length(1)];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private char marker() {
    return (char) (in.get() & 0xff);
  }

  private BadInput refuse(String found) {
    return new BadInput(
        what
            + " is not an XGBoost model in UBJSON: "
            + found
            + " near byte "
            + in.position()
            + "; copy it again or train it anew");
  }
}
