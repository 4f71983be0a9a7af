package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.ListColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts the label's values over train, and refuses a label that is not binary. */
final class LabelSummary {
  private static final int MOST_VALUES = 1_000;
  private static final List<String> CUSTOMARY =
      List.of("1", "true", "yes", "y", "t", "positive", "on");

  private final PipelineSpec.Label label;
  private final @Nullable LabelExpression expression;
  private final ValueType type;
  private final Map<String, Long> counts = new TreeMap<>();
  private long missing;

  /**
   * @throws BadInput where the column does not exist or the expression does not compile
   */
  LabelSummary(PipelineSpec.Label label, List<Field> fields) {
    this.label = label;
    String text = label.expression();
    if (text != null) {
      this.expression = LabelExpression.compile(label.name(), text, fields);
      this.type = ValueType.STRING;
      return;
    }
    this.expression = null;
    Field found = null;
    for (Field field : fields) {
      if (field.name().equals(label.name()) && !field.isProvenance()) {
        found = field;
      }
    }
    if (found == null) {
      throw new BadInput(
          "label '"
              + label.name()
              + "' cannot be learned"
              + LabelExpression.unknownColumn(label.name(), fields)
              + " Set 'label' in the spec to one of the columns");
    }
    if (found.repeated()) {
      throw ListColumn.refused(label.name(), "be the label");
    }
    this.type = found.type();
  }

  void add(ExampleBatch batch) {
    LabelExpression compiled = expression;
    if (compiled != null) {
      for (float value : compiled.labels(batch)) {
        if (Float.isNaN(value)) {
          missing++;
        } else {
          counts.merge(value == 1 ? "true" : "false", 1L, Long::sum);
        }
      }
      return;
    }
    Column column = batch.column(label.name());
    if (column == null) {
      missing += batch.rows();
      return;
    }
    for (int i = 0; i < batch.rows(); i++) {
      if (LabelMapping.isMissing(column, i)) {
        missing++;
      } else if (counts.size() <= MOST_VALUES) {
        counts.merge(LabelMapping.text(column, i), 1L, Long::sum);
      }
    }
  }

  /**
   * @throws BadInput naming the label, its values and what to do
   */
  LabelMapping result() {
    String what = label.expression() == null ? "label column '" : "label '";
    String name = what + label.name() + "'";
    if (counts.isEmpty()) {
      throw new BadInput(
          name
              + " has no value in any of the "
              + missing
              + " rows of train; choose another label or send rows that have it");
    }
    if (counts.size() == 1) {
      Map.Entry<String, Long> only = counts.entrySet().iterator().next();
      throw new BadInput(
          name
              + " has only one value in train: '"
              + only.getKey()
              + "' in "
              + only.getValue()
              + " rows"
              + (missing == 0 ? "" : ", and " + missing + " rows without a value")
              + "; a model needs rows of both classes");
    }
    if (counts.size() > 2) {
      throw new BadInput(
          name
              + " has "
              + (counts.size() > MOST_VALUES ? "over " + MOST_VALUES : counts.size())
              + " different values in train ("
              + examples()
              + "), but this release learns two classes"
              + (isNumber() ? ", not amounts" : "")
              + "; "
              + advice());
    }
    if (expression != null) {
      return mapping("false", "true");
    }
    List<String> values = new ArrayList<>(counts.keySet());
    String positive = positive(values);
    return mapping(values.get(values.get(0).equals(positive) ? 1 : 0), positive);
  }

  private LabelMapping mapping(String negative, String positive) {
    return new LabelMapping(
        label.name(),
        label.expression(),
        negative,
        positive,
        counts.getOrDefault(negative, 0L),
        counts.getOrDefault(positive, 0L),
        missing);
  }

  private String positive(List<String> values) {
    String told = label.positive();
    if (told != null) {
      for (String value : values) {
        if (value.equals(told)) {
          return value;
        }
      }
      for (String value : values) {
        if (value.equalsIgnoreCase(told) || sameNumber(value, told)) {
          return value;
        }
      }
      throw new BadInput(
          "label column '"
              + label.name()
              + "' has the values '"
              + values.get(0)
              + "' and '"
              + values.get(1)
              + "'; 'positive' is '"
              + told
              + "', which is neither");
    }
    long first = counts.getOrDefault(values.get(0), 0L);
    long second = counts.getOrDefault(values.get(1), 0L);
    if (first != second) {
      return values.get(first < second ? 0 : 1);
    }
    for (String value : values) {
      if (CUSTOMARY.contains(value.toLowerCase(Locale.ROOT))) {
        return value;
      }
    }
    return values.get(1);
  }

  private static boolean sameNumber(String a, String b) {
    try {
      return Double.parseDouble(a) == Double.parseDouble(b);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private String examples() {
    List<String> out = new ArrayList<>();
    counts.entrySet().stream()
        .sorted(Comparator.comparingLong((Map.Entry<String, Long> e) -> -e.getValue()))
        .limit(3)
        .forEach(e -> out.add("'" + e.getKey() + "' " + e.getValue() + " times"));
    return String.join(", ", out) + ", ...";
  }

  private boolean isNumber() {
    return type != ValueType.STRING;
  }

  /** What to do where the values are more than two. */
  private String advice() {
    Map<String, Long> spellings = new TreeMap<>();
    counts.forEach((value, count) ->
        spellings.merge(value.strip().toLowerCase(Locale.ROOT), count, Long::sum));
    if (spellings.size() == 2) {
      return "some differ only in upper and lower case or in spaces: write equal ones alike";
    }
    String value = isNumber() ? middle() : mostFrequent();
    String column =
        label.name().matches("[_a-zA-Z][_a-zA-Z0-9]*") ? label.name() : "`" + label.name() + "`";
    String expression =
        isNumber()
            ? column + " > " + value
            : column + " == '" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    return "make it binary with label: {name: "
        + identifier(label.name())
        + (isNumber() ? "_is_high" : "_is_" + identifier(value).toLowerCase(Locale.ROOT))
        + ", expression: "
        + Json.write(expression)
        + "} and exclude: ["
        + (column.startsWith("`") ? Json.write(label.name()) : column)
        + "]";
  }

  private static String identifier(String text) {
    return text.strip().replaceAll("[^A-Za-z0-9_]+", "_");
  }

  private String mostFrequent() {
    return counts.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry<String, Long>::getValue))
        .map(Map.Entry::getKey)
        .orElse("");
  }

  /** The least value that at most half of the counted rows are above, never the largest. */
  private String middle() {
    List<Map.Entry<String, Long>> rising =
        counts.entrySet().stream()
            .sorted(Comparator.comparingDouble(e -> Double.parseDouble(e.getKey())))
            .toList();
    long above = counts.values().stream().mapToLong(Long::longValue).sum();
    long half = above / 2;
    for (Map.Entry<String, Long> value : rising.subList(0, rising.size() - 1)) {
      above -= value.getValue();
      if (above <= half) {
        return value.getKey();
      }
    }
    return rising.get(rising.size() - 2).getKey();
  }
}
