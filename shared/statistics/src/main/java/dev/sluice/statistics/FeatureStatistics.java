package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one feature in one data set.
 *
 * @param count rows with a value, NaN and infinities included
 * @param missing rows without
 * @param values how the values repeat
 * @param numbers there for INT and FLOAT
 * @param text there for STRING
 */
public record FeatureStatistics(
    String name,
    ValueType type,
    long count,
    long missing,
    ValueCounts values,
    @Nullable NumberSummary numbers,
    @Nullable TextSummary text) {
  public FeatureStatistics {
    if (count < 0 || missing < 0) {
      throw new Bug(name + ": count " + count + ", missing " + missing + "; both are at least 0");
    }
    if ((type == ValueType.STRING) != (text != null)
        || (type == ValueType.STRING) == (numbers != null)) {
      throw new Bug(name + ": numbers belong to INT and FLOAT, text belongs to STRING");
    }
  }

  /** Rows, with a value or without. */
  public long rows() {
    return count + missing;
  }

  /** The share of rows that have a value; NaN where there are no rows. */
  public double presence() {
    return rows() == 0 ? Double.NaN : (double) count / rows();
  }
}
