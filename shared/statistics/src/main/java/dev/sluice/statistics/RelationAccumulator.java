package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Associations between features, in a second pass over the examples, when the whole is known.
 *
 * <ul>
 *   <li>Numbers: {@link Correlations} of the first {@value #MOST_NUMBERS} that are not constant, in
 *       the order of the columns, so that batches of one pipeline have the same pairs.
 *   <li>Categories: Cramér's V of the first {@value #MOST_CATEGORIES} texts with 2 to {@value
 *       PlacedTexts#MOST} different values and integers with 2 to {@value #MOST_INTEGERS}; of two
 *       integers, a correlation tells it. Texts of more values are left out, as of names and ids
 *       every value goes with everything.
 *   <li>The label: mutual information with every feature. Numbers are cut into at most {@value
 *       #BINS} bins of about equally many rows of the whole, where they have more values than that;
 *       a label of numbers into {@value #LABEL_BINS}. Texts beyond the most frequent are pooled,
 *       and the error says what that may have lost.
 * </ul>
 *
 * <p>Features of several values a row take no part. Memory is bounded by those numbers and {@value
 * #MOST_CELLS} cells of tables for categories; where something is left out, a note says so.
 */
final class RelationAccumulator {
  static final int MOST_NUMBERS = 64;
  static final int MOST_CATEGORIES = 64;
  static final int MOST_INTEGERS = 64;
  static final int MOST_CELLS = 1 << 22;
  static final int BINS = 32;
  static final int LABEL_BINS = 16;

  private final List<Field> fields;
  private final List<String> notes = new ArrayList<>();
  private final Correlations correlations;
  private final int[] numberOf;

  private final int[] categoryOf;
  private final List<Field> categories = new ArrayList<>();
  private final short[][] cells;
  private final List<Pair> pairs = new ArrayList<>();

  private @Nullable Target target;
  private @Nullable Label label;
  private final TreeMap<Integer, WithLabel> withLabel = new TreeMap<>();

  /** Two categories, by their places. */
  private record Pair(int a, int b, JointCounts counts) {}

  /** A feature and the label; {@code other} is the row of pooled texts, or -1. */
  private record WithLabel(int other, JointCounts counts) {}

  /** The label's cell of each row. */
  private static final class Target {
    private final @Nullable Placed column;
    private final short[] bins;
    private final int size;
    private final int other;
    private short[] of = new short[0];

    Target(@Nullable Placed column, short[] bins, int other) {
      this.column = column;
      this.bins = bins;
      this.other = other;
      int most = 0;
      for (short bin : bins) {
        most = Math.max(most, bin);
      }
      size = most + 1;
    }

    static Target ofComputed() {
      return new Target(null, new short[] {0, 1, 2}, -1);
    }

    void take(ExampleBatch batch, Label label) {
      int n = batch.rows();
      if (of.length < n) {
        of = new short[n];
      }
      if (column == null) {
        if (label.computed() == null) {
          throw new Bug("a label of no column is computed");
        }
        float[] labels = label.computed().apply(batch);
        for (int r = 0; r < n; r++) {
          of[r] = (short) (labels[r] == 0 ? 0 : labels[r] == 1 ? 1 : 2);
        }
        return;
      }
      column.take(DatasetAccumulator.column(batch, column.field()));
      short[] cell = column.cellOf();
      for (int r = 0; r < n; r++) {
        of[r] = bins[cell[r]];
      }
    }
  }

  /**
   * Empty.
   *
   * @param known the statistics of the whole
   * @param placed of each field of the whole
   * @param label what mutual information is measured with, or null
   */
  RelationAccumulator(
      DatasetAccumulator whole,
      DatasetStatistics known,
      List<Placed> placed,
      @Nullable Label label) {
    fields = whole.fields();
    numberOf = new int[fields.size()];
    Arrays.fill(numberOf, -1);
    categoryOf = numberOf.clone();
    correlations = correlations(whole);
    categories(placed);
    cells = new short[categories.size()][];
    target(whole, known, placed, label);
  }

  private Correlations correlations(DatasetAccumulator whole) {
    List<String> names = new ArrayList<>();
    List<NumberAccumulator> numbers = new ArrayList<>();
    int found = 0;
    for (int i = 0; i < fields.size(); i++) {
      if (whole.feature(i) instanceof NumberAccumulator number
          && number.moments().standardDeviation() > 0
          && found++ < MOST_NUMBERS) {
        numberOf[i] = names.size();
        names.add(fields.get(i).name());
        numbers.add(number);
      }
    }
    if (found > MOST_NUMBERS) {
      notes.add(
          "correlations are those of the first %d of %d columns of numbers, which end with %s"
              .formatted(MOST_NUMBERS, found, names.getLast()));
    }
    if (names.size() < 2) {
      Arrays.fill(numberOf, -1);
      return new Correlations(List.of(), List.of());
    }
    return new Correlations(names, numbers);
  }

  private static boolean category(Field field, Placed placed) {
    return !field.repeated()
        && switch (placed) {
          case PlacedTexts texts -> texts.complete() && texts.texts().size() > 1;
          case PlacedNumbers numbers ->
              field.type() == ValueType.INT
                  && numbers.cells().single()
                  && numbers.cells().numbers() > 1
                  && numbers.cells().numbers() <= MOST_INTEGERS;
        };
  }

  private void categories(List<Placed> placed) {
    int found = 0;
    long used = 0;
    List<Placed> taken = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      Placed next = placed.get(i);
      if (!category(fields.get(i), next)) {
        continue;
      }
      found++;
      List<Pair> own = new ArrayList<>();
      long more = 0;
      for (int a = 0; a < taken.size(); a++) {
        Placed other = taken.get(a);
        if (other instanceof PlacedTexts || next instanceof PlacedTexts) {
          more += (long) other.size() * next.size();
        }
      }
      if (taken.size() == MOST_CATEGORIES || used + more > MOST_CELLS) {
        continue;
      }
      used += more;
      for (int a = 0; a < taken.size(); a++) {
        Placed other = taken.get(a);
        if (other instanceof PlacedTexts || next instanceof PlacedTexts) {
          own.add(new Pair(a, taken.size(), new JointCounts(identity(other.size()), next.size())));
        }
      }
      pairs.addAll(own);
      categoryOf[i] = taken.size();
      taken.add(next);
      categories.add(fields.get(i));
    }
    if (found > taken.size()) {
      notes.add(
          "Cramér's V is that of %d of %d columns of categories, so that its tables stay small"
              .formatted(taken.size(), found));
    }
    if (pairs.isEmpty()) {
      Arrays.fill(categoryOf, -1);
    }
  }

  private static short[] identity(int size) {
    short[] cells = new short[size];
    for (int i = 0; i < size; i++) {
      cells[i] = (short) i;
    }
    return cells;
  }

  private void target(
      DatasetAccumulator whole,
      DatasetStatistics known,
      List<Placed> placed,
      @Nullable Label named) {
    if (named == null) {
      return;
    }
    int own = -1;
    if (named.computed() != null) {
      target = Target.ofComputed();
    } else {
      for (int i = 0; i < fields.size(); i++) {
        own = fields.get(i).name().equals(named.name()) ? i : own;
      }
      if (own < 0 || fields.get(own).repeated()) {
        notes.add(
            "no mutual information: the batch has no column "
                + named.name()
                + " of one value a row, which is the label");
        return;
      }
      // With arrays of its own, as it holds while the features take theirs.
      Placed column = Placed.of(fields.get(own), whole.feature(own), new Placed.Scratch());
      short[] bins =
          switch (column) {
            case PlacedNumbers numbers -> numbers.cells().bins(quantiles(known, own), LABEL_BINS);
            case PlacedTexts texts -> pooled(texts);
          };
      int other = column instanceof PlacedTexts texts ? bins[texts.other()] : -1;
      target = new Target(column, bins, other);
    }
    label = named;
    for (int i = 0; i < fields.size(); i++) {
      if (i == own || fields.get(i).repeated()) {
        continue;
      }
      short[] bins =
          switch (placed.get(i)) {
            case PlacedNumbers numbers -> numbers.cells().bins(quantiles(known, i), BINS);
            case PlacedTexts texts -> identity(texts.size());
          };
      JointCounts counts = new JointCounts(bins, target.size);
      int other = placed.get(i) instanceof PlacedTexts texts ? texts.other() : -1;
      withLabel.put(i, new WithLabel(other, counts));
    }
  }

  private static Quantiles quantiles(DatasetStatistics whole, int field) {
    NumberSummary numbers = whole.features().get(field).numbers();
    if (numbers == null) {
      throw new Bug("numbers have a summary");
    }
    return numbers.quantiles();
  }

  /** The most frequent texts, then the others, then missing. */
  private static short[] pooled(PlacedTexts texts) {
    short[] bins = new short[texts.size()];
    int most = Math.min(texts.texts().size(), BINS);
    for (int i = 0; i < bins.length; i++) {
      bins[i] = (short) (i == texts.missing() ? most + 1 : Math.min(i, most));
    }
    return bins;
  }

  /** What was left out, a sentence each. */
  List<String> notes() {
    return notes;
  }

  /** False where there is nothing to find, so that no pass is needed. */
  boolean needed() {
    return correlations.size() > 0 || !pairs.isEmpty() || !withLabel.isEmpty();
  }

  /** The next batch, whose features follow by {@link #take}, and then {@link #end}. */
  void begin(ExampleBatch batch) {
    correlations.begin(batch.rows());
    if (target != null && label != null) {
      try {
        target.take(batch, label);
      } catch (BadInput e) {
        notes.add("no mutual information: " + e.getMessage());
        forgetLabel();
      }
    }
  }

  private void forgetLabel() {
    target = null;
    label = null;
    withLabel.clear();
  }

  /** A feature of one value a row, which has taken the batch's column. */
  void take(int field, Column column, Placed placed) {
    if (numberOf[field] >= 0) {
      correlations.take(numberOf[field], column);
    }
    int category = categoryOf[field];
    if (category >= 0) {
      short[] own = cells[category];
      if (own == null || own.length < column.rows()) {
        own = new short[column.rows()];
        cells[category] = own;
      }
      System.arraycopy(placed.cellOf(), 0, own, 0, column.rows());
    }
    WithLabel of = withLabel.get(field);
    if (of != null && target != null) {
      of.counts().add(placed.cellOf(), target.of, column.rows());
    }
  }

  /** The batch's features were all taken. */
  void end(int rows) {
    correlations.end(rows);
    for (Pair pair : pairs) {
      pair.counts().add(cells[pair.a()], cells[pair.b()], rows);
    }
  }

  /** Adds what another over the same whole gathered. */
  void merge(RelationAccumulator other) {
    if (other.pairs.size() != pairs.size()) {
      throw new Bug("associations of different wholes cannot be added");
    }
    correlations.merge(other.correlations);
    for (int i = 0; i < pairs.size(); i++) {
      pairs.get(i).counts().merge(other.pairs.get(i).counts());
    }
    if (label != null && other.label == null) {
      notes.addAll(other.notes.stream().filter(note -> !notes.contains(note)).toList());
      forgetLabel();
    }
    withLabel.forEach((field, own) -> {
      WithLabel more = other.withLabel.get(field);
      if (more != null) {
        own.counts().merge(more.counts());
      }
    });
  }

  /** By measure, then in the order of the columns. */
  List<Association> result() {
    List<Association> all = new ArrayList<>(correlations.result());
    pairs.stream()
        .sorted((x, y) -> x.a() != y.a() ? Integer.compare(x.a(), y.a()) : x.b() - y.b())
        .forEach(pair ->
            all.add(
                new Association(
                    categories.get(pair.a()).name(),
                    categories.get(pair.b()).name(),
                    Association.Measure.CRAMERS_V,
                    pair.counts().cramersV(),
                    pair.counts().rows(),
                    0)));
    if (target != null && label != null) {
      for (var entry : withLabel.entrySet()) {
        JointCounts counts = entry.getValue().counts();
        int other = entry.getValue().other();
        double lost = other < 0 ? 0 : counts.lostInRow(other);
        lost += target.other < 0 ? 0 : counts.lostInColumn(target.other);
        all.add(
            new Association(
                fields.get(entry.getKey()).name(),
                label.name(),
                Association.Measure.MUTUAL_INFORMATION,
                counts.mutualInformation(),
                counts.rows(),
                lost));
      }
    }
    return all;
  }
}
