package dev.sluice.statistics;

/**
 * Count, mean and central moments up to the fourth, mergeable. A block of values is summed in two
 * passes (mean, then powers of the deviations), and blocks are joined by the pairwise formulas of
 * P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
 * statistical moments" (Sandia, 2008), equations 2.1 and 3.1. Linear time, constant memory. Moments
 * that leave the range of a double come out as NaN.
 */
final class Moments {
  private long count;
  private double mean;

  /** What {@code mean} lost by rounding: with it, values far from zero keep their moments. */
  private double meanRest;

  private double m2;
  private double m3;
  private double m4;

  /** Adds {@code values[0..n)}, all finite, the least and greatest of which are given. */
  void add(double[] values, int n, double least, double greatest) {
    if (n == 0) {
      return;
    }
    if (least == greatest) {
      merge(n, least, 0, 0, 0, 0);
      return;
    }
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int i = 0;
    // Four independent sums: the processor need not wait for one addition to start the next.
    for (; i + 3 < n; i += 4) {
      sum0 += values[i];
      sum1 += values[i + 1];
      sum2 += values[i + 2];
      sum3 += values[i + 3];
    }
    for (; i < n; i++) {
      sum0 += values[i];
    }
    double center = ((sum0 + sum1) + (sum2 + sum3)) / n;
    if (!Double.isFinite(center)) {
      center = least / 2 + greatest / 2;
    }
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double t1 = 0;
    double t2 = 0;
    double t3 = 0;
    double t4 = 0;
    i = 0;
    for (; i + 1 < n; i += 2) {
      double d = values[i] - center;
      double dd = d * d;
      double e = values[i + 1] - center;
      double ee = e * e;
      s1 += d;
      s2 += dd;
      s3 += dd * d;
      s4 += dd * dd;
      t1 += e;
      t2 += ee;
      t3 += ee * e;
      t4 += ee * ee;
    }
    if (i < n) {
      double d = values[i] - center;
      double dd = d * d;
      s1 += d;
      s2 += dd;
      s3 += dd * d;
      s4 += dd * dd;
    }
    addShifted(n, center, s1 + t1, s2 + t2, s3 + t3, s4 + t4);
  }

  /** Adds {@code n} values of which the sums of the powers of (value - center) are known. */
  private void addShifted(long n, double center, double s1, double s2, double s3, double s4) {
    double a = s1 / n;
    double aa = a * a;
    merge(
        n,
        center,
        a,
        Math.max(0, s2 - n * aa),
        s3 - 3 * a * s2 + 2 * n * aa * a,
        Math.max(0, s4 - 4 * a * s3 + 6 * aa * s2 - 3 * n * aa * aa));
  }

  void merge(Moments other) {
    merge(other.count, other.mean, other.meanRest, other.m2, other.m3, other.m4);
  }

  private void merge(long n, double otherMean, double otherRest, double o2, double o3, double o4) {
    if (n == 0) {
      return;
    }
    if (count == 0) {
      count = n;
      mean = otherMean;
      move(otherRest);
      m2 = o2;
      m3 = o3;
      m4 = o4;
      return;
    }
    double a = count;
    double b = n;
    double all = a + b;
    double d = (otherMean - mean) + (otherRest - meanRest);
    double share = d / all;
    double dd = d * d;
    double ab = a * b;
    m4 +=
        o4
            + ab * (a * a - ab + b * b) * (share * share) * (share * d)
            + 6 * (a * a * o2 + b * b * m2) * share * share
            + 4 * (a * o3 - b * m3) * share;
    m3 += o3 + ab * (a - b) * share * share * d + 3 * (a * o2 - b * m2) * share;
    m2 += o2 + dd * (ab / all);
    move(share * b);
    count += n;
  }

  /** Adds to the mean and keeps what the addition rounds away. */
  private void move(double by) {
    double rest = meanRest + by;
    double sum = mean + rest;
    double moved = sum - mean;
    // Knuth's TwoSum: exact whichever of the two is larger.
    meanRest = (mean - (sum - moved)) + (rest - moved);
    mean = sum;
  }

  long count() {
    return count;
  }

  /** NaN where there are no values. */
  double mean() {
    return count == 0 ? Double.NaN : mean;
  }

  /** The population's standard deviation; NaN where there are no values. */
  double standardDeviation() {
    return count == 0 ? Double.NaN : finite(Math.sqrt(m2 / count));
  }

  /** The population's skewness; NaN for fewer than two distinct values. */
  double skewness() {
    double variance = m2 / count;
    return m2 == 0 ? Double.NaN : finite(m3 / count / (variance * Math.sqrt(variance)));
  }

  /** The population's kurtosis, 0 for a normal distribution; NaN below two distinct values. */
  double excessKurtosis() {
    double variance = m2 / count;
    return m2 == 0 ? Double.NaN : finite(m4 / count / (variance * variance) - 3);
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : Double.NaN;
  }
}
