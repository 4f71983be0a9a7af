package dev.sluice.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import dev.sluice.transform.FeatureMatrix;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.junit.jupiter.api.Test;

class TreeModelTest {
  /** XGBoost's own predictions are the reference. */
  @Test
  void predictions_equalTheNativeLibrarys() throws XGBoostError {
    Random random = new Random(11);
    for (int round = 0; round < 12; round++) {
      int width = 1 + random.nextInt(8);
      FeatureMatrix train = Rows.random(random, 50 + random.nextInt(900), width);
      train.labels()[0] = 0;
      train.labels()[1] = 1;
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("max_depth", 1 + random.nextInt(9));
      parameters.put("eta", 0.05 + random.nextDouble());
      parameters.put("gamma", random.nextInt(3));
      parameters.put("grow_policy", random.nextBoolean() ? "lossguide" : "depthwise");
      parameters.put("tree_method", random.nextBoolean() ? "exact" : "hist");
      if (parameters.get("tree_method").equals("exact")) {
        parameters.put("grow_policy", "depthwise");
      }
      Booster booster = booster(train, parameters, 1 + random.nextInt(60));
      FeatureMatrix rows = Rows.random(random, 500, width);

      float[][] expected = booster.predict(matrix(rows));
      float[] actual = TreeModel.read(booster.toByteArray("ubj"), "m").predict(rows);

      for (int i = 0; i < actual.length; i++) {
        assertThat(actual[i])
            .as("round %s row %s", round, i)
            .isCloseTo(expected[i][0], within(1.2e-7f));
      }
    }
  }

