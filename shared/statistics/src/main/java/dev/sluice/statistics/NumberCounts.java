package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.FrequentLongsSketch;
import org.apache.datasketches.hll.HllUnion;
import org.apache.datasketches.hll.TgtHllType;

/**
 * How often each number occurs: exact while there are at most {@code limit} distinct ones. Beyond
 * that, numbers are cut to fewer bits of mantissa, one bit at a time, until at most {@code limit}
 * cut numbers remain: a histogram with bins of equal relative width, as fine as the limit allows
 * (the uniform collapse of UDDSketch: Epicoco, Melle, Cafaro, Pulimeno, Morleo 2020, on the binary
 * instead of a logarithmic scale). The cut depends on the numbers alone, never on their order, so
 * the same numbers give the same answer in any split and order, bit for bit; a sampling sketch such
 * as KLL cannot promise that. The rank error is not fixed beforehand, it is the weight of the
 * heaviest bin that holds more than one number, and reported. Beyond the limit, the number of
 * distinct ones is estimated by HyperLogLog and heavy ones come from a frequent-items sketch.
 * Constant time a value, memory 32 bytes times {@code limit} at most.
 */
final class NumberCounts {
  private static final int HLL_LG_K = 14;
  private static final int FREQUENT_NUMBERS = 1 << 12;

  /** A cell with a smaller share than one in this many holds no number worth naming. */
  private static final int LIGHT = 1 << 11;

  private static final int MANTISSA_BITS = 52;

  /** Relative standard error of HyperLogLog's composite estimate: 1.04 / sqrt(k). */
  private static final double HLL_ERROR = 1.04 / Math.sqrt(1 << HLL_LG_K);

  private final boolean integers;
  private final int limit;
  private long[] keys = new long[64];
  private long[] counts = new long[64];
  private int shift = Long.numberOfLeadingZeros(63);
  private int size;
  private long total;

  /** Lowest bits cut from the binary form of each number; 0 = exact. */
  private int cut;

  /** All numbers seen, or their bits, once {@code cut > 0}. */
  private final HllUnion distinct = new HllUnion(HLL_LG_K);

  private final FrequentLongsSketch frequent = new FrequentLongsSketch(FREQUENT_NUMBERS);

  /**
   * An empty one.
   *
   * @param integers keys are longs, else doubles
   * @param limit distinct numbers held, at least 2^13 so that a cut of 51 bits always suffices
   */
  NumberCounts(boolean integers, int limit) {
    if (limit < 1 << 13) {
      throw new Bug("limit is " + limit + "; give at least " + (1 << 13));
    }
    this.integers = integers;
    this.limit = limit;
  }

  /** Adds {@code values[0..n)}. */
  void add(long[] values, int n) {
    int i = 0;
    for (; i < n && cut == 0; i++) {
      put(values[i], 1);
    }
    for (; i < n; i++) {
      distinct.update(values[i]);
      long cell = put(Double.doubleToRawLongBits((double) values[i]), 1);
      watch(values[i], 1, cell);
    }
  }

  /** Adds {@code values[0..n)}, all finite, with no negative zero. */
  void add(double[] values, int n) {
    int i = 0;
    for (; i < n && cut == 0; i++) {
      put(Double.doubleToRawLongBits(values[i]), 1);
    }
    for (; i < n; i++) {
      long bits = Double.doubleToRawLongBits(values[i]);
      distinct.update(bits);
      watch(bits, 1, put(bits, 1));
    }
  }

  void merge(NumberCounts other) {
    if (other.size == 0) {
      return;
    }
    if (other.cut > 0 && cut == 0) {
      leaveExact();
    }
    if (other.cut > 0) {
      distinct.update(other.distinct.getResult(TgtHllType.HLL_8));
      frequent.merge(other.frequent);
    }
    if (cut < other.cut) {
      cut(other.cut);
    }
    for (int i = 0; i < other.keys.length; i++) {
      if (other.counts[i] > 0) {
        long key = other.keys[i];
        if (other.cut == 0 && cut > 0) {
          distinct.update(key);
          watch(key, other.counts[i], put(bits(key), other.counts[i]));
        } else {
          put(key, other.counts[i]);
        }
      }
    }
  }

