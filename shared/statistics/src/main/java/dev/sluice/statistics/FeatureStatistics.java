package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one feature in one data set. Of a multi-valued feature {@code values}, {@code
 * numbers} and {@code text} describe the values of all rows, one after the other.
 *
 * @param count rows with a value, NaN and infinities included
 * @param missing rows without
 * @param values how the values repeat
 * @param numbers there for INT and FLOAT
 * @param text there for STRING
 * @param lists there for a multi-valued feature
 * @param times there where the values read as times
 * @param steps there for INT and FLOAT with one value a row, where known
 */
public record FeatureStatistics(
    String name,
    ValueType type,
    long count,
    long missing,
    ValueCounts values,
    @Nullable NumberSummary numbers,
    @Nullable TextSummary text,
    @Nullable Valency lists,
    @Nullable TimeSummary times,
    @Nullable Steps steps) {
  /** Of a feature of one value a row. */
  public FeatureStatistics(
      String name,
      ValueType type,
      long count,
      long missing,
      ValueCounts values,
      @Nullable NumberSummary numbers,
      @Nullable TextSummary text) {
    this(name, type, count, missing, values, numbers, text, null, null, null);
  }

  public FeatureStatistics {
    if (count < 0 || missing < 0) {
      throw new Bug(name + ": count " + count + ", missing " + missing + "; both are at least 0");
    }
    if ((type == ValueType.STRING) != (text != null)
        || (type == ValueType.STRING) == (numbers != null)) {
      throw new Bug(name + ": numbers belong to INT and FLOAT, text belongs to STRING");
    }
  }

  /** True where a row may have several values. */
  public boolean repeated() {
    return lists != null;
  }

  /** How many values the rows have. */
  public Valency valency() {
    return lists == null ? Valency.single(count) : lists;
  }

  /** Values of all rows: as many as {@link #count} unless the feature is multi-valued. */
  public long valueCount() {
    return valency().total();
  }

  /** The same of a multi-valued feature, of whose values this tells. */
  FeatureStatistics inLists(long rows, long missingRows, Valency valency) {
    return new FeatureStatistics(
        name, type, rows, missingRows, values, numbers, text, valency, times, null);
  }

  /** Rows, with a value or without. */
  public long rows() {
    return count + missing;
  }

  /** The share of rows that have a value; NaN where there are no rows. */
  public double presence() {
    return rows() == 0 ? Double.NaN : (double) count / rows();
  }

  /** The share of the values that are NaN; 0 of text, NaN where there are no values. */
  public double nanShare() {
    return numbers == null ? 0 : (double) numbers.nans() / valueCount();
  }

  /** The share of the values that are infinite; 0 of text, NaN where there are no values. */
  public double infiniteShare() {
    return numbers == null ? 0 : (double) numbers.infinities() / valueCount();
  }
}
