package dev.sluice.benchmarks.faults;

import dev.sluice.benchmarks.faults.Recipe.Broken;
import dev.sluice.benchmarks.faults.Victim.Group;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Faults that take values or rows away, repeat them, or put them elsewhere. */
final class RowFaults {
  /** Columns nearer than this may change places without anything looking different. */
  private static final double APART = 0.2;

  private RowFaults() {}

  static List<Recipe> all() {
    List<Recipe> recipes = new ArrayList<>();
    for (double share : new double[] {0.01, 0.05, 0.20, 0.50}) {
      recipes.add(
          new Recipe(
              FaultKind.NULLS,
              "last " + ValueFaults.percent(share),
              v -> nulls(v, 1, share, v.allRows(), false)));
      recipes.add(
          new Recipe(
              FaultKind.NULLS,
              "last " + ValueFaults.percent(share) + ", three columns",
              v -> nulls(v, 3, share, v.allRows(), false)));
    }
    for (double share : new double[] {0.05, 0.20}) {
      recipes.add(
          new Recipe(
              FaultKind.NULLS,
              "last half, of a source of " + ValueFaults.percent(share),
              v -> {
                Group group = v.anyOf(v.groups(share));
                return group == null ? null : nulls(v, 1, 0.5, group.rows(), true);
              }));
    }
    for (double share : new double[] {0.20, 1}) {
      String rows = share == 1 ? ", all" : ", last " + ValueFaults.percent(share);
      recipes.add(
          new Recipe(
              FaultKind.SWAPPED,
              "two numbers" + rows,
              v -> swapped(v, share, (a, b) -> a.isMeasure() && b.isMeasure())));
      recipes.add(
          new Recipe(
              FaultKind.SWAPPED,
              "two texts" + rows,
              v -> swapped(v, share, (a, b) -> a.isCategory() && b.isCategory())));
      recipes.add(
          new Recipe(
              FaultKind.SWAPPED,
              "number and text" + rows,
              v -> swapped(v, share, (a, b) -> a.isMeasure() && b.isCategory())));
    }
    for (double share : new double[] {0.01, 0.05, 0.20, 1}) {
      recipes.add(
          new Recipe(FaultKind.DUPLICATED, ValueFaults.percent(share), v -> duplicated(v, share)));
    }
    recipes.add(new Recipe(FaultKind.TRUNCATED, "to 50 %", v -> truncated(v, 0.5, false)));
    recipes.add(new Recipe(FaultKind.TRUNCATED, "to 10 %", v -> truncated(v, 0.1, false)));
    recipes.add(
        new Recipe(FaultKind.TRUNCATED, "within the last line", v -> truncated(v, 1, true)));
    for (double share : new double[] {0.02, 0.05, 0.20}) {
      recipes.add(
          new Recipe(FaultKind.VANISHED, ValueFaults.percent(share), v -> vanished(v, share)));
    }
    return recipes;
  }

  private static @Nullable Broken nulls(
      Victim v, int columns, double share, BitSet rows, boolean inGroup) {
    List<Trait> able =
        v.all(trait ->
            trait.presentShare() >= 0.9
                && trait.distinct() >= 2
                && (!inGroup || !trait.isGrouping()));
    if (able.size() < columns) {
      return null;
    }
    List<Trait> chosen =
        IntStream.of(Table.shuffled(able.size(), v.random()))
            .limit(columns)
            .mapToObj(able::get)
            .toList();
    List<String> names = chosen.stream().map(Trait::name).toList();
    int start = v.start(share, names);
    Table table = v.table();
    long first = 0;
    for (String name : names) {
      String[] values = table.column(name).clone();
      for (int row = rows.nextSetBit(start); row >= 0; row = rows.nextSetBit(row + 1)) {
        first = first == 0 && !values[row].isEmpty() ? row + 1L : first;
        values[row] = "";
      }
      table = table.with(name, values);
    }
    Truth truth = Truth.of(names.toArray(String[]::new)).from(first);
    return first == 0 ? null : Broken.of(table, inGroup ? truth.in(rows) : truth);
  }

