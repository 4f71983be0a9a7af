package dev.sluice.validation;

import dev.sluice.contracts.Bug;
import dev.sluice.statistics.NumberSummary;
import dev.sluice.statistics.ValueCount;
import dev.sluice.statistics.ValueCounts;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The distribution of a numeric column's finite values as its cumulative share F: at each knot the
 * limit from the left and the value itself, linear between knots. Exact steps where every distinct
 * value's count is known, else built from quantiles.
 *
 * @param knots rising, at least 1
 * @param left F just below each knot
 * @param right F at each knot
 * @param n values described, at least 1
 * @param error largest error of F, 0 where exact
 */
@SuppressWarnings("ArrayRecordComponent")
record Shape(double[] knots, double[] left, double[] right, long n, double error) {
  private static final int BINS = 10;

  Shape {
    if (knots.length == 0 || n < 1) {
      throw new Bug("a shape needs values");
    }
  }

  /** Of a feature's values, or null where it has no finite ones. */
  static @Nullable Shape of(long count, NumberSummary numbers, ValueCounts values) {
    long finite = count - numbers.infinities() - numbers.nans();
    if (finite < 1) {
      return null;
    }
    if (values.complete()) {
      return ofCounts(values.top());
    }
    return numbers.quantiles().isEmpty()
        ? null
        : ofQuantiles(numbers.quantiles().toArray(), finite, numbers.quantiles().rankError());
  }

  static @Nullable Shape ofCounts(List<ValueCount> counts) {
    record Atom(double value, long count) {}
    Atom[] atoms =
        counts.stream()
            .map(count -> new Atom(Double.parseDouble(count.value()), count.frequency()))
            .sorted(Comparator.comparingDouble(Atom::value))
            .toArray(Atom[]::new);
    long n = Arrays.stream(atoms).mapToLong(Atom::count).sum();
    if (n == 0) {
      return null;
    }
    double[] knots = new double[atoms.length];
    double[] left = new double[atoms.length];
    double[] right = new double[atoms.length];
    long below = 0;
    for (int i = 0; i < atoms.length; i++) {
      knots[i] = atoms[i].value();
      left[i] = (double) below / n;
      below += atoms[i].count();
      right[i] = (double) below / n;
    }
    return new Shape(knots, left, right, n, 0);
  }

  /**
   * @param points at even rank distances, the least value first, the greatest last; at least 2
   */
  static Shape ofQuantiles(double[] points, long n, double rankError) {
    int last = points.length - 1;
    double[] knots = new double[points.length];
    double[] left = new double[points.length];
    double[] right = new double[points.length];
    int size = 0;
    for (int i = 0; i <= last; i++) {
      if (size == 0 || points[i] > knots[size - 1]) {
        knots[size] = points[i];
        left[size] = (double) i / last;
        size++;
      }
      right[size - 1] = (double) i / last;
    }
    if (size == 1) {
      left[0] = 0;
    }
    return new Shape(
        Arrays.copyOf(knots, size),
        Arrays.copyOf(left, size),
        Arrays.copyOf(right, size),
        n,
        rankError + 1.0 / last);
  }

  /** The distribution of all the values together. */
  static Shape pool(List<Shape> shapes) {
    double[] knots =
        shapes.stream().flatMapToDouble(s -> Arrays.stream(s.knots)).sorted().distinct().toArray();
    double[] left = new double[knots.length];
    double[] right = new double[knots.length];
    long n = shapes.stream().mapToLong(Shape::n).sum();
    double error = 0;
    for (Shape shape : shapes) {
      double weight = (double) shape.n / n;
      error = Math.max(error, shape.error);
      for (int i = 0; i < knots.length; i++) {
        left[i] += weight * shape.below(knots[i]);
        right[i] += weight * shape.atOrBelow(knots[i]);
      }
    }
    return new Shape(knots, left, right, n, error);
  }

  double min() {
    return knots[0];
  }

  double max() {
    return knots[knots.length - 1];
  }

  double atOrBelow(double x) {
    int i = Arrays.binarySearch(knots, x);
    return i >= 0 ? right[i] : between(-i - 1, x);
  }

  double below(double x) {
    int i = Arrays.binarySearch(knots, x);
    return i >= 0 ? left[i] : between(-i - 1, x);
  }

  private double between(int next, double x) {
    if (next == 0) {
      return 0;
    }
    if (next == knots.length) {
      return 1;
    }
    double span = knots[next] - knots[next - 1];
    double part = Double.isFinite(span) ? (x - knots[next - 1]) / span : 0.5;
    return right[next - 1] + part * (left[next] - right[next - 1]);
  }

