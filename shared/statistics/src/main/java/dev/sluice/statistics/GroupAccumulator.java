package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.ListColumn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The statistics of every group in a second pass over the examples, when those of the whole are
 * known: for each feature, its rows are placed once in cells taken from the whole, and each
 * grouping column then counts the cells of each of its groups. So the cost goes with the grouping
 * columns, not with their groups. Counts, missing, moments, zeros, least and greatest are exact;
 * quantiles are interpolated within cells and say their error; texts are counted where they are
 * among the {@value PlacedTexts#MOST} most frequent of the whole. Formats, times and steps are of
 * the whole alone.
 */
final class GroupAccumulator {
  private static final int QUANTILE_POINTS = 65;
  private static final int HISTOGRAM_BINS = 10;

  private final List<Grouping> groupings;
  private final List<FeatureGroups> features = new ArrayList<>();

  /** Empty; features follow. */
  GroupAccumulator(List<Grouping> groupings) {
    this.groupings = List.copyOf(groupings);
  }

  /** The next feature, of one value a row or, by its values, of several. */
  void add(Field field, Placed values) {
    FeatureGroups groups = of(field, values);
    features.add(field.repeated() ? new ListGroups(field, groups, values, groupings) : groups);
  }

  private FeatureGroups of(Field field, Placed values) {
    return switch (values) {
      case PlacedNumbers numbers -> new NumberGroups(field, numbers, groupings);
      case PlacedTexts texts -> new TextGroups(field, texts, groupings);
    };
  }

  /** The next batch, of whose features {@link #count} is told one by one. */
  void take(ExampleBatch batch) {
    for (Grouping grouping : groupings) {
      grouping.take(batch);
    }
  }

  /** Counts the batch's rows of a feature, which has taken its column unless it has lists. */
  void count(int feature, Column column) {
    features.get(feature).add(column, groupings);
  }

  /** The groups that have rows, column by column. */
  List<DatasetStatistics> result(String split) {
    List<DatasetStatistics> results = new ArrayList<>();
    for (int k = 0; k < groupings.size(); k++) {
      Grouping grouping = groupings.get(k);
      for (int g = 0; g < grouping.size(); g++) {
        if (grouping.rows(g) > 0) {
          List<FeatureStatistics> statistics = new ArrayList<>();
          for (FeatureGroups feature : features) {
            statistics.add(feature.result(k, g));
          }
          results.add(
              new DatasetStatistics(split, grouping.slice(g), grouping.rows(g), statistics));
        }
      }
    }
    return results;
  }

  /** One feature in all groups. */
  private sealed interface FeatureGroups {
    /**
     * @param places of the column's values, one order for each grouping
     */
    void add(Column column, List<? extends Places> places);

    FeatureStatistics result(int grouping, int group);
  }

  private static final class NumberGroups implements FeatureGroups {
    private static final class Group {
      private final Moments moments = new Moments();
      private long zeros;
      private double least = Double.POSITIVE_INFINITY;
      private double greatest = Double.NEGATIVE_INFINITY;
    }

    private final Field field;
    private final NumberCells cells;
    private final long[][] counts;
    private final Group[][] groups;
    private final PlacedNumbers placed;

    NumberGroups(Field field, PlacedNumbers placed, List<Grouping> groupings) {
      this.field = field;
      this.placed = placed;
      cells = placed.cells();
      counts = new long[groupings.size()][];
      groups = new Group[groupings.size()][];
      for (int k = 0; k < counts.length; k++) {
        int size = groupings.get(k).size();
        counts[k] = new long[size * cells.size()];
        groups[k] = new Group[size];
        Arrays.setAll(groups[k], g -> new Group());
      }
    }

    @Override
    public void add(Column column, List<? extends Places> groupings) {
      for (int k = 0; k < counts.length; k++) {
        Places grouping = groupings.get(k);
        int start = 0;
        for (int g = 0; g < groups[k].length; g++) {
          int end = grouping.end(g);
          if (end > start) {
            addGroup(counts[k], g * cells.size(), groups[k][g], grouping.order(), start, end);
          }
          start = end;
        }
      }
    }

    private void addGroup(long[] into, int at, Group group, int[] order, int start, int end) {
      int numbers = cells.numbers();
      short[] cellOf = placed.cellOf();
      double[] values = placed.values();
      double[] packed = placed.packed();
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      int zeros = 0;
      int n = 0;
      for (int i = start; i < end; i++) {
        int r = order[i];
        int cell = cellOf[r];
        into[at + cell]++;
        if (cell < numbers) {
          double value = values[r];
          packed[n++] = value;
          low = Math.min(low, value);
          high = Math.max(high, value);
          zeros += value == 0 ? 1 : 0;
        }
      }
      group.zeros += zeros;
      group.least = Math.min(group.least, low);
      group.greatest = Math.max(group.greatest, high);
      group.moments.add(packed, n, low, high);
    }

    @Override
    public FeatureStatistics result(int k, int g) {
      Group group = groups[k][g];
      int at = g * cells.size();
      long rows = 0;
      for (int i = 0; i < cells.size(); i++) {
        rows += counts[k][at + i];
      }
      long missing = counts[k][at + cells.missing()];
      NumberCounts.Sorted sorted = cells.sorted(counts[k], at);
      boolean none = group.moments.count() == 0;
      NumberSummary numbers =
          new NumberSummary(
              group.zeros,
              counts[k][at + cells.positiveInfinity()],
              counts[k][at + cells.negativeInfinity()],
              counts[k][at + cells.nan()],
              group.moments.mean(),
              group.moments.standardDeviation(),
              none ? Double.NaN : group.least,
              sorted.median(group.least, group.greatest),
              none ? Double.NaN : group.greatest,
              group.moments.skewness(),
              group.moments.excessKurtosis(),
              sorted.quantiles(QUANTILE_POINTS, group.least, group.greatest),
              sorted.histogram(HISTOGRAM_BINS, group.least, group.greatest));
      return new FeatureStatistics(
          field.name(), field.type(), rows - missing, missing, cells.values(sorted), numbers, null);
    }
  }

  /** A multi-valued feature: its rows are counted here, its values as others are. */
  private static final class ListGroups implements FeatureGroups {
    private final Field field;
    private final FeatureGroups values;
    private final Placed placed;
    private final ListAccumulator.Lengths[][] lengths;
    private final long[][] missing;

    ListGroups(Field field, FeatureGroups values, Placed placed, List<Grouping> groupings) {
      this.field = field;
      this.values = values;
      this.placed = placed;
      lengths = new ListAccumulator.Lengths[groupings.size()][];
      missing = new long[groupings.size()][];
      for (int k = 0; k < lengths.length; k++) {
        lengths[k] = new ListAccumulator.Lengths[groupings.get(k).size()];
        Arrays.setAll(lengths[k], g -> new ListAccumulator.Lengths());
        missing[k] = new long[lengths[k].length];
      }
    }

    @Override
    public void add(Column column, List<? extends Places> groupings) {
      if (!(column instanceof ListColumn lists)) {
        throw new Bug(field.name() + " lost its lists");
      }
      List<Places> ofValues = new ArrayList<>();
      for (int k = 0; k < lengths.length; k++) {
        Places rows = groupings.get(k);
        int start = 0;
        for (int g = 0; g < lengths[k].length; g++) {
          for (int i = start; i < rows.end(g); i++) {
            int row = rows.order()[i];
            if (lists.isMissing(row)) {
              missing[k][g]++;
            } else {
              lengths[k][g].add(lists.length(row));
            }
          }
          start = rows.end(g);
        }
        ofValues.add(Places.ofValues(rows, lists));
      }
      placed.take(lists.values());
      values.add(lists.values(), ofValues);
    }

    @Override
    public FeatureStatistics result(int k, int g) {
      ListAccumulator.Lengths own = lengths[k][g];
      return values.result(k, g).inLists(own.rows(), missing[k][g], own.result());
    }
  }

  private static final class TextGroups implements FeatureGroups {
    private static final int TRAITS = 3;

    private final Field field;
    private final List<String> texts;
    private final PlacedTexts placed;
    private final long[][] counts;
    private final long[][] codePoints;
    private final int[][] shortest;
    private final int[][] longest;

    /** Of each group, how many texts have each of the {@link TextTraits}. */
    private final long[][] traits;

    TextGroups(Field field, PlacedTexts placed, List<Grouping> groupings) {
      this.field = field;
      this.placed = placed;
      texts = placed.texts();
      counts = new long[groupings.size()][];
      codePoints = new long[counts.length][];
      shortest = new int[counts.length][];
      longest = new int[counts.length][];
      traits = new long[counts.length][];
      for (int k = 0; k < counts.length; k++) {
        int size = groupings.get(k).size();
        counts[k] = new long[size * (texts.size() + 2)];
        codePoints[k] = new long[size];
        shortest[k] = new int[size];
        Arrays.fill(shortest[k], Integer.MAX_VALUE);
        longest[k] = new int[size];
        traits[k] = new long[TRAITS * size];
      }
    }

    @Override
    public void add(Column column, List<? extends Places> groupings) {
      int missing = placed.missing();
      short[] cellOf = placed.cellOf();
      for (int k = 0; k < counts.length; k++) {
        Places grouping = groupings.get(k);
        int[] order = grouping.order();
        int start = 0;
        for (int g = 0; g < codePoints[k].length; g++) {
          int end = grouping.end(g);
          int at = g * (texts.size() + 2);
          long sum = 0;
          int least = shortest[k][g];
          int most = longest[k][g];
          for (int i = start; i < end; i++) {
            int r = order[i];
            int place = cellOf[r];
            counts[k][at + place]++;
            if (place != missing) {
              int length = placed.length(r);
              sum += length;
              least = Math.min(least, length);
              most = Math.max(most, length);
            }
          }
          if (placed.anyTraits()) {
            addTraits(k, g, order, start, end);
          }
          codePoints[k][g] += sum;
          shortest[k][g] = least;
          longest[k][g] = most;
          start = end;
        }
      }
    }

    private void addTraits(int k, int g, int[] order, int start, int end) {
      int missing = placed.missing();
      short[] cellOf = placed.cellOf();
      long[] sums = new long[TRAITS];
      for (int i = start; i < end; i++) {
        int r = order[i];
        if (cellOf[r] != missing) {
          int own = placed.traits(r);
          sums[0] += own & 1;
          sums[1] += own >> 1 & 1;
          sums[2] += own >> 2;
        }
      }
      for (int i = 0; i < TRAITS; i++) {
        traits[k][TRAITS * g + i] += sums[i];
      }
    }

    @Override
    public FeatureStatistics result(int k, int g) {
      int at = g * (texts.size() + 2);
      long[] weights = Arrays.copyOfRange(counts[k], at, at + texts.size());
      long other = counts[k][at + texts.size()];
      long missing = counts[k][at + texts.size() + 1];
      long count = other + Arrays.stream(weights).sum();
      List<ValueCount> top = new ArrayList<>();
      for (int i = 0; i < weights.length; i++) {
        if (weights[i] > 0) {
          top.add(new ValueCount(texts.get(i), weights[i]));
        }
      }
      top.sort(ValueCount.MOST_FREQUENT);
      boolean complete = other == 0;
      ValueCounts values =
          new ValueCounts(
              complete ? (Long) (long) top.size() : null,
              0,
              top,
              other,
              complete ? Entropy.of(weights) : null);
      TextSummary text =
          new TextSummary(
              count == 0 ? Double.NaN : (double) codePoints[k][g] / count,
              count == 0 ? 0 : shortest[k][g],
              longest[k][g],
              traits[k][TRAITS * g],
              traits[k][TRAITS * g + 1],
              traits[k][TRAITS * g + 2],
              Formats.none());
      return new FeatureStatistics(
          field.name(), ValueType.STRING, count, missing, values, null, text);
    }
  }
}
