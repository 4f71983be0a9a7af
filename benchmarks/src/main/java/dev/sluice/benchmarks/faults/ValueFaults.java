package dev.sluice.benchmarks.faults;

import dev.sluice.benchmarks.faults.Recipe.Broken;
import dev.sluice.benchmarks.faults.Recipe.Maker;
import dev.sluice.benchmarks.faults.Victim.Group;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Faults that change values. */
final class ValueFaults {
  private static final double[] GROUPS = {0.01, 0.02, 0.05, 0.20};
  private static final BigDecimal NINE_FIFTHS = new BigDecimal("1.8");
  private static final BigDecimal FREEZING = new BigDecimal("32");
  private static final Pattern PUNCTUATION = Pattern.compile("[^\\p{L}\\p{N}]");
  private static final Pattern PREFIX = Pattern.compile("^\\p{L}+[^\\p{L}\\p{N}]*");
  private static final Pattern ZEROS = Pattern.compile("^0+(?=\\d)");
  private static final Pattern DIGITS = Pattern.compile("\\d+");
  private static final Pattern VOWEL = Pattern.compile("[aeiouAEIOU]");
  private static final Pattern LETTER = Pattern.compile("\\p{L}");

  private ValueFaults() {}

  static List<Recipe> all() {
    List<Recipe> recipes = new ArrayList<>();
    units(recipes);
    conventions(recipes);
    for (double share : new double[] {0.005, 0.02, 0.10}) {
      recipes.add(new Recipe(FaultKind.NEW_CATEGORY, percent(share), v -> newCategory(v, share)));
    }
    clocks(recipes);
    for (double share : new double[] {0.05, 0.20, 1}) {
      recipes.add(
          new Recipe(
              FaultKind.STUCK,
              "number, last " + percent(share),
              v -> stuck(v, Trait::isMeasure, share)));
      recipes.add(
          new Recipe(
              FaultKind.STUCK,
              "text, last " + percent(share),
              v -> stuck(v, Trait::isCategory, share)));
    }
    flips(recipes);
    for (double share : new double[] {0.01, 0.05, 0.20, 1}) {
      recipes.add(
          new Recipe(
              FaultKind.ENCODING,
              "UTF-8 read as Latin-1, " + percent(share),
              v -> damaged(v, share, "\u00c3\u00a9")));
      recipes.add(
          new Recipe(
              FaultKind.ENCODING,
              "characters lost, " + percent(share),
              v -> damaged(v, share, "\ufffd")));
    }
    return recipes;
  }

  static String percent(double share) {
    return BigDecimal.valueOf(share * 100).stripTrailingZeros().toPlainString() + " %";
  }

  private static void units(List<Recipe> recipes) {
    Map<String, UnaryOperator<BigDecimal>> units = new LinkedHashMap<>();
    units.put("x 150", x -> x.multiply(BigDecimal.valueOf(150)));
    units.put("x 100", x -> x.multiply(BigDecimal.valueOf(100)));
    units.put("x 1.8 + 32", x -> x.multiply(NINE_FIFTHS).add(FREEZING));
    units.forEach((name, unit) -> {
      for (double share : GROUPS) {
        recipes.add(
            new Recipe(
                FaultKind.UNIT, name + ", group of " + percent(share), v -> unit(v, share, unit)));
      }
    });
  }

  private static @Nullable Broken unit(Victim v, double share, UnaryOperator<BigDecimal> unit) {
    Trait measure = v.any(Trait::isMeasure);
    if (measure == null) {
      return null;
    }
    String[] values = v.table().column(measure.name());
    Group group =
        v.anyOf(
            v.groups(share).stream()
                .filter(g -> !g.column().equals(measure.name()))
                .filter(g -> changeable(values, g.rows()) >= 0.6 * g.rows().cardinality())
                .toList());
    if (group == null) {
      return null;
    }
    return change(v, measure.name(), group.rows(), value -> calculated(value, unit), true);
  }

