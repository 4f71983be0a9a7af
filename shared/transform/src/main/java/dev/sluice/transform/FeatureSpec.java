package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a spec's {@code features} say about single columns; the others are chosen from their type
 * and statistics.
 *
 * @param choices by column
 */
public record FeatureSpec(Map<String, FeatureChoice> choices) {
  private static final List<String> KINDS =
      List.of("vocabulary", "one_hot", "numeric", "log", "z_score", "exclude");

  public FeatureSpec {
    choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
  }

  /** No column is told. */
  public static FeatureSpec ofDefaults() {
    return new FeatureSpec(Map.of());
  }

  /**
   * @param features such as {@code {brand: {vocabulary: {top_k: 500}}, price: {log: {}, z_score:
   *     {}}}}: vocabulary (top_k, min_count, oov_buckets), one_hot (top_k, min_count), numeric,
   *     log, z_score, exclude
   * @throws BadInput naming the column, the key and the nearest known key
   */
  public static FeatureSpec parse(Map<String, @Nullable Object> features) {
    Map<String, FeatureChoice> out = new LinkedHashMap<>();
    features.forEach((column, value) -> out.put(column, choice(column, value)));
    return new FeatureSpec(out);
  }

  private static FeatureChoice choice(String column, @Nullable Object value) {
    String where = "features, column '" + column + "': ";
    if (!(value instanceof Map<?, ?> kinds) || kinds.isEmpty()) {
      throw new BadInput(
          where + "must be a mapping such as {vocabulary: {top_k: 500}} or {z_score: {}}");
    }
    kinds.keySet().forEach(kind -> known(where, String.valueOf(kind), KINDS));
    boolean numeric = kinds.keySet().stream().allMatch(FeatureSpec::isNumeric);
    if (kinds.size() > 1 && !numeric) {
      throw new BadInput(
          where + kinds.keySet() + " do not go together; only log and z_score can be combined");
    }
    for (Map.Entry<?, ?> kind : kinds.entrySet()) {
      if (kind.getValue() != null && !(kind.getValue() instanceof Map)) {
        throw new BadInput(
            where
                + "key '"
                + kind.getKey()
                + "' must be a mapping; write "
                + kind.getKey()
                + ": {}");
      }
    }
    try {
      if (numeric) {
        kinds.forEach((kind, options) -> options(where, options, List.of()));
        return new FeatureChoice.Numeric(kinds.containsKey("log"), kinds.containsKey("z_score"));
      }
      Map.Entry<?, ?> only = kinds.entrySet().iterator().next();
      return switch (String.valueOf(only.getKey())) {
        case "vocabulary" -> {
          Map<?, ?> options =
              options(where, only.getValue(), List.of("top_k", "min_count", "oov_buckets"));
          yield new FeatureChoice.Vocabulary(
              integer(options, "top_k", FeatureChoice.DEFAULT_TOP_K),
              integer(options, "min_count", 1),
              integer(options, "oov_buckets", 1));
        }
        case "one_hot" -> {
          Map<?, ?> options = options(where, only.getValue(), List.of("top_k", "min_count"));
          yield new FeatureChoice.OneHot(
              integer(options, "top_k", FeatureChoice.OneHot.USUAL),
              integer(options, "min_count", 1));
        }
        default -> {
          options(where, only.getValue(), List.of());
          yield new FeatureChoice.Exclude();
        }
      };
    } catch (BadInput e) {
      String message = String.valueOf(e.getMessage());
      throw message.startsWith(where) ? e : new BadInput(where + message, e);
    }
  }

  private static boolean isNumeric(Object kind) {
    return kind.equals("numeric") || kind.equals("log") || kind.equals("z_score");
  }

  private static Map<?, ?> options(String where, @Nullable Object value, List<String> known) {
    Map<?, ?> options = value instanceof Map<?, ?> map ? map : Map.of();
    options.keySet().forEach(key -> known(where, String.valueOf(key), known));
    return options;
  }

  private static void known(String where, String key, List<String> known) {
    if (known.contains(key)) {
      return;
    }
    throw new BadInput(
        where
            + "key '"
            + key
            + "' is not known; "
            + (known.isEmpty()
                ? "no options are known here, write {}"
                : "did you mean '"
                    + Names.nearest(key, known)
                    + "'? Known here: "
                    + String.join(", ", known)));
  }

  private static int integer(Map<?, ?> options, String key, int fallback) {
    Object value = options.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Number number
        && number.doubleValue() == number.longValue()
        && Math.abs(number.longValue()) <= Integer.MAX_VALUE) {
      return number.intValue();
    }
    throw new BadInput("key '" + key + "' is '" + value + "'; it must be a whole number");
  }
}
