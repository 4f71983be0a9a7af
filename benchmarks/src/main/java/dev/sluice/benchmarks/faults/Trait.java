package dev.sluice.benchmarks.faults;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a column of a clean table is like, by which faults choose columns.
 *
 * @param rows of the table
 * @param present rows with a value
 * @param counts how often each distinct value occurs, in the order of the table
 * @param numeric true where every value is a number
 * @param whole true where every value is a whole number
 * @param min of the numbers; NaN for texts
 * @param max of the numbers; NaN for texts
 * @param deviation standard deviation of the numbers; NaN for texts
 * @param shape the one shape that nine in ten values share, digits as 9 and letters as A; '' where
 *     there is none
 */
record Trait(
    String name,
    int rows,
    int present,
    Map<String, Integer> counts,
    boolean numeric,
    boolean whole,
    double min,
    double max,
    double deviation,
    String shape) {
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?");
  private static final Pattern WHOLE = Pattern.compile("-?\\d+");
  private static final double YEAR_1990 = 631_152_000;
  private static final double YEAR_2100 = 4_102_444_800.0;
  private static final int MOST_GROUPS = 64;

  /** Of every column, in order. */
  static Map<String, Trait> of(Table table) {
    Map<String, Trait> traits = new LinkedHashMap<>();
    for (String name : table.names()) {
      traits.put(name, of(name, table.column(name)));
    }
    return Collections.unmodifiableMap(traits);
  }

  static Trait of(String name, String[] values) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    Map<String, Integer> shapes = new LinkedHashMap<>();
    int present = 0;
    for (String value : values) {
      if (!value.isEmpty()) {
        present++;
        if (counts.merge(value, 1, Integer::sum) == 1) {
          shapes.putIfAbsent(shape(value), 0);
        }
        shapes.merge(shape(value), 1, Integer::sum);
      }
    }
    boolean numeric =
        present > 0 && counts.keySet().stream().allMatch(v -> NUMBER.matcher(v).matches());
    boolean whole = numeric && counts.keySet().stream().allMatch(v -> WHOLE.matcher(v).matches());
    double[] numbers = numeric ? numbers(values) : new double[0];
    double mean = Arrays.stream(numbers).average().orElse(Double.NaN);
    double square = Arrays.stream(numbers).map(x -> (x - mean) * (x - mean)).sum();
    int common = present;
    String shape =
        shapes.entrySet().stream()
            .filter(entry -> entry.getValue() >= 0.9 * common)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse("");
    return new Trait(
        name,
        values.length,
        present,
        counts,
        numeric,
        whole,
        Arrays.stream(numbers).min().orElse(Double.NaN),
        Arrays.stream(numbers).max().orElse(Double.NaN),
        numeric ? Math.sqrt(square / numbers.length) : Double.NaN,
        shape);
  }

  static double[] numbers(String[] values) {
    return Arrays.stream(values)
        .filter(value -> !value.isEmpty())
        .mapToDouble(Double::parseDouble)
        .toArray();
  }

  private static String shape(String value) {
    StringBuilder shape = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      shape.append(Character.isDigit(c) ? '9' : Character.isLetter(c) ? 'A' : c);
    }
    return shape.toString();
  }

  int distinct() {
    return counts.size();
  }

  double presentShare() {
    return (double) present / rows;
  }

  boolean nearlyUnique() {
    return present > 0 && distinct() >= 0.9 * present;
  }

  /** Seconds or milliseconds since 1970. */
  boolean isTime() {
    return whole
        && ((min >= YEAR_1990 && max < YEAR_2100)
            || (min >= YEAR_1990 * 1000 && max < YEAR_2100 * 1000));
  }

  /** All 24 hours of a day, from 0 or 1. */
  boolean isHour() {
    return whole && distinct() == 24 && (min == 0 || min == 1) && max == min + 23;
  }

  /** Numbers or texts of one shape by which things are known: product numbers, tracts, accounts. */
  boolean isCode() {
    return distinct() >= 20
        && !isTime()
        && shape.length() >= 5
        && shape.indexOf('9') >= 0
        && (!numeric || whole);
  }

  /** How much of something: many distinct numbers that no one is known by. */
  boolean isMeasure() {
    return numeric
        && distinct() >= 30
        && presentShare() >= 0.5
        && !isTime()
        && !isCode()
        && !(whole && nearlyUnique());
  }

  /** One of a few texts. */
  boolean isCategory() {
    return !numeric && distinct() >= 2 && distinct() <= 100 && presentShare() >= 0.5;
  }

  /** Texts with letters that are no codes. */
  boolean isText() {
    return !numeric
        && !isCode()
        && present > 0
        && counts.keySet().stream().anyMatch(v -> v.chars().anyMatch(Character::isLetter));
  }

  /** By whose values rows fall into groups, as {@code analyze} takes them where none is named. */
  boolean isGrouping() {
    return distinct() >= 2 && distinct() <= MOST_GROUPS && (!numeric || whole);
  }

  /** Values whose share of all rows is a target, or nearly: within a factor of 5 / 3. */
  List<String> near(double target) {
    return counts.entrySet().stream()
        .filter(entry -> {
          double share = (double) entry.getValue() / rows;
          return share >= target * 0.6 && share <= target / 0.6;
        })
        .map(Map.Entry::getKey)
        .toList();
  }
}
