package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.floats;
import static dev.sluice.statistics.Columns.ints;
import static dev.sluice.statistics.Columns.numbers;
import static dev.sluice.statistics.Columns.statistics;
import static dev.sluice.statistics.Columns.strings;
import static dev.sluice.statistics.Columns.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Golden values: numpy 2.4.6, scipy 1.17.1 (skew, kurtosis, entropy by default), pandas 3.1.1. */
final class FeatureAccumulatorTest {
  private static final Offset<Double> EXACT = within(1e-12);

  @Test
  void floats_matchNumpyAndScipy() {
    FeatureStatistics statistics =
        statistics(
            floats(12.45, 0.0, null, 12.45, 3.25, -7.5, 100.125),
            floats(-0.0, 5.05, null, 5.05, 12.45, 1e-3, 42.0, null));

    assertThat(statistics.count()).isEqualTo(12);
    assertThat(statistics.missing()).isEqualTo(3);
    assertThat(statistics.presence()).isEqualTo(.8);
    NumberSummary numbers = numbers(statistics);
    assertThat(numbers.mean()).isCloseTo(15.443833333333332, EXACT);
    assertThat(numbers.stdDev()).isCloseTo(28.15092770772494, EXACT);
    assertThat(numbers.skewness()).isCloseTo(2.2364060356247206, EXACT);
    assertThat(numbers.kurtosis()).isCloseTo(3.9547853004745868, EXACT);
    assertThat(numbers.median()).isEqualTo(5.05);
    assertThat(numbers.min()).isEqualTo(-7.5);
    assertThat(numbers.max()).isEqualTo(100.125);
    assertThat(numbers.zeros()).isEqualTo(2);
    assertThat(numbers.quantiles().rankError()).isZero();
    assertThat(numbers.histogram().counts())
        .containsExactly(5.0, 5.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0);
    assertThat(statistics.values().unique()).isEqualTo(8);
    assertThat(statistics.values().mode()).isEqualTo("12.45");
    assertThat(statistics.values().entropy()).isCloseTo(1.9792045174343245, EXACT);
    assertThat(statistics.values().complete()).isTrue();
  }

  @Test
  void quantiles_matchNumpyLinear() {
    Double[] values = new Double[257];
    Arrays.setAll(values, i -> (double) ((i * 100) % 257) * ((i * 100) % 257));
    Quantiles quantiles = numbers(statistics(floats(values))).quantiles();

    // Of 257 values, the 257 points are the values themselves.
    for (int i = 0; i < 257; i++) {
      assertThat(quantiles.point(i)).isEqualTo((double) i * i);
    }
    // numpy.quantile([0, 10, 20, 1000], [1/256, 0.25, 0.75, 255/256])
    Quantiles four = numbers(statistics(floats(1000.0, 0.0, 20.0, 10.0))).quantiles();
    assertThat(four.point(1)).isCloseTo(0.1171875, EXACT);
    assertThat(four.value(.25)).isCloseTo(7.5, EXACT);
    assertThat(four.value(.75)).isCloseTo(265.0, EXACT);
    assertThat(four.point(255)).isCloseTo(988.515625, EXACT);
  }

  @Test
  void strings_matchPandas() {
    FeatureStatistics statistics =
        statistics(
            strings("Cash", "Card", null, "Cash"), strings("", "Zürich", "Cash", "Card", null));

    assertThat(statistics.count()).isEqualTo(7);
    assertThat(statistics.missing()).isEqualTo(2);
    assertThat(text(statistics).avgLength()).isCloseTo(3.7142857142857144, EXACT);
    assertThat(text(statistics).minLength()).isZero();
    assertThat(text(statistics).maxLength()).isEqualTo(6);
    assertThat(statistics.values().unique()).isEqualTo(4);
    assertThat(statistics.values().entropy()).isCloseTo(1.277034259466139, EXACT);
    assertThat(statistics.values().top())
        .containsExactly(
            new ValueCount("Cash", 3),
            new ValueCount("Card", 2),
            new ValueCount("", 1),
            new ValueCount("Zürich", 1));
  }

