package dev.sluice.benchmarks.faults;

import java.util.BitSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was broken.
 *
 * @param features those that were broken, '' for the file as a whole; empty where nothing was
 * @param carried features that differ from the clean file though they were not edited, as when rows
 *     are gone: to name them is neither right nor wrong
 * @param group rows that alone were broken, of the broken file; null where rows of all groups were
 * @param firstRows 1-based row where it begins, or several that are as good; empty where it has no
 *     beginning
 */
record Truth(
    Set<String> features, Set<String> carried, @Nullable BitSet group, Set<Long> firstRows) {
  /** Of a file in which nothing is wrong. */
  static final Truth CLEAN = new Truth(Set.of(), Set.of(), null, Set.of());

  Truth {
    features = Set.copyOf(features);
    carried = Set.copyOf(carried);
    firstRows = Set.copyOf(firstRows);
  }

  static Truth of(String... features) {
    return new Truth(Set.of(features), Set.of(), null, Set.of());
  }

  Truth in(BitSet rows) {
    return new Truth(features, carried, rows, firstRows);
  }

  /**
   * @param first from 1
   */
  Truth from(long first) {
    return new Truth(features, carried, group, Set.of(first));
  }

  Truth fromEither(long first, long other) {
    return new Truth(features, carried, group, Set.of(first, other));
  }

  Truth carrying(Set<String> others) {
    return new Truth(features, others, group, firstRows);
  }
}
