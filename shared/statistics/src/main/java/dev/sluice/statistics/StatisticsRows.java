package dev.sluice.statistics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of the BigQuery table {@code statistics}. */
public final class StatisticsRows {
  private static final int TOP_VALUES = 20;

  private StatisticsRows() {}

  /**
   * The row of one feature, column by column: numbers, text, and for {@code top_values} a list of
   * {@code {value, frequency}}, at most 20. What does not apply to the type, is not known or is no
   * number that BigQuery can hold is absent.
   *
   * @param split {@code train}, {@code eval} or {@code ""} for all
   * @param slice {@code ""} for the whole, else {@code column=value}
   */
  public static Map<String, Object> of(
      String pipeline, String batch, String split, String slice, FeatureStatistics feature) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("pipeline", pipeline);
    row.put("batch", batch);
    row.put("split", split);
    row.put("slice", slice);
    row.put("feature", feature.name());
    row.put("type", feature.type().name());
    row.put("count", feature.count());
    row.put("missing", feature.missing());
    NumberSummary numbers = feature.numbers();
    if (numbers != null) {
      put(row, "mean", numbers.mean());
      put(row, "std_dev", numbers.stdDev());
      put(row, "zeros", numbers.zeros());
      put(row, "min", numbers.min());
      put(row, "median", numbers.median());
      put(row, "max", numbers.max());
    }
    ValueCounts values = feature.values();
    put(row, "unique", values.unique());
    TextSummary text = feature.text();
    if (text != null) {
      put(row, "avg_length", text.avgLength());
    }
    put(row, "mode", values.mode());
    if (numbers != null) {
      put(row, "skewness", numbers.skewness());
      put(row, "kurtosis", numbers.kurtosis());
    }
    put(row, "entropy", values.entropy());
    List<Map<String, Object>> top =
        values.top().stream()
            .limit(TOP_VALUES)
            .map(value ->
                Map.<String, Object>of("value", value.value(), "frequency", value.frequency()))
            .toList();
    row.put("top_values", top);
    return row;
  }

  private static void put(Map<String, Object> row, String column, @Nullable Object value) {
    if (value != null && !(value instanceof Double number && !Double.isFinite(number))) {
      row.put(column, value);
    }
  }
}