  @Test
  void hugeLongs_stayDistinctAndDoNotOverflow() {
    FeatureStatistics statistics =
        statistics(ints(9007199254740993L, Long.MIN_VALUE, Long.MAX_VALUE, 9007199254740992L, 0L));

    NumberSummary numbers = numbers(statistics);
    assertThat(statistics.values().unique()).isEqualTo(5);
    assertThat(statistics.values().top())
        .contains(new ValueCount("9007199254740993", 1), new ValueCount("9007199254740992", 1));
    assertThat(numbers.mean() / 3602879701896397.0).isCloseTo(1, EXACT);
    assertThat(numbers.stdDev() / 5.833374337654585e+18).isCloseTo(1, EXACT);
    assertThat(numbers.skewness()).isCloseTo(-0.0018528952994457944, EXACT);
    assertThat(numbers.kurtosis()).isCloseTo(-0.5000005722043719, EXACT);
    assertThat(numbers.zeros()).isEqualTo(1);
  }

  @Test
  void momentsOfValuesFarFromZero_keepTheirDigits() {
    NumberSummary numbers =
        numbers(statistics(floats(1e9 + 4, 1e9 + 7), floats(1e9 + 13, 1e9 + 16)));

    assertThat(numbers.stdDev()).isCloseTo(4.743416490252569, EXACT);
    assertThat(numbers.skewness()).isCloseTo(0, EXACT);
    assertThat(numbers.kurtosis()).isCloseTo(-1.64, EXACT);
  }

  @Test
  void singleValue_hasNoSkewness() {
    FeatureStatistics statistics = statistics(ints(7L));

    NumberSummary numbers = numbers(statistics);
    assertThat(numbers.mean()).isEqualTo(7);
    assertThat(numbers.stdDev()).isZero();
    assertThat(numbers.median()).isEqualTo(7);
    assertThat(numbers.skewness()).isNaN();
    assertThat(numbers.kurtosis()).isNaN();
    assertThat(numbers.quantiles().value(.3)).isEqualTo(7);
    assertThat(statistics.values().entropy()).isZero();
  }

  @Test
  void constant_hasExactlyNoSpread() {
    Double[] tenths = new Double[1000];
    Arrays.fill(tenths, .1);
    NumberSummary numbers = numbers(statistics(floats(tenths), floats(tenths), floats(.1)));

    assertThat(numbers.mean()).isEqualTo(.1);
    assertThat(numbers.stdDev()).isZero();
    assertThat(numbers.kurtosis()).isNaN();
    assertThat(numbers.histogram().counts()).endsWith(2001.0).hasSize(10);
  }

  @Test
  void allMissing_isCountedAndNothingElse() {
    FeatureStatistics numeric = statistics(floats(null, null, null));
    FeatureStatistics textual = statistics(strings(null, null));

    assertThat(numeric.count()).isZero();
    assertThat(numeric.missing()).isEqualTo(3);
    assertThat(numbers(numeric).mean()).isNaN();
    assertThat(numbers(numeric).median()).isNaN();
    assertThat(numbers(numeric).max()).isNaN();
    assertThat(numbers(numeric).quantiles().isEmpty()).isTrue();
    assertThat(numeric.values().unique()).isZero();
    assertThat(numeric.values().mode()).isNull();
    assertThat(textual.missing()).isEqualTo(2);
    assertThat(textual.values().entropy()).isNull();
    assertThat(text(textual).avgLength()).isNaN();
  }

