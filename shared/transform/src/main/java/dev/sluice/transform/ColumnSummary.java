package dev.sluice.transform;

import dev.sluice.contracts.Bug;
import dev.sluice.examples.Column;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the choice of an encoder needs to know about one column of train: counts, moments before and
 * after a logarithm, tokens, and the lengths of lists, whose values count one by one. Moments are
 * merged batch by batch (Chan, Golub and LeVeque, 1983, "Algorithms for computing the sample
 * variance"), each batch in two passes, so that neither a large mean nor many rows cost digits.
 *
 * <p>Tokens are counted exactly up to a million distinct ones; beyond that the rarest are dropped,
 * so a token may then miss some of its earliest occurrences.
 */
final class ColumnSummary {
  private static final int MOST_TOKENS = 1_000_000;

  private final boolean log;
  private final boolean countTokens;
  private final Map<String, long[]> tokens = new HashMap<>();
  private boolean dropped;
  private long present;
  private long missing;
  private long finite;
  private double mean;
  private double squares;
  private double rawMean;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private int shortest = Integer.MAX_VALUE;
  private int longest;

  ColumnSummary(boolean log, boolean countTokens) {
    this.log = log;
    this.countTokens = countTokens;
  }

  void add(Column column) {
    missing += column.missing();
    if (column instanceof ListColumn lists) {
      for (int i = 0; i < lists.rows(); i++) {
        if (!lists.isMissing(i)) {
          shortest = Math.min(shortest, lists.length(i));
          longest = Math.max(longest, lists.length(i));
        }
      }
      addValues(lists.values());
    } else {
      addValues(column);
    }
  }

  private void addValues(Column column) {
    present += column.rows() - column.missing();
    switch (column) {
      case IntColumn ints -> {
        double[] values = new double[ints.rows()];
        int n = 0;
        for (int i = 0; i < ints.rows(); i++) {
          if (!ints.isMissing(i)) {
            values[n++] = ints.values()[i];
            if (countTokens) {
              count(Tokens.of(ints.values()[i]), 1);
            }
          }
        }
        moments(values, n);
      }
      case FloatColumn floats -> {
        double[] values = new double[floats.rows()];
        int n = 0;
        for (int i = 0; i < floats.rows(); i++) {
          if (!floats.isMissing(i)) {
            values[n++] = floats.values()[i];
            if (countTokens && !Double.isNaN(floats.values()[i])) {
              count(Tokens.of(floats.values()[i]), 1);
            }
          }
        }
        moments(values, n);
      }
      case ListColumn _ -> throw new Bug("a list of lists");
      case StringColumn text -> {
        long[] counts = new long[text.dictionary().size()];
        for (int i = 0; i < text.rows(); i++) {
          if (!text.isMissing(i)) {
            counts[text.codes()[i]]++;
          }
        }
        for (int code = 0; code < counts.length; code++) {
          if (counts[code] > 0) {
            count(text.dictionary().get(code), counts[code]);
          }
        }
      }
    }
  }

  private void count(String token, long times) {
    tokens.computeIfAbsent(token, t -> new long[1])[0] += times;
    for (long rare = 1; tokens.size() > MOST_TOKENS; rare *= 2) {
      long least = rare;
      tokens.values().removeIf(n -> n[0] <= least);
      dropped = true;
    }
  }

  private void moments(double[] values, int count) {
    int n = 0;
    double sum = 0;
    double rawSum = 0;
    for (int i = 0; i < count; i++) {
      double value = values[i];
      if (Double.isFinite(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
        rawSum += value;
        double x = log ? Math.copySign(StrictMath.log1p(Math.abs(value)), value) : value;
        values[n++] = x;
        sum += x;
      }
    }
    if (n == 0) {
      return;
    }
    double batchMean = sum / n;
    double batchSquares = 0;
    double rest = 0;
    for (int i = 0; i < n; i++) {
      double d = values[i] - batchMean;
      rest += d;
      batchSquares += d * d;
    }
    batchMean += rest / n;
    double delta = batchMean - mean;
    long all = finite + n;
    mean += delta * n / all;
    squares += batchSquares - rest * rest / n + delta * delta * finite / all * n;
    rawMean += (rawSum / n - rawMean) * n / all;
    finite = all;
  }

  /** Values, several in a row of a multi-valued column. */
  long present() {
    return present;
  }

  /** The length that all lists have, 0 where they differ. */
  int commonLength() {
    return shortest == longest ? longest : 0;
  }

  /** Rows without a value. */
  long missing() {
    return missing;
  }

  /** Finite numbers. */
  long finite() {
    return finite;
  }

  double mean() {
    return mean;
  }

  /** The population's; 0 where all values are equal. */
  double stdDev() {
    return min == max || finite == 0 ? 0 : Math.sqrt(squares / finite);
  }

  /** The mean before any logarithm. */
  double rawMean() {
    return rawMean;
  }

  /** True where no two present numbers differ. */
  boolean oneNumber() {
    return min >= max && finite == present;
  }

  int distinctTokens() {
    return tokens.size();
  }

  /** True for identifiers and free text: nearly every row has a text of its own. */
  boolean nearlyUnique() {
    double ratio = (double) tokens.size() / Math.max(1, present);
    return dropped
        || (tokens.size() > 1_000 && ratio > 0.5)
        || (tokens.size() > 100 && ratio > 0.9);
  }

  /** The most frequent first, ties by text. */
  List<String> tokens(int topK, int minCount) {
    List<Map.Entry<String, long[]>> sorted = new ArrayList<>(tokens.entrySet());
    sorted.removeIf(token -> token.getValue()[0] < minCount);
    sorted.sort(
        Comparator.<Map.Entry<String, long[]>>comparingLong(token -> -token.getValue()[0])
            .thenComparing(Map.Entry::getKey));
    return sorted.stream().limit(topK).map(Map.Entry::getKey).toList();
  }
}
