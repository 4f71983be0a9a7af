package dev.sluice.models;

import dev.sluice.contracts.BadInput;
import dev.sluice.transform.FeatureMatrix;
import java.util.Arrays;
import java.util.List;

/**
 * The labelled rows to learn from, row by row in 32 bits, which is what the native library takes.
 * Filled batch by batch; rows without a label are counted and left out. Not safe for use by several
 * threads.
 */
public final class TrainingRows {
  private final List<String> features;
  private float[] values = new float[1 << 10];
  private float[] labels = new float[1 << 8];
  private int rows;
  private long unlabelled;

  /**
   * @param features the features' names, at least one
   */
  public TrainingRows(List<String> features) {
    this.features = List.copyOf(features);
    if (features.isEmpty()) {
      throw new BadInput("there are no features to learn from");
    }
  }

  /**
   * Adds a batch.
   *
   * @throws BadInput where its features are others, or all rows together exceed 2^31 values
   */
  public TrainingRows add(FeatureMatrix batch) {
    if (!batch.names().equals(features)) {
      throw new BadInput(
          "a batch has "
              + batch.width()
              + " features "
              + abbreviate(batch.names())
              + ", but the training began with "
              + features.size()
              + " "
              + abbreviate(features));
    }
    int width = features.size();
    long needed = (long) (rows + batch.rows()) * width;
    if (needed > Integer.MAX_VALUE - 16) {
      throw new BadInput(
          "train has over "
              + rows
              + " rows of "
              + width
              + " features, more than one call can hold; send smaller batches or exclude columns");
    }
    if (needed > values.length) {
      values =
          Arrays.copyOf(
              values, (int) Math.min(Integer.MAX_VALUE - 16, Math.max(needed, values.length * 2L)));
    }
    if (rows + batch.rows() > labels.length) {
      labels = Arrays.copyOf(labels, Math.max(rows + batch.rows(), labels.length * 2));
    }
    for (int i = 0; i < batch.rows(); i++) {
      float label = batch.labels()[i];
      if (Float.isNaN(label)) {
        unlabelled++;
        continue;
      }
      System.arraycopy(batch.values(), i * width, values, rows * width, width);
      labels[rows++] = label;
    }
    return this;
  }

  /** The features' names. */
  public List<String> features() {
    return features;
  }

  /** Rows with a label. */
  public int rows() {
    return rows;
  }

  /** Rows left out because they have no label. */
  public long unlabelled() {
    return unlabelled;
  }

  /** Rows with label 1. */
  public int positives() {
    int n = 0;
    for (int i = 0; i < rows; i++) {
      n += labels[i] == 1 ? 1 : 0;
    }
    return n;
  }

  float label(int row) {
    return labels[row];
  }

  /** The rows for which {@code wanted[row] == which}, with their labels. */
  Part part(boolean[] wanted, boolean which) {
    int n = 0;
    for (int i = 0; i < rows; i++) {
      n += wanted[i] == which ? 1 : 0;
    }
    int width = features.size();
    float[] x = new float[n * width];
    float[] y = new float[n];
    int at = 0;
    for (int i = 0; i < rows; i++) {
      if (wanted[i] == which) {
        System.arraycopy(values, i * width, x, at * width, width);
        y[at++] = labels[i];
      }
    }
    return new Part(x, y);
  }

  /** Every row; the values are this holder's own, with room behind the last row. */
  Part all() {
    return new Part(values, Arrays.copyOf(labels, rows));
  }

  /** A hash of a row's features, so that equal rows fall on the same side of a split. */
  long hash(int row, long seed) {
    int width = features.size();
    long h = mix(seed + 0x9E3779B97F4A7C15L);
    for (int j = 0; j < width; j++) {
      h = mix(h ^ Float.floatToIntBits(values[row * width + j]));
    }
    return h;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
  private static long mix(long x) {
    long z = x + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static String abbreviate(List<String> names) {
    return names.size() <= 5 ? names.toString() : names.subList(0, 5) + "...";
  }

  @SuppressWarnings("ArrayRecordComponent")
  record Part(float[] values, float[] labels) {}
}