  @Test
  void specialValues_areCountedApart() {
    FeatureStatistics statistics =
        statistics(
            floats(1.0, Double.NaN, Double.POSITIVE_INFINITY, null, 3.0),
            floats(Double.NEGATIVE_INFINITY, Double.NaN, Double.NEGATIVE_INFINITY));

    NumberSummary numbers = numbers(statistics);
    assertThat(statistics.count()).isEqualTo(7);
    assertThat(numbers.nans()).isEqualTo(2);
    assertThat(numbers.positiveInfinities()).isEqualTo(1);
    assertThat(numbers.negativeInfinities()).isEqualTo(2);
    assertThat(numbers.mean()).isEqualTo(2);
    assertThat(numbers.max()).isEqualTo(3);
    assertThat(statistics.values().unique()).isEqualTo(2);
  }

  @Test
  void numbersAtTheEndOfTheRange_giveNaNRatherThanInfinity() {
    NumberSummary numbers = numbers(statistics(floats(-1.7e308, 1.7e308, 1.7e308)));

    assertThat(numbers.median()).isEqualTo(1.7e308);
    assertThat(numbers.stdDev()).isNaN();
    assertThat(numbers.kurtosis()).isNaN();
    assertThat(numbers.histogram().counts()).containsSequence(0.0, 2.0);
  }

  @Test
  void manyDistinctNumbers_keepQuantilesWithinTheStatedError() {
    Random random = new Random(11);
    int n = 300_000;
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      double spread = Math.exp(1.5 * random.nextGaussian());
      values[i] = i % 5 == 0 ? 0 : random.nextInt(4) == 0 ? -spread : 30 * spread;
    }
    FeatureStatistics statistics = statistics(new FloatColumn(values, Validity.all(n)));

