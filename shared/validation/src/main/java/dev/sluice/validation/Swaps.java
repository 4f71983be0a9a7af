package dev.sluice.validation;

import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Columns that took each other's place: of two that moved, each now looks like the other did. A
 * pair counts where both new-against-other distances are below a quarter of how far each moved, and
 * small. Quadratic in the features that moved.
 */
final class Swaps {
  private static final double ALIKE = 0.1;
  private static final double LEFT = 0.25;

  private Swaps() {}

  /** The other column of each that was swapped, by name. */
  static Map<String, String> find(List<Finding> findings) {
    Map<String, String> others = new HashMap<>();
    for (Finding a : findings) {
      for (Finding b : findings) {
        Move one = a.whole();
        Move two = b.whole();
        if (one.feature().compareTo(two.feature()) < 0
            && one.aspect() == two.aspect()
            && isSwapped(one, two)) {
          others.putIfAbsent(one.feature(), two.feature());
          others.putIfAbsent(two.feature(), one.feature());
        }
      }
    }
    return others;
  }

  private static boolean isSwapped(Move a, Move b) {
    double most = Math.min(ALIKE, LEFT * Math.min(Math.abs(a.effect()), Math.abs(b.effect())));
    return switch (a.aspect()) {
      case MISSING -> false;
      case NUMBERS -> distance(a, b) <= most && distance(b, a) <= most;
      case TEXTS ->
          difference(a.after().needTexts(), b.before().needTexts()) <= most
              && difference(b.after().needTexts(), a.before().needTexts()) <= most;
    };
  }

  private static double distance(Move now, Move before) {
    return now.after().needShape().kolmogorovSmirnov(before.before().needShape());
  }

  private static double difference(Frequencies a, Frequencies b) {
    double[][] counts = Frequencies.alignForTest(a, b);
    return Distances.lInfinity(counts[0], counts[1]);
  }

  /** True for what {@link #find} can tell. */
  static boolean applies(Finding finding) {
    return finding.moved().isEmpty() && finding.whole().aspect() != Aspect.MISSING;
  }
}
