package dev.sluice.statistics;

import java.util.Arrays;

/**
 * How many rows are equal, by 64-bit hashes of them: exact while at most {@code limit} different
 * rows were seen. Beyond, how often each of the {@code limit} least hashes occurs (the bottom-k
 * sample of E. Cohen and H. Kaplan, "Summarizing data using bottom-k sketches", 2007; of distinct
 * rows it is a uniform sample, see Z. Bar-Yossef and others, "Counting distinct elements in a data
 * stream", 2002): rows without any repetition are told as such without error, which the hashes'
 * density alone could not. A hash that was dropped never returns, as the bound only falls, so the
 * counts of those kept are exact, and the same rows give the same answer in any split and order,
 * bit for bit. Constant time a row, memory 64 bytes times {@code limit} at most.
 */
final class Repetition {
  /** Different rows that are counted exactly unless told otherwise. */
  static final int EXACT_ROWS = 1 << 16;

  private final int limit;
  private long[] keys = new long[64];
  private int[] counts = new int[64];
  private int size;
  private long rows;

  /** Hashes above it are not kept. */
  private long bound = Long.MAX_VALUE;

  /**
   * @param limit hashes kept, at least 2
   */
  Repetition(int limit) {
    this.limit = limit;
  }

  /** Adds rows by their hashes. */
  void add(long[] hashes) {
    for (long hash : hashes) {
      if (hash <= bound) {
        put(hash, 1);
      }
    }
    rows += hashes.length;
  }

  void merge(Repetition other) {
    bound = Math.min(bound, other.bound);
    rows += other.rows;
    for (int i = 0; i < other.keys.length; i++) {
      if (other.counts[i] > 0 && other.keys[i] <= bound) {
        put(other.keys[i], other.counts[i]);
      }
    }
    // What was kept under a greater bound is no longer complete.
    drop(bound);
  }

  private void put(long hash, int count) {
    int mask = keys.length - 1;
    int slot = (int) ((hash * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (counts[slot] != 0) {
      if (keys[slot] == hash) {
        counts[slot] = (int) Math.min(Integer.MAX_VALUE, (long) counts[slot] + count);
        return;
      }
      slot = (slot + 1) & mask;
    }
    keys[slot] = hash;
    counts[slot] = count;
    if (++size >= 2 * limit) {
      drop(least()[limit - 1]);
    } else if (2 * size > keys.length) {
      rehash(2 * keys.length);
    }
  }

  /** The hashes kept, ascending. */
  private long[] least() {
    long[] sorted = new long[size];
    int n = 0;
    for (int i = 0; i < keys.length; i++) {
      if (counts[i] > 0) {
        sorted[n++] = keys[i];
      }
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private void drop(long above) {
    bound = above;
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] > above) {
        counts[i] = 0;
      }
    }
    rehash(keys.length);
  }

  private void rehash(int capacity) {
    long[] oldKeys = keys;
    int[] oldCounts = counts;
    keys = new long[capacity];
    counts = new int[capacity];
    size = 0;
    int mask = capacity - 1;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldCounts[i] > 0) {
        int slot = (int) ((oldKeys[i] * 0x9E3779B97F4A7C15L) >>> 32) & mask;
        while (counts[slot] != 0) {
          slot = (slot + 1) & mask;
        }
        keys[slot] = oldKeys[i];
        counts[slot] = oldCounts[i];
        size++;
      }
    }
  }

  /** Different rows so far. */
  Repeats result() {
    if (bound == Long.MAX_VALUE && size <= limit) {
      return new Repeats((double) size, 0);
    }
    long last = size > limit ? least()[limit - 1] : bound;
    long sampled = 0;
    long all = 0;
    double squares = 0;
    for (int i = 0; i < keys.length; i++) {
      if (counts[i] > 0 && keys[i] <= last) {
        sampled++;
        all += counts[i];
        squares += (double) counts[i] * counts[i];
      }
    }
    double mean = (double) all / sampled;
    double variance = Math.max(0, squares / sampled - mean * mean);
    // Where no row of the sample repeats, so few may among the others that one more would tell.
    double error = Math.max(Math.sqrt(variance * sampled), 1) / all;
    return new Repeats(rows / mean, error);
  }
}
