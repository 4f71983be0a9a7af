package dev.sluice.statistics;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of the BigQuery table {@code statistics}. */
public final class StatisticsRows {
  private static final int TOP_VALUES = 20;
  private static final int FORMATS = 20;
  private static final int QUANTILES = 21;

  private StatisticsRows() {}

  /**
   * The row of one feature, column by column: numbers, text, {@code Instant} for a time, and lists
   * of at most 20 {@code {value, frequency}} for {@code top_values} and {@code {format, frequency,
   * example}} for {@code formats}, and of 21 quantiles. What does not apply to the type, is not
   * known or is no number that BigQuery can hold is absent.
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
    put(row, "unique_error", values.uniqueError());
    put(row, "frequency_error", values.topError());
    if (feature.count() > 0) {
      Valency valency = feature.valency();
      put(row, "min_values", valency.min());
      put(row, "max_values", valency.max());
      put(row, "avg_values", (double) valency.total() / feature.count());
    }
    if (numbers != null) {
      putMore(row, numbers);
    }
    if (text != null) {
      putMore(row, feature, text);
    }
    putTimes(row, feature);
    return row;
  }

  private static void putMore(Map<String, Object> row, NumberSummary numbers) {
    put(row, "infinities", numbers.infinities());
    put(row, "nans", numbers.nans());
    put(row, "quantile_skewness", numbers.quantileSkewness());
    Quantiles quantiles = numbers.quantiles();
    if (!quantiles.isEmpty()) {
      List<Double> points = new ArrayList<>();
      for (int i = 0; i < QUANTILES; i++) {
        points.add(quantiles.value((double) i / (QUANTILES - 1)));
      }
      put(row, "quantiles", points);
      put(row, "rank_error", quantiles.rankError());
    }
  }

  private static void putMore(
      Map<String, Object> row, FeatureStatistics feature, TextSummary text) {
    put(row, "invalid_utf8", text.invalidUtf8());
    put(row, "damaged", text.damaged());
    put(row, "number_like", text.numbers());
    if (feature.count() > 0) {
      put(row, "min_length", text.minLength());
      put(row, "max_length", text.maxLength());
    }
    List<Map<String, Object>> formats =
        text.formats().top().stream()
            .limit(FORMATS)
            .map(format ->
                Map.<String, Object>of(
                    "format",
                    format.format(),
                    "frequency",
                    format.frequency(),
                    "example",
                    format.example()))
            .toList();
    if (!formats.isEmpty()) {
      put(row, "formats", formats);
    }
  }

  private static void putTimes(Map<String, Object> row, FeatureStatistics feature) {
    TimeSummary times = feature.times();
    if (times != null) {
      put(row, "times", times.count());
      put(row, "earliest", instant(times.earliest()));
      put(row, "latest", instant(times.latest()));
    }
    Steps steps = feature.steps();
    if (steps != null) {
      put(row, "steps_up", steps.up());
      put(row, "steps_down", steps.down());
      put(row, "steps_same", steps.same());
    }
  }

  /** To the microsecond, as finely as BigQuery keeps times. */
  private static Instant instant(double seconds) {
    double whole = Math.floor(seconds);
    return Instant.ofEpochSecond((long) whole, Math.round((seconds - whole) * 1e6) * 1000);
  }

  private static void put(Map<String, Object> row, String column, @Nullable Object value) {
    if (value != null && !(value instanceof Double number && !Double.isFinite(number))) {
      row.put(column, value);
    }
  }
}
