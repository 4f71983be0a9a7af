package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.statistics.Association;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.Relations;
import dev.sluice.validation.SurprisingRow.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The rows that are least likely under the data before: for each feature the probability of a value
 * at least as unlikely (tails of a number's distribution, shares of texts and of missing values,
 * Good and Turing's share for a text never seen), summed as -log10 as Fisher combines tests (1932,
 * section 21.1). Features that say the same (correlation or Cramer's V of {@value #SAME} and more)
 * count once, by the one that is most surprising; what one row in ten has counts nothing; columns
 * that move on by nature do not take part. One pass, a heap of {@value #MOST} rows.
 */
final class SurprisingRows implements RowLook {
  /** Rows that are kept. */
  static final int MOST = 20;

  private static final int MOST_REASONS = 3;
  private static final double SAME = 0.7;

  /** In powers of ten: what is more likely counts nothing. */
  private static final double LEAST = 1;

  /** Numbers of at most so many distinct values are taken as texts are. */
  private static final int FEW_VALUES = 20;

  private static final Comparator<SurprisingRow> LEAST_FIRST =
      Comparator.comparingDouble(SurprisingRow::surprise)
          .thenComparing(
              Comparator.comparing(SurprisingRow::source)
                  .thenComparingLong(SurprisingRow::row)
                  .reversed());

  /** What was usual of a feature. */
  private static final class Usual {
    final String name;
    final double missing;
    final double present;
    final @Nullable Shape shape;
    final Map<String, Double> values = new HashMap<>();
    double unseen;
    String words = "";
    double low;
    double high;
    double center;
    double floor;

    Usual(FeatureStatistics old, Cell cell, @Nullable Shape shape) {
      this.name = old.name();
      double share = cell.missingShare();
      double rows = (double) cell.rows();
      // A missing value is surprising where few are, a present one where few are present.
      this.missing = share <= 0.5 ? surprise(Math.max(share, 1 / (rows + 1))) : 0;
      this.present = share > 0.5 ? surprise(Math.max(1 - share, 1 / (rows + 1))) : 0;
      this.shape = shape;
    }

    double ofText(String value) {
      return values.getOrDefault(value, unseen);
    }

    double ofNumber(double value) {
      Shape is = shape;
      if (is == null) {
        return ofText(
            value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value));
      }
      return value >= low && value <= high
          ? 0
          : surprise(Math.min(1, tail(is, value, floor, center)));
    }

    private static double tail(Shape shape, double value, double floor, double center) {
      double tail = 2 * Math.min(shape.atOrBelow(value), 1 - shape.below(value));
      if (tail > floor) {
        return tail;
      }
      // Beyond all that was seen as thin as a tail of Pareto's with exponent 1: the farther, the
      // less likely, but never impossible.
      double edge = value > center ? shape.max() - center : center - shape.min();
      double distance = Math.abs(value - center);
      return floor * (edge > 0 && distance > edge ? edge / distance : 1);
    }
  }

  private final List<List<Usual>> clusters = new ArrayList<>();
  private final PriorityQueue<SurprisingRow> heap = new PriorityQueue<>(MOST + 1, LEAST_FIRST);

  /**
   * @param before what to compare with, taken together, the first, the newest, says what a feature
   *     is; not empty
   * @param relations of the newest; null where not known
   */
  SurprisingRows(
      DatasetStatistics batch, List<DatasetStatistics> before, @Nullable Relations relations) {
    Map<String, String> leads = leads(relations);
    Map<String, List<Usual>> byLead = new LinkedHashMap<>();
    for (FeatureStatistics now : batch.features()) {
      Usual usual = usual(now, before);
      if (usual != null) {
        byLead.computeIfAbsent(lead(leads, now.name()), name -> new ArrayList<>()).add(usual);
      }
    }
    clusters.addAll(byLead.values());
  }

  private static Map<String, String> leads(@Nullable Relations relations) {
    Map<String, String> leads = new HashMap<>();
    if (relations != null) {
      for (Association association : relations.associations()) {
        if (association.measure() != Association.Measure.MUTUAL_INFORMATION
            && Math.abs(association.value()) >= SAME) {
          String a = lead(leads, association.a());
          String b = lead(leads, association.b());
          if (!a.equals(b)) {
            leads.put(b, a);
          }
        }
      }
    }
    return leads;
  }

  private static String lead(Map<String, String> leads, String name) {
    String lead = name;
    for (String next = leads.get(lead); next != null; next = leads.get(lead)) {
      lead = next;
    }
    return lead;
  }

  private static @Nullable Usual usual(FeatureStatistics now, List<DatasetStatistics> before) {
    FeatureStatistics old = before.getFirst().feature(now.name());
    if (old == null
        || old.repeated()
        || now.repeated()
        || old.count() == 0
        || isText(old) != isText(now)
        || Nature.time(old) != null
        || (isText(old) && Nature.nearlyUnique(old))
        || Nature.movesOn(old, now) != null) {
      return null;
    }
    List<DatasetStatistics> alike =
        before.stream()
            .filter(one -> {
              FeatureStatistics feature = one.feature(now.name());
              return feature != null && !feature.repeated() && isText(feature) == isText(old);
            })
            .toList();
    List<Cell> cells = new ArrayList<>();
    for (DatasetStatistics one : alike) {
      FeatureStatistics feature = one.feature(now.name());
      if (feature != null) {
        cells.add(Cell.of(feature));
      }
    }
    Cell cell = cells.size() == 1 ? cells.getFirst() : Cell.pool(cells);
    ValueShares shares = ValueShares.of(alike, now.name());
    boolean few = shares.unlisted() == 0 && shares.counts().size() <= FEW_VALUES;
    if (isText(old) || few) {
      return ofValues(new Usual(old, cell, null), shares);
    }
    Shape shape = cell.shape();
    if (shape == null) {
      return null;
    }
    Usual usual = new Usual(old, cell, shape);
    usual.low = shape.quantile(0.05);
    usual.high = shape.quantile(0.95);
    usual.center = shape.median();
    usual.floor = 1 / (shape.n() + 1.0);
    usual.words = Wording.number(usual.low) + " to " + Wording.number(usual.high);
    return usual;
  }

  private static boolean isText(FeatureStatistics feature) {
    return feature.type() == ValueType.STRING;
  }

  private static Usual ofValues(Usual usual, ValueShares shares) {
    double n = Math.max(1, (double) shares.n());
    List<Map.Entry<String, Long>> sorted =
        shares.counts().entrySet().stream()
            .sorted(
                Map.Entry.<String, Long>comparingByValue()
                    .thenComparing(Map.Entry.<String, Long>comparingByKey().reversed()))
            .toList();
    long listed = sorted.stream().mapToLong(Map.Entry::getValue).sum();
    long once = sorted.stream().filter(entry -> entry.getValue() == 1).count();
    double unlisted = Math.max(0, n - listed);
    usual.unseen = surprise((unlisted + Math.max(once, 1)) / (n + 1));
    double atMost = unlisted;
    for (int i = 0; i < sorted.size(); ) {
      long count = sorted.get(i).getValue();
      int to = i;
      while (to < sorted.size() && sorted.get(to).getValue() == count) {
        atMost += count;
        to++;
      }
      for (; i < to; i++) {
        usual.values.put(sorted.get(i).getKey(), surprise(Math.min(1, atMost / n)));
      }
    }
    StringJoiner words = new StringJoiner(", ");
    for (int i = sorted.size() - 1; i >= Math.max(0, sorted.size() - 3); i--) {
      words.add(Wording.quoted(sorted.get(i).getKey()));
    }
    usual.words = words.toString();
    return usual;
  }

  private static double surprise(double probability) {
    double surprise = -Math.log10(probability);
    return surprise < LEAST ? 0 : surprise;
  }

  @Override
  public Set<String> columns() {
    Set<String> columns = new LinkedHashSet<>();
    clusters.forEach(cluster -> cluster.forEach(usual -> columns.add(usual.name)));
    return columns;
  }

  @Override
  public void look(Rows rows) {
    int n = rows.count();
    double[] total = new double[n];
    double[] most = new double[n];
    double[] one = new double[n];
    for (List<Usual> cluster : clusters) {
      Arrays.fill(most, 0);
      for (Usual usual : cluster) {
        Column column = rows.batch().column(usual.name);
        if (column != null) {
          surprises(usual, column, one, n);
          for (int row = 0; row < n; row++) {
            most[row] = Math.max(most[row], one[row]);
          }
        }
      }
      for (int row = 0; row < n; row++) {
        total[row] += most[row];
      }
    }
    for (int row = 0; row < n; row++) {
      SurprisingRow least = heap.peek();
      if (total[row] > 0
          && (heap.size() < MOST || least == null || total[row] >= least.surprise())) {
        heap.add(
            new SurprisingRow(rows.source(row), rows.place(row), total[row], reasons(rows, row)));
        if (heap.size() > MOST) {
          heap.remove();
        }
      }
    }
  }

  private static void surprises(Usual usual, Column column, double[] to, int rows) {
    switch (column) {
      case StringColumn texts -> {
        double[] ofCode = new double[texts.dictionary().size()];
        for (int code = 0; code < ofCode.length; code++) {
          ofCode[code] = usual.present + usual.ofText(texts.dictionary().get(code));
        }
        for (int row = 0; row < rows; row++) {
          to[row] = texts.isMissing(row) ? usual.missing : ofCode[texts.codes()[row]];
        }
      }
      case IntColumn numbers -> {
        for (int row = 0; row < rows; row++) {
          to[row] =
              numbers.isMissing(row)
                  ? usual.missing
                  : usual.present + usual.ofNumber((double) numbers.values()[row]);
        }
      }
      case FloatColumn numbers -> {
        for (int row = 0; row < rows; row++) {
          to[row] =
              FirstRows.isMissing(numbers, row)
                  ? usual.missing
                  : usual.present + usual.ofNumber(numbers.values()[row]);
        }
      }
      case ListColumn lists -> Arrays.fill(to, 0, rows, 0);
    }
  }

  private List<Reason> reasons(Rows rows, int row) {
    record Scored(double surprise, Reason reason) {}
    List<Scored> all = new ArrayList<>();
    for (List<Usual> cluster : clusters) {
      @Nullable Scored most = null;
      for (Usual usual : cluster) {
        Column column = rows.batch().column(usual.name);
        if (column == null) {
          continue;
        }
        boolean missing = FirstRows.isMissing(column, row);
        String value = FirstRows.text(column, row);
        double surprise =
            missing
                ? usual.missing
                : usual.present
                    + switch (column) {
                      case StringColumn texts -> usual.ofText(value);
                      case IntColumn numbers -> usual.ofNumber((double) numbers.values()[row]);
                      case FloatColumn numbers -> usual.ofNumber(numbers.values()[row]);
                      case ListColumn lists -> 0;
                    };
        if (surprise > 0 && (most == null || surprise > most.surprise())) {
          most =
              new Scored(
                  surprise,
                  new Reason(
                      usual.name, missing ? null : value, Math.pow(10, -surprise), usual.words));
        }
      }
      if (most != null) {
        all.add(most);
      }
    }
    return all.stream()
        .sorted(Comparator.comparingDouble(Scored::surprise).reversed())
        .limit(MOST_REASONS)
        .map(Scored::reason)
        .toList();
  }

  /** The rows, the least likely first. */
  List<SurprisingRow> rows() {
    return heap.stream().sorted(LEAST_FIRST.reversed()).toList();
  }
}
