package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Features as a file's columns: each feature (every value fits 32 bits), then {@code __label} (1, 0
 * or missing) and {@code __row}.
 */
public final class FeatureBatches {
  /** 1 for the positive class, 0 for the other, missing where a row has no label. */
  public static final String LABEL = "__label";

  private FeatureBatches() {}

  /** The columns of a features file. */
  public static List<Field> fields(List<String> features) {
    List<Field> fields = new ArrayList<>();
    for (String feature : features) {
      fields.add(new Field(feature, ValueType.FLOAT));
    }
    fields.add(new Field(LABEL, ValueType.INT));
    fields.add(new Field(Field.ROW, ValueType.INT));
    return fields;
  }

  /** For writing: NaN becomes a missing value. */
  public static ExampleBatch toExamples(FeatureMatrix matrix) {
    int rows = matrix.rows();
    int width = matrix.width();
    List<Column> columns = new ArrayList<>();
    for (int j = 0; j < width; j++) {
      double[] values = new double[rows];
      long[] present = new long[(rows + 63) / 64];
      for (int i = 0; i < rows; i++) {
        float value = matrix.values()[i * width + j];
        if (!Float.isNaN(value)) {
          values[i] = value;
          present[i >> 6] |= 1L << (i & 63);
        }
      }
      columns.add(new FloatColumn(values, Validity.of(present, rows)));
    }
    long[] labels = new long[rows];
    long[] labelled = new long[(rows + 63) / 64];
    for (int i = 0; i < rows; i++) {
      float label = matrix.labels()[i];
      if (!Float.isNaN(label)) {
        labels[i] = (long) label;
        labelled[i >> 6] |= 1L << (i & 63);
      }
    }
    columns.add(new IntColumn(labels, Validity.of(labelled, rows)));
    columns.add(new IntColumn(matrix.rowNumbers(), Validity.all(rows)));
    return new ExampleBatch(fields(matrix.names()), columns, rows);
  }

  /**
   * For reading: every column but {@code __label} and {@code __row} is a feature.
   *
   * @throws BadInput where a column holds text
   */
  public static FeatureMatrix toMatrix(ExampleBatch batch) {
    List<String> names = new ArrayList<>();
    for (Field field : batch.fields()) {
      if (!field.name().equals(LABEL) && !field.isProvenance()) {
        names.add(field.name());
      }
    }
    int rows = batch.rows();
    int width = names.size();
    float[] values = new float[rows * width];
    for (int j = 0; j < width; j++) {
      read(batch.column(names.get(j)), names.get(j), values, j, width, rows);
    }
    float[] labels = new float[rows];
    read(batch.column(LABEL), LABEL, labels, 0, 1, rows);
    long[] numbers = new long[rows];
    if (batch.column(Field.ROW) instanceof IntColumn column) {
      System.arraycopy(column.values(), 0, numbers, 0, rows);
    }
    return new FeatureMatrix(names, rows, values, labels, numbers);
  }

  private static void read(
      @Nullable Column column, String name, float[] out, int at, int step, int rows) {
    for (int i = 0; i < rows; i++) {
      out[at + i * step] =
          column == null || column.isMissing(i)
              ? Float.NaN
              : switch (column) {
                case FloatColumn floats -> (float) floats.values()[i];
                case IntColumn ints -> (float) ints.values()[i];
                case ListColumn _ ->
                    throw new BadInput(
                        "features column '"
                            + name
                            + "' holds lists; a features file holds one number a row");
                case StringColumn text ->
                    throw new BadInput(
                        "features column '"
                            + name
                            + "' holds text ('"
                            + text.value(i)
                            + "'); a features file holds numbers only");
              };
    }
  }
}