  /** Adds to a cell and returns what it now holds. */
  private long put(long key, long count) {
    total += count;
    // Once numbers are cut, a key of integers comes here as the bits of a double.
    long k = key & (-1L << cut);
    int mask = keys.length - 1;
    int slot = (int) ((k * 0x9E3779B97F4A7C15L) >>> shift);
    while (counts[slot] != 0) {
      if (keys[slot] == k) {
        counts[slot] += count;
        return counts[slot];
      }
      slot = (slot + 1) & mask;
    }
    keys[slot] = k;
    counts[slot] = count;
    if (++size > limit) {
      if (cut == 0) {
        leaveExact();
        cut(enough());
      }
      // Now and then a bit, found sooner by trying than by sorting.
      while (size > limit) {
        cut(cut + 1);
      }
    } else if (2 * size > keys.length) {
      rehash(2 * keys.length);
    }
    return count;
  }

  private void leaveExact() {
    for (int i = 0; i < keys.length; i++) {
      if (counts[i] > 0) {
        distinct.update(keys[i]);
        watch(keys[i], counts[i], counts[i]);
        keys[i] = bits(keys[i]);
      }
    }
    cut = 1;
    rehash(keys.length);
  }

  /**
   * Counts a number among the heavy ones where its cell, which now holds {@code cell} numbers, is
   * heavy enough to hold a heavy one. Of any number, at most {@code total / LIGHT} occurrences pass
   * uncounted, and smooth data cost nothing.
   */
  private void watch(long key, long count, long cell) {
    if (cell * LIGHT > total) {
      frequent.update(key, count);
    }
  }

  private long bits(long key) {
    return integers ? Double.doubleToRawLongBits((double) key) : key;
  }

  private void cut(int bits) {
    cut = bits;
    rehash(keys.length);
  }

  /**
   * The fewest bits that leave no more numbers than the limit: in sorted order, neighbors stay
   * apart as long as the highest bit in which they differ is not cut.
   */
  private int enough() {
    long[] sorted = new long[size];
    int n = 0;
    for (int i = 0; i < keys.length; i++) {
      if (counts[i] != 0) {
        sorted[n++] = keys[i];
      }
    }
    Arrays.sort(sorted);
    int[] apart = new int[Long.SIZE + 1];
    for (int i = 1; i < n; i++) {
      apart[Long.SIZE - Long.numberOfLeadingZeros(sorted[i] ^ sorted[i - 1])]++;
    }
    int bits = cut;
    for (int left = n; left > limit; bits++) {
      left -= apart[bits + 1];
    }
    return bits;
  }

