package dev.sluice.models;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How boosted trees are learned; names and meanings are XGBoost's.
 *
 * @param rounds most trees, 1 to 10,000; early stopping usually ends sooner
 * @param eta step size, above 0, at most 1
 * @param maxDepth depth of a tree, 1 to 16
 * @param subsample share of the rows a tree sees, above 0, at most 1
 * @param colsampleByTree share of the features a tree sees, above 0, at most 1
 * @param minChildWeight least sum of hessians in a leaf, 0 or more
 * @param lambda L2 penalty on leaves, 0 or more
 * @param alpha L1 penalty on leaves, 0 or more
 * @param earlyStoppingRounds rounds without a better held-out log loss that end the training; 0
 *     never stops
 * @param seed of everything random, the held-out rows included
 * @param threads used by the native library; 0 takes all processors
 */
public record TrainConfig(
    int rounds,
    double eta,
    int maxDepth,
    double subsample,
    double colsampleByTree,
    double minChildWeight,
    double lambda,
    double alpha,
    int earlyStoppingRounds,
    int seed,
    int threads) {
  private static final List<String> KEYS =
      List.of(
          "rounds",
          "eta",
          "max_depth",
          "subsample",
          "colsample_bytree",
          "min_child_weight",
          "lambda",
          "alpha",
          "early_stopping_rounds",
          "seed",
          "threads");

  public TrainConfig {
    range("rounds", rounds, 1, 10_000);
    share("eta", eta);
    range("max_depth", maxDepth, 1, 16);
    share("subsample", subsample);
    share("colsample_bytree", colsampleByTree);
    range("min_child_weight", minChildWeight, 0, 1e9);
    range("lambda", lambda, 0, 1e9);
    range("alpha", alpha, 0, 1e9);
    range("early_stopping_rounds", earlyStoppingRounds, 0, 10_000);
    range("seed", seed, 0, Integer.MAX_VALUE);
    range("threads", threads, 0, 1024);
  }

  /** 500 rounds at most, eta .1, depth 6, early stopping after 20, seed 0, all processors. */
  public static TrainConfig ofDefaults() {
    return new TrainConfig(500, 0.1, 6, 1, 1, 1, 1, 0, 20, 0, 0);
  }

  /** The same with another seed. */
  public TrainConfig withSeed(int other) {
    return new TrainConfig(
        rounds,
        eta,
        maxDepth,
        subsample,
        colsampleByTree,
        minChildWeight,
        lambda,
        alpha,
        earlyStoppingRounds,
        other,
        threads);
  }

  /**
   * @param train a spec's {@code train}; what it does not say has its default
   * @throws BadInput naming the key, its value and the range, or the nearest known key
   */
  public static TrainConfig parse(Map<String, @Nullable Object> train) {
    for (String key : train.keySet()) {
      if (!KEYS.contains(key)) {
        throw new BadInput(
            "train: key '"
                + key
                + "' is not known; did you mean '"
                + Names.nearest(key, KEYS)
                + "'? Known here: "
                + String.join(", ", KEYS));
      }
    }
    TrainConfig d = ofDefaults();
    return new TrainConfig(
        integer(train, "rounds", d.rounds),
        number(train, "eta", d.eta),
        integer(train, "max_depth", d.maxDepth),
        number(train, "subsample", d.subsample),
        number(train, "colsample_bytree", d.colsampleByTree),
        number(train, "min_child_weight", d.minChildWeight),
        number(train, "lambda", d.lambda),
        number(train, "alpha", d.alpha),
        integer(train, "early_stopping_rounds", d.earlyStoppingRounds),
        integer(train, "seed", d.seed),
        integer(train, "threads", d.threads));
  }

  /** By XGBoost's names; without what does not change the model. */
  public Map<String, Object> parameters() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("rounds", rounds);
    out.put("eta", eta);
    out.put("max_depth", maxDepth);
    out.put("subsample", subsample);
    out.put("colsample_bytree", colsampleByTree);
    out.put("min_child_weight", minChildWeight);
    out.put("lambda", lambda);
    out.put("alpha", alpha);
    out.put("early_stopping_rounds", earlyStoppingRounds);
    out.put("seed", seed);
    return out;
  }

  private static void range(String key, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new BadInput(
          "train: key '"
              + key
              + "' is "
              + text(value)
              + "; it must lie between "
              + text(least)
              + " and "
              + text(most));
    }
  }

  private static void share(String key, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new BadInput(
          "train: key '" + key + "' is " + text(value) + "; it must be above 0 and at most 1");
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static double number(Map<String, @Nullable Object> train, String key, double fallback) {
    Object value = train.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new BadInput("train: key '" + key + "' is '" + value + "'; it must be a number");
  }

  private static int integer(Map<String, @Nullable Object> train, String key, int fallback) {
    double value = number(train, key, fallback);
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw new BadInput("train: key '" + key + "' is " + value + "; it must be a whole number");
    }
    return (int) value;
  }
}
