package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the spec's key {@code checks}: {@code baseline}, {@code false_alarm_rate}, {@code
 * min_rows}, {@code min_group_rows}, {@code thresholds} (floor to {@code {warn, fail}}), and {@code
 * features}, each with thresholds of its own and {@code severity}, the most that its anomalies may
 * weigh.
 */
public final class ChecksParser {
  private static final List<String> KEYS =
      List.of(
          "baseline", "false_alarm_rate", "min_rows", "min_group_rows", "thresholds", "features");
  private static final List<String> FLOORS =
      List.of(
          "missing",
          "distance",
          "divergence",
          "group_missing",
          "group_distance",
          "gone",
          "unexpected",
          "spike",
          "clock",
          "repeated",
          "damaged",
          "correlation",
          "rows");

  private ChecksParser() {}

  /**
   * @param values the mapping under {@code checks}
   * @throws BadInput which names the key, and the nearest known one
   */
  public static Checks parse(Map<String, @Nullable Object> values) {
    only(values, KEYS, "checks");
    Checks defaults = Checks.defaults();
    Thresholds thresholds =
        thresholds(mapping(values, "thresholds"), defaults.thresholds(), "thresholds");
    Map<String, Thresholds> ofFeature = new HashMap<>();
    Map<String, Severity> severities = new HashMap<>();
    Map<String, @Nullable Object> features = mapping(values, "features");
    for (String feature : features.keySet()) {
      Map<String, @Nullable Object> one = new HashMap<>(mapping(features, feature));
      Object severity = one.remove("severity");
      if (severity != null) {
        severities.put(feature, severity(feature, severity));
      }
      if (!one.isEmpty()) {
        ofFeature.put(feature, thresholds(one, thresholds, feature));
      }
    }
    return new Checks(
        BaselineRule.parse(values.get("baseline")),
        number(values, "false_alarm_rate", defaults.falseAlarmRate()),
        whole(values, "min_rows", defaults.minRows()),
        whole(values, "min_group_rows", defaults.minGroupRows()),
        thresholds,
        ofFeature,
        severities);
  }

  private static Thresholds thresholds(
      Map<String, @Nullable Object> values, Thresholds fallback, String where) {
    only(values, FLOORS, where);
    return new Thresholds(
        floor(values, "missing", fallback.missing()),
        floor(values, "distance", fallback.distance()),
        floor(values, "divergence", fallback.divergence()),
        floor(values, "group_missing", fallback.groupMissing()),
        floor(values, "group_distance", fallback.groupDistance()),
        floor(values, "gone", fallback.gone()),
        floor(values, "unexpected", fallback.unexpected()),
        floor(values, "spike", fallback.spike()),
        floor(values, "clock", fallback.clock()),
        floor(values, "repeated", fallback.repeated()),
        floor(values, "damaged", fallback.damaged()),
        floor(values, "correlation", fallback.correlation()),
        floor(values, "rows", fallback.rows()));
  }

  private static Thresholds.Floor floor(
      Map<String, @Nullable Object> values, String key, Thresholds.Floor fallback) {
    Map<String, @Nullable Object> floor = mapping(values, key);
    only(floor, List.of("warn", "fail"), key);
    double warn = number(floor, "warn", fallback.warn());
    return new Thresholds.Floor(warn, number(floor, "fail", Math.max(warn, fallback.fail())));
  }

  private static Severity severity(String feature, Object value) {
    for (Severity severity : Severity.values()) {
      if (severity.name().equals(value.toString().toUpperCase(Locale.ROOT))) {
        return severity;
      }
    }
    throw new BadInput(
        "'" + feature + "' has severity '" + value + "'; it must be info, warn or fail");
  }

  private static void only(Map<String, ?> values, List<String> known, String where) {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw new BadInput(
            "'"
                + key
                + "' is not known in "
                + where
                + "; did you mean '"
                + Names.nearest(key, known)
                + "'?");
      }
    }
  }

  private static Map<String, @Nullable Object> mapping(
      Map<String, @Nullable Object> values, String key) {
    Object value = values.get(key);
    if (value == null) {
      return Map.of();
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw new BadInput("'" + key + "' must be a mapping of keys to values, not '" + value + "'");
    }
    Map<String, @Nullable Object> out = new HashMap<>();
    map.forEach((k, v) -> out.put(String.valueOf(k), v));
    return out;
  }

  private static long whole(Map<String, @Nullable Object> values, String key, long fallback) {
    double value = number(values, key, fallback);
    if (value != Math.rint(value)) {
      throw new BadInput("'" + key + "' must be a whole number, not '" + value + "'");
    }
    return (long) value;
  }

  private static double number(Map<String, @Nullable Object> values, String key, double fallback) {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new BadInput("'" + key + "' must be a number, not '" + value + "'");
  }
}
