package dev.sluice.validation;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How often each text occurs.
 *
 * @param counts value to rows, the most frequent at least
 * @param n rows with a value
 * @param complete true where {@code counts} holds every value; else a value that is absent may
 *     still occur, but no oftener than the rarest one listed
 */
record Frequencies(Map<String, Long> counts, long n, boolean complete) {
  Frequencies {
    counts = Collections.unmodifiableMap(counts);
  }

  long of(String value) {
    return counts.getOrDefault(value, 0L);
  }

  double share(String value) {
    return n == 0 ? 0 : (double) of(value) / n;
  }

  /** The most frequent values, equals by text. */
  List<String> commonest(int most) {
    return counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(most)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** How often each of the values occurs, then all others. */
  double[] counts(List<String> values) {
    double[] aligned = new double[values.size() + 1];
    double rest = n;
    for (int i = 0; i < values.size(); i++) {
      aligned[i] = of(values.get(i));
      rest -= aligned[i];
    }
    aligned[values.size()] = Math.max(0, rest);
    return aligned;
  }

  /**
   * Values whose counts are known on both sides: one that a side lists and the other, being
   * incomplete, may merely not list is not among them.
   */
  static Set<String> comparable(Frequencies a, Frequencies b) {
    Set<String> values = new LinkedHashSet<>();
    for (String value : a.counts.keySet()) {
      if (b.complete || b.counts.containsKey(value)) {
        values.add(value);
      }
    }
    for (String value : b.counts.keySet()) {
      if (a.complete || a.counts.containsKey(value)) {
        values.add(value);
      }
    }
    return values;
  }

  /** Counts over the values expected at least 5 times on both sides, the rest pooled last. */
  static double[][] alignForTest(Frequencies a, Frequencies b) {
    Set<String> kept = new LinkedHashSet<>();
    double needed = 5 * ((double) a.n + b.n) / Math.min(a.n, b.n);
    a.counts.forEach((value, count) -> {
      if ((b.complete || b.counts.containsKey(value)) && count + b.of(value) >= needed) {
        kept.add(value);
      }
    });
    b.counts.forEach((value, count) -> {
      if (a.complete && !a.counts.containsKey(value) && count >= needed) {
        kept.add(value);
      }
    });
    return align(a, b, kept);
  }

  private static double[][] align(Frequencies a, Frequencies b, Set<String> values) {
    double[][] aligned = new double[2][values.size() + 1];
    double restA = a.n;
    double restB = b.n;
    int i = 0;
    for (String value : values) {
      aligned[0][i] = a.of(value);
      aligned[1][i] = b.of(value);
      restA -= aligned[0][i];
      restB -= aligned[1][i];
      i++;
    }
    aligned[0][i] = Math.max(0, restA);
    aligned[1][i] = Math.max(0, restB);
    return aligned;
  }
}
