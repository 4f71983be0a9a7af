package dev.sluice.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import dev.sluice.transform.FeatureMatrix;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BinaryTrainerTest {
  private static final TrainConfig CONFIG = TrainConfig.ofDefaults();

  @Test
  void train_learnsWhatThereIsToLearn() {
    Random random = new Random(1);
    TrainedModel trained =
        BinaryTrainer.train(
            Rows.training(Rows.random(random, 1500, 6), Rows.random(random, 500, 6)), CONFIG);
    FeatureMatrix fresh = Rows.random(random, 1000, 6);

    float[] scores = TreeModel.read(trained.model(), "model.ubj").predict(fresh);

    assertThat(Rows.auc(fresh.labels(), scores)).isGreaterThan(0.85);
    assertThat(trained.trainRows()).isEqualTo(2000);
    assertThat(trained.heldOutRows()).isBetween(220, 380);
    assertThat(trained.importance().keySet()).contains("f0", "f2");
    assertThat(trained.importance().values().stream().mapToDouble(d -> d).sum())
        .isCloseTo(1, within(1e-9));
  }

  @Test
  void noise_isStoppedEarlyAndLearnsNothing() {
    Random random = new Random(2);
    FeatureMatrix rows = Rows.random(random, 2000, 4);
    for (int i = 0; i < rows.rows(); i++) {
      rows.labels()[i] = random.nextInt(2);
    }

    TrainedModel trained = BinaryTrainer.train(Rows.training(rows), CONFIG);

    assertThat(trained.rounds()).isLessThan(20);
    List<TrainedModel.CurvePoint> losses =
        trained.curve().stream()
            .filter(p -> p.part().equals("held_out") && p.metric().equals("log_loss"))
            .toList();
    assertThat(losses).hasSize(trained.rounds() + CONFIG.earlyStoppingRounds());
    double best = losses.get(trained.rounds() - 1).value();
    assertThat(losses).allSatisfy(point -> assertThat(point.value()).isGreaterThanOrEqualTo(best));
  }

  @Test
  void curve_hasBothPartsAndMetricsOfEachRound() {
    TrainedModel trained =
        BinaryTrainer.train(
            Rows.training(Rows.random(new Random(3), 1000, 4)),
            TrainConfig.parse(Map.of("rounds", 3L)));

    assertThat(trained.curve())
        .extracting(p -> p.round() + " " + p.part() + " " + p.metric())
        .containsExactly(
            "0 train log_loss",
            "0 train auc",
            "0 held_out log_loss",
            "0 held_out auc",
            "1 train log_loss",
            "1 train auc",
            "1 held_out log_loss",
            "1 held_out auc",
            "2 train log_loss",
            "2 train auc",
            "2 held_out log_loss",
            "2 held_out auc");
  }

  @Test
  void largeTrain_isWatchedThroughASample() {
    TrainedModel trained =
        BinaryTrainer.train(
            Rows.training(Rows.random(new Random(9), 30_000, 3)),
            TrainConfig.parse(Map.of("rounds", 5L)));

    double train = value(trained, "train");
    assertThat(train).isLessThan(0.68).isCloseTo(value(trained, "held_out"), within(0.03));
  }

  private static double value(TrainedModel trained, String part) {
    return trained.curve().stream()
        .filter(p -> p.round() == 4 && p.part().equals(part) && p.metric().equals("log_loss"))
        .findFirst()
        .orElseThrow()
        .value();
  }

  @Test
  void sameRowsAndSeed_giveTheSameFile() {
    TrainingRows rows = Rows.training(Rows.random(new Random(4), 800, 5));
    TrainConfig config = TrainConfig.parse(Map.of("subsample", 0.7, "threads", 2L));

    byte[] first = BinaryTrainer.train(rows, config).model();

    assertThat(BinaryTrainer.train(rows, config).model()).isEqualTo(first);
    assertThat(BinaryTrainer.train(rows, config.withSeed(1)).model()).isNotEqualTo(first);
  }

  @Test
  void fewRows_areLearnedFromWithoutHoldingAnyOut() {
    for (int n : new int[] {3, 50}) {
      FeatureMatrix rows = Rows.random(new Random(5), n, 3);
      rows.labels()[0] = 0;
      rows.labels()[1] = 1;

      TrainedModel trained = BinaryTrainer.train(Rows.training(rows), CONFIG);

      assertThat(trained.heldOutRows()).isZero();
      assertThat(trained.curve()).isEmpty();
      assertThat(trained.rounds()).isEqualTo(30);
      for (float p : TreeModel.read(trained.model(), "m").predict(rows)) {
        assertThat(p).isBetween(0f, 1f);
      }
    }
  }

  @Test
  void withoutEarlyStopping_allRoundsAreLearned() {
    TrainedModel trained =
        BinaryTrainer.train(
            Rows.training(Rows.random(new Random(5), 600, 3)),
            TrainConfig.parse(Map.of("rounds", 7L, "early_stopping_rounds", 0L)));

    assertThat(TreeModel.read(trained.model(), "m").trees()).isEqualTo(7);
    assertThat(trained.heldOutRows()).isZero();
  }

  @Test
  void rowsWithoutALabel_areCountedAndLeftOut() {
    FeatureMatrix rows = Rows.random(new Random(6), 100, 3);
    Arrays.fill(rows.labels(), 10, 40, Float.NaN);

    TrainedModel trained = BinaryTrainer.train(Rows.training(rows), CONFIG);

    assertThat(trained.trainRows()).isEqualTo(70);
    assertThat(trained.unlabelled()).isEqualTo(30);
  }

  @Test
  void oneClassOrNoRows_areRefused() {
    FeatureMatrix rows = Rows.random(new Random(7), 20, 3);
    Arrays.fill(rows.labels(), 1);

    assertThatThrownBy(() -> BinaryTrainer.train(Rows.training(rows), CONFIG))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("all 20 labelled rows of train are of one class (positive)");
    Arrays.fill(rows.labels(), Float.NaN);
    assertThatThrownBy(() -> BinaryTrainer.train(Rows.training(rows), CONFIG))
        .hasMessageContaining("no row with a label (20 rows without one)");
    assertThatThrownBy(() -> Rows.training(rows).add(Rows.random(new Random(1), 2, 4)))
        .hasMessageContaining("4 features")
        .hasMessageContaining("began with 3");
  }

  @Test
  void equalRows_areOnOneSideOfTheHeldOutPart() {
    TrainingRows rows =
        Rows.training(Rows.random(new Random(8), 50, 3), Rows.random(new Random(8), 50, 3));

    for (int i = 0; i < 50; i++) {
      assertThat(rows.hash(i, 1)).isEqualTo(rows.hash(i + 50, 1));
      assertThat(rows.hash(i, 1)).isNotEqualTo(rows.hash(i, 2));
    }
  }

  @Test
  void namesBeyondAscii_areNotCut() {
    FeatureMatrix rows = Rows.random(new Random(11), 400, 3);
    List<String> names = List.of("größe\uD83D\uDE00", "größe\uD83D\uDE01", "цвет");
    FeatureMatrix named =
        new FeatureMatrix(names, rows.rows(), rows.values(), rows.labels(), rows.rowNumbers());

    TrainedModel trained = BinaryTrainer.train(Rows.training(named), TrainConfig.ofDefaults());

    assertThat(TreeModel.read(trained.model(), "model").features())
        .isEqualTo(NativeNames.of(names))
        .doesNotHaveDuplicates()
        .last()
        .isEqualTo("%D1%86%D0%B2%D0%B5%D1%82");
    assertThat(names).containsAll(trained.importance().keySet());
  }
}