  private void rehash(int capacity) {
    long[] oldKeys = keys;
    long[] oldCounts = counts;
    keys = new long[capacity];
    counts = new long[capacity];
    shift = Long.numberOfLeadingZeros(capacity - 1);
    size = 0;
    int mask = capacity - 1;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldCounts[i] != 0) {
        long k = oldKeys[i] & (-1L << cut);
        int slot = (int) ((k * 0x9E3779B97F4A7C15L) >>> shift);
        while (counts[slot] != 0 && keys[slot] != k) {
          slot = (slot + 1) & mask;
        }
        if (counts[slot] == 0) {
          keys[slot] = k;
          size++;
        }
        counts[slot] += oldCounts[i];
      }
    }
  }

  /** True while every distinct number has its own count. */
  boolean exact() {
    return cut == 0;
  }

  /** Cells in ascending order: numbers while exact, else bins. */
  Sorted sorted() {
    int[] order = new int[size];
    long[] rank = new long[size];
    int n = 0;
    for (int i = 0; i < keys.length; i++) {
      if (counts[i] != 0) {
        rank[n++] = integers && cut == 0 ? keys[i] : ascending(keys[i]);
      }
    }
    Arrays.sort(rank);
    int mask = keys.length - 1;
    for (int i = 0; i < n; i++) {
      // Both maps of keys to ranks are their own inverse.
      long key = integers && cut == 0 ? rank[i] : ascending(rank[i]);
      int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> shift);
      while (keys[slot] != key || counts[slot] == 0) {
        slot = (slot + 1) & mask;
      }
      order[i] = slot;
    }
    double[] low = new double[n];
    double[] high = new double[n];
    long[] weights = new long[n];
    long[] exactKeys = new long[n];
    for (int i = 0; i < n; i++) {
      long key = keys[order[i]];
      weights[i] = counts[order[i]];
      exactKeys[i] = key;
      if (cut == 0) {
        low[i] = integers ? (double) key : Double.longBitsToDouble(key);
        high[i] = low[i];
      } else {
        double near = Double.longBitsToDouble(key);
        double far = Double.longBitsToDouble(key | ~(-1L << cut));
        if (key == 0 && cut <= MANTISSA_BITS) {
          // Zero and numbers below the least normal one, which pass for zero.
          far = near;
        } else if (!Double.isFinite(far)) {
          far = Math.copySign(Double.MAX_VALUE, near);
        }
        low[i] = Math.min(near, far);
        high[i] = Math.max(near, far);
      }
    }
    double valueError = cut == 0 ? 0 : Math.min(1, Math.scalb(1.0, cut - MANTISSA_BITS));
    return new Sorted(low, high, weights, exactKeys, valueError);
  }

  /** The mean rank of each number, or of each bin, among all numbers so far. */
  Ranks ranks() {
    Sorted sorted = sorted();
    double[] ranks = new double[sorted.size()];
    double before = 0;
    double spread = 0;
    for (int i = 0; i < ranks.length; i++) {
      double weight = sorted.weights()[i];
      ranks[i] = before + (weight + 1) / 2;
      before += weight;
      if (sorted.high()[i] > sorted.low()[i]) {
        // No true rank in a bin is further than half its weight from the mean one.
        spread += weight * (weight / 2) * (weight / 2);
      }
    }
    return new Ranks(
        sorted.keys(), ranks, integers, cut, before, Math.sqrt(spread / Math.max(before, 1)));
  }

  /** The bits of doubles as longs that ascend as the doubles do; its own inverse. */
  private static long ascending(long bits) {
    return bits ^ ((bits >> 63) & Long.MAX_VALUE);
  }

  /** How the numbers repeat. */
  ValueCounts result(Sorted sorted) {
    if (cut > 0) {
      // The composite estimate depends on the registers alone; the other one on the order as well.
      double estimate = distinct.getResult(TgtHllType.HLL_8).getCompositeEstimate();
      List<ValueCount> heavy =
          Arrays.stream(frequent.getFrequentItems(ErrorType.NO_FALSE_POSITIVES))
              .sorted(
                  Comparator.comparingLong((FrequentLongsSketch.Row row) -> -row.getEstimate())
                      .thenComparingDouble(row -> number(row.getItem())))
              .filter(row -> row.getEstimate() * LIGHT > total)
              .limit(ValueCounts.MOST_KEPT)
              .map(row -> new ValueCount(text(row.getItem()), row.getEstimate()))
              .toList();
      return new ValueCounts(
          Math.max(limit + 1L, Math.round(estimate)),
          HLL_ERROR,
          heavy,
          frequent.getMaximumError() + total / LIGHT,
          null);
    }
    Integer[] order = new Integer[sorted.size()];
    Arrays.setAll(order, i -> i);
    long[] weights = sorted.weights();
    Arrays.sort(
        order,
        Comparator.comparingLong((Integer i) -> -weights[i]).thenComparingInt(Integer::intValue));
    List<ValueCount> top = new ArrayList<>();
    for (int i = 0; i < Math.min(order.length, ValueCounts.MOST_KEPT); i++) {
      top.add(new ValueCount(text(sorted.keys()[order[i]]), weights[order[i]]));
    }
    return new ValueCounts((long) size, 0, top, 0, Entropy.of(weights));
  }

  private double number(long key) {
    return integers ? (double) key : Double.longBitsToDouble(key);
  }

  private String text(long key) {
    return integers ? Long.toString(key) : Double.toString(Double.longBitsToDouble(key));
  }

  /**
   * Numbers or bins, ascending.
   *
   * @param low the least number that a cell may hold
   * @param high the greatest, equal to {@code low} where the counts are exact
   * @param weights how many numbers a cell holds
   * @param keys while exact, the long or the bits of the double
   * @param valueError the width of a cell as a share of its numbers; 0 = exact
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Sorted(double[] low, double[] high, long[] weights, long[] keys, double valueError) {
    int size() {
      return low.length;
    }

    /** The weight of the heaviest bin that may hold more than one number. */
    long heaviest() {
      long most = 0;
      for (int i = 0; i < low.length; i++) {
        if (high[i] > low[i]) {
          most = Math.max(most, weights[i]);
        }
      }
      return most;
    }

    /**
     * Type 7 quantiles at {@code points} even probabilities, within the least and greatest value.
     */
    Quantiles quantiles(int points, double least, double greatest) {
      long n = 0;
      for (long weight : weights) {
        n += weight;
      }
      if (n == 0) {
        return Quantiles.empty();
      }
      double[] result = new double[points];
      Cursor cursor = new Cursor(least, greatest);
      for (int i = 0; i < points; i++) {
        // Exact for n below 2^53 / points; a double's place alone would lose the half of a median.
        long whole = Math.multiplyExact((long) i, n - 1) / (points - 1);
        double part = (double) ((long) i * (n - 1) % (points - 1)) / (points - 1);
        double value = cursor.at(whole);
        if (part > 0) {
          value = Quantiles.interpolate(value, cursor.peek(whole + 1), part);
        }
        result[i] = i == 0 ? value : Math.max(result[i - 1], value);
      }
      result[0] = least;
      result[points - 1] = greatest;
      return Quantiles.of(result, (double) heaviest() / n, valueError);
    }

    /** The middle value, halfway between two for an even number. NaN where empty. */
    double median(double least, double greatest) {
      long n = 0;
      for (long weight : weights) {
        n += weight;
      }
      if (n == 0) {
        return Double.NaN;
      }
      Cursor cursor = new Cursor(least, greatest);
      double low = cursor.at((n - 1) / 2);
      return n % 2 == 1 ? low : Quantiles.interpolate(low, cursor.peek(n / 2), .5);
    }

    Histogram histogram(int bins, double least, double greatest) {
      if (low.length == 0) {
        return new Histogram(Double.NaN, Double.NaN, List.of());
      }
      double[] result = new double[bins];
      // Halves, as the width of all doubles is no double.
      double half = greatest / 2 - least / 2;
      for (int i = 0; i < low.length; i++) {
        double middle = Math.clamp(low[i] / 2 + high[i] / 2, least, greatest);
        int bin = half == 0 ? bins - 1 : (int) ((middle / 2 - least / 2) / half * bins);
        result[Math.min(bin, bins - 1)] += weights[i];
      }
      return new Histogram(least, greatest, Arrays.stream(result).boxed().toList());
    }

    /** Walks order statistics upward. */
    private final class Cursor {
      private final double least;
      private final double greatest;
      private int cell;
      private long before;

      Cursor(double least, double greatest) {
        this.least = least;
        this.greatest = greatest;
      }

      /** The order statistic {@code rank} (0-based), no less than the one asked before. */
      double at(long rank) {
        while (rank >= before + weights[cell]) {
          before += weights[cell++];
        }
        return value(cell, rank - before);
      }

      double peek(long rank) {
        return rank < before + weights[cell] ? value(cell, rank - before) : value(cell + 1, 0);
      }

      private double value(int place, long nth) {
        if (low[place] == high[place]) {
          return low[place];
        }
        double share = (nth + .5) / weights[place];
        return Math.clamp(Quantiles.interpolate(low[place], high[place], share), least, greatest);
      }
    }
  }
}
