package dev.sluice.evaluation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.util.ArrayList;
import java.util.List;

/**
 * The metrics of a binary model on a set of examples. What a set cannot tell is left out: AUC where
 * it holds one class, precision where nothing was predicted positive, recall where nothing is.
 */
public final class BinaryMetrics {
  /** Probabilities are kept this far from 0 and 1, so that one sure error is not infinite. */
  private static final double LEAST = 1e-7;

  /** Bins of equal width for the calibration error. */
  static final int BINS = 10;

  private BinaryMetrics() {}

  /**
   * @param scores probabilities of the positive class, in [0, 1]
   * @param labels true = positive; as many as scores
   * @return auc, log_loss, brier, accuracy, precision, recall, calibration_error, prediction_mean
   *     and positive_rate, as far as the examples tell them
   * @throws BadInput where a score is not a probability
   */
  public static List<Metric> of(float[] scores, boolean[] labels) {
    int n = scores.length;
    if (n != labels.length) {
      throw new Bug(n + " scores but " + labels.length + " labels");
    }
    List<Metric> out = new ArrayList<>();
    if (n == 0) {
      return out;
    }
    long positives = 0;
    long predicted = 0;
    long hits = 0;
    long right = 0;
    double loss = 0;
    double lossSquared = 0;
    double brier = 0;
    double brierSquared = 0;
    double mean = 0;
    double meanSquared = 0;
    for (int i = 0; i < n; i++) {
      double p = scores[i];
      if (!(p >= 0 && p <= 1)) {
        throw new BadInput("score " + p + " of example " + i + " is not a probability");
      }
      boolean y = labels[i];
      boolean yes = p > .5;
      positives += y ? 1 : 0;
      predicted += yes ? 1 : 0;
      hits += y && yes ? 1 : 0;
      right += y == yes ? 1 : 0;
      double q = Math.min(Math.max(p, LEAST), 1 - LEAST);
      double l = -Math.log(y ? q : 1 - q);
      loss += l;
      lossSquared += l * l;
      double b = (p - (y ? 1 : 0)) * (p - (y ? 1 : 0));
      brier += b;
      brierSquared += b * b;
      mean += p;
      meanSquared += p * p;
    }
    if (positives > 0 && positives < n) {
      out.add(new Metric("auc", RocAuc.of(scores, labels), n));
    }
    out.add(new Metric("log_loss", mean(loss, lossSquared, n), n));
    out.add(new Metric("brier", mean(brier, brierSquared, n), n));
    out.add(new Metric("accuracy", Estimate.share(right, n), n));
    if (predicted > 0) {
      out.add(new Metric("precision", Estimate.share(hits, predicted), predicted));
    }
    if (positives > 0) {
      out.add(new Metric("recall", Estimate.share(hits, positives), positives));
    }
    double error = calibrationError(scores, labels);
    out.add(new Metric("calibration_error", new Estimate(error, error, error), n));
    out.add(new Metric("prediction_mean", mean(mean, meanSquared, n), n));
    out.add(new Metric("positive_rate", Estimate.share(positives, n), n));
    return out;
  }

  /**
   * The expected calibration error of Naeini, Cooper and Hauskrecht (AAAI 2015): over ten bins of
   * equal width, the mean distance between the share of positives and the mean prediction, weighted
   * by the bin's examples.
   */
  static double calibrationError(float[] scores, boolean[] labels) {
    double[] sum = new double[BINS];
    long[] positives = new long[BINS];
    for (int i = 0; i < scores.length; i++) {
      int bin = Math.min(BINS - 1, (int) (scores[i] * BINS));
      sum[bin] += scores[i];
      positives[bin] += labels[i] ? 1 : 0;
    }
    double error = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(sum[bin] - positives[bin]);
    }
    return error / scores.length;
  }

  private static Estimate mean(double sum, double sumOfSquares, long n) {
    double mean = sum / n;
    double variance = n < 2 ? 0 : Math.max(0, (sumOfSquares - n * mean * mean) / (n - 1));
    return Estimate.normal(mean, Math.sqrt(variance / n));
  }
}
