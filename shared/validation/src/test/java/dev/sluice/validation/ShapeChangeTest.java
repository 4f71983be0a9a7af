package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class ShapeChangeTest {
  private static final int ROWS = 1_000;

  private static Shape shape(long seed, DoubleUnaryOperator ofGaussian) {
    Random random = new Random(seed);
    double[] values = new double[ROWS];
    Arrays.setAll(values, i -> ofGaussian.applyAsDouble(random.nextGaussian()));
    Arrays.sort(values);
    return Shape.ofQuantiles(values, ROWS, /* rankError= */ 0);
  }

  private static ShapeChange change(String aspect, Shape before, Shape after) {
    return ShapeChange.of(before, after, ROWS, ROWS).stream()
        .filter(change -> change.aspect().equals(aspect))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> words(Shape before, Shape after) {
    return ShapeChange.of(before, after, ROWS, ROWS).stream()
        .map(ShapeChange::words)
        .filter(words -> !words.isEmpty())
        .toList();
  }

  @Test
  void theIntervalOfTheCenterHoldsTheTrueOneNineteenTimesInTwenty() {
    int held = 0;
    for (int seed = 0; seed < 400; seed++) {
      ShapeChange center = change("center", shape(seed, x -> x), shape(0, x -> x));
      held += center.beforeLow() <= 0 && center.beforeHigh() >= 0 ? 1 : 0;
    }
    assertThat(held).isBetween(365, 395);
  }

  @Test
  void aMedianThatFallsAndATailThatGoesAreSaid() {
    Shape before = shape(1, x -> 25 * Math.exp(x));
    Shape after = shape(2, x -> 0.17 + 0.01 * x);
    assertThat(words(before, after))
        .anySatisfy(word -> assertThat(word).startsWith("median fell from 2").contains("0.1"))
        .contains("right tail gone", "leans left more than before")
        .anySatisfy(word -> assertThat(word).startsWith("the middle half is narrower"));
  }

  @Test
  void aLongerTailIsSaid() {
    assertThat(words(shape(1, x -> x), shape(2, x -> x > 2 ? 20 * x : x)))
        .contains("right tail new");
  }

  @Test
  void drawsOfOneDistributionHaveNothingToSayMostly() {
    List<String> said = new ArrayList<>();
    for (int seed = 0; seed < 100; seed++) {
      said.addAll(words(shape(seed, Math::exp), shape(1_000 + seed, Math::exp)));
    }
    assertThat(said).hasSizeLessThan(12);
  }

  @Test
  void aConstantHasNoWidthAndNothingBreaks() {
    Shape constant = Shape.ofQuantiles(new double[] {5, 5}, 100, 0);
    assertThat(ShapeChange.of(constant, constant, 100, 100))
        .allSatisfy(change -> assertThat(change.words()).isEmpty());
  }
}
