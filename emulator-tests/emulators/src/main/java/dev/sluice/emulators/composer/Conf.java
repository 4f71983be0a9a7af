package dev.sluice.emulators.composer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run's conf: what the form of the DAG asks for. A member that is null is as one that is absent.
 * Airflow takes any other member, which fails the run's first task; here it is refused at once.
 */
final class Conf {
  /** The batch to work on. */
  static final String BATCH = "batch";

  /** The span whose newest batch to work on. */
  static final String SPAN = "span";

  /** Whether nothing that other runs made may be taken. */
  static final String FORCE = "force";

  /** Parameters that go along with every call. */
  static final String OPTIONS = "options";

  private static final List<String> KNOWN = List.of(BATCH, SPAN, FORCE, OPTIONS);

  private Conf() {}

  static void check(JsonObject conf) {
    for (Map.Entry<String, JsonElement> member : conf.entrySet()) {
      String name = member.getKey();
      JsonElement value = member.getValue();
      if (!KNOWN.contains(name)) {
        throw refuse(name, value, "is unknown; did you mean '" + Names.nearest(name, KNOWN) + "'?");
      }
      if (value.isJsonNull()) {
        continue;
      }
      switch (name) {
        case BATCH -> {
          if (!Names.RUN.matcher(text(value)).matches()) {
            throw refuse(name, value, "does not match regex pattern '" + Names.RUN + "'");
          }
        }
        case SPAN -> {
          try {
            Names.checkSpan(text(value));
          } catch (BadInput e) {
            throw refuse(name, value, "is none: " + e.getMessage());
          }
        }
        case FORCE -> {
          if (!(value instanceof JsonPrimitive flag && flag.isBoolean())) {
            throw refuse(name, value, "is not true or false");
          }
        }
        default -> {
          if (!value.isJsonObject()) {
            throw refuse(name, value, "is not an object");
          }
        }
      }
    }
  }

  /** The parameters of every call. */
  static Map<String, Object> options(JsonObject conf) {
    Map<String, Object> out = new LinkedHashMap<>();
    if (conf.get(OPTIONS) instanceof JsonObject options) {
      options
          .asMap()
          .forEach((name, value) -> {
            if (!value.isJsonNull()) {
              out.put(name, value);
            }
          });
    }
    return out;
  }

  static boolean isForced(JsonObject conf) {
    return conf.get(FORCE) instanceof JsonPrimitive flag && flag.getAsBoolean();
  }

  private static String text(JsonElement value) {
    return value instanceof JsonPrimitive text && text.isString() ? text.getAsString() : "";
  }

  private static ApiError refuse(String name, JsonElement value, String sentence) {
    return new ApiError(400, "conf." + name + " " + value + " " + sentence);
  }
}
