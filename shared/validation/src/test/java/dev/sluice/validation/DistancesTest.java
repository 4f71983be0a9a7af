package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.Bug;
import dev.sluice.statistics.ValueCount;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Golden values from scipy 1.17.1. */
class DistancesTest {
  @Test
  void jensenShannonIsTheSquareOfScipysDistanceInBits() {
    assertThat(
            Distances.jensenShannon(new double[] {.1, .2, .3, .4}, new double[] {.4, .3, .2, .1}))
        .isCloseTo(0.15356065532898464, within(1e-14));
    assertThat(Distances.jensenShannon(new double[] {.5, .5, 0}, new double[] {0, .5, .5}))
        .isCloseTo(0.5, within(1e-14));
    assertThat(Distances.jensenShannon(new double[] {10, 0}, new double[] {0, 3})).isEqualTo(1);
  }

  @Test
  void equalSharesHaveNoDistanceWhateverTheCounts() {
    assertThat(Distances.jensenShannon(new double[] {1, 3}, new double[] {10, 30})).isZero();
    assertThat(Distances.lInfinity(new double[] {1, 3}, new double[] {10, 30})).isZero();
  }

  @Test
  void lInfinityIsTheLargestChangeOfAShare() {
    assertThat(Distances.lInfinity(new double[] {1, 1, 2}, new double[] {4, 4, 0}))
        .isCloseTo(0.5, within(1e-15));
  }

  @Test
  void pearsonsStatisticEqualsScipysContingencyTable() {
    assertThat(Distances.pearsonStatistic(new double[] {30, 50, 20}, new double[] {45, 40, 65}))
        .isCloseTo(18.681917211328976, within(1e-9));
  }

  @Test
  void populationStabilityIsZeroForEqualSharesAndFiniteForDisjointOnes() {
    double[] half = {1, 1};
    assertThat(Distances.populationStability(half, new double[] {7, 7})).isZero();
    // (.6 - .5) ln(.6 / .5) + (.4 - .5) ln(.4 / .5)
    assertThat(Distances.populationStability(half, new double[] {6, 4}))
        .isCloseTo(0.04054651081081642, within(1e-12));
    assertThat(Distances.populationStability(new double[] {1, 0}, new double[] {0, 1}))
        .isBetween(10.0, 25.0);
  }

  @Test
  void wassersteinEqualsScipysOnExactCounts() {
    Shape one = shape(1, 2, 2, 3, 10, 11.5);
    Shape two = shape(0, 2, 4, 4, 5, 5, 30);
    assertThat(one.wasserstein(two)).isCloseTo(4.488095238095239, within(1e-12));
    assertThat(two.wasserstein(one)).isCloseTo(4.488095238095239, within(1e-12));
    assertThat(one.wasserstein(one)).isZero();
  }

  private static Shape shape(double... values) {
    List<ValueCount> counts =
        Arrays.stream(values)
            .boxed()
            .collect(Collectors.groupingBy(value -> value, Collectors.counting()))
            .entrySet()
            .stream()
            .map(entry -> new ValueCount(entry.getKey().toString(), entry.getValue()))
            .toList();
    return Objects.requireNonNull(Shape.ofCounts(counts));
  }

  @Test
  void aDistributionWithoutWeightHasNoDistance() {
    assertThatThrownBy(() -> Distances.lInfinity(new double[] {0}, new double[] {1}))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("without weight");
  }

  @Test
  void cohensHIsSignedAndZeroForEqualShares() {
    assertThat(Distances.cohenH(0.3, 0.3)).isZero();
    assertThat(Distances.cohenH(0, 0.05)).isCloseTo(0.4510, within(1e-4));
    assertThat(Distances.cohenH(0.05, 0)).isNegative();
  }

  /** scipy.stats.ks_2samp on the same samples gives .3333333333333333. */
  @Test
  void kolmogorovSmirnovOfExactStepsEqualsScipys() {
    Shape a = steps(1, 2, 2, 3, 5, 8, 13, 21);
    Shape b = steps(2, 3, 3, 4, 6, 9, 30, 31, 32);
    assertThat(a.kolmogorovSmirnov(b)).isCloseTo(0.3333333333333333, within(1e-12));
    assertThat(b.kolmogorovSmirnov(a)).isCloseTo(0.3333333333333333, within(1e-12));
  }

  @Test
  void anErrorOfTheRanksIsTakenOffTheDistanceButNotWhereTheRangesAreApart() {
    Shape a = Shape.ofQuantiles(new double[] {0, 1, 2, 3, 4}, 1000, 0.1);
    Shape near = Shape.ofQuantiles(new double[] {1, 2, 3, 4, 5}, 1000, 0.1);
    Shape apart = Shape.ofQuantiles(new double[] {10, 11, 12, 13, 14}, 1000, 0.1);
    assertThat(a.kolmogorovSmirnov(near)).isLessThan(0.01);
    assertThat(a.kolmogorovSmirnov(apart)).isEqualTo(1);
  }

  @Test
  void theMedianOfExactStepsIsHalfwayBetweenTheMiddleTwo() {
    assertThat(steps(1, 2, 4, 9).median()).isEqualTo(3);
    assertThat(steps(1, 2, 9).median()).isEqualTo(2);
    assertThat(steps(5).median()).isEqualTo(5);
  }

  @Test
  void pooledShapesAreTheShapeOfAllValues() {
    Shape pooled = Shape.pool(java.util.List.of(steps(1, 2, 2), steps(2, 7)));
    assertThat(pooled.kolmogorovSmirnov(steps(1, 2, 2, 2, 7))).isLessThan(1e-12);
    assertThat(pooled.n()).isEqualTo(5);
  }

  private static Shape steps(double... values) {
    Object[] boxed = Arrays.stream(values).boxed().toArray();
    var feature = new Table(values.length).with("x", boxed).statistics().all().feature("x");
    return Cell.of(java.util.Objects.requireNonNull(feature)).needShape();
  }
}
