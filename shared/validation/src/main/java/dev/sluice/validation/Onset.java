package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where in a file something begins, such as missing values or a value that is stuck: the run of
 * rows whose hits are least likely at the usual share, found as the segment of largest cumulative
 * log-likelihood ratio (Page's CUSUM, 1954, Biometrika 41) for a few shares after the break, the
 * best of which is kept by its own maximum likelihood. Linear in the rows.
 *
 * @param first row where it begins, itself a hit
 * @param last row where it ends, itself a hit
 * @param rows in between, both included
 * @param hits of these
 * @param gain log-likelihood ratio of the run against the usual share
 * @param toTheEnd true where no row of the file follows
 * @param rowsOutside rows of the file that are not in the run
 * @param hitsOutside of these
 */
record Onset(
    long first,
    long last,
    long rows,
    long hits,
    double gain,
    boolean toTheEnd,
    long rowsOutside,
    long hitsOutside) {
  private static final double[] SHARES_AFTER = {0.995, 0.8, 0.5};
  private static final int FEWEST_HITS = 5;

  /** Which rows exist, and which of them are hits; rows in any order. */
  static final class Rows {
    private static final long MOST = Integer.MAX_VALUE - 1L;
    private final BitSet seen = new BitSet();
    private final BitSet hits = new BitSet();

    void add(long row, boolean isHit) {
      if (row < 1 || row > MOST) {
        throw new BadInput(
            "__row is "
                + row
                + "; rows of an object count from 1 to "
                + MOST
                + ", ingest it again");
      }
      seen.set((int) row);
      if (isHit) {
        hits.set((int) row);
      }
    }

    int size() {
      return seen.cardinality();
    }

    int hits() {
      return hits.cardinality();
    }

    /** The first hits from a row on, at most so many. */
    List<Long> hitsFrom(long row, int most) {
      return hits.stream()
          .filter(hit -> hit >= row)
          .limit(most)
          .mapToObj(hit -> (long) hit)
          .toList();
    }
  }

  /** The share of the run's rows that are hits. */
  double share() {
    return (double) hits / rows;
  }

  /**
   * The run of rows where hits begin.
   *
   * @param usual the baseline's share of hits, 0 to 1
   * @return null where they do not begin anywhere: too few, or spread over all rows
   */
  static @Nullable Onset find(Rows rows, double usual) {
    int total = rows.size();
    int hits = rows.hits();
    if (hits < FEWEST_HITS) {
      return null;
    }
    double before = Math.clamp(usual, 0.5 / total, 0.9);
    @Nullable Onset best = null;
    for (double after : SHARES_AFTER) {
      if (after > before + 0.05) {
        Onset found = segment(rows, before, after, total, hits);
        if (found != null && (best == null || found.gain > best.gain)) {
          best = found;
        }
      }
    }
    return best != null && best.isDistinct() ? best : null;
  }

  /**
   * The same in buckets along an axis; first and last are places in the collection, from 0.
   *
   * @param buckets in order
   */
  static @Nullable Onset find(Collection<Tally.Bucket> buckets, double usual) {
    long total = buckets.stream().mapToLong(bucket -> bucket.seen).sum();
    long hits = buckets.stream().mapToLong(bucket -> bucket.hits).sum();
    if (hits < FEWEST_HITS) {
      return null;
    }
    double before = Math.clamp(usual, 0.5 / total, 0.9);
    @Nullable Onset best = null;
    for (double after : SHARES_AFTER) {
      if (after > before + 0.05) {
        Onset found = segment(buckets, before, after, total, hits);
        if (found != null && (best == null || found.gain > best.gain)) {
          best = found;
        }
      }
    }
    return best != null && best.isDistinct() ? best : null;
  }

  private boolean isDistinct() {
    double shareOut = rowsOutside == 0 ? 0 : (double) hitsOutside / rowsOutside;
    // A run that is by chance the densest of evenly spread hits gains a few log(total) at most.
    boolean distinct = gain > 3 * Math.log(rows + rowsOutside) + 5;
    boolean all = share() >= 0.9;
    boolean stands = rowsOutside >= 20 && share() >= 0.4 && share() - shareOut >= 0.3;
    return distinct && (all || stands);
  }

  private static @Nullable Onset segment(
      Rows rows, double before, double after, int total, int hits) {
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
      score += rows.hits.get(row) ? hit : miss;
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
    int k = rows.hits.get(first, last + 1).cardinality();
    return new Onset(
        first,
        last,
        n,
        k,
        gain(k, n, before, total),
        rows.seen.nextSetBit(last + 1) < 0,
        total - n,
        hits - k);
  }

  private static @Nullable Onset segment(
      Collection<Tally.Bucket> buckets, double before, double after, long total, long hits) {
    double hit = Math.log(after / before);
    double miss = Math.log((1 - after) / (1 - before));
    double score = 0;
    double bestScore = 0;
    int place = 0;
    int start = -1;
    long n = 0;
    long k = 0;
    @Nullable Onset best = null;
    for (Tally.Bucket bucket : buckets) {
      if (score <= 0) {
        score = 0;
        start = place;
        n = 0;
        k = 0;
      }
      n += bucket.seen;
      k += bucket.hits;
      score += bucket.hits * hit + (bucket.seen - bucket.hits) * miss;
      if (score > bestScore) {
        bestScore = score;
        boolean end = place == buckets.size() - 1;
        best = new Onset(start, place, n, k, gain(k, n, before, total), end, total - n, hits - k);
      }
      place++;
    }
    return best;
  }

  private static double gain(long k, long n, double before, long total) {
    double share = Math.clamp((double) k / n, 0.5 / total, 1 - 0.5 / total);
    return k * Math.log(share / before) + (n - k) * Math.log((1 - share) / (1 - before));
  }
}
