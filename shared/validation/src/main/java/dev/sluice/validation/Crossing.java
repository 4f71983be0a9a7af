package dev.sluice.validation;

import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks within groups that moved for the values of a second column to which the move is confined:
 * {@code currency=JPY} moved, and in it only {@code category=books}. The baseline has no figures of
 * two columns, so a cell counts as moved only where it differs from both of its groups before. Such
 * a slice explains; it never holds a batch. One pass over the batch for all findings, memory in
 * proportion to the groups of the columns.
 */
final class Crossing {
  private static final int BINS = 10;
  private static final int MOST_VALUES = 3;

  /** The second column must sharpen the effect by this factor, or it says nothing new. */
  private static final double SHARPER = 1.25;

  /** What the cells that stayed may show of it. */
  private static final double LEFT = 1.0 / 3;

  private final ExampleSource examples;
  private final List<Finding> findings;
  private final List<Binning> binnings;
  private final Pooled before;
  private final List<String> columns;
  private final List<Map<String, Integer>> places = new ArrayList<>();
  private final long least;

  /** By finding and column: rows of each group and bin. */
  private final double[][][] counts;

  /**
   * @param findings in groups of one column
   * @param columns that make groups, with the values that have one
   * @param least rows that a cell needs
   */
  Crossing(
      ExampleSource examples,
      List<Finding> findings,
      Pooled before,
      Map<String, List<String>> columns,
      long least) {
    this.examples = examples;
    this.findings = findings;
    binnings = findings.stream().map(f -> Binning.of(f.moved().getFirst(), BINS)).toList();
    this.before = before;
    this.columns = List.copyOf(columns.keySet());
    this.least = least;
    counts = new double[findings.size()][this.columns.size()][];
    for (int c = 0; c < this.columns.size(); c++) {
      Map<String, Integer> place = new LinkedHashMap<>();
      columns.get(this.columns.get(c)).forEach(value -> place.putIfAbsent(value, place.size()));
      places.add(place);
      for (int i = 0; i < counts.length; i++) {
        counts[i][c] = new double[place.size() * binnings.get(i).size()];
      }
    }
  }

  /** A sentence for each finding, null where no second column confines it. */
  List<@Nullable String> explain() {
    read();
    List<@Nullable String> sentences = new ArrayList<>();
    for (int i = 0; i < findings.size(); i++) {
      sentences.add(sentence(i));
    }
    return sentences;
  }

