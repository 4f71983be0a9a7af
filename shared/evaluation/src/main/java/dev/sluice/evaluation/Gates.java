package dev.sluice.evaluation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model must show before it may serve; spec key {@code gates}.
 *
 * @param minAuc the lower end of the AUC's 95 % interval must be above it; in [0, 1]
 * @param maxAucDrop blocked only where the 95 % interval of AUC(candidate) - AUC(live) lies wholly
 *     below minus this; in [0, 1]
 * @param maxMemoryBytes the most that the loaded model may take
 */
public record Gates(double minAuc, double maxAucDrop, long maxMemoryBytes) {
  /** A model must beat chance, must not be surely worse than the live one, and fit in 512 MiB. */
  public static final Gates DEFAULT = new Gates(.5, .005, 512L << 20);

  private static final List<String> KEYS = List.of("min_auc", "max_auc_drop", "max_memory_mib");

  /** What the gates say, with a sentence for each reason. */
  public record Decision(Outcome outcome, List<String> reasons) {}

  public Gates {
    range("min_auc", minAuc, 0, 1);
    range("max_auc_drop", maxAucDrop, 0, 1);
    range("max_memory_mib", maxMemoryBytes / 1048576.0, 1, 1 << 20);
  }

  /**
   * @param values the spec's mapping under {@code gates}
   */
  public static Gates from(Map<String, @Nullable Object> values) {
    for (String key : values.keySet()) {
      if (!KEYS.contains(key)) {
        throw new BadInput(
            "'" + key + "' is not a gate; did you mean '" + Names.nearest(key, KEYS) + "'?");
      }
    }
    return new Gates(
        number(values, "min_auc", DEFAULT.minAuc),
        number(values, "max_auc_drop", DEFAULT.maxAucDrop),
        (long) (number(values, "max_memory_mib", DEFAULT.maxMemoryBytes / 1048576.0) * 1048576));
  }

  /**
   * @param evaluation of the candidate
   * @param memoryBytes that the candidate takes when loaded
   */
  public Decision decide(Evaluation evaluation, long memoryBytes) {
    List<String> failures = new ArrayList<>();
    List<String> passes = new ArrayList<>();
    if (memoryBytes > maxMemoryBytes) {
      failures.add(
          String.format(
              Locale.ROOT,
              "the loaded model takes %.1f MiB, more than the %.1f MiB of gates.max_memory_mib;"
                  + " lower train.rounds or train.max_depth, or raise the gate",
              memoryBytes / 1048576.0,
              maxMemoryBytes / 1048576.0));
    }
    Estimate auc = evaluation.overall("auc");
    if (auc == null) {
      String sentence =
          String.format(
              Locale.ROOT,
              "the eval split has %d labeled examples of one class alone, so nothing tells whether"
                  + " the model ranks; send more rows",
              evaluation.examples());
      return failures.isEmpty()
          ? new Decision(Outcome.UNKNOWN, List.of(sentence))
          : new Decision(Outcome.FAIL, failures);
    }
    if (auc.low() > minAuc) {
      passes.add(
          String.format(
              Locale.ROOT,
              "AUC %.4f [%.4f, %.4f] on %d examples lies above %.4f",
              auc.value(),
              auc.low(),
              auc.high(),
              evaluation.examples(),
              minAuc));
    } else {
      failures.add(
          String.format(
              Locale.ROOT,
              "AUC %.4f [%.4f, %.4f] on %d examples: its lower end is not above gates.min_auc"
                  + " %.4f; the features tell too little of the label, or the rows are too few",
              auc.value(),
              auc.low(),
              auc.high(),
              evaluation.examples(),
              minAuc));
    }
    Estimate difference = evaluation.difference();
    if (difference != null) {
      String figures =
          String.format(
              Locale.ROOT,
              "AUC less that of the live model on the same examples: %+.4f [%+.4f, %+.4f]",
              difference.value(),
              difference.low(),
              difference.high());
      if (difference.high() < -maxAucDrop) {
        failures.add(
            figures
                + String.format(
                    Locale.ROOT,
                    ", surely a drop of more than gates.max_auc_drop %.4f; the live model stays",
                    maxAucDrop));
      } else {
        passes.add(figures);
      }
    }
    return failures.isEmpty()
        ? new Decision(Outcome.PASS, passes)
        : new Decision(Outcome.FAIL, failures);
  }

  private static double number(Map<String, @Nullable Object> values, String key, double fallback) {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new BadInput("'" + key + "' must be a number, not '" + value + "'");
  }

  private static void range(String key, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new BadInput(
          "'" + key + "' is " + value + "; it must lie in [" + low + ", " + high + "]");
    }
  }
}
