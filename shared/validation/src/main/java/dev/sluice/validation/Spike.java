package dev.sluice.validation;

import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.ValueCount;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A single number that many rows now have and few had before: a value that is stuck, or a default
 * such as 0, -1 or 999 in place of what is not known. The distance between distributions hardly
 * sees it while it is few percent of the rows.
 *
 * @param value the number, as text
 * @param before its share of the values before, at most
 * @param after its share now
 * @param logP natural logarithm of the chance, corrected for having looked at every value
 */
record Spike(String value, double before, double after, double logP) {
  /** A share that grew less than this is a shift of the mix, not a spike. */
  private static final double GROWTH = 4;

  /** The largest of a feature's spikes, or null where no value's share grew so much. */
  static @Nullable Spike find(FeatureStatistics old, FeatureStatistics now, Noise noise) {
    if (old.numbers() == null || now.numbers() == null) {
      return null;
    }
    long n1 = old.valueCount();
    long n2 = now.valueCount();
    List<ValueCount> listed = old.values().top();
    if (n1 == 0 || n2 == 0 || (listed.isEmpty() && old.values().unique() == null)) {
      return null;
    }
    Map<Double, Long> known = new HashMap<>();
    long least = Long.MAX_VALUE;
    for (ValueCount count : listed) {
      known.merge(Double.valueOf(count.value()), count.frequency(), Long::sum);
      least = Math.min(least, count.frequency());
    }
    // What is not listed occurs no oftener than the rarest that is, but for the sketch's error.
    long unlisted =
        old.values().complete() || listed.isEmpty()
            ? old.values().topError()
            : Math.max(least, old.values().topError());
    @Nullable Spike largest = null;
    for (ValueCount count : now.values().top()) {
      long was = known.getOrDefault(Double.valueOf(count.value()), unlisted);
      double before = (double) was / n1;
      double after = (double) count.frequency() / n2;
      if (after >= GROWTH * before && (largest == null || after - before > largest.rise())) {
        double rows1 = noise.before((double) n1);
        double rows2 = noise.now((double) n2);
        double logP =
            Significance.logFisher(
                Math.round(before * rows1),
                Math.round(rows1),
                Math.round(after * rows2),
                Math.round(rows2));
        double tests = Math.log((double) Math.max(1, now.values().top().size()));
        largest = new Spike(count.value(), before, after, Math.min(0, logP + tests));
      }
    }
    return largest;
  }

  double rise() {
    return after - before;
  }
}