  private void read() {
    Set<String> names = new LinkedHashSet<>(columns);
    findings.forEach(finding -> names.add(finding.whole().feature()));
    try (ExampleReader reader = examples.read(names)) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        int[][] codes = codes(batch);
        for (int i = 0; i < findings.size(); i++) {
          take(i, batch, codes);
        }
      }
    } catch (IOException e) {
      throw new Unavailable(
          "the batch's examples could not be read again to look into a group: "
              + e.getMessage()
              + "; the same call may succeed later",
          e);
    }
  }

  /** By column, the place of each row's group; -1 where it has none. */
  private int[][] codes(ExampleBatch batch) {
    int[][] codes = new int[columns.size()][batch.rows()];
    for (int c = 0; c < codes.length; c++) {
      Column column = batch.column(columns.get(c));
      for (int row = 0; row < batch.rows(); row++) {
        codes[c][row] =
            column == null ? -1 : places.get(c).getOrDefault(FirstRows.text(column, row), -1);
      }
    }
    return codes;
  }

  private void take(int place, ExampleBatch batch, int[][] codes) {
    Finding finding = findings.get(place);
    Move lead = finding.moved().getFirst();
    Column group = batch.column(lead.group());
    Column values = batch.column(lead.feature());
    if (group == null || values == null) {
      return;
    }
    Set<String> moved =
        finding.moved().stream()
            .map(Move::value)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    Binning binning = binnings.get(place);
    int[] rows = new int[batch.rows()];
    int[] bins = new int[rows.length];
    int n = 0;
    for (int row = 0; row < batch.rows(); row++) {
      if (moved.contains(FirstRows.text(group, row))) {
        bins[n] = binning.of(values, row);
        rows[n++] = row;
      }
    }
    for (int c = 0; c < codes.length; c++) {
      if (columns.get(c).equals(lead.group()) || columns.get(c).equals(lead.feature())) {
        continue;
      }
      double[] into = counts[place][c];
      for (int i = 0; i < n; i++) {
        int code = codes[c][rows[i]];
        if (code >= 0) {
          into[code * binning.size() + bins[i]]++;
        }
      }
    }
  }

  private record Cross(String value, double rows, double effect) {}

  private @Nullable String sentence(int place) {
    Move lead = findings.get(place).moved().getFirst();
    Binning binning = binnings.get(place);
    String best = null;
    double sharpest = SHARPER * Math.abs(lead.effect());
    for (int c = 0; c < columns.size(); c++) {
      String column = columns.get(c);
      double[] all = counts[place][c];
      List<Cross> cells = new ArrayList<>();
      places
          .get(c)
          .forEach((value, at) -> {
            double[] cell = Arrays.copyOfRange(all, at * binning.size(), (at + 1) * binning.size());
            double rows = binning.rows(cell);
            if (rows >= least) {
              cells.add(new Cross(value, rows, effect(lead, column, value, cell, binning)));
            }
          });
      cells.sort(Comparator.comparingDouble(Cross::effect).reversed().thenComparing(Cross::value));
      if (cells.size() < 2) {
        continue;
      }
      double top = cells.getFirst().effect();
      List<Cross> moved = cells.stream().filter(cell -> cell.effect() > top / 2).toList();
      double left =
          cells.stream()
              .filter(cell -> cell.effect() <= top / 2)
              .mapToDouble(Cross::effect)
              .max()
              .orElse(1);
      double mean = mean(moved);
      if (moved.size() <= MOST_VALUES && left <= LEFT * mean && mean > sharpest) {
        sharpest = mean;
        Set<String> names = new LinkedHashSet<>();
        moved.forEach(cell -> names.add(column + "=" + cell.value()));
        best =
            "Within it only where "
                + String.join(", ", names)
                + " ("
                + Wording.count((long) moved.stream().mapToDouble(Cross::rows).sum(), "row")
                + "); its other "
                + Wording.plural(column)
                + " stayed.";
      }
    }
    return best;
  }

  private static double mean(List<Cross> cells) {
    double rows = cells.stream().mapToDouble(Cross::rows).sum();
    return cells.stream().mapToDouble(cell -> cell.effect() * cell.rows()).sum() / rows;
  }

  private double effect(Move lead, String column, String value, double[] cell, Binning binning) {
    double effect = binning.effect(lead.before(), cell);
    Cell other = before.cell(column + "=" + value, lead.feature());
    boolean same = other != null && (other.shape() == null) == (lead.before().shape() == null);
    return other == null || !same ? effect : Math.min(effect, binning.effect(other, cell));
  }

  /** How the values of a feature are counted, so that an aspect's effect can be told from it. */
  private record Binning(Aspect aspect, List<Double> edges, List<String> texts) {
    static Binning of(Move lead, int bins) {
      List<Double> edges = new ArrayList<>();
      List<String> texts = List.of();
      switch (lead.aspect()) {
        case MISSING -> {}
        case NUMBERS -> {
          Set<Double> all = new HashSet<>();
          for (double edge : lead.before().needShape().edges(bins)) {
            all.add(edge);
          }
          for (double edge : lead.after().needShape().edges(bins)) {
            all.add(edge);
          }
          all.stream().sorted().forEach(edges::add);
        }
        case TEXTS -> {
          Set<String> all = new LinkedHashSet<>(lead.before().needTexts().commonest(bins));
          all.addAll(lead.after().needTexts().commonest(bins));
          texts = List.copyOf(all);
        }
      }
      return new Binning(lead.aspect(), List.copyOf(edges), texts);
    }

    /** Bins, the last for rows without a value. */
    int size() {
      return switch (aspect) {
        case MISSING -> 2;
        case NUMBERS -> edges.size() + 2;
        case TEXTS -> texts.size() + 2;
      };
    }

    int of(Column column, int row) {
      int missing = size() - 1;
      if (FirstRows.isMissing(column, row)) {
        return missing;
      }
      return switch (aspect) {
        case MISSING -> 0;
        case NUMBERS -> {
          double value = FirstRows.number(column, row);
          int bin = 0;
          while (bin < edges.size() && value > edges.get(bin)) {
            bin++;
          }
          yield bin;
        }
        case TEXTS -> {
          int bin = texts.indexOf(FirstRows.text(column, row));
          yield bin < 0 ? texts.size() : bin;
        }
      };
    }

    double rows(double[] cell) {
      double rows = 0;
      for (double count : cell) {
        rows += count;
      }
      return rows;
    }

    /** On the scale of the aspect, as in {@link Move}, without its sign. */
    double effect(Cell before, double[] cell) {
      double all = rows(cell);
      double missing = cell[cell.length - 1];
      if (aspect == Aspect.MISSING) {
        return Math.abs(Distances.cohenH(before.missingShare(), missing / all));
      }
      double present = all - missing;
      if (present == 0) {
        return 0;
      }
      double most = 0;
      if (aspect == Aspect.NUMBERS) {
        double reached = 0;
        for (int i = 0; i < edges.size(); i++) {
          reached += cell[i] / present;
          most = Math.max(most, Math.abs(reached - before.needShape().atOrBelow(edges.get(i))));
        }
      } else {
        for (int i = 0; i < texts.size(); i++) {
          double was = before.needTexts().share(texts.get(i));
          most = Math.max(most, Math.abs(cell[i] / present - was));
        }
      }
      return most;
    }
  }
}
