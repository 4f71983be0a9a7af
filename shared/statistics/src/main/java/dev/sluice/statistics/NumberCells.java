package dev.sluice.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The cells that all groups count the numbers of a feature in, so that groups can be compared and
 * cost little: each number of the whole by itself where they are few, else intervals that hold
 * about equally many of the whole, a number that is heavy by itself having its own. After the cells
 * of numbers come one each for NaN, +infinity, -infinity and missing.
 */
final class NumberCells {
  private static final int MOST_DIRECT = 1 << 12;

  private final double[] low;
  private final boolean single;
  private final boolean integers;

  /** {@code low}, filled with infinities to a power of two, for a search without branches. */
  private final double[] padded;

  /** The cell of the integer {@code low[0] + i}; empty where the range is wide. */
  private final short[] direct;

  private NumberCells(double[] low, boolean single, boolean integers) {
    this.low = low;
    this.single = single;
    this.integers = integers;
    padded = Arrays.copyOf(low, Integer.highestOneBit(Math.max(low.length, 1)) * 2);
    Arrays.fill(padded, low.length, padded.length, Double.POSITIVE_INFINITY);
    double range = low.length == 0 ? Double.NaN : low[low.length - 1] - low[0];
    direct = new short[integers && range < MOST_DIRECT ? (int) range + 1 : 0];
    for (int i = 0; i < direct.length; i++) {
      direct[i] = (short) search(low[0] + i);
    }
  }

  /** A cell for each of the numbers, distinct and ascending. */
  static NumberCells ofNumbers(double[] numbers, boolean integers) {
    return new NumberCells(numbers, /* single= */ true, integers);
  }

  /** Cells that start at quantiles of the whole. */
  static NumberCells between(Quantiles whole, boolean integers) {
    double[] points = whole.toArray();
    double[] low = new double[2 * points.length];
    int n = 0;
    for (int i = 0; i < points.length; i++) {
      if (n == 0 || points[i] > low[n - 1]) {
        low[n++] = points[i];
      } else if (points[i] == low[n - 1] && points[i] < points[points.length - 1]) {
        low[n++] = Math.nextUp(points[i]);
      }
    }
    return new NumberCells(Arrays.copyOf(low, n), /* single= */ false, integers);
  }

  /** Cells that hold numbers; they come before the special ones. */
  int numbers() {
    return low.length;
  }

  /** All cells. */
  int size() {
    return low.length + 4;
  }

  /** True where each cell holds one number. */
  boolean single() {
    return single;
  }

  /**
   * Wider bins, at most about {@code points}, each a run of cells; where the numbers are no more
   * than that, one each. The bins start at every n-th of the quantiles that the cells start at, so
   * they are {@code between} those.
   *
   * @param whole the quantiles of the numbers
   * @return the bin of each cell; the four special ones follow as they do among cells
   */
  short[] bins(Quantiles whole, int points) {
    short[] bins = new short[size()];
    if (low.length == 0 || (single && low.length <= points)) {
      for (int i = 0; i < bins.length; i++) {
        bins[i] = (short) i;
      }
      return bins;
    }
    double[] few = new double[points + 1];
    for (int i = 0; i <= points; i++) {
      few[i] = whole.point((int) ((long) i * (whole.size() - 1) / points));
    }
    NumberCells wide = between(Quantiles.of(few, 0, 0), integers);
    for (int i = 0; i < low.length; i++) {
      bins[i] = (short) wide.search(low[i]);
    }
    for (int i = low.length; i < bins.length; i++) {
      bins[i] = (short) (wide.low.length + i - low.length);
    }
    return bins;
  }

  int nan() {
    return low.length;
  }

  int positiveInfinity() {
    return low.length + 1;
  }

  int negativeInfinity() {
    return low.length + 2;
  }

  int missing() {
    return low.length + 3;
  }

  int of(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? nan() : value > 0 ? positiveInfinity() : negativeInfinity();
    }
    if (direct.length > 0) {
      return direct[(int) Math.clamp(value - low[0], 0, direct.length - 1)];
    }
    return search(value);
  }

  /** The last cell that starts at or below a finite value; the first where none does. */
  private int search(double value) {
    int cell = 0;
    for (int step = padded.length >> 1; step > 0; step >>= 1) {
      cell += padded[cell + step] <= value ? step : 0;
    }
    return cell;
  }

  /** The cells of a group that hold anything. */
  NumberCounts.Sorted sorted(long[] counts, int at) {
    int n = 0;
    double[] from = new double[low.length];
    double[] to = new double[low.length];
    long[] weights = new long[low.length];
    long[] keys = new long[low.length];
    for (int i = 0; i < low.length; i++) {
      if (counts[at + i] > 0) {
        from[n] = low[i];
        boolean last = i == low.length - 1;
        to[n] = single || last ? low[i] : Math.max(low[i], Math.nextDown(low[i + 1]));
        weights[n] = counts[at + i];
        keys[n] = integers ? (long) low[i] : Double.doubleToRawLongBits(low[i]);
        n++;
      }
    }
    return new NumberCounts.Sorted(
        Arrays.copyOf(from, n),
        Arrays.copyOf(to, n),
        Arrays.copyOf(weights, n),
        Arrays.copyOf(keys, n),
        single ? 0 : 1);
  }

  /** How the numbers of a group repeat, exact where each has its own cell. */
  ValueCounts values(NumberCounts.Sorted sorted) {
    if (!single) {
      return new ValueCounts(null, 0, List.of(), sorted.heaviest(), null);
    }
    List<ValueCount> top = new ArrayList<>();
    for (int i = 0; i < sorted.size(); i++) {
      long key = sorted.keys()[i];
      String text = integers ? Long.toString(key) : Double.toString(Double.longBitsToDouble(key));
      top.add(new ValueCount(text, sorted.weights()[i]));
    }
    top.sort(Comparator.comparingLong(ValueCount::frequency).reversed());
    return new ValueCounts((long) top.size(), 0, top, 0, Entropy.of(sorted.weights()));
  }
}
