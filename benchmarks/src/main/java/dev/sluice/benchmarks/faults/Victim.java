package dev.sluice.benchmarks.faults;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A clean table to be broken: chooses columns, groups and rows by what they are like. */
final class Victim {
  /**
   * Rows that have one value in a column.
   *
   * @param rows of the table, from 0
   */
  record Group(String column, String value, BitSet rows) {}

  private final Table table;
  private final @Nullable String label;
  private final SplittableRandom random;
  private final Map<String, Trait> traits;

  /**
   * @param traits of every column of the table
   * @param label its column; null where there is none
   */
  Victim(Table table, Map<String, Trait> traits, @Nullable String label, SplittableRandom random) {
    this.table = table;
    this.label = label;
    this.random = random;
    this.traits = traits;
  }

  Table table() {
    return table;
  }

  int rows() {
    return table.rows();
  }

  SplittableRandom random() {
    return random;
  }

  /** The label, where it is a column of two values; else null. */
  @Nullable Trait label() {
    Trait trait = label == null ? null : traits.get(label);
    return trait != null && trait.distinct() == 2 ? trait : null;
  }

  /** All columns like that, the label excepted. */
  List<Trait> all(Predicate<Trait> like) {
    return traits.values().stream()
        .filter(trait -> !trait.name().equals(label))
        .filter(like)
        .toList();
  }

  /** One of them; null where there is none. */
  @Nullable Trait any(Predicate<Trait> like) {
    return anyOf(all(like));
  }

  /** One of them; null where there is none. */
  <T> @Nullable T anyOf(List<T> of) {
    return of.isEmpty() ? null : of.get(random.nextInt(of.size()));
  }

  /** Groups of about that share of the rows, of all columns by which rows are grouped. */
  List<Group> groups(double share) {
    List<Group> groups = new ArrayList<>();
    for (Trait trait : all(Trait::isGrouping)) {
      for (String value : trait.near(share)) {
        groups.add(new Group(trait.name(), value, rowsOf(trait.name(), value)));
      }
    }
    return groups;
  }

  /** The rows that have a value. */
  BitSet rowsOf(String column, String value) {
    BitSet rows = new BitSet();
    String[] values = table.column(column);
    for (int row = 0; row < values.length; row++) {
      if (values[row].equals(value)) {
        rows.set(row);
      }
    }
    return rows;
  }

  /** All rows. */
  BitSet allRows() {
    return from(0);
  }

  /** All rows from one on, counted from 0. */
  BitSet from(int row) {
    BitSet rows = new BitSet();
    rows.set(row, rows());
    return rows;
  }

  /** Rows drawn, so many that they are that share. */
  BitSet sample(double share) {
    int[] order = Table.shuffled(rows(), random);
    BitSet rows = new BitSet();
    for (int i = 0; i < Math.round(share * rows()); i++) {
      rows.set(order[i]);
    }
    return rows;
  }

  /**
   * The row at which the last {@code share} of the rows begins, or the next where all the columns
   * have a value there and in the row before: only then is the beginning a fact.
   *
   * @return from 0, at least 1 where {@code share} is below 1
   */
  int start(double share, List<String> columns) {
    int start = (int) Math.round((1 - share) * rows());
    for (int row = Math.max(1, start); share < 1 && row < rows(); row++) {
      boolean known = true;
      for (String column : columns) {
        String[] values = table.column(column);
        known &= !values[row].isEmpty() && !values[row - 1].isEmpty();
      }
      if (known) {
        return row;
      }
    }
    return start;
  }
}
