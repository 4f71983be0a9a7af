package dev.sluice.validation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A row that is unlikely under the data before.
 *
 * @param source the source object, '' where the examples do not say
 * @param row 1-based in {@code source}
 * @param surprise sum over its features of -log10 of the probability of a value at least as
 *     unlikely: 3 where one in a thousand is so in one feature
 * @param reasons what contributes most, most first
 */
public record SurprisingRow(String source, long row, double surprise, List<Reason> reasons) {
  public SurprisingRow {
    reasons = List.copyOf(reasons);
  }

  /**
   * What of a row is unlikely.
   *
   * @param value null where it is missing
   * @param probability of a value at least as unlikely, above 0
   * @param usual what is usual instead
   */
  public record Reason(String feature, @Nullable String value, double probability, String usual) {
    /** One line. */
    public String text() {
      return String.format(
          Locale.ROOT,
          "%s %s; usual: %s (p %.1g)",
          feature,
          value == null ? "is missing" : "is " + Wording.quoted(value),
          usual,
          probability);
    }
  }

  /** The row of BigQuery's table {@code surprising_rows}, without {@code updated_at}. */
  public Map<String, @Nullable Object> toRow(String pipeline, String run, String batch) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", pipeline);
    values.put("run", run);
    values.put("batch", batch);
    values.put("uri", source);
    values.put("row", row);
    values.put("surprise", surprise);
    values.put("reasons", reasons.stream().map(Reason::text).toList());
    return values;
  }
}
