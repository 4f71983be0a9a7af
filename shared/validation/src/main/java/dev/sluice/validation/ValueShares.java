package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.ValueCount;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often each value of a feature occurs in one or several batches together, numbers and texts
 * alike.
 *
 * @param counts value to values, the most frequent at least
 * @param n values in all
 * @param unlisted no value that is absent from {@code counts} occurs more often; 0 where all are
 *     there
 */
record ValueShares(Map<String, Long> counts, long n, long unlisted) {
  ValueShares {
    counts = Map.copyOf(counts);
  }

  static ValueShares of(List<DatasetStatistics> batches, String name) {
    Map<String, Long> counts = new HashMap<>();
    long n = 0;
    long unlisted = 0;
    for (DatasetStatistics batch : batches) {
      FeatureStatistics feature = batch.feature(name);
      if (feature == null) {
        continue;
      }
      List<ValueCount> top = feature.values().top();
      for (ValueCount value : top) {
        counts.merge(key(feature.type(), value.value()), value.frequency(), Long::sum);
      }
      n += feature.valueCount();
      if (!feature.values().complete()) {
        long least = top.isEmpty() ? feature.valueCount() : top.getLast().frequency();
        unlisted += least + 2 * feature.values().topError();
      }
    }
    return new ValueShares(counts, n, Math.min(unlisted, n));
  }

  /** Whole numbers read alike whether a batch holds fractions or not. */
  static String key(ValueType type, String value) {
    if (type != ValueType.FLOAT) {
      return value;
    }
    double number = Double.parseDouble(value);
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : value;
  }

  /** At most as many values are this one. */
  long atMost(String value) {
    Long count = counts.get(value);
    return count == null ? unlisted : count;
  }

  /** The largest share of any value. */
  double largest() {
    long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(unlisted);
    return n == 0 ? 0 : (double) most / n;
  }
}
