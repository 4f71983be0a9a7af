package dev.sluice.statistics;

import org.jspecify.annotations.Nullable;

/** Shannon's entropy of counts, in nats: ln(n) - sum(c ln c) / n. */
final class Entropy {
  private Entropy() {}

  /** Of the counts, each at least 0; null where they are all 0. */
  static @Nullable Double of(long[] counts) {
    long n = 0;
    for (long count : counts) {
      n += count;
    }
    if (n == 0) {
      return null;
    }
    double sum = 0;
    for (long count : counts) {
      if (count > 0) {
        double share = (double) count / n;
        sum -= share * Math.log(share);
      }
    }
    return sum == 0 ? 0.0 : sum;
  }
}
