package dev.sluice.validation;

import dev.sluice.statistics.Association;
import dev.sluice.statistics.Association.Measure;
import dev.sluice.statistics.Relations;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Pairs of features that no longer go together as they did, though each by itself may look as
 * before: columns that took each other's place, a join that matches the wrong rows, labels that
 * were turned or mixed up. Spearman's correlations are compared by Fisher's z (1921), with the
 * variance of ranks by Fieller, Hartley and Pearson (1957), on the rows that ordinary wobble
 * between batches leaves.
 */
final class Correlations {
  private static final double RANKS = 1.06;

  /** Beyond this, a correlation's z says nothing but that it is perfect. */
  private static final double MOST = 0.999;

  /**
   * One pair.
   *
   * @param before Spearman's correlation, -1 to 1
   * @param after the same now
   * @param logP natural logarithm of the chance, two-sided
   */
  record Change(String a, String b, double before, double after, double logP) {
    double effect() {
      return Math.abs(after - before);
    }
  }

  private Correlations() {}

  /** Every pair that is known on both sides. */
  static List<Change> compare(@Nullable Relations old, @Nullable Relations now, long least) {
    List<Change> changes = new ArrayList<>();
    if (old == null || now == null) {
      return changes;
    }
    record Pair(String a, String b) {}
    Map<Pair, Association> known = new HashMap<>();
    for (Association association : old.associations()) {
      if (association.measure() == Measure.SPEARMAN) {
        known.put(new Pair(association.a(), association.b()), association);
      }
    }
    Noise noise = Noise.of(BetweenBatches.PRIOR, 1);
    for (Association after : now.associations()) {
      Association before = known.get(new Pair(after.a(), after.b()));
      if (after.measure() != Measure.SPEARMAN
          || before == null
          || Double.isNaN(before.value())
          || Double.isNaN(after.value())
          || Math.min(before.rows(), after.rows()) < least) {
        continue;
      }
      double variance =
          RANKS / noise.before((double) before.rows()) + RANKS / noise.now((double) after.rows());
      double z = (score(after.value()) - score(before.value())) / Math.sqrt(variance);
      changes.add(
          new Change(
              after.a(), after.b(), before.value(), after.value(), Significance.logNormal(z)));
    }
    return changes;
  }

  private static double score(double correlation) {
    double r = Math.clamp(correlation, -MOST, MOST);
    return 0.5 * Math.log((1 + r) / (1 - r));
  }

  /**
   * Features that changed and took each other's place: with all others, each now goes as the other
   * did.
   */
  static Map<String, String> swaps(List<Change> all, List<Change> changed) {
    Map<String, Map<String, Change>> byFeature = new HashMap<>();
    for (Change change : all) {
      byFeature.computeIfAbsent(change.a(), name -> new HashMap<>()).put(change.b(), change);
      byFeature.computeIfAbsent(change.b(), name -> new HashMap<>()).put(change.a(), change);
    }
    Set<String> candidates = new TreeSet<>();
    for (Change change : changed) {
      candidates.add(change.a());
      candidates.add(change.b());
    }
    Map<String, String> swaps = new HashMap<>();
    for (String a : candidates) {
      for (String b : candidates) {
        if (a.compareTo(b) < 0
            && isSwapped(
                byFeature.getOrDefault(a, Map.of()), byFeature.getOrDefault(b, Map.of()), a, b)) {
          swaps.putIfAbsent(a, b);
          swaps.putIfAbsent(b, a);
        }
      }
    }
    return swaps;
  }

  private static boolean isSwapped(
      Map<String, Change> ofA, Map<String, Change> ofB, String a, String b) {
    double stayed = 0;
    double crossed = 0;
    int others = 0;
    for (Map.Entry<String, Change> entry : ofA.entrySet()) {
      String other = entry.getKey();
      Change one = entry.getValue();
      Change two = ofB.get(other);
      if (!other.equals(a) && !other.equals(b) && two != null) {
        stayed += one.effect() + two.effect();
        crossed += Math.abs(one.after() - two.before()) + Math.abs(two.after() - one.before());
        others++;
      }
    }
    return others > 1 && crossed < stayed / 4;
  }
}
