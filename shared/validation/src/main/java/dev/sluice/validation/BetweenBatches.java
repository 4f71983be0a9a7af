package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
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
 * <p>{@code v} is estimated by the method of moments from Pearson's statistic (Williams 1982,
 * Applied Statistics 31; DerSimonian and Laird 1986) of each batch that passed beside the one
 * before it (von Neumann 1941, Annals of Mathematical Statistics 12), so that a steady drift, which
 * is small from one batch to the next, does not pass for the wobble that excuses it. It is shrunk
 * to {@link #PRIOR} until there are {@link #ENOUGH} batches. Of groups one {@code v} holds for all
 * groups of a column. Linear in the figures of the history.
 */
final class BetweenBatches {
  /**
   * What is supposed of a pipeline that nothing is known of: shares near a half wobble by 1.1
   * percent points from batch to batch, means by .022 standard deviations.
   */
  static final double PRIOR = 1.0 / 2_000;

  /** From so many batches on they alone tell. */
  static final int ENOUGH = 8;

  private static final int BINS = 8;
  private static final int GROUP_BINS = 4;

  private record Key(String feature, Aspect aspect, String column) {}

  private static final class Sums {
    double statistic;
    double expected;
    double weight;
    int batches;

    /** One row of counts a batch, over the same bins, in the order of time or against it. */
    void add(List<double[]> counts) {
      for (int k = 1; k < counts.size(); k++) {
        pair(counts.subList(k - 1, k + 1));
      }
      batches = Math.max(batches, counts.size());
    }

    private void pair(List<double[]> counts) {
      int bins = counts.getFirst().length;
      double[] sums = new double[bins];
      double[] rows = new double[counts.size()];
      double all = 0;
      for (int k = 0; k < rows.length; k++) {
        for (int b = 0; b < bins; b++) {
          sums[b] += counts.get(k)[b];
          rows[k] += counts.get(k)[b];
        }
        all += rows[k];
      }
      int used = 0;
      for (double sum : sums) {
        used += sum > 0 ? 1 : 0;
      }
      if (used < 2) {
        return;
      }
      double squares = 0;
      for (int k = 0; k < rows.length; k++) {
        for (int b = 0; b < bins; b++) {
          if (sums[b] > 0) {
            double expect = rows[k] * sums[b] / all;
            double off = counts.get(k)[b] - expect;
            statistic += expect == 0 ? 0 : off * off / expect;
          }
        }
        squares += rows[k] * rows[k];
      }
      expected += (used - 1.0) * (rows.length - 1);
      weight += (used - 1) * (all - squares / all);
    }

    double variance() {
      double known = weight > 0 ? Math.max(0, (statistic - expected) / weight) : 0;
      double prior = Math.max(0, (double) (ENOUGH - batches) / ENOUGH);
      return prior * PRIOR + (1 - prior) * known;
    }
  }

  private final Map<Key, Sums> sums = new HashMap<>();

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
  }

  private void addAll(String column, List<DatasetStatistics> batches, int bins) {
    for (FeatureStatistics feature : batches.getFirst().features()) {
      List<Cell> cells = new ArrayList<>();
      for (DatasetStatistics batch : batches) {
        FeatureStatistics same = batch.feature(feature.name());
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
    sums.computeIfAbsent(new Key(feature, aspect, column), key -> new Sums()).add(counts);
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
   * The between-batch variance of a feature's aspect.
   *
   * @param column the column whose groups are compared, '' for all rows
   */
  double variance(String feature, Aspect aspect, String column) {
    Sums known = sums.get(new Key(feature, aspect, column));
    return known == null ? PRIOR : known.variance();
  }
}
