package dev.sluice.transform;

import dev.sluice.contracts.Bug;
import java.util.List;

/**
 * The features of up to a batch of rows.
 *
 * @param names of the features, in order
 * @param rows rows held
 * @param values length {@code rows * names.size()}, row by row; NaN is missing; not copied
 * @param labels length {@code rows}: 1, 0, or NaN where the row has no label; not copied
 * @param rowNumbers length {@code rows}: 1-based in the source, 0 where not known; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record FeatureMatrix(
    List<String> names, int rows, float[] values, float[] labels, long[] rowNumbers) {
  public FeatureMatrix {
    names = List.copyOf(names);
    if (values.length != rows * names.size()
        || labels.length != rows
        || rowNumbers.length != rows) {
      throw new Bug(
          "a matrix of "
              + rows
              + " rows and "
              + names.size()
              + " features was given "
              + values.length
              + " values, "
              + labels.length
              + " labels and "
              + rowNumbers.length
              + " row numbers");
    }
  }

  /** How many features a row has. */
  public int width() {
    return names.size();
  }

  /** One value; NaN is missing. */
  public float value(int row, int feature) {
    return values[row * names.size() + feature];
  }
}
