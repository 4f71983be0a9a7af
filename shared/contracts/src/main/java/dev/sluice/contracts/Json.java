package dev.sluice.contracts;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonDeserializationContext;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializationContext;
import com.google.gson.JsonSerializer;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of the records that cross a boundary. Null components are left out, instants are RFC
 * 3339, numbers that JSON lacks are the strings {@code NaN}, {@code Infinity} and {@code -Infinity}
 * (as in protobuf's JSON mapping), unknown members are ignored (an older reader meets a newer
 * writer), and a record's own refusal arrives as {@link BadInput}.
 */
public final class Json {
  private static final Gson GSON =
      new GsonBuilder()
          .disableHtmlEscaping()
          .setStrictness(Strictness.STRICT)
          .registerTypeAdapter(Instant.class, new InstantAdapter())
          .registerTypeAdapter(double.class, new DoubleAdapter())
          .registerTypeAdapter(Double.class, new DoubleAdapter())
          .registerTypeAdapter(float.class, new FloatAdapter())
          .registerTypeAdapter(Float.class, new FloatAdapter())
          .create();

  private Json() {}

  /** Compact JSON. */
  public static String write(Object value) {
    return GSON.toJson(value);
  }

  /** Compact JSON in UTF-8. */
  public static byte[] bytes(Object value) {
    return write(value).getBytes(StandardCharsets.UTF_8);
  }

  /** The value as a tree. */
  public static JsonElement tree(Object value) {
    return GSON.toJsonTree(value);
  }

  /**
   * @param what names the text in an error, such as {@code "the request"} or an object's uri
   * @throws BadInput where the text is not JSON or does not fit the type
   */
  public static <T> T read(String text, Class<T> type, String what) {
    T value;
    try {
      value = GSON.fromJson(text, type);
    } catch (JsonParseException e) {
      throw new BadInput(what + " is not JSON of the expected form: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw refused(e, what);
    }
    if (value == null) {
      throw new BadInput(what + " is empty; JSON was expected");
    }
    return value;
  }

  /** As {@link #read(String, Class, String)}, from UTF-8. */
  public static <T> T read(byte[] text, Class<T> type, String what) {
    return read(new String(text, StandardCharsets.UTF_8), type, what);
  }

  /** JSON with members sorted by name at every depth: equal values, equal text. */
  public static String canonical(Object value) {
    return GSON.toJson(sorted(GSON.toJsonTree(value)));
  }

  private static JsonElement sorted(JsonElement element) {
    if (element.isJsonObject()) {
      JsonObject out = new JsonObject();
      new TreeMap<>(element.getAsJsonObject().asMap()).forEach((k, v) -> out.add(k, sorted(v)));
      return out;
    }
    if (element.isJsonArray()) {
      var out = new com.google.gson.JsonArray();
      element.getAsJsonArray().forEach(e -> out.add(sorted(e)));
      return out;
    }
    return element;
  }

  /** Gson wraps what a record's constructor throws; the sentence in it is what the caller needs. */
  private static RuntimeException refused(RuntimeException e, String what) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SluiceException bad) {
        return new BadInput(what + ": " + bad.getMessage(), e);
      }
    }
    return new BadInput(what + " does not have the expected form: " + e.getMessage(), e);
  }

  private static final class DoubleAdapter extends TypeAdapter<@Nullable Double> {
    @Override
    public void write(JsonWriter out, @Nullable Double value) throws IOException {
      if (value == null) {
        out.nullValue();
      } else if (Double.isFinite(value)) {
        out.value(value.doubleValue());
      } else {
        out.value(value.toString());
      }
    }

    @Override
    public @Nullable Double read(JsonReader in) throws IOException {
      JsonToken token = in.peek();
      if (token == JsonToken.NULL) {
        in.nextNull();
        return null;
      }
      if (token != JsonToken.STRING) {
        return in.nextDouble();
      }
      return switch (in.nextString()) {
        case "NaN" -> Double.NaN;
        case "Infinity" -> Double.POSITIVE_INFINITY;
        case "-Infinity" -> Double.NEGATIVE_INFINITY;
        default -> throw new JsonParseException("text where a number was expected: " + in);
      };
    }
  }

  private static final class FloatAdapter extends TypeAdapter<@Nullable Float> {
    private static final DoubleAdapter DOUBLES = new DoubleAdapter();

    @Override
    public void write(JsonWriter out, @Nullable Float value) throws IOException {
      if (value == null || !Float.isFinite(value)) {
        DOUBLES.write(out, value == null ? null : value.doubleValue());
      } else {
        out.value(value.floatValue());
      }
    }

    @Override
    public @Nullable Float read(JsonReader in) throws IOException {
      Double value = DOUBLES.read(in);
      return value == null ? null : value.floatValue();
    }
  }

  private static final class InstantAdapter
      implements JsonSerializer<Instant>, JsonDeserializer<Instant> {
    @Override
    public JsonElement serialize(Instant value, Type type, JsonSerializationContext context) {
      return new JsonPrimitive(value.toString());
    }

    @Override
    public Instant deserialize(JsonElement json, Type type, JsonDeserializationContext context) {
      try {
        return Instant.parse(json.getAsString());
      } catch (DateTimeParseException e) {
        throw new JsonParseException("not an RFC 3339 time: " + json, e);
      }
    }
  }
}
