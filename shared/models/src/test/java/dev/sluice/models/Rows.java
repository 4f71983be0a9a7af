package dev.sluice.models;

import dev.sluice.transform.FeatureMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Generated rows with a known dependence of the label on the features. */
final class Rows {
  private Rows() {}

  static FeatureMatrix random(Random random, int rows, int width) {
    float[] values = new float[rows * width];
    float[] labels = new float[rows];
    for (int i = 0; i < rows; i++) {
      double score = 0;
      for (int j = 0; j < width; j++) {
        double value = random.nextGaussian() * 3;
        if (random.nextInt(8) == 0) {
          values[i * width + j] = Float.NaN;
          score += .4;
        } else {
          // Few distinct values, so that rows meet the splits' thresholds exactly.
          values[i * width + j] = random.nextBoolean() ? Math.round(value) : (float) value;
          score += j < 3 ? value * (j - 1.2) : 0;
        }
      }
      labels[i] = score + random.nextGaussian() * 2 > 1 ? 1 : 0;
    }
    return new FeatureMatrix(names(width), rows, values, labels, new long[rows]);
  }

  static List<String> names(int width) {
    List<String> names = new ArrayList<>();
    for (int j = 0; j < width; j++) {
      names.add("f" + j);
    }
    return names;
  }

  static TrainingRows training(FeatureMatrix... batches) {
    TrainingRows rows = new TrainingRows(batches[0].names());
    for (FeatureMatrix batch : batches) {
      rows.add(batch);
    }
    return rows;
  }

  /** Area under the ROC curve by its definition: the share of pairs in the right order. */
  static double auc(float[] labels, float[] scores) {
    double right = 0;
    long pairs = 0;
    for (int i = 0; i < labels.length; i++) {
      for (int j = 0; j < labels.length; j++) {
        if (labels[i] == 1 && labels[j] == 0) {
          pairs++;
          right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? .5 : 0;
        }
      }
    }
    return right / pairs;
  }
}
