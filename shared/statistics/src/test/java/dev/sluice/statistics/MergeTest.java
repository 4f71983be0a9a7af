package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Any split, any order, the same answer: the one law of all accumulators. */
final class MergeTest {
  static Stream<Column> columns() {
    Random random = new Random(20261123);
    return Stream.of(50, 70_000)
        .flatMap(rows ->
            Stream.of(
                skewed(random, rows),
                cents(random, rows),
                symmetric(random, rows),
                wild(random, rows),
                smallInts(random, rows),
                manyInts(random, rows),
                hugeInts(random, rows),
                texts(random, rows, 30),
                texts(random, rows, 60_000),
                seconds(random, rows),
                dates(random, rows),
                messy(random, rows),
                wildTexts(random, rows),
                lists(random, cents(random, rows)),
                lists(random, texts(random, rows, 30))));
  }

  /** The values of a column, those that are missing too, as lists of none to five. */
  private static Column lists(Random random, Column values) {
    int[] present = IntStream.range(0, values.rows()).filter(r -> !values.isMissing(r)).toArray();
    Column all =
        new ExampleBatch(List.of(new Field("x", values.type())), List.of(values), values.rows())
            .select(present)
            .columns()
            .getFirst();
    List<Integer> lengths = new ArrayList<>();
    for (int left = present.length; left > 0; ) {
      int length = Math.min(left, random.nextInt(6));
      lengths.add(length);
      left -= length;
    }
    return Columns.lists(all, lengths.stream().mapToInt(Integer::intValue).toArray());
  }

  @ParameterizedTest
  @MethodSource("columns")
  void anySplitInAnyOrder_givesTheSameAnswer(Column column) {
    Random random = new Random(column.rows() + column.missing());
    Field field = Columns.field("x", column);
    FeatureAccumulator once = FeatureAccumulator.of(Columns.field("x", column));
    once.add(column);
    FeatureStatistics expected = once.result(field);

    for (int trial = 0; trial < 4; trial++) {
      List<FeatureAccumulator> parts = split(column, random);
      Collections.shuffle(parts, random);
      while (parts.size() > 1) {
        FeatureAccumulator into = parts.remove(random.nextInt(parts.size()));
        int other = random.nextInt(parts.size());
        into.merge(parts.get(other));
        parts.set(other, into);
      }
      check(parts.getFirst().result(field), expected);
    }
  }

  /** Steps are counted within pieces, so that only the same pieces give the same. */
  @ParameterizedTest
  @MethodSource("columns")
  void theSamePiecesInAnyOrder_haveTheSameSteps(Column column) {
    Field field = Columns.field("x", column);
    FeatureAccumulator forward = FeatureAccumulator.of(field);
    FeatureAccumulator backward = FeatureAccumulator.of(field);
    int piece = Math.max(1, column.rows() / 7);
    for (int from = 0; from < column.rows(); from += piece) {
      forward.add(Columns.slice(column, from, Math.min(column.rows(), from + piece)));
    }
    for (int from = (column.rows() - 1) / piece * piece; from >= 0; from -= piece) {
      FeatureAccumulator part = FeatureAccumulator.of(field);
      part.add(Columns.slice(column, from, Math.min(column.rows(), from + piece)));
      part.merge(backward);
      backward = part;
    }

    assertThat(backward.result(field).steps()).isEqualTo(forward.result(field).steps());
  }

  private static List<FeatureAccumulator> split(Column column, Random random) {
    List<FeatureAccumulator> parts = new ArrayList<>();
    // One part is empty, one in four takes more than one column.
    parts.add(FeatureAccumulator.of(Columns.field("x", column)));
    for (int from = 0; from < column.rows(); ) {
      int most = random.nextInt(3) == 0 ? 200 : column.rows();
      int to = Math.min(column.rows(), from + 1 + random.nextInt(most));
      FeatureAccumulator part =
          random.nextInt(4) == 0
              ? parts.getLast()
              : FeatureAccumulator.of(Columns.field("x", column));
      part.add(Columns.slice(column, from, to));
      if (part != parts.getLast()) {
        parts.add(part);
      }
      from = to;
    }
    return parts;
  }

  private static void check(FeatureStatistics actual, FeatureStatistics expected) {
    assertThat(actual.count()).isEqualTo(expected.count());
    assertThat(actual.missing()).isEqualTo(expected.missing());
    assertThat(actual.lists()).isEqualTo(expected.lists());
    assertThat(actual.text()).isEqualTo(expected.text());
    assertThat(actual.times()).isEqualTo(expected.times());
    checkValues(actual.values(), expected.values());
    if (expected.numbers() == null) {
      return;
    }
    NumberSummary a = Columns.numbers(actual);
    NumberSummary e = Columns.numbers(expected);
    double scale = Math.max(Math.abs(e.mean()), e.stdDev());
    close(a.mean(), e.mean(), scale);
    close(a.stdDev(), e.stdDev(), e.stdDev());
    close(a.skewness(), e.skewness(), Math.max(1, Math.abs(e.skewness())));
    close(a.kurtosis(), e.kurtosis(), Math.max(1, Math.abs(e.kurtosis())));
    // All the rest, quantiles and histogram included, agrees to the last bit.
    assertThat(
            new NumberSummary(
                a.zeros(),
                a.positiveInfinities(),
                a.negativeInfinities(),
                a.nans(),
                e.mean(),
                e.stdDev(),
                a.min(),
                a.median(),
                a.max(),
                e.skewness(),
                e.kurtosis(),
                a.quantiles(),
                a.histogram()))
        .isEqualTo(e);
  }

