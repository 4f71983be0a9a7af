package dev.sluice.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Golden values: scikit-learn 1.9.1 for AUC; DeLong (1988) by its definition in NumPy. */
class RocAucTest {
  private static final float[] A = {.1f, .4f, .35f, .8f, .65f, .2f, .9f, .55f, .3f, .7f};
  private static final float[] B = {.2f, .3f, .6f, .7f, .4f, .1f, .8f, .35f, .5f, .9f};
  private static final boolean[] LABELS = {
    false, false, true, true, false, false, true, true, false, true
  };

  @Test
  void of_equalsOutsideReference() {
    Estimate auc = RocAuc.of(A, LABELS);
    assertThat(auc.value()).isEqualTo(.88, within(1e-12));
    assertThat(auc.low()).isEqualTo(.6582553881040516, within(1e-9));
    assertThat(auc.high()).isEqualTo(1);
  }

  @Test
  void difference_isPaired() {
    Estimate difference = RocAuc.difference(A, B, LABELS);
    assertThat(difference.value()).isEqualTo(-.04, within(1e-12));
    assertThat(difference.low()).isEqualTo(-.28164058863227165, within(1e-9));
    assertThat(difference.high()).isEqualTo(.20164058863227158, within(1e-9));
  }

  @Test
  void difference_ofAModelWithItselfIsExactlyNone() {
    Estimate difference = RocAuc.difference(A, A, LABELS);
    assertThat(difference).isEqualTo(new Estimate(0, 0, 0));
  }

  @Test
  void of_tiesCountHalf() {
    assertThat(RocAuc.of(new float[] {.5f, .5f}, new boolean[] {true, false}).value())
        .isEqualTo(.5);
  }

  @Test
  void of_randomScores_holdsPairCount() {
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      int n = 2 + random.nextInt(60);
      float[] scores = new float[n];
      boolean[] labels = new boolean[n];
      for (int i = 0; i < n; i++) {
        scores[i] = random.nextInt(8) / 8f;
        labels[i] = i == 0 || (i != 1 && random.nextBoolean());
      }
      double pairs = 0;
      double won = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          if (labels[i] && !labels[j]) {
            pairs++;
            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? .5 : 0;
          }
        }
      }
      assertThat(RocAuc.of(scores, labels).value()).isEqualTo(won / pairs, within(1e-12));
    }
  }

  @Test
  void interval_holdsTheTruthAsOftenAsItSays() {
    Random random = new Random(11);
    // Two normals one standard deviation apart: AUC = Phi(1 / sqrt 2).
    double truth = .7602499389065233;
    int held = 0;
    int rounds = 1000;
    for (int round = 0; round < rounds; round++) {
      float[] scores = new float[200];
      boolean[] labels = new boolean[200];
      for (int i = 0; i < scores.length; i++) {
        labels[i] = i % 2 == 0;
        scores[i] = (float) (random.nextGaussian() + (labels[i] ? 1 : 0));
      }
      Estimate auc = RocAuc.of(scores, labels);
      held += auc.low() <= truth && truth <= auc.high() ? 1 : 0;
    }
    assertThat(held / (double) rounds).isBetween(.92, .97);
  }

  @Test
  void of_oneClassIsRefused() {
    assertThatThrownBy(() -> RocAuc.of(new float[] {.1f, .2f}, new boolean[] {true, true}))
        .isInstanceOf(BadInput.class)
        .hasMessage("AUC needs both classes; there are 2 positive and 0 negative examples");
  }
}