  @Test
  void row_readsAsInItsMatrix() throws XGBoostError {
    FeatureMatrix rows = Rows.random(new Random(12), 200, 4);
    TreeModel model = TreeModel.read(booster(rows, Map.of(), 20).toByteArray("ubj"), "m");

    float[] all = model.predict(rows);

    for (int i = 0; i < rows.rows(); i++) {
      float[] row = Arrays.copyOfRange(rows.values(), i * 4, i * 4 + 4);
      assertThat(model.predict(row)).isEqualTo(all[i]);
    }
    assertThat(model.trees()).isEqualTo(20);
    assertThat(model.version()).isEqualTo(BinaryTrainer.XGBOOST_VERSION);
    assertThat(model.features()).isEqualTo(rows.names());
    assertThat(model.memoryBytes()).isBetween(1_000L, 100_000L);
    assertThatThrownBy(() -> model.predict(Rows.random(new Random(1), 5, 3)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("takes 4 features, but the rows have 3");
  }

  @Test
  void missingValues_takeTheBranchThatTrainingChose() throws XGBoostError {
    FeatureMatrix rows =
        new FeatureMatrix(
            Rows.names(1),
            6,
            new float[] {1, 2, 3, Float.NaN, Float.NaN, Float.NaN},
            new float[] {0, 0, 0, 1, 1, 1},
            new long[6]);
    Booster booster = booster(rows, Map.of("min_child_weight", 0, "lambda", 0), 10);

    TreeModel model = TreeModel.read(booster.toByteArray("ubj"), "m");

    assertThat(model.predict(new float[] {Float.NaN}))
        .isCloseTo(booster.predict(matrix(rows))[3][0], within(1.2e-7f));
  }

  @Test
  void extremeMargins_stayProbabilities() throws XGBoostError {
    FeatureMatrix rows = Rows.random(new Random(13), 400, 2);
    for (int i = 0; i < rows.rows(); i++) {
      rows.labels()[i] = rows.value(i, 0) > 0 ? 1 : 0;
    }
    Booster booster = booster(rows, Map.of("eta", 1, "lambda", 0, "min_child_weight", 0), 300);

    float[] actual = TreeModel.read(booster.toByteArray("ubj"), "m").predict(rows);

    float[][] expected = booster.predict(matrix(rows));
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isBetween(0f, 1f).isCloseTo(expected[i][0], within(1.2e-7f));
    }
  }

  @Test
  void modelsOfOtherKinds_areRefusedByName() throws XGBoostError {
    FeatureMatrix rows = Rows.random(new Random(14), 100, 3);
    assertThat(refusal(booster(rows, Map.of("objective", "reg:squarederror"), 2)))
        .contains("its objective is reg:squarederror");
    assertThat(refusal(booster(rows, Map.of("booster", "dart"), 2)))
        .contains("its booster is dart; only gbtree");
    assertThat(refusal(booster(rows, Map.of("booster", "gblinear", "updater", "shotgun"), 2)))
        .contains("its booster is gblinear");
    assertThat(refusal(booster(rows, Map.of("objective", "multi:softprob", "num_class", 2), 2)))
        .contains("multi:softprob");

    DMatrix categorical = matrix(rows);
    FeatureMatrix codes = Rows.random(new Random(15), 100, 1);
    for (int i = 0; i < 100; i++) {
      codes.values()[i] = i % 7;
      codes.labels()[i] = i % 7 == 2 || i % 7 == 5 ? 1 : 0;
    }
    categorical.dispose();
    DMatrix data = matrix(codes);
    data.setFeatureTypes(new String[] {"c"});
    Booster trees =
        XGBoost.train(
            data,
            new LinkedHashMap<>(
                Map.of(
                    "objective", "binary:logistic", "tree_method", "hist", "max_cat_to_onehot", 1)),
            2,
            new LinkedHashMap<>(),
            null,
            null);
    assertThat(refusal(trees)).contains("tree 0: it has a categorical split");
  }

  @Test
  void otherVersions_areRefused() throws XGBoostError {
    byte[] file = booster(Rows.random(new Random(16), 100, 3), Map.of(), 2).toByteArray("ubj");
    int at = indexOf(file, "version");
    byte[] newer = file.clone();
    // After the key: "[#" and a length of nine bytes, then three numbers, each "i" or "L".
    int minor = at;
    int seen = 0;
    while (seen < 2) {
      if (file[minor] == (byte) 'i' || file[minor] == (byte) 'L') {
        seen++;
      }
      minor++;
    }
    newer[file[minor - 1] == (byte) 'i' ? minor : minor + 7] = 4;

    assertThatThrownBy(() -> TreeModel.read(newer, "model.ubj"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("wrote it")
        .hasMessageContaining("other versions than 3.0");
  }

  @Test
  void damagedFiles_areRefusedAndNeverCrash() throws XGBoostError {
    byte[] file = booster(Rows.random(new Random(17), 200, 3), Map.of(), 5).toByteArray("ubj");
    for (int length = 0; length < file.length; length += 97) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> TreeModel.read(cut, "model.ubj"))
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("model.ubj");
    }
    Random random = new Random(18);
    for (int i = 0; i < 3000; i++) {
      byte[] changed = file.clone();
      changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      try {
        TreeModel.read(changed, "model.ubj").predict(new float[3]);
      } catch (BadInput e) {
        assertThat(e).hasMessageContaining("model.ubj");
      }
    }
    assertThatThrownBy(
            () -> TreeModel.read("{\"learner\":{}}".getBytes(StandardCharsets.UTF_8), "m.json"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("not an XGBoost model in UBJSON");
  }

  private static String refusal(Booster booster) throws XGBoostError {
    byte[] file = booster.toByteArray("ubj");
    try {
      TreeModel.read(file, "m");
    } catch (BadInput e) {
      return String.valueOf(e.getMessage());
    }
    return "no refusal";
  }

  private static DMatrix matrix(FeatureMatrix rows) throws XGBoostError {
    DMatrix out = new DMatrix(rows.values(), rows.rows(), rows.width(), Float.NaN);
    out.setLabel(rows.labels());
    out.setFeatureNames(rows.names().toArray(String[]::new));
    return out;
  }

  private static Booster booster(FeatureMatrix rows, Map<String, Object> parameters, int rounds)
      throws XGBoostError {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("objective", "binary:logistic");
    all.put("nthread", 1);
    all.put("verbosity", 0);
    all.putAll(parameters);
    return XGBoost.train(matrix(rows), all, rounds, new LinkedHashMap<>(), null, null);
  }

  private static int indexOf(byte[] in, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    for (int i = in.length - wanted.length; i >= 0; i--) {
      if (Arrays.equals(in, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i + wanted.length;
      }
    }
    throw new AssertionError("no " + text);
  }
}
