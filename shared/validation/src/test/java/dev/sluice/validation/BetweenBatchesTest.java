package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.statistics.Statistics;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BetweenBatchesTest {
  private static final int ROWS = 4_000;

  /** Batches whose mean, shares and gaps wobble with that standard deviation. */
  private static List<BatchStatistics> history(int batches, double wobble) {
    Random random = new Random(7);
    List<BatchStatistics> history = new ArrayList<>();
    for (int k = 0; k < batches; k++) {
      double shift = wobble * random.nextGaussian();
      double share = 0.5 + wobble * 0.4 * random.nextGaussian();
      @Nullable Object[] number = new @Nullable Object[ROWS];
      @Nullable Object[] text = new @Nullable Object[ROWS];
      for (int i = 0; i < ROWS; i++) {
        number[i] =
            random.nextDouble() < 0.2 + wobble * 0.3 * random.nextGaussian()
                ? null
                : (Object) (shift + random.nextGaussian());
        text[i] = random.nextDouble() < share ? "a" : "b";
      }
      Statistics statistics = new Table(ROWS).with("x", number).with("t", text).statistics();
      history.add(new BatchStatistics(statistics.all(), statistics.allGroups()));
    }
    return history;
  }

  @Test
  void withoutHistoryThePriorHolds() {
    assertThat(new BetweenBatches(List.of()).variance("x", Aspect.NUMBERS, ""))
        .isEqualTo(BetweenBatches.PRIOR);
    assertThat(new BetweenBatches(history(1, 0)).variance("x", Aspect.NUMBERS, ""))
        .isEqualTo(BetweenBatches.PRIOR);
    assertThat(new BetweenBatches(history(3, 0)).variance("unknown", Aspect.NUMBERS, ""))
        .isEqualTo(BetweenBatches.PRIOR);
  }

  @Test
  void batchesThatDifferBySamplingAloneHaveHardlyAny() {
    BetweenBatches between = new BetweenBatches(history(10, 0));
    assertThat(between.variance("x", Aspect.NUMBERS, "")).isLessThan(1e-4);
    assertThat(between.variance("t", Aspect.TEXTS, "")).isLessThan(4e-4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {.1, .3})
  void anEstimateFollowsTheWobble(double wobble) {
    BetweenBatches between = new BetweenBatches(history(40, wobble));
    // Shares of a and b: variance (.4 wobble)^2 = v / 4.
    double expected = 4 * Math.pow(0.4 * wobble, 2);
    assertThat(between.variance("t", Aspect.TEXTS, "")).isCloseTo(expected, within(0.5 * expected));
    assertThat(between.variance("x", Aspect.NUMBERS, ""))
        .isBetween(0.1 * wobble * wobble, wobble * wobble);
  }

  @Test
  void theGroupsOfAColumnShareOneEstimate() {
    BetweenBatches between = new BetweenBatches(history(10, 0.3));
    assertThat(between.variance("x", Aspect.NUMBERS, "t")).isGreaterThan(10 * BetweenBatches.PRIOR);
  }

  @Test
  void fewBatchesAreShrunkToThePrior() {
    double few = new BetweenBatches(history(2, 0)).variance("x", Aspect.NUMBERS, "");
    assertThat(few).isBetween(0.7 * BetweenBatches.PRIOR, 0.9 * BetweenBatches.PRIOR);
  }

  @Test
  void aBatchIsWorthNoMoreThanTheWobbleAllows() {
    Noise noise = new Noise(1.0 / 2_000, /* batches= */ 4);
    assertThat(noise.now(1e9)).isCloseTo(2_000, within(1.0));
    assertThat(noise.before(1e9)).isCloseTo(8_000, within(1.0));
    assertThat(noise.now(100)).isCloseTo(95.2, within(0.1));
  }
}
