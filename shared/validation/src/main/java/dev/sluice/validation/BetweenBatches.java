package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How far ordinary batches of a pipeline differ beyond what sampling explains, per feature and
 * aspect. The shares of a batch are taken to scatter around those of the pipeline with variance
 * {@code share (1 - share) (1/n + v)}: {@code v} is the between-batch variance, an intraclass
 * correlation, and a batch of n rows tells as much as {@code 1 / (1/n + v)} rows drawn at random
 * do. So a million rows cannot make an ordinary wobble significant.
 *
 * <p>{@code v} is estimated by the method of moments from Pearson's statistic, at the cut of the
 * values in two at which it is largest (Williams 1982, Applied Statistics 31; DerSimonian and Laird
 * 1986) of each batch that passed beside the one before it (von Neumann 1941, Annals of
 * Mathematical Statistics 12), so that a steady drift, which is small from one batch to the next,
 * does not pass for the wobble that excuses it. It is shrunk to {@link #PRIOR} until there are
 * {@link #ENOUGH} batches. Of groups one {@code v} holds for all groups of a column. Linear in the
 * figures of the history.
 */
final class BetweenBatches {
  /**
   * What is supposed of a pipeline that nothing is known of: shares near a half wobble by 1.1
   * percent points from batch to batch, means by .022 standard deviations.
   */
  static final double PRIOR = 1.0 / 2_000;

  /** From so many batches on they alone tell. */
  static final int ENOUGH = 8;

  /** What all features tell of one, in degrees of freedom. */
  private static final int SHARED = 4;

  private static final int BINS = 8;
  private static final int GROUP_BINS = 4;

  private record Key(String feature, Aspect aspect, String column) {}

  /** One cut of the values in two: those on its one side, and the others. */
  private static final class Cut {
    double statistic;
    double expected;
    double weight;

    /** Pearson's statistic of two batches beside what sampling alone makes it. */
    void add(double hits1, double rows1, double hits2, double rows2) {
      double rows = rows1 + rows2;
      double share = (hits1 + hits2) / rows;
      double difference = hits1 / rows1 - hits2 / rows2;
      if (share > 0 && share < 1) {
        statistic += difference * difference * rows1 * rows2 / rows / (share * (1 - share));
        expected += 1;
        weight += rows - (rows1 * rows1 + rows2 * rows2) / rows;
      }
    }

    double variance() {
      return weight > 0 ? Math.max(0, (statistic - expected) / weight) : Double.NaN;
    }
  }

  /**
   * The cuts of a feature. Batches wobble in few ways, as a mean that comes and goes: it is where
   * they wobble most that tells how far they go.
   */
  private static final class Sums {
    final List<Cut> cuts = new ArrayList<>();
    int batches;

    /**
     * @param counts one row a batch, over the same bins, in the order of time or against it
     * @param ordered true where a cut parts the bins below from those above; else it parts one bin
     *     from all others
     */
    void add(List<double[]> counts, boolean ordered) {
      for (int k = 1; k < counts.size(); k++) {
        pair(counts.get(k - 1), counts.get(k), ordered);
      }
      batches = Math.max(batches, counts.size());
    }

    private void pair(double[] one, double[] two, boolean ordered) {
      double rows1 = Arrays.stream(one).sum();
      double rows2 = Arrays.stream(two).sum();
      if (rows1 == 0 || rows2 == 0) {
        return;
      }
      double below1 = 0;
      double below2 = 0;
      for (int b = 0; b < one.length - (ordered ? 1 : 0); b++) {
        below1 = one[b] + (ordered ? below1 : 0);
        below2 = two[b] + (ordered ? below2 : 0);
        if (cuts.size() <= b) {
          cuts.add(new Cut());
        }
        cuts.get(b).add(below1, rows1, below2, rows2);
      }
    }

    /** Not a number where nothing could be compared. */
    double variance() {
      double[] known =
          cuts.stream()
              .mapToDouble(Cut::variance)
              .filter(variance -> !Double.isNaN(variance))
              .sorted()
              .toArray();
      // The upper half: the largest alone would be large by chance where nothing wobbles.
      return Arrays.stream(known).skip(known.length / 2).average().orElse(Double.NaN);
    }
  }

  private final Map<Key, Sums> sums = new HashMap<>();
  private final Map<Key, Double> shared = new HashMap<>();

  /**
   * @param history batches that passed; fewer than two tell nothing
   */
  BetweenBatches(List<BatchStatistics> history) {
    if (history.size() < 2) {
      return;
    }
    List<DatasetStatistics> wholes = history.stream().map(BatchStatistics::whole).toList();
    addAll("", wholes, BINS);
    Map<String, List<DatasetStatistics>> slices = new HashMap<>();
    for (BatchStatistics batch : history) {
      for (DatasetStatistics group : batch.groups()) {
        slices.computeIfAbsent(group.slice(), slice -> new ArrayList<>()).add(group);
      }
    }
    slices.forEach((slice, groups) -> {
      if (groups.size() > 1) {
        String column = Slices.column(slice, wholes.getFirst());
        addAll(column == null ? "" : column, groups, GROUP_BINS);
      }
    });
    share();
  }

  private void addAll(String column, List<DatasetStatistics> batches, int bins) {
    List<Map<String, FeatureStatistics>> byName = batches.stream().map(Slices::byName).toList();
    for (FeatureStatistics feature : batches.getFirst().features()) {
      List<Cell> cells = new ArrayList<>();
      for (Map<String, FeatureStatistics> batch : byName) {
        FeatureStatistics same = batch.get(feature.name());
        if (same != null && same.type() == feature.type() && same.rows() > 0) {
          cells.add(Cell.of(same));
        }
      }
      if (cells.size() < 2) {
        continue;
      }
      add(
          feature.name(),
          Aspect.MISSING,
          column,
          cells.stream().map(BetweenBatches::gaps).toList());
      List<double[]> values = values(cells, bins);
      if (values.size() > 1) {
        add(
            feature.name(),
            cells.getFirst().shape() == null ? Aspect.TEXTS : Aspect.NUMBERS,
            column,
            values);
      }
    }
  }

  private void add(String feature, Aspect aspect, String column, List<double[]> counts) {
    sums.computeIfAbsent(new Key(feature, aspect, column), key -> new Sums())
        .add(counts, aspect != Aspect.TEXTS);
  }

  private static double[] gaps(Cell cell) {
    return new double[] {cell.missing(), cell.rows() - cell.missing()};
  }

  /** Counts over bins that the first batch gives: of its quantiles, or its commonest texts. */
  private static List<double[]> values(List<Cell> cells, int bins) {
    List<double[]> counts = new ArrayList<>();
    Shape first = cells.getFirst().shape();
    Frequencies texts = cells.getFirst().texts();
    if (first != null) {
      double[] edges = first.edges(bins);
      for (Cell cell : cells) {
        Shape shape = cell.shape();
        if (shape != null) {
          counts.add(shape.counts(edges));
        }
      }
    } else if (texts != null && texts.n() > 0) {
      List<String> common = texts.commonest(bins - 1);
      for (Cell cell : cells) {
        Frequencies frequencies = cell.texts();
        if (frequencies != null && frequencies.n() > 0) {
          counts.add(frequencies.counts(common));
        }
      }
    }
    return counts;
  }

  /**
   * What makes batches differ in a feature's aspect. Of its own estimate and the median one of all
   * features the latter counts as {@value #SHARED} degrees of freedom (James and Stein's idea: few
   * batches tell little of one feature, and much of all).
   *
   * @param column the column whose groups are compared, '' for all rows
   * @param baseline batches that the baseline consists of
   */
  Noise noise(String feature, Aspect aspect, String column, int baseline) {
    Sums known = sums.get(new Key(feature, aspect, column));
    if (known == null) {
      return Noise.of(PRIOR, baseline);
    }
    double own = known.variance();
    // Differences of neighbours are worth two thirds of as many independent batches.
    double freedom = Double.isNaN(own) ? 0 : (known.batches - 1) * 2.0 / 3;
    double common = shared.getOrDefault(new Key("", aspect, column), 0.0);
    double estimate = ((freedom == 0 ? 0 : freedom * own) + SHARED * common) / (freedom + SHARED);
    double prior = Math.max(0, (double) (ENOUGH - known.batches) / ENOUGH);
    return new Noise(prior * PRIOR, (1 - prior) * estimate, freedom + SHARED, baseline);
  }

  private void share() {
    Map<Key, List<Double>> all = new HashMap<>();
    sums.forEach((key, known) -> {
      if (!Double.isNaN(known.variance())) {
        all.computeIfAbsent(new Key("", key.aspect(), key.column()), k -> new ArrayList<>())
            .add(known.variance());
      }
    });
    // The median: identifiers and times are new in each batch, and tell nothing of the others.
    all.forEach((key, variances) ->
        shared.put(key, variances.stream().sorted().toList().get((variances.size() - 1) / 2)));
  }
}
