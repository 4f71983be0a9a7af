package dev.sluice.validation;

/**
 * Tail probabilities as natural logarithms, so that a thousand tests can be corrected for without
 * underflow. All are at most 0; each costs O(1) or O(terms of the tail) and allocates nothing.
 */
final class Significance {
  private static final double LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
  private static final double[] LANCZOS = {
    0.9999999999998099,
    676.5203681218851,
    -1259.1392167224028,
    771.3234287776531,
    -176.6150291621406,
    12.507343278686905,
    -0.13857109526572012,
    9.984369578019572e-6,
    1.5056327351493116e-7
  };

  private Significance() {}

  /**
   * Two-sample Kolmogorov-Smirnov, first term of the asymptotic series (an upper bound) with
   * Stephens' correction for small samples (1970, "Use of the Kolmogorov-Smirnov ... without
   * extensive tables", section 2). Ties make it conservative.
   */
  static double logKolmogorov(double distance, double n1, double n2) {
    if (distance <= 0) {
      return 0;
    }
    double root = Math.sqrt(n1 * n2 / (n1 + n2));
    double lambda = (root + 0.12 + 0.11 / root) * distance;
    return Math.min(0, Math.log(2) - 2 * lambda * lambda);
  }

  /**
   * Fisher's exact test of two shares, doubled one-sided tail: how likely a split of the pooled
   * hits is at least this uneven when the true shares are equal.
   *
   * @param hits1 of {@code n1}
   * @param hits2 of {@code n2}
   */
  static double logFisher(long hits1, long n1, long hits2, long n2) {
    if (n1 == 0 || n2 == 0) {
      return 0;
    }
    long hits = hits1 + hits2;
    double expected = (double) hits * n2 / (n1 + n2);
    boolean upper = hits2 >= expected;
    double tail = 0;
    double first = logHypergeometric(hits2, n1, n2, hits);
    double term = 1;
    // Terms fall geometrically away from the mode, so the sum ends long before the range does.
    for (long k = hits2; term > 1e-14; ) {
      tail += term;
      long next = upper ? k + 1 : k - 1;
      if (next < Math.max(0, hits - n1) || next > Math.min(hits, n2)) {
        break;
      }
      term *=
          upper
              ? (double) (hits - k) * (n2 - k) / ((double) (k + 1) * (n1 - hits + k + 1))
              : (double) k * (n1 - hits + k) / ((double) (hits - k + 1) * (n2 - k + 1));
      k = next;
    }
    return Math.min(0, Math.log(2) + first + Math.log(tail));
  }

  private static double logHypergeometric(long hits2, long n1, long n2, long hits) {
    return logChoose(n2, hits2) + logChoose(n1, hits - hits2) - logChoose(n1 + n2, hits);
  }

  /** {@code log P(Binomial(n, share) >= hits)}. */
  static double logBinomialTail(long hits, long n, double share) {
    if (hits <= n * share) {
      return 0;
    }
    double first = logChoose(n, hits) + hits * Math.log(share) + (n - hits) * Math.log1p(-share);
    double odds = share / (1 - share);
    double tail = 0;
    double term = 1;
    for (long k = hits; k <= n && term > 1e-14; k++) {
      tail += term;
      term *= odds * (n - k) / (k + 1);
    }
    return Math.min(0, first + Math.log(tail));
  }

  /** {@code log P(X >= statistic)} of a chi-squared variable. */
  static double logChiSquared(double statistic, double degrees) {
    if (statistic <= 0 || degrees <= 0) {
      return 0;
    }
    return logUpperGamma(degrees / 2, statistic / 2);
  }

  /** Regularized upper incomplete gamma (series, or Lentz's continued fraction beyond a + 1). */
  private static double logUpperGamma(double a, double x) {
    double front = -x + a * Math.log(x) - logGamma(a);
    if (x < a + 1) {
      double term = 1 / a;
      double sum = term;
      for (int i = 1; term > sum * 1e-16; i++) {
        term *= x / (a + i);
        sum += term;
      }
      return Math.log1p(-Math.min(1 - 1e-16, Math.exp(front) * sum));
    }
    double tiny = 1e-300;
    double b = x + 1 - a;
    double c = 1 / tiny;
    double d = 1 / b;
    double h = d;
    for (int i = 1; i < 10_000; i++) {
      double an = -i * (i - a);
      b += 2;
      d = an * d + b;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = b + an / c;
      c = Math.abs(c) < tiny ? tiny : c;
      h *= d * c;
      if (Math.abs(d * c - 1) < 1e-15) {
        break;
      }
    }
    return Math.min(0, front + Math.log(h));
  }

  /** {@code log P(|Z| >= |z|)} of a normal variable, as chi-squared of one degree. */
  static double logNormal(double z) {
    return logChiSquared(z * z, 1);
  }

  /** The normal score of a two-sided tail, at least 0: the inverse of {@link #logNormal}. */
  static double score(double logP) {
    double z = Math.sqrt(Math.max(0, -2 * logP));
    for (int i = 0; i < 20; i++) {
      double tail = logNormal(z);
      // The hazard is the slope of the logarithm of the tail.
      double hazard = Math.exp(Math.log(2) - z * z / 2 - LOG_SQRT_2PI - tail);
      double step = (tail - logP) / hazard;
      z = Math.max(0, z + step);
      if (Math.abs(step) < 1e-10) {
        break;
      }
    }
    return z;
  }

  /**
   * {@code log P(|T| >= |t|)} of Student's variable: the regularized incomplete beta function by
   * Lentz's continued fraction (Press and others 2007, section 6.4).
   */
  static double logStudent(double t, double degrees) {
    if (t == 0) {
      return 0;
    }
    double x = degrees / (degrees + t * t);
    double a = degrees / 2;
    double b = 0.5;
    double front =
        logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
    if (x < (a + 1) / (a + b + 2)) {
      return Math.min(0, front + Math.log(betaFraction(x, a, b) / a));
    }
    return Math.log1p(-Math.min(1 - 1e-16, Math.exp(front) * betaFraction(1 - x, b, a) / b));
  }

  private static double betaFraction(double x, double a, double b) {
    double tiny = 1e-300;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 10_000; m++) {
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 + even * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + even / c;
      c = Math.abs(c) < tiny ? tiny : c;
      h *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 + odd * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + odd / c;
      c = Math.abs(c) < tiny ? tiny : c;
      h *= d * c;
      if (Math.abs(d * c - 1) < 1e-15) {
        break;
      }
    }
    return h;
  }

  static double logChoose(long n, long k) {
    return logGamma(n + 1.0) - logGamma(k + 1.0) - logGamma(n - k + 1.0);
  }

  /** Lanczos' approximation (g = 7, 9 terms), relative error below 1e-14 for x at least 0.5. */
  static double logGamma(double x) {
    double y = x - 1;
    double sum = LANCZOS[0];
    for (int i = 1; i < LANCZOS.length; i++) {
      sum += LANCZOS[i] / (y + i);
    }
    double t = y + 7.5;
    return LOG_SQRT_2PI + (y + 0.5) * Math.log(t) - t + Math.log(sum);
  }
}
