package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.ListColumn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the statistics of all columns of a data set but the provenance ones: create, {@link
 * #add}, {@link #merge}, {@link #result}. Memory does not grow with the rows. Not safe for use by
 * several threads.
 */
public final class DatasetAccumulator {
  private final List<Field> fields;
  private final List<FeatureAccumulator> features = new ArrayList<>();
  private long rows;

  /** Empty, for batches with these columns; provenance columns are left out. */
  public DatasetAccumulator(List<Field> fields) {
    this.fields = fields.stream().filter(field -> !field.isProvenance()).toList();
    for (Field field : this.fields) {
      features.add(FeatureAccumulator.of(field));
    }
  }

  /** The columns described, in order. */
  public List<Field> fields() {
    return fields;
  }

  /** Examples added so far. */
  public long rows() {
    return rows;
  }

  /** Adds a batch; {@code BadInput} where it lacks a column or holds one of another type. */
  public void add(ExampleBatch batch) {
    for (int i = 0; i < fields.size(); i++) {
      features.get(i).add(column(batch, fields.get(i)));
    }
    rows += batch.rows();
  }

  /** Adds all that another with the same columns gathered, which stays as it is. */
  public void merge(DatasetAccumulator other) {
    if (!fields.equals(other.fields)) {
      throw new BadInput(
          "statistics of "
              + fields
              + " cannot take in those of "
              + other.fields
              + "; the splits of a batch must have the same columns");
    }
    for (int i = 0; i < features.size(); i++) {
      features.get(i).merge(other.features.get(i));
    }
    rows += other.rows;
  }

  /** The statistics of a split ({@code train}, {@code eval}, or {@code ""} for all) so far. */
  public DatasetStatistics result(String split) {
    List<FeatureStatistics> results = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      results.add(features.get(i).result(fields.get(i)));
    }
    return new DatasetStatistics(split, "", rows, results);
  }

  /** What gathers the feature at that place of {@link #fields}. */
  FeatureAccumulator feature(int place) {
    return features.get(place);
  }

  /** The batch's column for a field; {@code BadInput} where it is absent or of another type. */
  static Column column(ExampleBatch batch, Field field) {
    @Nullable Column column = batch.column(field.name());
    if (column == null) {
      throw new BadInput("column " + field.name() + " is absent from a later batch of examples");
    }
    if (column.type() != field.type()) {
      throw new BadInput(
          "column " + field.name() + " is " + field.type() + ", then " + column.type());
    }
    if (column instanceof ListColumn != field.repeated()) {
      throw new BadInput(
          "column "
              + field.name()
              + " has "
              + (field.repeated() ? "several values" : "one value")
              + " a row, then "
              + (field.repeated() ? "one value" : "several values"));
    }
    if (column.rows() != batch.rows()) {
      throw new Bug("column " + field.name() + " has not as many rows as its batch");
    }
    return column;
  }
}