    double[] sorted = values.clone();
    Arrays.sort(sorted);
    NumberSummary numbers = numbers(statistics);
    Quantiles quantiles = numbers.quantiles();
    assertThat(quantiles.rankError()).isPositive().isLessThan(.002);
    assertThat(quantiles.valueError()).isPositive().isLessThan(.01);
    for (int i = 0; i < quantiles.size(); i++) {
      double truth = sorted[(int) ((long) i * (n - 1) / 256)];
      double next = sorted[Math.min(n - 1, (int) ((long) i * (n - 1) / 256) + 1)];
      double error = quantiles.valueError() * Math.max(Math.abs(truth), Math.abs(next));
      assertThat(quantiles.point(i)).isBetween(truth - error, next + error);
    }
    assertThat(numbers.zeros()).isEqualTo(n / 5);
    long distinct = Arrays.stream(sorted).distinct().count();
    assertThat(statistics.values().uniqueError()).isBetween(.001, .01);
    assertThat((double) statistics.values().unique() / distinct)
        .isCloseTo(1, within(4 * statistics.values().uniqueError()));
    assertThat(statistics.values().entropy()).isNull();
    assertThat(statistics.values().mode()).isEqualTo("0.0");
    assertThat(statistics.values().topError()).isPositive().isLessThan(n / 500);
    assertThat((double) statistics.values().top().getFirst().frequency())
        .isCloseTo(n / 5.0, within((double) statistics.values().topError()));
  }

  @Test
  void manyDistinctLongs_keepQuantilesWithinTheStatedError() {
    SplittableRandom random = new SplittableRandom(3);
    int n = 200_000;
    long[] values = new long[n];
    Arrays.setAll(values, i -> 1_400_000_000L + random.nextInt(90_000_000));
    FeatureStatistics statistics = statistics(new IntColumn(values, Validity.all(n)));
    NumberSummary numbers = numbers(statistics);

    Arrays.sort(values);
    double error = numbers.quantiles().valueError() * 1.5e9;
    assertThat(numbers.median()).isCloseTo((double) values[n / 2], within(error));
    assertThat(statistics.values().mode()).isNull();
    assertThat(numbers.min()).isEqualTo((double) values[0]);
    assertThat(numbers.quantiles().point(256)).isEqualTo((double) values[n - 1]);
  }

  @Test
  void aMillionDistinctStrings_areEstimatedInBoundedMemory() {
    FeatureAccumulator accumulator = FeatureAccumulator.of(ValueType.STRING);
    int rows = 50_000;
    int[] codes = new int[rows];
    // Every fifth row holds the same text, the others one of their own.
    Arrays.setAll(codes, r -> r % 5 == 0 ? 0 : r);
    for (int batch = 0; batch < 25; batch++) {
      List<String> dictionary = new ArrayList<>(rows);
      for (int i = 0; i < rows; i++) {
        dictionary.add(i == 0 ? "often" : "id-" + batch + "-" + i);
      }
      accumulator.add(new StringColumn(codes, dictionary, Validity.all(rows)));
    }
    ValueCounts values = accumulator.result(new Field("id", ValueType.STRING)).values();

    assertThat((double) values.unique() / 1_000_001).isCloseTo(1, within(4 * values.uniqueError()));
    assertThat(values.mode()).isEqualTo("often");
    assertThat(values.topError()).isPositive().isLessThan(1000);
    assertThat(Math.abs(values.top().getFirst().frequency() - 250_000))
        .isLessThanOrEqualTo(values.topError());
    assertThat(values.complete()).isFalse();
    assertThat(values.entropy()).isNull();
  }

  @Test
  void longText_isKeptByItsBeginning() {
    String one = "x".repeat(100_000) + "1";
    String two = "x".repeat(100_000) + "2";
    FeatureStatistics statistics = statistics(strings(one, two, one));

    assertThat(text(statistics).maxLength()).isEqualTo(100_001);
    assertThat(statistics.values().unique()).isEqualTo(2);
    assertThat(statistics.values().top()).allMatch(value -> value.value().length() < 300);
    assertThat(statistics.values().top().getFirst().frequency()).isEqualTo(2);
  }

  @Test
  void columnOfAnotherType_isABug() {
    FeatureAccumulator ints = FeatureAccumulator.of(ValueType.INT);

    assertThatThrownBy(() -> ints.add(floats(1.0)))
        .isInstanceOf(Bug.class)
        .hasMessage("statistics of INT were given a column of FLOAT");
    assertThatThrownBy(() -> ints.merge(FeatureAccumulator.of(ValueType.STRING)))
        .isInstanceOf(Bug.class)
        .hasMessage("statistics of INT cannot take in those of STRING");
  }

  @Test
  void quantileSkewness_isOfTheQuartilesAlone() {
    // scipy: q = np.quantile([1, 2, 4, 8, 1e6], [.25, .5, .75]); (q[2] + q[0] - 2*q[1]) / (q[2] -
    // q[0])
    assertThat(Columns.numbers(statistics(floats(1.0, 2.0, 4.0, 8.0, 1e6))).quantileSkewness())
        .isEqualTo(1 / 3.0);
    assertThat(Columns.numbers(statistics(floats(1.0, 2.0, 3.0))).quantileSkewness()).isZero();
    double most = Double.MAX_VALUE;
    assertThat(Columns.numbers(statistics(floats(-most, -most, most))).quantileSkewness())
        .isEqualTo(1);
  }

  @Test
  void quantileSkewness_ofEqualQuartilesOrNothingIsNone() {
    assertThat(Columns.numbers(statistics(floats(1.0, 1.0, 1.0, 1.0, 9.0))).quantileSkewness())
        .isNaN();
    assertThat(Columns.numbers(statistics(floats(Double.NaN))).quantileSkewness()).isNaN();
  }

  @Test
  void sharesOfNanAndInfinities_areOfTheValuesPresent() {
    FeatureStatistics statistics =
        statistics(floats(1.0, Double.NaN, null, Double.POSITIVE_INFINITY, 2.0));

    assertThat(statistics.nanShare()).isEqualTo(.25);
    assertThat(statistics.infiniteShare()).isEqualTo(.25);
    assertThat(statistics(strings("a")).nanShare()).isZero();
    assertThat(statistics(floats((Double) null)).nanShare()).isNaN();
  }
}
