package dev.sluice.benchmarks.faults;

import dev.sluice.benchmarks.faults.Recipe.Broken;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** All cases of a data set. The same data and seeds give the same files. */
final class Cases {
  private static final long DRIFTS = 3_000_000;
  private static final int BEFORE = 6;
  private static final int DRIFTING = 10;

  /** A step below this distance from the batch before is slow. */
  private static final double SLOW = 0.1;

  private final DataSet data;
  private final int seeds;
  private final int clean;

  /** Clean files that many faults break, and what they are like; those of one seed made once. */
  private final Map<Long, List<Batch>> made = new HashMap<>();

  private final Map<Long, Map<String, Trait>> traits = new HashMap<>();

  Cases(DataSet data, int seeds, int clean) {
    this.data = data;
    this.seeds = seeds;
    this.clean = clean;
  }

  /** Cases of one kind, or of all where none is named, those that share files together. */
  List<Case> all(@Nullable FaultKind only) {
    List<Case> cases = new ArrayList<>();
    List<Recipe> recipes = new ArrayList<>(ValueFaults.all());
    recipes.addAll(RowFaults.all());
    for (int seed = 0; seed < seeds; seed++) {
      int number = seed;
      for (Recipe recipe : recipes) {
        cases.add(
            new Case(data, recipe.kind(), recipe.severity(), number, () -> broken(recipe, number)));
      }
      for (double step : new double[] {0.03, 0.10}) {
        String severity = "10 batches, " + ValueFaults.percent(step) + " of a std dev each";
        cases.add(new Case(data, FaultKind.DRIFT, severity, number, () -> drift(step, number)));
      }
    }
    for (int pair = 0; pair < clean; pair++) {
      int number = pair;
      cases.add(new Case(data, FaultKind.CLEAN, "one batch before", number, () -> pair(number)));
    }
    for (int pair = 0; pair < clean / 4; pair++) {
      int number = pair;
      cases.add(
          new Case(
              data, FaultKind.CLEAN, BEFORE + " batches before", number, () -> history(number)));
    }
    int number = 0;
    for (DataSet.Pair pair :
        only == null || only == FaultKind.CLEAN ? data.pairs() : List.<DataSet.Pair>of()) {
      cases.add(
          new Case(
              data,
              FaultKind.CLEAN,
              pair.clean() ? pair.kind() : pair.kind() + DataSet.MAY_DIFFER,
              number++,
              () -> Scene.of(pair.before(), pair.after(), Truth.CLEAN)));
    }
    return cases.stream().filter(c -> only == null || c.kind() == only).toList();
  }

  private Scene pair(int number) {
    return data.clean(number, 1);
  }

  private Scene history(int number) {
    return data.clean(number, BEFORE);
  }

  private synchronized List<Batch> two(long seed) {
    return made.computeIfAbsent(seed, s -> data.batches(s, 2));
  }

  private synchronized Map<String, Trait> traits(long seed, Table table) {
    return traits.computeIfAbsent(seed, s -> Trait.of(table));
  }

  private @Nullable Scene broken(Recipe recipe, int seed) {
    List<Batch> both = two(seed);
    Table fresh = both.getLast().table();
    SplittableRandom random =
        new SplittableRandom(31L * (recipe.kind() + recipe.severity()).hashCode() + seed);
    Broken broken =
        recipe.maker().make(new Victim(fresh, traits(seed, fresh), data.label(), random));
    if (broken == null) {
      return null;
    }
    Truth truth =
        broken
            .truth()
            .carrying(RowFaults.carried(fresh, broken.table(), broken.truth().features()));
    Batch after =
        broken.batch(
            data.name() + "-" + seed + ", " + recipe.kind().title() + ", " + recipe.severity());
    // How many rows are usual, only batches before can tell.
    boolean counted = recipe.kind() == FaultKind.TRUNCATED || recipe.kind() == FaultKind.DUPLICATED;
    List<Batch> before = new ArrayList<>();
    if (counted) {
      List<String> used = both.stream().map(Batch::name).toList();
      data.series(seed, BEFORE + 1).stream()
          .filter(batch -> !used.contains(batch.name()))
          .limit(BEFORE - 1)
          .forEach(before::add);
    }
    before.add(both.getFirst());
    return new Scene(before, List.of(after), truth);
  }

  /** Each batch is a little higher than the one before it. */
  private @Nullable Scene drift(double step, int seed) {
    List<Batch> series = data.series(DRIFTS + seed, DRIFTING + 1);
    Victim victim =
        new Victim(
            series.getFirst().table(),
            Trait.of(series.getFirst().table()),
            data.label(),
            new SplittableRandom(Double.hashCode(step) + seed));
    Table first = series.getFirst().table();
    List<Trait> able =
        victim.all(t -> t.isMeasure() && t.deviation() * step >= resolution(t)).stream()
            .sorted(Comparator.comparingDouble(t -> leap(first.column(t.name()), t, step)))
            .toList();
    List<Trait> slow =
        able.stream().filter(t -> leap(first.column(t.name()), t, step) < SLOW).toList();
    Trait trait = victim.anyOf(slow.isEmpty() ? able.subList(0, Math.min(1, able.size())) : slow);
    if (trait == null) {
      return null;
    }
    List<Batch> after = new ArrayList<>();
    for (int i = 1; i <= DRIFTING; i++) {
      Table table = series.get(i).table();
      BigDecimal by = BigDecimal.valueOf(i * step * trait.deviation());
      String[] values = table.column(trait.name()).clone();
      for (int row = 0; row < values.length; row++) {
        if (!values[row].isEmpty()) {
          BigDecimal value = new BigDecimal(values[row]);
          int scale = trait.whole() ? 0 : Math.max(2, value.scale());
          values[row] = value.add(by).setScale(scale, RoundingMode.HALF_EVEN).toPlainString();
        }
      }
      after.add(
          Batch.of(series.get(i).name() + "-drifted-" + step, table.with(trait.name(), values)));
    }
    return new Scene(series.subList(0, 1), after, Truth.of(trait.name()));
  }

  /** In a long tail most values are small, and a share of its standard deviation is a leap. */
  private static double leap(String[] values, Trait trait, double step) {
    double by = step * trait.deviation();
    String[] shifted =
        Arrays.stream(values)
            .map(value -> value.isEmpty() ? "" : Double.toString(Double.parseDouble(value) + by))
            .toArray(String[]::new);
    return Distance.between(values, shifted, /* numeric= */ true);
  }

  /** What a value can change by at least. */
  private static double resolution(Trait trait) {
    return trait.whole() ? 1 : 0.01;
  }
}
