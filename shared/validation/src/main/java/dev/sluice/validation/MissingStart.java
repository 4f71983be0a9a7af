package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Where in a file missing values begin: the run of rows whose missing values are least likely at
 * the usual share, found as the segment of largest cumulative log-likelihood ratio (Page's CUSUM,
 * 1954, Biometrika 41) for a few shares after the break, the best of which is kept by its own
 * maximum likelihood. Linear in the rows.
 *
 * @param first row where it begins, itself missing
 * @param last row where it ends, itself missing
 * @param rows in between, both included
 * @param missing of these
 * @param gain log-likelihood ratio of the run against the usual share
 * @param toTheEnd true where no row of the file follows that has a value
 */
record MissingStart(long first, long last, long rows, long missing, double gain, boolean toTheEnd) {
  private static final double[] SHARES_AFTER = {0.995, 0.8, 0.5};

  /** Which rows exist, and which of them are missing; rows in any order. */
  static final class Rows {
    private static final long MOST = Integer.MAX_VALUE - 1L;
    private final BitSet seen = new BitSet();
    private final BitSet missing = new BitSet();

    void add(long row, boolean isMissing) {
      if (row < 1 || row > MOST) {
        throw new BadInput(
            "__row is "
                + row
                + "; rows of an object count from 1 to "
                + MOST
                + ", ingest it again");
      }
      seen.set((int) row);
      if (isMissing) {
        missing.set((int) row);
      }
    }
  }

  /**
   * The run of rows where missing values begin.
   *
   * @param usual the baseline's share of missing values, 0 to 1
   * @return null where missing values do not begin anywhere: too few, or spread over all rows
   */
  static @Nullable MissingStart find(Rows rows, double usual) {
    int total = rows.seen.cardinality();
    int missing = rows.missing.cardinality();
    if (missing < 5) {
      return null;
    }
    double before = Math.clamp(usual, 0.5 / total, 0.9);
    @Nullable MissingStart best = null;
    for (double after : SHARES_AFTER) {
      if (after > before + 0.05) {
        MissingStart found = segment(rows, before, after, total);
        if (found != null && (best == null || found.gain > best.gain)) {
          best = found;
        }
      }
    }
    if (best == null) {
      return null;
    }
    long outside = total - best.rows;
    double shareIn = (double) best.missing / best.rows;
    double shareOut = outside == 0 ? 0 : (double) (missing - best.missing) / outside;
    // A run that is by chance the densest of evenly spread values gains a few log(total) at most.
    boolean distinct = best.gain > 3 * Math.log(total) + 5;
    boolean all = shareIn >= 0.9;
    boolean stands = outside >= 20 && shareIn >= 0.4 && shareIn - shareOut >= 0.3;
    return distinct && (all || stands) ? best : null;
  }

  private static @Nullable MissingStart segment(Rows rows, double before, double after, int total) {
    double hit = Math.log(after / before);
    double miss = Math.log((1 - after) / (1 - before));
    double score = 0;
    double bestScore = 0;
    int start = -1;
    int first = -1;
    int last = -1;
    for (int row = rows.seen.nextSetBit(0); row >= 0; row = rows.seen.nextSetBit(row + 1)) {
      if (score <= 0) {
        score = 0;
        start = row;
      }
      score += rows.missing.get(row) ? hit : miss;
      if (score > bestScore) {
        bestScore = score;
        first = start;
        last = row;
      }
    }
    if (first < 0) {
      return null;
    }
    int n = rows.seen.get(first, last + 1).cardinality();
    int k = rows.missing.get(first, last + 1).cardinality();
    double share = Math.clamp((double) k / n, 0.5 / total, 1 - 0.5 / total);
    double gain = k * Math.log(share / before) + (n - k) * Math.log((1 - share) / (1 - before));
    return new MissingStart(first, last, n, k, gain, rows.seen.nextSetBit(last + 1) < 0);
  }
}