  private static @Nullable Broken swapped(Victim v, double share, BiPredicate<Trait, Trait> like) {
    List<List<Trait>> pairs = new ArrayList<>();
    List<Trait> all = v.all(trait -> trait.presentShare() >= 0.9);
    for (Trait a : all) {
      for (Trait b : all) {
        if (!a.name().equals(b.name()) && like.test(a, b) && apart(v.table(), a, b)) {
          pairs.add(List.of(a, b));
        }
      }
    }
    List<Trait> pair = v.anyOf(pairs);
    if (pair == null) {
      return null;
    }
    String a = pair.getFirst().name();
    String b = pair.getLast().name();
    int start = v.start(share, List.of(a, b));
    String[] ofA = v.table().column(a).clone();
    String[] ofB = v.table().column(b).clone();
    for (int row = start; row < ofA.length; row++) {
      String value = ofA[row];
      ofA[row] = ofB[row];
      ofB[row] = value;
    }
    Truth truth = Truth.of(a, b);
    return Broken.of(
        v.table().with(a, ofA).with(b, ofB), share < 1 ? truth.from(start + 1L) : truth);
  }

  private static boolean apart(Table table, Trait a, Trait b) {
    return a.numeric() != b.numeric()
        || Distance.between(table.column(a.name()), table.column(b.name()), a.numeric()) >= APART;
  }

  /** The last rows are delivered once more. */
  private static Broken duplicated(Victim v, double share) {
    int rows = v.rows();
    int again = (int) Math.max(1, Math.round(share * rows));
    int[] chosen =
        IntStream.concat(IntStream.range(0, rows), IntStream.range(rows - again, rows)).toArray();
    String[] told =
        Stream.concat(Stream.of(""), v.all(Trait::nearlyUnique).stream().map(Trait::name))
            .toArray(String[]::new);
    return Broken.of(v.table().select(chosen), Truth.of(told).from(rows + 1L));
  }

  private static Broken truncated(Victim v, double kept, boolean withinLine) {
    Table table = v.table().slice(0, (int) Math.round(kept * v.rows()));
    int cut = withinLine ? Recipe.lastLine(table) / 2 : 0;
    return new Broken(table, Truth.of(""), cut);
  }

  private static @Nullable Broken vanished(Victim v, double share) {
    List<Group> groups = new ArrayList<>();
    for (Trait trait : v.all(Trait::isCategory)) {
      for (String value : trait.near(share)) {
        groups.add(new Group(trait.name(), value, v.rowsOf(trait.name(), value)));
      }
    }
    Group gone = v.anyOf(groups);
    if (gone == null) {
      return null;
    }
    int[] kept = IntStream.range(0, v.rows()).filter(row -> !gone.rows().get(row)).toArray();
    return Broken.of(v.table().select(kept), Truth.of(gone.column()));
  }

  /**
   * Columns that a fault moved without editing them: those that lie further from the clean file
   * than chance explains (Kolmogorov and Smirnov's bound at 5 %), or lost a value of 20 rows.
   */
  static Set<String> carried(Table clean, Table broken, Set<String> edited) {
    Set<String> carried = new LinkedHashSet<>();
    double chance = 1.36 * Math.sqrt(1.0 / clean.rows() + 1.0 / broken.rows());
    for (String name : clean.names()) {
      String[] before = clean.column(name);
      String[] after = broken.column(name);
      if (edited.contains(name) || Arrays.equals(before, after)) {
        continue;
      }
      Trait old = Trait.of(name, before);
      Trait now = Trait.of(name, after);
      boolean lost =
          old.counts().entrySet().stream()
              .anyMatch(
                  entry -> entry.getValue() >= 20 && !now.counts().containsKey(entry.getKey()));
      if (lost || Distance.between(before, after, old.numeric()) > chance) {
        carried.add(name);
      }
    }
    return carried;
  }
}
