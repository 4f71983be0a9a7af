package dev.sluice.models;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Learns a binary label with gradient-boosted trees (Chen and Guestrin, "XGBoost", 2016),
 * histograms of 256 bins, logistic loss. 15 % of train, chosen by a hash of each row's features, is
 * held out, so that equal rows are on one side; its log loss is followed until it has not fallen
 * for {@code early_stopping_rounds} rounds. Then all of train is learned from with the best number
 * of rounds. Where train is too small to hold rows out, a fixed number of rounds is learned.
 *
 * <p>The native library comes from xgboost4j's jar and needs OpenMP's {@code libgomp.so.1}. Each
 * process, and each class loader in it, unpacks a copy of its own in {@code java.io.tmpdir} (15 MB,
 * removed at exit), so functions that share a JVM should share xgboost4j's loader. Set {@code
 * OMP_WAIT_POLICY=passive} in the environment before the JVM starts: on shared cores, waiting
 * threads that spin make training 10 to 60 times slower, and the library reads it when it loads.
 */
public final class BinaryTrainer {
  /** The version whose files {@link TreeModel} knows; xgboost4j's. */
  public static final String XGBOOST_VERSION = "3.0.4";

  private static final Pattern TAB = Pattern.compile("\t");

  private static final double HELD_OUT = 0.15;

  /** A held-out part must have as many rows of either class to tell one round from another. */
  private static final int LEAST_HELD_OUT = 10;

  /** Rounds where nothing can be held out: enough to fit, few enough not to learn by heart. */
  private static final int ROUNDS_WHEN_SMALL = 30;

  /** Rows of train that the curve's metrics are taken from. */
  private static final int MOST_WATCHED = 20_000;

  private BinaryTrainer() {}

  /**
   * Learns, in O(rounds x rows x features) time and about 3 times the rows' memory.
   *
   * @throws BadInput where there are no rows, or rows of one class only
   * @throws Bug where the native library cannot be loaded, saying what is missing
   */
  public static TrainedModel train(TrainingRows rows, TrainConfig config) {
    int positives = rows.positives();
    if (rows.rows() == 0) {
      throw new BadInput(
          "train has no row with a label ("
              + rows.unlabelled()
              + " rows without one); send rows that have it");
    }
    if (positives == 0 || positives == rows.rows()) {
      throw new BadInput(
          "all "
              + rows.rows()
              + " labelled rows of train are of one class ("
              + (positives == 0 ? "negative" : "positive")
              + "); a model needs rows of both");
    }
    loadNativeLibrary();
    try {
      return learn(rows, config);
    } catch (XGBoostError e) {
      throw new Bug("XGBoost failed in training: " + e.getMessage(), e);
    }
  }

  private static TrainedModel learn(TrainingRows rows, TrainConfig config) throws XGBoostError {
    boolean[] heldOut = holdOut(rows, config.seed());
    int held = 0;
    for (boolean is : heldOut) {
      held += is ? 1 : 0;
    }
    List<TrainedModel.CurvePoint> curve = new ArrayList<>();
    List<String> names = NativeNames.of(rows.features());
    int rounds;
    if (held == 0) {
      rounds = Math.min(config.rounds(), ROUNDS_WHEN_SMALL);
    } else if (config.earlyStoppingRounds() == 0) {
      rounds = config.rounds();
      held = 0;
    } else {
      try (Native part = new Native(rows.part(heldOut, false), names);
          Native check = new Native(rows.part(heldOut, true), names)) {
        rounds = bestRounds(part, check, config, curve);
      }
    }
    byte[] model;
    try (Native data = new Native(rows.all(), names)) {
      model = data.learn(config, rounds);
    }
    return new TrainedModel(
        model,
        rows.features(),
        rounds,
        rows.rows(),
        rows.unlabelled(),
        held,
        config.parameters(),
        curve,
        importance(model, rows.features()),
        XGBOOST_VERSION);
  }

  /** Marks the held-out rows; none where either side would lack rows of a class. */
  private static boolean[] holdOut(TrainingRows rows, int seed) {
    boolean[] out = new boolean[rows.rows()];
    int[] counts = new int[4];
    for (int i = 0; i < out.length; i++) {
      out[i] = (rows.hash(i, seed) >>> 11) * 0x1.0p-53 < HELD_OUT;
      counts[(out[i] ? 2 : 0) + (int) rows.label(i)]++;
    }
    for (int count : counts) {
      if (count < LEAST_HELD_OUT) {
        return new boolean[rows.rows()];
      }
    }
    return out;
  }

