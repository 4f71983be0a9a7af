package dev.sluice.benchmarks.faults;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** How far two columns of text cells lie apart. */
final class Distance {
  private Distance() {}

  /**
   * Kolmogorov and Smirnov's for numbers, total variation for texts, missing cells being a value.
   *
   * @return 0 to 1
   */
  static double between(String[] a, String[] b, boolean numeric) {
    return numeric ? Math.max(missing(a, b), kolmogorov(a, b)) : variation(a, b);
  }

  private static double missing(String[] a, String[] b) {
    return Math.abs(missing(a) - missing(b));
  }

  private static double missing(String[] values) {
    return Arrays.stream(values).filter(String::isEmpty).count() / (double) values.length;
  }

  private static double kolmogorov(String[] a, String[] b) {
    double[] x = Trait.numbers(a);
    double[] y = Trait.numbers(b);
    if (x.length == 0 || y.length == 0) {
      return x.length == y.length ? 0 : 1;
    }
    Arrays.sort(x);
    Arrays.sort(y);
    double most = 0;
    int i = 0;
    int j = 0;
    while (i < x.length && j < y.length) {
      double at = Math.min(x[i], y[j]);
      while (i < x.length && x[i] <= at) {
        i++;
      }
      while (j < y.length && y[j] <= at) {
        j++;
      }
      most = Math.max(most, Math.abs((double) i / x.length - (double) j / y.length));
    }
    return most;
  }

  private static double variation(String[] a, String[] b) {
    Map<String, Double> shares = new HashMap<>();
    for (String value : a) {
      shares.merge(value, 1.0 / a.length, Double::sum);
    }
    for (String value : b) {
      shares.merge(value, -1.0 / b.length, Double::sum);
    }
    return shares.values().stream().mapToDouble(Math::abs).sum() / 2;
  }
}