  private static void checkValues(ValueCounts actual, ValueCounts expected) {
    if (expected.uniqueError() == 0) {
      assertThat(actual).isEqualTo(expected);
      return;
    }
    assertThat(actual.uniqueError()).isEqualTo(expected.uniqueError());
    assertThat(actual.unique()).isEqualTo(expected.unique());
    assertThat(actual.entropy()).isNull();
    long error = actual.topError() + expected.topError();
    for (ValueCount value : expected.top()) {
      if (value.frequency() > 2 * error) {
        assertThat(actual.top())
            .filteredOn(other -> other.value().equals(value.value()))
            .singleElement()
            .satisfies(other ->
                assertThat((double) other.frequency())
                    .isCloseTo((double) value.frequency(), within((double) error)));
      }
    }
  }

  private static void close(double actual, double expected, double scale) {
    if (Double.isNaN(expected)) {
      assertThat(actual).isNaN();
    } else {
      assertThat(actual).isCloseTo(expected, within(1e-12 * scale));
    }
  }

  private static Column skewed(Random random, int rows) {
    return floats(random, rows, () -> Math.exp(2 * random.nextGaussian()));
  }

  private static Column cents(Random random, int rows) {
    return floats(random, rows, () -> random.nextInt(10_000) / 100.0);
  }

  private static Column symmetric(Random random, int rows) {
    return floats(random, rows, () -> 1e6 + random.nextGaussian());
  }

  private static Column wild(Random random, int rows) {
    return floats(
        random,
        rows,
        () ->
            switch (random.nextInt(8)) {
              case 0 -> Double.NaN;
              case 1 -> Double.NEGATIVE_INFINITY;
              case 2 -> -0.0;
              default -> (random.nextBoolean() ? -1 : 1) * Math.exp(60 * random.nextGaussian());
            });
  }

  private static Column floats(Random random, int rows, DoubleSupplier values) {
    return new FloatColumn(
        IntStream.range(0, rows).mapToDouble(r -> values.getAsDouble()).toArray(),
        someMissing(random, rows));
  }

  private static Column smallInts(Random random, int rows) {
    long[] values = new long[rows];
    Arrays.setAll(values, r -> random.nextInt(24));
    return new IntColumn(values, Validity.all(rows));
  }

  private static Column manyInts(Random random, int rows) {
    long[] values = new long[rows];
    Arrays.setAll(values, r -> random.nextInt(2_000_000) - 1_000_000);
    return new IntColumn(values, someMissing(random, rows));
  }

  private static Column hugeInts(Random random, int rows) {
    long[] values = new long[rows];
    Arrays.setAll(values, r -> random.nextLong());
    return new IntColumn(values, someMissing(random, rows));
  }

  private static Column seconds(Random random, int rows) {
    long[] values = new long[rows];
    Arrays.setAll(values, r -> 1_400_000_000L + random.nextInt(100_000_000));
    return new IntColumn(values, someMissing(random, rows));
  }

  /** Days of which most say that the day comes first. */
  private static Column dates(Random random, int rows) {
    return coded(
        random,
        rows,
        IntStream.range(0, 5000)
            .mapToObj(
                i -> "%02d/%02d/%d".formatted(1 + i % 28, 1 + i / 28 % 12, 2000 + i / 336 % 30))
            .distinct()
            .toList());
  }

  /** Texts of a few thousand formats, some damaged, some numbers. */
  private static Column messy(Random random, int rows) {
    return coded(
        random,
        rows,
        IntStream.range(0, 12_000)
            .mapToObj(i ->
                i % 4 == 0
                    ? "Ã©" + i
                    : i % 4 == 1
                        ? "1".repeat(1 + i % 19)
                        : "7-".repeat(1 + i % 7)
                            + "7".repeat(1 + i % 19)
                            + "/"
                            + "7".repeat(1 + i % 17))
            .distinct()
            .toList());
  }

  private static Column wildTexts(Random random, int rows) {
    return coded(
        random,
        rows,
        IntStream.range(0, 30_000)
            .mapToObj(i -> "" + (char) ('\u2190' + i % 200) + (char) ('\u2190' + i / 200))
            .toList());
  }

  private static Column coded(Random random, int rows, List<String> dictionary) {
    int[] codes = new int[rows];
    Arrays.setAll(codes, r -> random.nextInt(dictionary.size()));
    return new StringColumn(codes, dictionary, someMissing(random, rows));
  }

  private static Column texts(Random random, int rows, int distinct) {
    List<String> dictionary = IntStream.range(0, distinct).mapToObj(i -> "text " + i).toList();
    int[] codes = new int[rows];
    Arrays.setAll(codes, r -> random.nextInt(5) == 0 ? 1 : random.nextInt(distinct));
    return new StringColumn(codes, dictionary, someMissing(random, rows));
  }

  private static Validity someMissing(Random random, int rows) {
    long[] words = new long[(rows + 63) / 64];
    Arrays.setAll(words, i -> random.nextLong() | 0x5555_5555_5555_5555L);
    return Validity.of(words, rows);
  }
}
