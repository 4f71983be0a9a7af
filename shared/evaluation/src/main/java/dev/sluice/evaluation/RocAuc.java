package dev.sluice.evaluation;

import dev.sluice.contracts.BadInput;
import java.util.Arrays;

/**
 * The area under the ROC curve: the chance that a positive example scores above a negative one,
 * ties counted half. Variance and the variance of a paired difference follow DeLong, DeLong and
 * Clarke-Pearson, Biometrics 44 (1988), computed by midranks in O(n log n) as in Sun and Xu, IEEE
 * Signal Processing Letters 21 (2014). Refuses examples of one class alone.
 */
public final class RocAuc {
  private RocAuc() {}

  /**
   * @param scores one an example, no NaN
   * @param labels true = positive; as many as scores
   * @throws BadInput where all labels are equal
   */
  public static Estimate of(float[] scores, boolean[] labels) {
    Placements p = Placements.of(scores, labels);
    double variance =
        variance(p.positive, p.positive) / p.positive.length
            + variance(p.negative, p.negative) / p.negative.length;
    return clipped(p.auc, variance, 0);
  }

  /**
   * How much better the candidate ranks the same examples than the other: AUC(candidate) -
   * AUC(other), with its paired interval.
   */
  public static Estimate difference(float[] candidate, float[] other, boolean[] labels) {
    Placements a = Placements.of(candidate, labels);
    Placements b = Placements.of(other, labels);
    double variance =
        (variance(a.positive, a.positive)
                    + variance(b.positive, b.positive)
                    - 2 * variance(a.positive, b.positive))
                / a.positive.length
            + (variance(a.negative, a.negative)
                    + variance(b.negative, b.negative)
                    - 2 * variance(a.negative, b.negative))
                / a.negative.length;
    return clipped(a.auc - b.auc, variance, -1);
  }

  private static Estimate clipped(double value, double variance, double least) {
    double half = Estimate.Z * Math.sqrt(Math.max(0, variance));
    return new Estimate(value, Math.max(least, value - half), Math.min(1, value + half));
  }

  /** Sample covariance; 0 for a single value, whose spread nothing tells. */
  private static double variance(double[] x, double[] y) {
    if (x.length < 2) {
      return 0;
    }
    double mx = Arrays.stream(x).average().orElse(0);
    double my = Arrays.stream(y).average().orElse(0);
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (x[i] - mx) * (y[i] - my);
    }
    return sum / (x.length - 1);
  }

  /** For each positive the share of negatives below it, for each negative of positives above it. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Placements(double auc, double[] positive, double[] negative) {
    static Placements of(float[] scores, boolean[] labels) {
      int positives = 0;
      for (boolean label : labels) {
        positives += label ? 1 : 0;
      }
      int negatives = labels.length - positives;
      if (positives == 0 || negatives == 0) {
        throw new BadInput(
            "AUC needs both classes; there are "
                + positives
                + " positive and "
                + negatives
                + " negative examples");
      }
      float[] high = new float[positives];
      float[] low = new float[negatives];
      int i = 0;
      int j = 0;
      for (int k = 0; k < labels.length; k++) {
        if (labels[k]) {
          high[i++] = scores[k];
        } else {
          low[j++] = scores[k];
        }
      }
      double[] above = sharesBelow(high, low);
      double[] below = sharesBelow(low, high);
      for (int k = 0; k < below.length; k++) {
        below[k] = 1 - below[k];
      }
      return new Placements(Arrays.stream(above).average().orElse(0), above, below);
    }

    /** For each of {@code x} in its order the share of {@code others} below it, ties half. */
    private static double[] sharesBelow(float[] x, float[] others) {
      float[] sorted = others.clone();
      Arrays.sort(sorted);
      double[] out = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        out[i] = (lower(sorted, x[i], false) + lower(sorted, x[i], true)) / 2.0 / sorted.length;
      }
      return out;
    }

    /** How many of the sorted values are below {@code x}, or at most {@code x}. */
    private static int lower(float[] sorted, float x, boolean orEqual) {
      int low = 0;
      int high = sorted.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (sorted[middle] < x || (orEqual && sorted[middle] == x)) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }
}
