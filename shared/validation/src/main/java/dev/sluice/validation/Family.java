package dev.sluice.validation;

import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * How many independent tests the comparisons of a batch amount to, by the maximum statistic
 * (Westfall and Young 1993, "Resampling-Based Multiple Testing", algorithm 2.5). Rows of the batch
 * are parted in two at random, again and again, and each time the most significant of all
 * comparisons is kept: features move together, and groups share rows with the whole, so that it is
 * less extreme than as many independent tests would make it. From the smallest p-values of the
 * partings follows the number m for which {@code 1 - (1 - p)^m} is their distribution (maximum
 * likelihood), which reaches further into the tail than counting partings could.
 *
 * <p>Costs one pass over the batch and {@value #PARTINGS} passes over at most {@value #SAMPLE} rows
 * of it.
 */
final class Family {
  private static final int SAMPLE = 4_000;
  private static final int PARTINGS = 100;

  private static final int MOST_TABLES = 500;

  /** Rows are drawn by chance, so that there may be some more. */
  private static final int MOST = 2 * SAMPLE;

  /** Cells that hold fewer rows are put together, as the asymptotic tests need it. */
  private static final int LEAST_CELL = 10;

  /**
   * A feature as bins of its values.
   *
   * @param edges of a number: bins are (edge, next edge]
   * @param texts of a text: a bin each, then one for the others
   * @param compared false where only its missing values are
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Bins(
      String feature, double @Nullable [] edges, @Nullable List<String> texts, boolean compared) {
    int size() {
      return edges != null ? edges.length + 1 : texts != null ? texts.size() + 1 : 1;
    }
  }

  /**
   * A column whose values make groups.
   *
   * @param values with a group each; rows of others are in a last one
   */
  record Groups(String column, List<String> values) {}

  private final List<Bins> features;
  private final List<Groups> columns;
  private final int least;
  private final int[][] codes;
  private final int[][] groups;
  private int rows;

  private Family(List<Bins> features, List<Groups> columns, int least) {
    this.features = features;
    this.columns = columns;
    this.least = least;
    codes = new int[features.size()][MOST];
    groups = new int[columns.size()][MOST];
  }

  /**
   * The number of independent tests that come to the same.
   *
   * @param rows of the batch
   * @param least rows that a group needs on each side to be compared
   * @param tests comparisons made, the most that the answer can be
   * @throws Unavailable where the examples cannot be read
   */
  static double effectiveTests(
      ExampleSource examples,
      long rows,
      List<Bins> features,
      List<Groups> columns,
      long least,
      int tests) {
    Family family = new Family(features, columns, (int) Math.min(least, SAMPLE));
    family.read(examples, rows);
    return Math.clamp(family.estimate(tests), 1, Math.max(1, tests));
  }

  private void read(ExampleSource examples, long all) {
    Set<String> names = new LinkedHashSet<>();
    features.forEach(feature -> names.add(feature.feature()));
    columns.forEach(column -> names.add(column.column()));
    long place = 0;
    try (ExampleReader reader = examples.read(names)) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        int[] chosen = new int[batch.rows()];
        int n = 0;
        for (int row = 0; row < batch.rows() && rows + n < MOST; row++, place++) {
          if (all <= SAMPLE || unit(place) * (double) all < SAMPLE) {
            chosen[n++] = row;
          }
        }
        take(batch, Arrays.copyOf(chosen, n));
      }
    } catch (IOException e) {
      throw new Unavailable(
          "the batch's examples could not be read again to weigh its comparisons: "
              + e.getMessage()
              + "; the same call may succeed later",
          e);
    }
  }

  /** A number from 0 to 1 that goes with the place alone (Steele, Lea and Flood 2014, mix64). */
  private static double unit(long place) {
    long z = (place + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
  }

  private void take(ExampleBatch batch, int[] chosen) {
    for (int f = 0; f < codes.length; f++) {
      code(features.get(f), batch.column(features.get(f).feature()), chosen, codes[f]);
    }
    for (int k = 0; k < groups.length; k++) {
      Groups by = columns.get(k);
      Column column = batch.column(by.column());
      Map<String, Integer> places = places(by.values());
      for (int i = 0; i < chosen.length; i++) {
        String value = column == null ? "" : FirstRows.text(column, chosen[i]);
        groups[k][rows + i] = places.getOrDefault(value, by.values().size());
      }
    }
    rows += chosen.length;
  }

  private static Map<String, Integer> places(List<String> values) {
    Map<String, Integer> places = new HashMap<>();
    values.forEach(value -> places.putIfAbsent(value, places.size()));
    return places;
  }

  /** The bin of each chosen row; one behind the last where it has no value. */
  private void code(Bins bins, @Nullable Column column, int[] chosen, int[] into) {
    int missing = bins.size();
    Map<String, Integer> places = bins.texts() == null ? Map.of() : places(bins.texts());
    for (int i = 0; i < chosen.length; i++) {
      int row = chosen[i];
      int code = missing;
      if (column != null && !column.isMissing(row)) {
        code =
            switch (column) {
              case IntColumn ints -> of(bins, (double) ints.values()[row], missing);
              case FloatColumn floats -> of(bins, floats.values()[row], missing);
              case StringColumn texts ->
                  bins.texts() == null ? 0 : places.getOrDefault(texts.value(row), missing - 1);
              case ListColumn _ -> 0;
            };
      }
      into[rows + i] = code;
    }
  }

  private static int of(Bins bins, double value, int missing) {
    if (!Double.isFinite(value)) {
      return missing;
    }
    if (bins.edges() == null) {
      return 0;
    }
    int place = Arrays.binarySearch(bins.edges(), value);
    return place >= 0 ? place : -place - 1;
  }

  /**
   * One feature in one way of grouping.
   *
   * @param bins of the feature, the last for rows without a value
   * @param grouping -1 for all rows
   * @param totals rows of each group and bin
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Table(
      int feature, int grouping, int bins, int groups, boolean compared, int[] totals) {}

  private List<Table> tables() {
    List<Table> tables = new ArrayList<>();
    int all = features.size() * (columns.size() + 1);
    // Of wide data every so many-th table stands for the others.
    int step = Math.ceilDiv(all, MOST_TABLES);
    for (int i = 0; i < all; i += step) {
      int f = i / (columns.size() + 1);
      int k = i % (columns.size() + 1) - 1;
      Bins bins = features.get(f);
      if (k >= 0 && columns.get(k).column().equals(bins.feature())) {
        continue;
      }
      int width = bins.size() + 1;
      int size = k < 0 ? 1 : columns.get(k).values().size() + 1;
      Table table =
          new Table(f, k, width, size, bins.compared() && bins.size() > 1, new int[width * size]);
      for (int row = 0; row < rows; row++) {
        table.totals[cell(table, row)]++;
      }
      tables.add(table);
    }
    return tables;
  }

  private int cell(Table table, int row) {
    int code = codes[table.feature][row];
    return table.grouping < 0 ? code : groups[table.grouping][row] * table.bins + code;
  }

  private double estimate(int tests) {
    List<Table> tables = tables();
    SplittableRandom random = new SplittableRandom(1);
    int[] side = new int[rows];
    double sum = 0;
    int made = 0;
    int tested = 0;
    for (int parting = 0; parting < PARTINGS; parting++) {
      int n = 0;
      for (int row = 0; row < rows; row++) {
        side[n] = row;
        n += random.nextInt() < 0 ? 1 : 0;
      }
      Least least = new Least();
      for (Table table : tables) {
        look(table, side, n, least);
      }
      if (least.tests > 0) {
        sum -= Math.log1p(-Math.min(1 - 1e-12, Math.exp(least.logP)));
        tested = Math.max(tested, least.tests);
        made++;
      }
    }
    // Groups that are too small in the sample count as the others do.
    return sum > 0 ? made / sum * tests / tested : tests;
  }

  private static final class Least {
    double score = Double.NEGATIVE_INFINITY;
    double logP;
    int tests;
  }

  private void look(Table table, int[] side, int n, Least least) {
    int[] counts = new int[table.totals.length];
    for (int i = 0; i < n; i++) {
      counts[cell(table, side[i])]++;
    }
    for (int g = 0; g < table.groups; g++) {
      int at = g * table.bins;
      int all = 0;
      int here = 0;
      for (int b = 0; b < table.bins; b++) {
        all += table.totals[at + b];
        here += counts[at + b];
      }
      if (Math.min(here, all - here) < this.least) {
        continue;
      }
      int missing = table.totals[at + table.bins - 1];
      if (missing > 0) {
        int missingHere = counts[at + table.bins - 1];
        least.tests++;
        keep(
            least,
            square(missingHere, missing, here, all)
                + square(here - missingHere, all - missing, here, all),
            1,
            missingHere,
            missing,
            here,
            all);
      }
      if (table.compared) {
        values(table, counts, at, here - counts[at + table.bins - 1], all - missing, least);
      }
    }
  }

  private static void values(Table table, int[] counts, int at, int here, int all, Least least) {
    if (here == 0 || here == all) {
      return;
    }
    double statistic = 0;
    int used = 0;
    int rest = 0;
    int restHere = 0;
    for (int b = 0; b < table.bins - 1; b++) {
      int total = table.totals[at + b];
      if (total < LEAST_CELL) {
        rest += total;
        restHere += counts[at + b];
      } else {
        statistic += square(counts[at + b], total, here, all);
        used++;
      }
    }
    if (rest > 0) {
      statistic += square(restHere, rest, here, all);
      used++;
    }
    if (used > 1) {
      least.tests++;
      keep(least, statistic, used - 1, -1, 0, 0, 0);
    }
  }

  /** A cell's part of Pearson's statistic for two samples. */
  private static double square(int count, int total, int here, int all) {
    double share = (double) here / all;
    double off = count - total * share;
    return total == 0 ? 0 : off * off / (total * share * (1 - share));
  }

  /** The exact tail is worth its price for those near the most extreme one only. */
  private static void keep(
      Least least, double statistic, int degrees, int missingHere, int missing, int here, int all) {
    double spread = 2.0 / (9 * degrees);
    // Wilson and Hilferty 1931: the cube root is nearly normal.
    double score = (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread);
    if (score > least.score - 0.5) {
      least.score = Math.max(score, least.score);
      double logP =
          missingHere >= 0
              ? Significance.logFisher(missing - missingHere, all - here, missingHere, here)
              : Significance.logChiSquared(statistic, degrees);
      least.logP = Math.min(least.logP, logP);
    }
  }
}