  /** Smallest value with at least {@code rank} of the weight at or below it; rank in (0, 1]. */
  double quantile(double rank) {
    int low = 0;
    int high = knots.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (right[middle] >= rank - 1e-12) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low == 0 || left[low] <= rank || left[low] == right[low - 1]) {
      return knots[low];
    }
    double part = (rank - right[low - 1]) / (left[low] - right[low - 1]);
    return knots[low - 1] * (1 - part) + knots[low] * part;
  }

  double median() {
    double low = quantile(0.5);
    // Exact steps: halfway between the middle two where their number is even.
    double high = error == 0 ? quantile(Math.min(1, 0.5 + 0.5 / n)) : low;
    return low + (high - low) / 2;
  }

  /**
   * Kolmogorov-Smirnov distance, 0 to 1: the largest gap between the cumulative shares, less what
   * the errors of the two may pretend. Beyond the least and the greatest value there is no error.
   */
  double kolmogorovSmirnov(Shape other) {
    return Math.max(largestGap(this, other), largestGap(other, this));
  }

  /**
   * First Wasserstein distance in the unit of the values: the area between the cumulative shares
   * (Vallender 1974), exact for what the shapes hold.
   */
  double wasserstein(Shape other) {
    double[] all =
        Arrays.stream(new double[][] {knots, other.knots})
            .flatMapToDouble(Arrays::stream)
            .sorted()
            .distinct()
            .toArray();
    double area = 0;
    for (int i = 1; i < all.length; i++) {
      double from = atOrBelow(all[i - 1]) - other.atOrBelow(all[i - 1]);
      double to = below(all[i]) - other.below(all[i]);
      double width = all[i] - all[i - 1];
      // Linear in between: two triangles where the curves cross.
      area +=
          from * to >= 0
              ? width * Math.abs(from + to) / 2
              : width * (from * from + to * to) / (2 * (Math.abs(from) + Math.abs(to)));
    }
    return area;
  }

  private static double largestGap(Shape a, Shape b) {
    double largest = 0;
    for (int i = 0; i < a.knots.length; i++) {
      double x = a.knots[i];
      double at = Math.abs(a.right[i] - b.atOrBelow(x)) - a.errorAt(x) - b.errorAt(x);
      double below = Math.abs(a.left[i] - b.below(x)) - a.errorBelow(x) - b.errorBelow(x);
      largest = Math.max(largest, Math.max(at, below));
    }
    return largest;
  }

  private double errorAt(double x) {
    return x < min() || x >= max() ? 0 : error;
  }

  private double errorBelow(double x) {
    return x <= min() || x > max() ? 0 : error;
  }

  /**
   * Inner edges of about {@code bins} bins of equal weight; a heavy value ends a bin of its own.
   */
  double[] edges(int bins) {
    double[] edges = new double[bins - 1];
    for (int i = 1; i < bins; i++) {
      edges[i - 1] = quantile((double) i / bins);
    }
    return Arrays.stream(edges).distinct().toArray();
  }

  /** Values in the bins (edge, next edge], one more than there are edges. */
  double[] counts(double[] edges) {
    double[] counts = new double[edges.length + 1];
    double before = 0;
    for (int i = 0; i < edges.length; i++) {
      double here = atOrBelow(edges[i]);
      counts[i] = (here - before) * (double) n;
      before = here;
    }
    counts[edges.length] = (1 - before) * (double) n;
    return counts;
  }

  /**
   * Both as shares of the same bins (edge, next edge], about ten of equal weight where the two are
   * taken half and half; a heavy value ends a bin of its own.
   *
   * @return two arrays of the same length
   */
  double[][] sharedBins(Shape other) {
    double[] edges = new double[2 * (BINS - 1)];
    for (int i = 1; i < BINS; i++) {
      edges[2 * i - 2] = quantile((double) i / BINS);
      edges[2 * i - 1] = other.quantile((double) i / BINS);
    }
    edges = Arrays.stream(edges).sorted().distinct().toArray();
    double[] chosen = new double[edges.length];
    int size = 0;
    double reached = 0;
    for (double edge : edges) {
      double here = (atOrBelow(edge) + other.atOrBelow(edge)) / 2;
      if (here - reached >= 0.9 / BINS && here < 1) {
        chosen[size++] = edge;
        reached = here;
      }
    }
    double[][] masses = new double[2][size + 1];
    double[] before = new double[2];
    for (int i = 0; i < size; i++) {
      double a = atOrBelow(chosen[i]);
      double b = other.atOrBelow(chosen[i]);
      masses[0][i] = a - before[0];
      masses[1][i] = b - before[1];
      before[0] = a;
      before[1] = b;
    }
    masses[0][size] = 1 - before[0];
    masses[1][size] = 1 - before[1];
    return masses;
  }
}