  private static int bestRounds(
      Native part, Native check, TrainConfig config, List<TrainedModel.CurvePoint> curve)
      throws XGBoostError {
    // AUC over all of a large train would cost as much as learning does.
    DMatrix sample = part.sample(MOST_WATCHED);
    Map<String, DMatrix> watched = new LinkedHashMap<>();
    watched.put("train", sample);
    watched.put("held_out", check.matrix);
    // No rounds: this only makes a booster that keeps the predictions of both parts.
    Booster booster = XGBoost.train(part.matrix, part.parameters(config), 0, watched, null, null);
    try {
      booster.setParam("eval_metric", "auc");
      DMatrix[] both = {sample, check.matrix};
      String[] names = {"train", "held_out"};
      double best = Double.POSITIVE_INFINITY;
      int bestRound = 0;
      for (int round = 0; round < config.rounds(); round++) {
        booster.update(part.matrix, round);
        double loss = read(booster.evalSet(both, names, round), round, curve);
        if (loss < best) {
          best = loss;
          bestRound = round;
        } else if (round - bestRound >= config.earlyStoppingRounds()) {
          break;
        }
      }
      return bestRound + 1;
    } finally {
      booster.dispose();
      // Where all rows are watched this is the part's own matrix; releasing it twice is harmless.
      sample.dispose();
    }
  }

  /** Adds a line such as {@code [3]\ttrain-logloss:0.3\theld_out-auc:0.9} to the curve. */
  private static double read(String line, int round, List<TrainedModel.CurvePoint> curve) {
    double loss = Double.NaN;
    List<String> parts = TAB.splitAsStream(line.strip()).toList();
    for (String entry : parts.subList(1, parts.size())) {
      int dash = entry.indexOf('-');
      int colon = entry.indexOf(':');
      if (dash < 0 || colon < dash) {
        throw new Bug("XGBoost reports metrics as '" + line + "', which is not understood");
      }
      String part = entry.substring(0, dash);
      String metric = entry.substring(dash + 1, colon);
      double value = Double.parseDouble(entry.substring(colon + 1));
      boolean isLoss = metric.equals("logloss");
      curve.add(new TrainedModel.CurvePoint(round, part, isLoss ? "log_loss" : metric, value));
      if (isLoss && part.equals("held_out")) {
        loss = value;
      }
    }
    if (Double.isNaN(loss)) {
      throw new Bug("XGBoost reports no held-out log loss in '" + line + "'");
    }
    return loss;
  }

  private static Map<String, Double> importance(byte[] model, List<String> features) {
    double[] gain = TreeModel.read(model, TreeModel.FILE).totalGain();
    double total = 0;
    for (double value : gain) {
      total += value;
    }
    Map<String, Double> shares = new HashMap<>();
    for (int i = 0; i < gain.length; i++) {
      if (gain[i] > 0) {
        shares.put(features.get(i), gain[i] / total);
      }
    }
    Map<String, Double> out = new LinkedHashMap<>();
    shares.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, Double>>comparingDouble(e -> -e.getValue())
                .thenComparing(Map.Entry::getKey))
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  private static void loadNativeLibrary() {
    try {
      Class.forName("ml.dmlc.xgboost4j.java.XGBoostJNI", true, Booster.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw new Bug(
          "XGBoost's native library cannot be loaded ("
              + cause.getMessage()
              + "); it needs Linux, macOS or Windows on a 64-bit processor with OpenMP (on Linux"
              + " libgomp.so.1, package libgomp1) and a writable java.io.tmpdir",
          e);
    }
  }

  /** Rows in the native library's memory, which no garbage collector sees. */
  private static final class Native implements AutoCloseable {
    final DMatrix matrix;

    Native(TrainingRows.Part part, List<String> names) throws XGBoostError {
      matrix = new DMatrix(part.values(), part.labels().length, names.size(), Float.NaN);
      try {
        matrix.setLabel(part.labels());
        matrix.setFeatureNames(names.toArray(String[]::new));
      } catch (XGBoostError e) {
        matrix.dispose();
        throw e;
      }
    }

    /** At most so many rows, evenly spread; the matrix itself where it has no more. */
    DMatrix sample(int most) throws XGBoostError {
      long rows = matrix.rowNum();
      if (rows <= most) {
        return matrix;
      }
      int[] chosen = new int[most];
      for (int i = 0; i < most; i++) {
        chosen[i] = (int) (i * rows / most);
      }
      return matrix.slice(chosen);
    }

    byte[] learn(TrainConfig config, int rounds) throws XGBoostError {
      Booster booster =
          XGBoost.train(matrix, parameters(config), rounds, new LinkedHashMap<>(), null, null);
      try {
        return booster.toByteArray("ubj");
      } finally {
        booster.dispose();
      }
    }

    Map<String, Object> parameters(TrainConfig config) {
      Map<String, Object> out = new LinkedHashMap<>(config.parameters());
      out.remove("rounds");
      out.remove("early_stopping_rounds");
      out.put("objective", "binary:logistic");
      out.put("tree_method", "hist");
      out.put("eval_metric", "logloss");
      out.put(
          "nthread",
          config.threads() == 0 ? Runtime.getRuntime().availableProcessors() : config.threads());
      out.put("verbosity", 0);
      return out;
    }

    @Override
    public void close() {
      matrix.dispose();
    }
  }
}
