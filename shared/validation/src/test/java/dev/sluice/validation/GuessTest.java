package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuessTest {
  /** Prices as they are drawn anew, then changed. */
  private static Shape prices(long seed, DoubleUnaryOperator change) {
    Random random = new Random(seed);
    double[] points = new double[65];
    double[] values = new double[2_000];
    Arrays.setAll(values, i -> change.applyAsDouble(Math.exp(3 + 0.8 * random.nextGaussian())));
    Arrays.sort(values);
    for (int i = 0; i < points.length; i++) {
      points[i] = values[i * (values.length - 1) / (points.length - 1)];
    }
    return Shape.ofQuantiles(points, values.length, /* rankError= */ 0);
  }

  private static Guess guess(DoubleUnaryOperator change) {
    Guess guess = Guess.of(prices(1, x -> x), prices(2, change));
    assertThat(guess).isNotNull();
    return guess;
  }

  @ParameterizedTest
  @CsvSource({
    "150, currency=JPY, near the rate of JPY",
    "100, category=books, cents",
    "1000, '', thousandths",
    "0.01, '', the reverse of cents",
    "1.609344, '', kilometres for miles",
    "-1, '', the sign was turned",
    "0.0075, currency=JPY, near one dollar in JPY"
  })
  void aFactorIsFoundAndNamedAsAGuess(double factor, String slice, String words) {
    Guess guess = guess(x -> x * factor);
    assertThat(guess.factor() / factor).isCloseTo(1, within(0.1));
    assertThat(guess.sentence(slice)).contains("by the factor", "a guess: " + words);
  }

  @Test
  void threeLettersOfAWordAreNoCurrency() {
    assertThat(guess(x -> x * 1.45).sentence("brand=AUDIO")).doesNotContain("AUD");
    assertThat(guess(x -> x * 1.45).sentence("price=AUD")).contains("near the rate of AUD");
  }

  @Test
  void anOffsetIsToldFromAFactor() {
    Guess guess = guess(x -> x + 40);
    assertThat(guess.factor()).isEqualTo(1);
    assertThat(guess.offset()).isCloseTo(40, within(3.0));
    assertThat(guess.sentence("")).contains("by the offset + ");
  }

  @Test
  void fahrenheitIsNamed() {
    assertThat(guess(x -> 1.8 * x + 32).sentence("")).contains("degrees Fahrenheit for Celsius");
    assertThat(Guess.of(prices(1, x -> 1.8 * x + 32), prices(2, x -> x)))
        .satisfies(
            guess -> assertThat(guess.sentence("")).contains("degrees Celsius for Fahrenheit"));
  }

  @Test
  void anUnknownFactorHasNoName() {
    assertThat(guess(x -> x * 7.3).sentence("city=Ulm"))
        .matches("All quantiles moved by the factor [67]\\.\\d\\d\\.");
  }

  @Test
  void aChangeOfShapeAndAMixtureAreNotExplained() {
    Random random = new Random(5);
    assertThat(Guess.of(prices(1, x -> x), prices(2, x -> random.nextBoolean() ? x : x * 150)))
        .isNull();
    assertThat(Guess.of(prices(1, x -> x), prices(2, x -> x))).isNull();
  }
}
