package dev.sluice.validation;

import dev.sluice.contracts.Bug;

/** Distances between two distributions given as weights over the same bins. */
public final class Distances {
  private Distances() {}

  /**
   * Jensen-Shannon divergence in bits, 0 (equal) to 1 (disjoint); the square of scipy's {@code
   * jensenshannon(p, q, base=2)} and what TFDV reports (Lin 1991, IEEE Trans. Inf. Theory 37).
   *
   * @param p weights at least 0 with a positive sum; scaled to 1
   * @param q as many as {@code p}
   */
  public static double jensenShannon(double[] p, double[] q) {
    return weightedJensenShannon(p, q, 0.5) / Math.log(2);
  }

  /**
   * Largest difference of a bin's share, 0 to 1; TFDV's {@code L_INFTY}.
   *
   * @param p weights at least 0 with a positive sum; scaled to 1
   * @param q as many as {@code p}
   */
  public static double lInfinity(double[] p, double[] q) {
    double sumP = sum(p, q);
    double sumQ = sum(q, p);
    double largest = 0;
    for (int i = 0; i < p.length; i++) {
      largest = Math.max(largest, Math.abs(p[i] / sumP - q[i] / sumQ));
    }
    return largest;
  }

  /**
   * Population stability index, the symmetric Kullback-Leibler divergence in nats; a bin that one
   * side lacks counts as half of one in ten thousand, so that the index stays finite.
   *
   * @param p weights at least 0 with a positive sum; scaled to 1
   * @param q as many as {@code p}
   */
  public static double populationStability(double[] p, double[] q) {
    double least = 0.5e-4;
    double sumP = sum(p, q);
    double sumQ = sum(q, p);
    double index = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] + q[i] > 0) {
        double a = Math.max(least, p[i] / sumP);
        double b = Math.max(least, q[i] / sumQ);
        index += (b - a) * Math.log(b / a);
      }
    }
    return index;
  }

  /**
   * Cohen's h: the difference of two shares on the scale where sampling noise is the same
   * everywhere, positive where {@code after} is larger; .2 is small, .5 medium, .8 large (Cohen
   * 1988, chapter 6).
   */
  public static double cohenH(double before, double after) {
    return 2 * (Math.asin(Math.sqrt(after)) - Math.asin(Math.sqrt(before)));
  }

  /**
   * Likelihood-ratio (G) statistic of two count vectors, asymptotically chi-squared with bins - 1
   * degrees of freedom where they come from one distribution.
   */
  static double gStatistic(double[] counts1, double[] counts2) {
    double n1 = sum(counts1, counts2);
    double n2 = sum(counts2, counts1);
    return 2 * (n1 + n2) * weightedJensenShannon(counts1, counts2, n1 / (n1 + n2));
  }

  /** Pearson's statistic of two count vectors, distributed as {@link #gStatistic}. */
  static double pearsonStatistic(double[] counts1, double[] counts2) {
    double n1 = sum(counts1, counts2);
    double n2 = sum(counts2, counts1);
    double statistic = 0;
    for (int i = 0; i < counts1.length; i++) {
      double both = counts1[i] + counts2[i];
      if (both > 0) {
        double expected1 = both * n1 / (n1 + n2);
        double expected2 = both * n2 / (n1 + n2);
        statistic += (counts1[i] - expected1) * (counts1[i] - expected1) / expected1;
        statistic += (counts2[i] - expected2) * (counts2[i] - expected2) / expected2;
      }
    }
    return statistic;
  }

  private static double weightedJensenShannon(double[] p, double[] q, double weightP) {
    double sumP = sum(p, q);
    double sumQ = sum(q, p);
    double divergence = 0;
    for (int i = 0; i < p.length; i++) {
      double a = p[i] / sumP;
      double b = q[i] / sumQ;
      double middle = weightP * a + (1 - weightP) * b;
      if (a > 0) {
        divergence += weightP * a * Math.log(a / middle);
      }
      if (b > 0) {
        divergence += (1 - weightP) * b * Math.log(b / middle);
      }
    }
    return Math.max(0, divergence);
  }

  /** Each weight so many times; the weights themselves stay. */
  static double[] scaled(double[] weights, double by) {
    double[] scaled = weights.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= by;
    }
    return scaled;
  }

  private static double sum(double[] weights, double[] other) {
    if (weights.length != other.length) {
      throw new Bug(weights.length + " bins compared with " + other.length);
    }
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    if (!(sum > 0)) {
      throw new Bug("a distribution without weight has no distance");
    }
    return sum;
  }
}
