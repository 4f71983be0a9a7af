package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Bug;
import org.junit.jupiter.api.Test;

final class QuantilesTest {
  private static final Quantiles STEPS =
      Quantiles.of(new double[] {0, 0, 0, 10, 20}, /* rankError= */ 0, /* valueError= */ 0);

  @Test
  void value_isLinearBetweenPoints() {
    assertThat(STEPS.value(0)).isZero();
    assertThat(STEPS.value(.5)).isZero();
    assertThat(STEPS.value(.625)).isEqualTo(5);
    assertThat(STEPS.value(1)).isEqualTo(20);
  }

  @Test
  void shareAtOrBelow_countsRepeatedPointsWhole() {
    assertThat(STEPS.shareAtOrBelow(-1)).isZero();
    assertThat(STEPS.shareAtOrBelow(0)).isEqualTo(.5);
    assertThat(STEPS.shareAtOrBelow(15)).isEqualTo(.875);
    assertThat(STEPS.shareAtOrBelow(20)).isEqualTo(1);
    assertThat(STEPS.shareAtOrBelow(1e300)).isEqualTo(1);
  }

  @Test
  void empty_knowsNothing() {
    assertThat(Quantiles.empty().value(.5)).isNaN();
    assertThat(Quantiles.empty().shareAtOrBelow(1)).isNaN();
  }

  @Test
  void pointsThatDescend_areABug() {
    assertThatThrownBy(() -> Quantiles.of(new double[] {1, 0}, 0, 0))
        .isInstanceOf(Bug.class)
        .hasMessage("quantile 1 is 0.0; they must be finite and ascending");
  }

  @Test
  void probabilityBeyondOne_isABug() {
    assertThatThrownBy(() -> STEPS.value(1.5))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("from 0 to 1, not 1.5");
  }
}
