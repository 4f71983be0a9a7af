package dev.sluice.statistics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.FrequentItemsSketch;
import org.apache.datasketches.hll.HllUnion;
import org.apache.datasketches.hll.TgtHllType;

/**
 * How often each text occurs: exact while the distinct ones are at most {@code limit} and {@value
 * #MOST_CHARACTERS} characters; beyond, the heavy ones by a frequent-items sketch (Misra and Gries
 * 1982, Anderson and others 2017) and their number by HyperLogLog. Of a text over {@value #LONGEST}
 * characters, its beginning and a hash stand for the whole, which bounds memory. Linear time in the
 * distinct texts of each batch.
 */
final class TextCounts {
  private static final int LONGEST = 256;
  private static final int MOST_CHARACTERS = 1 << 22;
  private static final int HLL_LG_K = 14;
  private static final double HLL_ERROR = 1.04 / Math.sqrt(1 << HLL_LG_K);
  private static final int FREQUENT_ITEMS = 1 << 13;

  private static final class Count {
    long value;
  }

  private final int limit;
  private final Map<String, Count> counts = new HashMap<>();
  private long characters;
  private boolean exact = true;
  private final HllUnion distinct = new HllUnion(HLL_LG_K);
  private final FrequentItemsSketch<String> frequent = new FrequentItemsSketch<>(FREQUENT_ITEMS);

  TextCounts(int limit) {
    this.limit = limit;
  }

  /** Adds {@code count} occurrences, at least 1. */
  void add(String value, long count) {
    put(key(value), count);
  }

  private void put(String text, long count) {
    if (!exact) {
      distinct.update(text);
      frequent.update(text, count);
      return;
    }
    Count known = counts.get(text);
    if (known == null) {
      known = new Count();
      counts.put(text, known);
      characters += text.length();
    }
    known.value += count;
    if (counts.size() > limit || characters > MOST_CHARACTERS) {
      leaveExact();
    }
  }

  private void leaveExact() {
    exact = false;
    counts.forEach((text, count) -> put(text, count.value));
    counts.clear();
  }

  /** The text itself or, of a long one, what stands for it. */
  static String key(String value) {
    if (value.length() <= LONGEST) {
      return value;
    }
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < value.length(); i++) {
      hash = (hash ^ value.charAt(i)) * 0x100000001B3L;
    }
    int cut = LONGEST - 20;
    if (Character.isHighSurrogate(value.charAt(cut - 1))) {
      cut--;
    }
    return value.substring(0, cut) + "... #" + Long.toHexString(hash);
  }

  void merge(TextCounts other) {
    if (!other.exact && exact) {
      leaveExact();
    }
    if (other.exact) {
      other.counts.forEach((text, count) -> put(text, count.value));
    } else {
      distinct.update(other.distinct.getResult(TgtHllType.HLL_8));
      frequent.merge(other.frequent);
    }
  }

  ValueCounts result() {
    List<ValueCount> all = new ArrayList<>();
    if (exact) {
      counts.forEach((text, count) -> all.add(new ValueCount(text, count.value)));
      all.sort(ValueCount.MOST_FREQUENT);
      long[] weights = all.stream().mapToLong(ValueCount::frequency).toArray();
      return new ValueCounts((long) all.size(), 0, most(all), 0, Entropy.of(weights));
    }
    for (FrequentItemsSketch.Row<String> row :
        frequent.getFrequentItems(ErrorType.NO_FALSE_POSITIVES)) {
      all.add(new ValueCount(row.getItem(), row.getEstimate()));
    }
    all.sort(ValueCount.MOST_FREQUENT);
    // The composite estimate depends on the registers alone; the other one on the order as well.
    double estimate = distinct.getResult(TgtHllType.HLL_8).getCompositeEstimate();
    return new ValueCounts(
        Math.max(all.size(), Math.round(estimate)),
        HLL_ERROR,
        most(all),
        frequent.getMaximumError(),
        null);
  }

  private static List<ValueCount> most(List<ValueCount> all) {
    return all.subList(0, Math.min(all.size(), ValueCounts.MOST_KEPT));
  }
}
