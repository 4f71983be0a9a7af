package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Golden values from scipy 1.17.1: hypergeom, binom, chi2, t, norm and kstwobign, their logsf. */
class SignificanceTest {
  @Test
  void fishersTailEqualsTheHypergeometricOne() {
    assertThat(Significance.logFisher(0, 10_000, 3, 100))
        .isCloseTo(-13.875317539481516 + Math.log(2), within(1e-9));
    assertThat(Significance.logFisher(90, 2_000, 60, 1_000))
        .isCloseTo(-3.0561997594056525 + Math.log(2), within(1e-9));
    assertThat(Significance.logFisher(130, 2_000, 20, 1_000))
        .isCloseTo(Math.log(9.375963216237758e-09 * 2), within(1e-7));
  }

  @Test
  void equalSharesAreNoSurprise() {
    assertThat(Significance.logFisher(50, 1_000, 50, 1_000)).isZero();
    assertThat(Significance.logFisher(0, 1_000, 0, 10)).isZero();
  }

  @Test
  void aMillionRowsDoNotOverflow() {
    assertThat(Significance.logFisher(0, 1_000_000, 500_000, 1_000_000)).isBetween(-1e6, -1e5);
  }

  @Test
  void binomialTailEqualsScipys() {
    assertThat(Significance.logBinomialTail(8, 10, 0.25))
        .isCloseTo(-7.785301367849872, within(1e-9));
    assertThat(Significance.logBinomialTail(30, 40, 0.5))
        .isCloseTo(-6.802749628328235, within(1e-9));
  }

  @Test
  void chiSquaredTailEqualsScipys() {
    assertThat(Significance.logChiSquared(30, 5)).isCloseTo(-11.124363680589559, within(1e-9));
    assertThat(Significance.logChiSquared(300, 19)).isCloseTo(-119.04101606720015, within(1e-9));
    assertThat(Significance.logChiSquared(3, 7)).isCloseTo(-0.12216511234670818, within(1e-9));
  }

  @Test
  void studentsTailEqualsScipysOnBothSides() {
    assertThat(Significance.logStudent(1.5, 7)).isCloseTo(-1.7299205995538967, within(1e-9));
    assertThat(Significance.logStudent(-1.5, 7)).isCloseTo(-1.7299205995538967, within(1e-9));
    assertThat(Significance.logStudent(6, 7)).isCloseTo(-7.519768024322492, within(1e-9));
    assertThat(Significance.logStudent(.3, 3)).isCloseTo(-0.24364822763825145, within(1e-9));
    assertThat(Significance.logStudent(40, 7)).isCloseTo(-20.259394724147004, within(1e-9));
    assertThat(Significance.logStudent(0, 7)).isZero();
  }

  @Test
  void theNormalTailEqualsScipysOnBothSides() {
    assertThat(Significance.logNormal(.5)).isCloseTo(-0.4827645810336735, within(1e-9));
    assertThat(Significance.logNormal(-3)).isCloseTo(-5.914579040950405, within(1e-9));
    assertThat(Significance.logNormal(12)).isCloseTo(-74.71752582100886, within(1e-9));
  }

  @Test
  void theScoreIsTheInverseOfTheNormalTail() {
    for (double z : new double[] {0, .01, 1, 3, 12, 40}) {
      assertThat(Significance.score(Significance.logNormal(z))).isCloseTo(z, within(1e-6));
    }
  }

  /** For many values the first term is all of the series: kstwobign.logsf(2.5) = -11.8068... */
  @Test
  void kolmogorovsTailEqualsScipysForManyValues() {
    double n = 2e12;
    assertThat(Significance.logKolmogorov(2.5e-6, n, n))
        .isCloseTo(-11.806852819440055, within(1e-5));
  }
}
