package dev.sluice.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GatesTest {
  private static Evaluation evaluation(Estimate auc, @Nullable Estimate difference) {
    return new Evaluation(
        1000, 0, Map.of("", List.of(new Metric("auc", auc, 1000))), null, difference);
  }

  @Test
  void decide_passesAboveChance() {
    var decision = Gates.DEFAULT.decide(evaluation(new Estimate(.7, .65, .75), null), 1000);
    assertThat(decision.outcome()).isEqualTo(Outcome.PASS);
    assertThat(decision.reasons().getFirst())
        .isEqualTo("AUC 0.7000 [0.6500, 0.7500] on 1000 examples lies above 0.5000");
  }

  @Test
  void decide_failsWhereTheLowerBoundReachesChance() {
    var decision = Gates.DEFAULT.decide(evaluation(new Estimate(.52, .5, .54), null), 1000);
    assertThat(decision.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(decision.reasons().getFirst()).contains("gates.min_auc");
  }

  @Test
  void decide_blocksOnlyASureDrop() {
    Estimate auc = new Estimate(.7, .65, .75);
    assertThat(
            Gates.DEFAULT.decide(evaluation(auc, new Estimate(-.02, -.03, -.006)), 1000).outcome())
        .isEqualTo(Outcome.FAIL);
    assertThat(
            Gates.DEFAULT.decide(evaluation(auc, new Estimate(-.02, -.036, -.004)), 1000).outcome())
        .isEqualTo(Outcome.PASS);
  }

  @Test
  void decide_failsAModelThatIsTooLarge() {
    var decision =
        Gates.from(Map.of("max_memory_mib", 1L))
            .decide(evaluation(new Estimate(.7, .65, .75), null), 2 << 20);
    assertThat(decision.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(decision.reasons().getFirst()).startsWith("the loaded model takes 2.0 MiB");
  }

  @Test
  void decide_cannotTellOnOneClass() {
    Evaluation evaluation = new Evaluation(3, 0, Map.of("", List.of()), null, null);
    assertThat(Gates.DEFAULT.decide(evaluation, 1000).outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void from_unknownGateNamesTheNearest() {
    assertThatThrownBy(() -> Gates.from(Map.of("min_auk", .6)))
        .isInstanceOf(BadInput.class)
        .hasMessage("'min_auk' is not a gate; did you mean 'min_auc'?");
  }

  @Test
  void from_valueOutsideItsRangeIsRefused() {
    assertThatThrownBy(() -> Gates.from(Map.of("min_auc", 2)))
        .hasMessage("'min_auc' is 2.0; it must lie in [0.0, 1.0]");
  }

  @Test
  void evaluation_holdsTheLiveModelOnTheSameExamples_andSurvivesJson() {
    Random random = new Random(3);
    float[] candidate = new float[400];
    float[] live = new float[400];
    boolean[] labels = new boolean[400];
    for (int i = 0; i < 400; i++) {
      labels[i] = random.nextBoolean();
      candidate[i] = labels[i] ? .5f + random.nextFloat() / 2 : random.nextFloat() * .8f;
      live[i] = random.nextFloat();
    }
    int[] half = new int[200];
    for (int i = 0; i < 200; i++) {
      half[i] = i;
    }
    Evaluation evaluation = Evaluation.of(candidate, live, labels, 5, Map.of("a=b", half));
    assertThat(evaluation.difference())
        .isNotNull()
        .extracting(Estimate::low)
        .satisfies(low -> assertThat(low).isGreaterThan(.1));
    assertThat(Json.read(Json.write(evaluation), Evaluation.class, "evaluation"))
        .isEqualTo(evaluation);
    assertThat(Evaluation.rows(evaluation.slices()))
        .anySatisfy(
            row -> assertThat(row).containsEntry("slice", "a=b").containsEntry("metric", "auc"));
  }
}
