package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.examples.Column;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Pearson's and Spearman's correlation of every pair of number features, over the rows in which
 * both are finite. Since the whole is known, values enter as deviations from its mean in standard
 * deviations, so that sums of their products need no correction as they grow (T. Chan, G. Golub, R.
 * LeVeque, "Algorithms for computing the sample variance", 1983, section 3) and accumulators are
 * merged by addition. Spearman's is Pearson's of the mean ranks. While all rows hold at most
 * {@value #MOST_KEPT} numbers and each feature's ranks are exact, the ranks are those among the
 * pair's own rows, exactly; beyond, those among all rows of each feature, and the error says what
 * bins and missing values may make of it. Per batch, time goes with rows times pairs, about a
 * nanosecond for both; memory is that of a batch and of the pairs.
 */
final class Correlations {
  static final int MOST_KEPT = 1 << 21;

  /** Rows whose products are summed at a time, few enough to stay near the processor. */
  private static final int CHUNK = 1 << 11;

  /** Below this share of the second moment a variance is what rounding left. */
  private static final double NO_VARIANCE = 1e-13;

  private final List<String> names;
  private final double[] means;
  private final double[] deviations;
  private final Ranks[] ranks;
  private final int size;

  private double[][] values = new double[0][];
  private double[][] places = new double[0][];
  private int[][] absent = new int[0][];
  private final int[] absents;
  private long[][] absentBits = new long[0][];

  /** Of each feature in the rows that have another: rows, sum, sum of squares. */
  private final long[] rows;

  private final Sums ofValues;
  private final Sums ofPlaces;

  private char[][] kept = new char[0][];
  private int keptRows;
  private boolean keeps = true;

  /** Sums over the rows that a pair shares; of a feature and itself, over all its rows. */
  private static final class Sums {
    private final int size;
    private final double[] first;
    private final double[] squares;
    private final double[] products;

    Sums(int size) {
      this.size = size;
      first = new double[size * size];
      squares = new double[size * size];
      products = new double[size * size];
    }

    void merge(Sums other) {
      for (int i = 0; i < first.length; i++) {
        first[i] += other.first[i];
        squares[i] += other.squares[i];
        products[i] += other.products[i];
      }
    }

    /** Adds rows {@code from} to {@code to}. */
    void add(double[][] v, int from, int to, int[][] absent, int[] begins, int[] ends) {
      double[] sums = new double[size];
      double[] squared = new double[size];
      for (int x = 0; x < size; x++) {
        double sum = 0;
        double square = 0;
        double[] own = v[x];
        for (int r = from; r < to; r++) {
          sum += own[r];
          square += own[r] * own[r];
        }
        sums[x] = sum;
        squared[x] = square;
      }
      for (int y = 0; y < size; y++) {
        addShared(v, from, to, absent[y], begins[y], ends[y], y, sums, squared);
      }
      for (int a = 0; a < size; a++) {
        addProducts(v, from, to, a);
      }
    }

    /** Adds each feature where {@code y} has a value, by way of the fewer rows. */
    private void addShared(
        double[][] v,
        int from,
        int to,
        int[] absent,
        int begin,
        int end,
        int y,
        double[] sums,
        double[] squared) {
      boolean mostly = 2 * (end - begin) <= to - from;
      int[] some = absent;
      int first = begin;
      int last = end;
      if (!mostly) {
        some = new int[to - from - (end - begin)];
        first = 0;
        last = 0;
        for (int r = from, next = begin; r < to; r++) {
          if (next < end && absent[next] == r) {
            next++;
          } else {
            some[last++] = r;
          }
        }
      }
      for (int x = 0; x < size; x++) {
        double[] own = v[x];
        double sum = 0;
        double square = 0;
        for (int i = first; i < last; i++) {
          double value = own[some[i]];
          sum += value;
          square += value * value;
        }
        this.first[x * size + y] += mostly ? sums[x] - sum : sum;
        squares[x * size + y] += mostly ? squared[x] - square : square;
      }
    }

    private void addProducts(double[][] v, int from, int to, int a) {
      double[] own = v[a];
      int b = a + 1;
      for (; b + 3 < size; b += 4) {
        double[] v0 = v[b];
        double[] v1 = v[b + 1];
        double[] v2 = v[b + 2];
        double[] v3 = v[b + 3];
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        for (int r = from; r < to; r++) {
          double x = own[r];
          s0 += x * v0[r];
          s1 += x * v1[r];
          s2 += x * v2[r];
          s3 += x * v3[r];
        }
        products[a * size + b] += s0;
        products[a * size + b + 1] += s1;
        products[a * size + b + 2] += s2;
        products[a * size + b + 3] += s3;
      }
      for (; b < size; b++) {
        double sum = 0;
        double[] other = v[b];
        for (int r = from; r < to; r++) {
          sum += own[r] * other[r];
        }
        products[a * size + b] += sum;
      }
    }

    /**
     * Deviations squared of {@code x} in the rows that {@code y} has too; 0 where all are equal.
     */
    double variation(int x, int y, double n) {
      double sum = first[x * size + y];
      double square = squares[x * size + y];
      double rest = square - sum * sum / n;
      return rest > NO_VARIANCE * square ? rest : 0;
    }

    double correlation(int a, int b, double n) {
      double joint = products[a * size + b] - first[a * size + b] * first[b * size + a] / n;
      double most = Math.sqrt(variation(a, b, n) * variation(b, a, n));
      return n >= 2 && most > 0 ? Math.clamp(joint / most, -1, 1) : Double.NaN;
    }
  }

  /**
   * Empty.
   *
   * @param names of the features
   * @param numbers what is known of each: not constant
   */
  Correlations(List<String> names, List<NumberAccumulator> numbers) {
    this.names = List.copyOf(names);
    size = names.size();
    means = numbers.stream().mapToDouble(number -> number.moments().mean()).toArray();
    deviations =
        numbers.stream().mapToDouble(number -> number.moments().standardDeviation()).toArray();
    ranks = numbers.stream().map(NumberAccumulator::ranks).toArray(Ranks[]::new);
    absents = new int[size];
    rows = new long[size * size];
    ofValues = new Sums(size);
    ofPlaces = new Sums(size);
  }

  int size() {
    return size;
  }

  /** Makes room for a batch. */
  void begin(int batchRows) {
    if (values.length == 0 || values[0].length < batchRows) {
      values = new double[size][batchRows];
      places = new double[size][batchRows];
      absent = new int[size][batchRows];
      absentBits = new long[size][(batchRows + 63) / 64];
    }
    keeps &= (long) (keptRows + batchRows) * size <= MOST_KEPT;
    if (!keeps) {
      kept = new char[0][];
    } else if (kept.length == 0 || kept[0].length < keptRows + batchRows) {
      char[][] more = new char[size][Math.max(2 * keptRows, keptRows + batchRows)];
      for (int x = 0; x < kept.length; x++) {
        System.arraycopy(kept[x], 0, more[x], 0, keptRows);
      }
      kept = more;
    }
  }

  /** Takes the batch's column of a feature. */
  void take(int x, Column column) {
    int n = column.rows();
    double[] v = values[x];
    double[] p = places[x];
    Arrays.fill(absentBits[x], 0);
    absents[x] = 0;
    Ranks own = ranks[x];
    double mean = means[x];
    double deviation = deviations[x];
    double middle = (own.count() + 1) / 2;
    char[] keep = keeps && own.exact() ? kept[x] : new char[0];
    boolean all = column.missing() == 0;
    switch (column) {
      case IntColumn ints -> {
        long[] from = ints.values();
        for (int r = 0; r < n; r++) {
          if (all || !ints.isMissing(r)) {
            int place = own.place(from[r]);
            v[r] = ((double) from[r] - mean) / deviation;
            p[r] = (own.rank(place) - middle) / own.count();
            if (keep.length > 0) {
              keep[keptRows + r] = (char) (place + 1);
            }
          } else {
            leaveOut(x, r, keep);
          }
        }
      }
      case FloatColumn floats -> {
        double[] from = floats.values();
        for (int r = 0; r < n; r++) {
          double value = from[r] + 0.0;
          if ((all || !floats.isMissing(r)) && Double.isFinite(value)) {
            int place = own.place(value);
            v[r] = (value - mean) / deviation;
            p[r] = (own.rank(place) - middle) / own.count();
            if (keep.length > 0) {
              keep[keptRows + r] = (char) (place + 1);
            }
          } else {
            leaveOut(x, r, keep);
          }
        }
      }
      default -> throw new Bug("a correlation of " + column.type());
    }
  }

  private void leaveOut(int x, int row, char[] keep) {
    values[x][row] = 0;
    places[x][row] = 0;
    absent[x][absents[x]++] = row;
    absentBits[x][row >> 6] |= 1L << row;
    if (keep.length > 0) {
      keep[keptRows + row] = 0;
    }
  }

  /** Adds the batch, all of whose columns were taken. */
  void end(int batchRows) {
    int[] begins = new int[size];
    int[] ends = new int[size];
    for (int from = 0; from < batchRows; from += CHUNK) {
      int to = Math.min(batchRows, from + CHUNK);
      for (int x = 0; x < size; x++) {
        begins[x] = ends[x];
        while (ends[x] < absents[x] && absent[x][ends[x]] < to) {
          ends[x]++;
        }
      }
      ofValues.add(values, from, to, absent, begins, ends);
      ofPlaces.add(places, from, to, absent, begins, ends);
    }
    for (int a = 0; a < size; a++) {
      for (int b = a; b < size; b++) {
        long without = 0;
        if (absents[a] + absents[b] > 0) {
          for (int w = 0; w < absentBits[a].length; w++) {
            without += Long.bitCount(absentBits[a][w] | absentBits[b][w]);
          }
        }
        rows[a * size + b] += batchRows - without;
      }
    }
    keptRows += keeps ? batchRows : 0;
  }

  /** Adds what another of the same features gathered. */
  void merge(Correlations other) {
    if (!names.equals(other.names)) {
      throw new Bug("correlations of " + names + " cannot take in those of " + other.names);
    }
    ofValues.merge(other.ofValues);
    ofPlaces.merge(other.ofPlaces);
    for (int i = 0; i < rows.length; i++) {
      rows[i] += other.rows[i];
    }
    keeps &= other.keeps;
    if (keeps && other.keptRows > 0) {
      begin(other.keptRows);
    }
    if (keeps) {
      for (int x = 0; x < other.kept.length; x++) {
        System.arraycopy(other.kept[x], 0, kept[x], keptRows, other.keptRows);
      }
      keptRows += other.keptRows;
    } else {
      kept = new char[0][];
    }
  }

  /** Pearson's of all pairs, then Spearman's. */
  List<Association> result() {
    List<Association> pearson = new ArrayList<>();
    List<Association> spearman = new ArrayList<>();
    for (int a = 0; a < size; a++) {
      for (int b = a + 1; b < size; b++) {
        long n = rows[a * size + b];
        pearson.add(
            new Association(
                names.get(a),
                names.get(b),
                Association.Measure.PEARSON,
                ofValues.correlation(a, b, n),
                n,
                0));
        spearman.add(spearman(a, b, n));
      }
    }
    pearson.addAll(spearman);
    return pearson;
  }

  private Association spearman(int a, int b, long n) {
    boolean whole = rows[a * size + a] == n && rows[b * size + b] == n;
    boolean exact = ranks[a].exact() && ranks[b].exact();
    double value;
    double error = 0;
    if (exact && !whole && keeps) {
      value = ranked(a, b);
    } else {
      value = ofPlaces.correlation(a, b, n);
      double of = displaced(a, b, n);
      double other = displaced(b, a, n);
      error = Double.isNaN(value) ? 0 : Math.min(2, 2 * (of + other + of * other));
    }
    return new Association(
        names.get(a), names.get(b), Association.Measure.SPEARMAN, value, n, error);
  }

  /**
   * By how many standard deviations the ranks of a feature in the shared rows may differ, in the
   * root of the mean square, from those among these rows alone: by what bins blur, and by the share
   * of its rows that the other feature lacks.
   */
  private double displaced(int x, int y, long n) {
    double own = rows[x * size + x];
    double blur = ranks[x].error() / own * Math.sqrt(own / n);
    double gone = 1 - n / own;
    double deviation = Math.sqrt(ofPlaces.variation(x, y, n) / n);
    return deviation == 0 ? 0 : (blur + gone) / deviation;
  }

  /** Spearman's with the ranks among the rows that both have; in whole numbers, so exact. */
  private double ranked(int a, int b) {
    char[] of = kept[a];
    char[] other = kept[b];
    int[] countsOf = new int[ranks[a].size() + 1];
    int[] countsOther = new int[ranks[b].size() + 1];
    int n = 0;
    for (int r = 0; r < keptRows; r++) {
      if (of[r] != 0 && other[r] != 0) {
        countsOf[of[r]]++;
        countsOther[other[r]]++;
        n++;
      }
    }
    long[] rankOf = doubledRanks(countsOf, n);
    long[] rankOther = doubledRanks(countsOther, n);
    long squaresOf = 0;
    long squaresOther = 0;
    long products = 0;
    for (int r = 0; r < keptRows; r++) {
      if (of[r] != 0 && other[r] != 0) {
        long x = rankOf[of[r]];
        long y = rankOther[other[r]];
        squaresOf += x * x;
        squaresOther += y * y;
        products += x * y;
      }
    }
    return squaresOf == 0 || squaresOther == 0
        ? Double.NaN
        : Math.clamp(products / Math.sqrt((double) squaresOf * squaresOther), -1, 1);
  }

  /** Twice the distance of the mean rank of each place from the middle. */
  private static long[] doubledRanks(int[] counts, int n) {
    long[] ranks = new long[counts.length];
    long before = 0;
    for (int i = 1; i < counts.length; i++) {
      ranks[i] = 2 * before + counts[i] - n;
      before += counts[i];
    }
    return ranks;
  }
}
