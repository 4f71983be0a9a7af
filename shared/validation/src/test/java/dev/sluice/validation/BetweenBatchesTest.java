package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.Outcome;
import dev.sluice.statistics.Statistics;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
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
    assertThat(new BetweenBatches(List.of()).noise("x", Aspect.NUMBERS, "", 1).variance())
        .isEqualTo(BetweenBatches.PRIOR);
    assertThat(new BetweenBatches(history(1, 0)).noise("x", Aspect.NUMBERS, "", 1).variance())
        .isEqualTo(BetweenBatches.PRIOR);
    assertThat(new BetweenBatches(history(3, 0)).noise("unknown", Aspect.NUMBERS, "", 1).variance())
        .isEqualTo(BetweenBatches.PRIOR);
  }

  @Test
  void batchesThatDifferBySamplingAloneHaveHardlyAny() {
    BetweenBatches between = new BetweenBatches(history(10, 0));
    assertThat(between.noise("x", Aspect.NUMBERS, "", 1).variance()).isLessThan(3e-4);
    assertThat(between.noise("t", Aspect.TEXTS, "", 1).variance()).isLessThan(4e-4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {.1, .3})
  void anEstimateFollowsTheWobble(double wobble) {
    BetweenBatches between = new BetweenBatches(history(40, wobble));
    // Shares of a and b: variance (.4 wobble)^2 = v / 4.
    double expected = 4 * Math.pow(0.4 * wobble, 2);
    assertThat(between.noise("t", Aspect.TEXTS, "", 1).variance())
        .isCloseTo(expected, within(0.5 * expected));
    assertThat(between.noise("x", Aspect.NUMBERS, "", 1).variance())
        // A mean that wobbles moves the share below the median by .4 times as much: v / 4.
        .isBetween(0.4 * wobble * wobble, 1.2 * wobble * wobble);
  }

  @Test
  void theGroupsOfAColumnShareOneEstimate() {
    BetweenBatches between = new BetweenBatches(history(10, 0.3));
    assertThat(between.noise("x", Aspect.NUMBERS, "t", 1).variance())
        .isGreaterThan(10 * BetweenBatches.PRIOR);
  }

  @Test
  void fewBatchesAreShrunkToThePrior() {
    double few = new BetweenBatches(history(2, 0)).noise("x", Aspect.NUMBERS, "", 1).variance();
    assertThat(few).isBetween(0.7 * BetweenBatches.PRIOR, 1.2 * BetweenBatches.PRIOR);
  }

  @Test
  void aBatchIsWorthNoMoreThanTheWobbleAllows() {
    Noise noise = Noise.of(1.0 / 2_000, /* batches= */ 4);
    assertThat(noise.now(1e9)).isCloseTo(2_000, within(1.0));
    assertThat(noise.before(1e9)).isCloseTo(8_000, within(1.0));
    assertThat(noise.now(100)).isCloseTo(95.2, within(0.1));
  }

  @Test
  void anEstimateOfFewBatchesMakesAPValueLarger() {
    Noise guessed = new Noise(0, 1.0 / 500, /* degrees= */ 7, /* batches= */ 1);
    Noise known = Noise.of(1.0 / 500, 1);
    double logP = -15;
    assertThat(known.allowing(logP, 4_000, 4_000)).isEqualTo(logP);
    assertThat(guessed.allowing(logP, 4_000, 4_000)).isBetween(-10.0, -5.0);
    // Where sampling is nearly all of the noise, what is estimated hardly matters.
    assertThat(guessed.allowing(logP, 20, 20)).isBetween(-15.0, -14.0);
  }

  /** Of ordinary batches that wobble, no more alarm than were asked for. */
  @ParameterizedTest
  @ValueSource(ints = {5, 8, 12})
  void ordinaryBatchesOfAPipelineThatWobblesPass(int before) {
    int alarms = 0;
    int batches = 60;
    List<Statistics> all = wobbling(before + batches);
    for (int k = 0; k < batches; k++) {
      List<BatchStatistics> history = new ArrayList<>();
      for (int h = 1; h <= before; h++) {
        history.add(Marketplace.measured(all.get(k + before - h)));
      }
      Validation validation =
          new DataValidator()
              .validate(
                  new ValidationInput(
                      Marketplace.measured(all.get(k + before)),
                      history.subList(0, 1),
                      history,
                      null,
                      SchemaInference.infer(history.getFirst().whole(), Set.of()),
                      /* schemaGiven= */ false,
                      Checks.defaults(),
                      null,
                      Set.of(),
                      null));
      alarms += validation.outcome() == Outcome.PASS ? 0 : 1;
    }
    assertThat(alarms).isLessThanOrEqualTo(2);
  }

  private static List<Statistics> wobbling(int batches) {
    Random random = new Random(11);
    List<Statistics> all = new ArrayList<>();
    for (int k = 0; k < batches; k++) {
      Table table = new Table(1_500);
      for (int c = 0; c < 8; c++) {
        double shift = 0.15 * random.nextGaussian();
        double gaps = Math.max(0, 0.05 + 0.015 * random.nextGaussian());
        @Nullable Object[] values = new @Nullable Object[1_500];
        for (int i = 0; i < values.length; i++) {
          values[i] = random.nextDouble() < gaps ? null : (Object) (shift + random.nextGaussian());
        }
        table.with("x" + c, values);
      }
      all.add(table.statistics());
    }
    return all;
  }
}