  private static long changeable(String[] values, BitSet rows) {
    return rows.stream()
        .filter(row -> !values[row].isEmpty() && Double.parseDouble(values[row]) != 0)
        .count();
  }

  /** To as many decimals as before. */
  static String calculated(String value, UnaryOperator<BigDecimal> unit) {
    BigDecimal number = new BigDecimal(value);
    return unit.apply(number)
        .setScale(Math.max(0, number.scale()), RoundingMode.HALF_EVEN)
        .toPlainString();
  }

  /**
   * Other values in some rows of a column; missing ones stay.
   *
   * @param inGroup true where the rows are a group, false where they begin somewhere
   * @return null where no value changes
   */
  private static @Nullable Broken change(
      Victim v, String column, BitSet rows, UnaryOperator<String> to, boolean inGroup) {
    String[] values = v.table().column(column).clone();
    int first = -1;
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      String changed = values[row].isEmpty() ? "" : to.apply(values[row]);
      if (!changed.equals(values[row])) {
        first = first < 0 ? row : first;
        values[row] = changed;
      }
    }
    if (first < 0) {
      return null;
    }
    Truth truth = Truth.of(column);
    if (inGroup) {
      truth = truth.in(rows);
    } else if (rows.cardinality() < v.rows()) {
      truth = truth.from(first + 1L);
    }
    return Broken.of(v.table().with(column, values), truth);
  }

  private static void conventions(List<Recipe> recipes) {
    Predicate<Trait> code = Trait::isCode;
    Predicate<Trait> letters = code.and(trait -> trait.shape().indexOf('A') >= 0);
    Predicate<Trait> prefixed =
        letters.and(trait -> PREFIX.matcher(anExample(trait)).find() && !trait.numeric());
    convention(
        recipes,
        "punctuation dropped",
        letters.and(trait -> PUNCTUATION.matcher(trait.shape()).find()),
        value -> PUNCTUATION.matcher(value).replaceAll(""));
    convention(recipes, "prefix lost", prefixed, value -> PREFIX.matcher(value).replaceAll(""));
    convention(recipes, "prefix added", code, value -> "P-" + value);
    convention(
        recipes,
        "leading zeros lost",
        code.and(trait -> anExample(trait).startsWith("0")),
        value -> ZEROS.matcher(value).replaceAll(""));
    convention(
        recipes,
        "padded with zeros",
        code,
        value -> DIGITS.matcher(value).replaceFirst(match -> "000" + match.group()));
    convention(recipes, "lower case", letters, value -> value.toLowerCase(Locale.ROOT));
    convention(
        recipes,
        "texts in upper case",
        trait -> trait.isCategory() && trait.isText(),
        value -> value.toUpperCase(Locale.ROOT));
  }

  private static String anExample(Trait trait) {
    return trait.counts().keySet().iterator().next();
  }

  private static void convention(
      List<Recipe> recipes, String name, Predicate<Trait> where, UnaryOperator<String> to) {
    for (double share : new double[] {0.20, 1}) {
      Maker maker =
          v -> {
            Trait trait = v.any(where);
            if (trait == null) {
              return null;
            }
            int start = v.start(share, List.of(trait.name()));
            return change(v, trait.name(), v.from(start), to, false);
          };
      recipes.add(
          new Recipe(
              FaultKind.CONVENTION,
              name + (share == 1 ? ", all" : ", last " + percent(share)),
              maker));
    }
  }

  private static @Nullable Broken newCategory(Victim v, double share) {
    Trait trait = v.any(Trait::isCategory);
    return trait == null
        ? null
        : change(v, trait.name(), v.sample(share), value -> "quartz", false);
  }

  private static void clocks(List<Recipe> recipes) {
    for (int hours : new int[] {1, 5, 12}) {
      recipes.add(
          new Recipe(FaultKind.CLOCK, hours + " h", v -> clock(v, hours, v.allRows(), false)));
    }
    recipes.add(
        new Recipe(
            FaultKind.CLOCK,
            "5 h, group of 20 %",
            v -> {
              Group group =
                  v.anyOf(
                      v.groups(0.20).stream()
                          .filter(g ->
                              v.all(Trait::isHour).stream()
                                  .noneMatch(hour -> hour.name().equals(g.column())))
                          .toList());
              return group == null ? null : clock(v, 5, group.rows(), true);
            }));
  }

  /** The moment and the hour of day both come from the clock. */
  private static @Nullable Broken clock(Victim v, int hours, BitSet rows, boolean inGroup) {
    List<Trait> times = v.all(Trait::isTime);
    List<Trait> daily = v.all(Trait::isHour);
    if (daily.isEmpty()) {
      return null;
    }
    Table table = v.table();
    List<String> changed = new ArrayList<>();
    for (Trait time : times) {
      long shift = hours * (time.max() >= 1e11 ? 3_600_000L : 3_600L);
      table = shifted(table, time, rows, value -> value + shift);
      changed.add(time.name());
    }
    for (Trait hour : daily) {
      long first = (long) hour.min();
      table = shifted(table, hour, rows, value -> (value - first + hours) % 24 + first);
      changed.add(hour.name());
    }
    Truth truth = Truth.of(changed.toArray(String[]::new));
    return Broken.of(table, inGroup ? truth.in(rows) : truth);
  }

  private static Table shifted(
      Table table, Trait trait, BitSet rows, java.util.function.LongUnaryOperator shift) {
    String[] values = table.column(trait.name()).clone();
    rows.stream()
        .filter(row -> !values[row].isEmpty())
        .forEach(
            row -> values[row] = Long.toString(shift.applyAsLong(Long.parseLong(values[row]))));
    return table.with(trait.name(), values);
  }

  /** From a row on the value of the row before, gaps too; from the first row on, the first. */
  private static @Nullable Broken stuck(Victim v, Predicate<Trait> like, double share) {
    Trait trait = v.any(like.and(t -> t.presentShare() >= 0.9));
    if (trait == null) {
      return null;
    }
    String name = trait.name();
    int start = v.start(share, List.of(name));
    String[] values = v.table().column(name).clone();
    String value = start > 0 ? values[start - 1] : anExample(trait);
    for (int row = start; row < values.length; row++) {
      values[row] = value;
    }
    int equal = start;
    while (equal > 0 && values[equal - 1].equals(value)) {
      equal--;
    }
    Truth truth = Truth.of(name);
    return Broken.of(
        v.table().with(name, values), start > 0 ? truth.fromEither(start + 1L, equal + 1L) : truth);
  }

  private static void flips(List<Recipe> recipes) {
    for (double share : new double[] {0.05, 0.20, 1}) {
      recipes.add(
          new Recipe(
              FaultKind.LABEL_FLIP, percent(share), v -> flipped(v, v.sample(share), false)));
    }
    recipes.add(
        new Recipe(
            FaultKind.LABEL_FLIP,
            "all of a group of 20 %",
            v -> {
              Group group = v.anyOf(v.groups(0.20));
              return group == null ? null : flipped(v, group.rows(), true);
            }));
  }

  private static @Nullable Broken flipped(Victim v, BitSet rows, boolean inGroup) {
    Trait label = v.label();
    if (label == null) {
      return null;
    }
    Collection<String> both = label.counts().keySet();
    Broken broken =
        change(
            v,
            label.name(),
            rows,
            value -> both.stream().filter(other -> !other.equals(value)).findFirst().orElseThrow(),
            inGroup);
    // Rows drawn begin nowhere.
    return broken == null || inGroup ? broken : Broken.of(broken.table(), Truth.of(label.name()));
  }

  private static @Nullable Broken damaged(Victim v, double share, String by) {
    Trait trait = v.any(Trait::isText);
    return trait == null
        ? null
        : change(v, trait.name(), v.sample(share), value -> damaged(value, by), false);
  }

  private static String damaged(String value, String by) {
    String first = VOWEL.matcher(value).replaceFirst(by);
    return first.equals(value) ? LETTER.matcher(value).replaceFirst(by) : first;
  }
}
