package dev.sluice.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Golden values: scikit-learn 1.9.1; Wilson's interval from statsmodels' proportion_confint. */
class BinaryMetricsTest {
  private static final float[] SCORES = {.1f, .4f, .35f, .8f, .65f, .2f, .9f, .55f, .3f, .7f};
  private static final boolean[] LABELS = {
    false, false, true, true, false, false, true, true, false, true
  };

  private static Map<String, Estimate> of(float[] scores, boolean[] labels) {
    return BinaryMetrics.of(scores, labels).stream()
        .collect(Collectors.toMap(Metric::name, Metric::estimate));
  }

  @Test
  void of_equalsOutsideReference() {
    Map<String, Estimate> metrics = of(SCORES, LABELS);
    assertThat(metrics.get("auc").value()).isEqualTo(.88, within(1e-12));
    assertThat(metrics.get("log_loss").value()).isEqualTo(.4578664883541066, within(1e-9));
    assertThat(metrics.get("brier").value()).isEqualTo(.14874999865889565, within(1e-9));
    assertThat(metrics.get("accuracy").value()).isEqualTo(.8, within(1e-12));
    assertThat(metrics.get("accuracy").low()).isEqualTo(.49016247153664183, within(1e-9));
    assertThat(metrics.get("accuracy").high()).isEqualTo(.9433178485456247, within(1e-9));
    assertThat(metrics.get("precision").value()).isEqualTo(.8, within(1e-12));
    assertThat(metrics.get("recall").value()).isEqualTo(.8, within(1e-12));
    assertThat(metrics.get("positive_rate").value()).isEqualTo(.5);
  }

  @Test
  void calibrationError_isNoneWhereSharesMeetPredictions() {
    float[] scores = {.25f, .25f, .25f, .25f};
    assertThat(BinaryMetrics.calibrationError(scores, new boolean[] {true, false, false, false}))
        .isEqualTo(0);
    assertThat(BinaryMetrics.calibrationError(scores, new boolean[] {true, true, true, true}))
        .isEqualTo(.75);
  }

  @Test
  void of_oneClass_leavesOutWhatItCannotTell() {
    Map<String, Estimate> metrics = of(new float[] {.2f, .3f}, new boolean[] {false, false});
    assertThat(metrics).doesNotContainKeys("auc", "recall", "precision").containsKey("log_loss");
  }

  @Test
  void of_noExamples_isEmpty() {
    assertThat(BinaryMetrics.of(new float[0], new boolean[0])).isEqualTo(List.of());
  }

  @Test
  void of_scoreOutsideProbabilitiesIsRefused() {
    assertThatThrownBy(() -> of(new float[] {1.5f}, new boolean[] {true}))
        .hasMessage("score 1.5 of example 0 is not a probability");
    assertThatThrownBy(() -> of(new float[] {Float.NaN}, new boolean[] {true}))
        .hasMessageContaining("NaN");
  }
}
