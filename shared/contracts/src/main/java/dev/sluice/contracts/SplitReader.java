package dev.sluice.contracts;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;

/** Reads the key {@code split} of a spec, and its short form {@code split_key}. */
final class SplitReader {
  private SplitReader() {}

  static SplitSpec read(Yaml yaml) {
    String key = yaml.string("split_key");
    Yaml split = yaml.child("split");
    if (split == null) {
      return new SplitSpec.Hash(key, SplitSpec.DEFAULT_EVAL);
    }
    if (key != null) {
      throw yaml.refuse(
          "split_key", "is the short form of 'split: {key: " + key + "}'; leave one of them out");
    }
    split.only(List.of("key", "eval", "time", "eval_from", "column"));
    if (split.has("time")) {
      return time(alone(split, "time", "eval_from"));
    }
    if (split.has("column")) {
      return given(alone(split, "column", "eval"));
    }
    if (split.has("eval_from")) {
      throw split.refuse("eval_from", "is a point in time; name the column with 'time'");
    }
    double eval = split.number("eval", SplitSpec.DEFAULT_EVAL);
    String column = split.string("key");
    return split.bind(_ -> new SplitSpec.Hash(column, eval));
  }

  private static SplitSpec time(Yaml split) {
    String from = split.requiredString("eval_from");
    if (!isNumber(from) && !isTime(from)) {
      throw split.refuse(
          "eval_from",
          "is '"
              + from
              + "'; give a number, or an ISO-8601 date or time such as 2026-11-01 or"
              + " 2026-11-01T12:00:00Z");
    }
    return new SplitSpec.Time(split.requiredString("time"), from);
  }

  private static SplitSpec given(Yaml split) {
    List<String> eval =
        split.values().get("eval") instanceof List<?>
            ? split.strings("eval")
            : List.of(split.requiredString("eval"));
    if (eval.isEmpty()) {
      throw split.refuse("eval", "names no value; give those that mean eval, such as [test]");
    }
    return new SplitSpec.Given(split.requiredString("column"), eval);
  }

  private static Yaml alone(Yaml split, String first, String second) {
    for (String key : split.values().keySet()) {
      if (!key.equals(first) && !key.equals(second)) {
        throw split.refuse(
            key, "does not go with '" + first + "', which takes '" + second + "' alone");
      }
    }
    return split;
  }

  private static boolean isNumber(String text) {
    try {
      return Double.isFinite(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static boolean isTime(String text) {
    return parses(() -> LocalDate.parse(text))
        || parses(() -> LocalDateTime.parse(text))
        || parses(() -> OffsetDateTime.parse(text));
  }

  private static boolean parses(Runnable parser) {
    try {
      parser.run();
      return true;
    } catch (DateTimeParseException e) {
      return false;
    }
  }
}
