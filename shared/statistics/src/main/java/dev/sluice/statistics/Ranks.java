package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;

/**
 * The mean rank, from 1, of each number that was counted among all of them, as {@link NumberCounts}
 * knows it: each number's own while those were exact, else that of its bin.
 */
final class Ranks {
  private final long[] sorted;
  private final double[] ranks;
  private final boolean integers;
  private final int cut;
  private final double count;
  private final double error;
  private final long[] keys;
  private final int[] places;
  private final int shift;

  /**
   * @param sorted keys of {@link NumberCounts}, in the order of their numbers
   * @param ranks of each, ascending
   * @param cut lowest bits that a key lacks
   * @param count all numbers
   * @param error root of the mean square by which ranks may differ from the true ones
   */
  Ranks(long[] sorted, double[] ranks, boolean integers, int cut, double count, double error) {
    this.sorted = sorted;
    this.ranks = ranks;
    this.integers = integers;
    this.cut = cut;
    this.count = count;
    this.error = error;
    int capacity = Integer.highestOneBit(Math.max(sorted.length, 16)) * 4;
    keys = new long[capacity];
    places = new int[capacity];
    shift = Long.numberOfLeadingZeros(capacity - 1);
    for (int i = 0; i < sorted.length; i++) {
      int slot = slot(sorted[i]);
      while (places[slot] != 0) {
        slot = (slot + 1) & (capacity - 1);
      }
      keys[slot] = sorted[i];
      places[slot] = i + 1;
    }
  }

  private int slot(long key) {
    return (int) ((key * 0x9E3779B97F4A7C15L) >>> shift);
  }

  /** True where each number has its own rank. */
  boolean exact() {
    return cut == 0;
  }

  /** Different ranks. */
  int size() {
    return sorted.length;
  }

  /** Numbers that were counted. */
  double count() {
    return count;
  }

  double rank(int place) {
    return ranks[place];
  }

  double error() {
    return error;
  }

  /** The place of a number among the different ranks. */
  int place(long value) {
    return find(integers && cut == 0 ? value : Double.doubleToRawLongBits((double) value));
  }

  /** The same of a finite number that is no negative zero. */
  int place(double value) {
    return find(Double.doubleToRawLongBits(value));
  }

  private int find(long key) {
    long k = key & (-1L << cut);
    int mask = keys.length - 1;
    int slot = slot(k);
    while (keys[slot] != k || places[slot] == 0) {
      if (places[slot] == 0) {
        throw new BadInput(
            "a number is in the second reading of the examples that the first had not; read one"
                + " version of them");
      }
      slot = (slot + 1) & mask;
    }
    return places[slot] - 1;
  }
}
