package dev.sluice.contracts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The key {@code split} of a spec: which rows are for training and which for evaluation. */
public sealed interface SplitSpec {
  /** The share of eval where a spec names none. */
  double DEFAULT_EVAL = 0.2;

  /**
   * By a hash, so that equal keys never straddle and added rows move none.
   *
   * @param key the column that decides alone; null for the whole row
   * @param eval the share of eval, above 0 and below 1
   */
  record Hash(@Nullable String key, double eval) implements SplitSpec {
    public Hash {
      if (!(eval > 0 && eval < 1)) {
        throw new BadInput("'eval' is " + eval + "; the share of eval must lie between 0 and 1");
      }
    }
  }

  /**
   * By time: rows whose value is not before a point are eval.
   *
   * @param column the column
   * @param evalFrom the point: a number, or an ISO-8601 date or time
   */
  record Time(String column, String evalFrom) implements SplitSpec {}

  /**
   * Given with the data.
   *
   * @param column the column that says it
   * @param eval the values that mean eval; at least one
   */
  record Given(String column, List<String> eval) implements SplitSpec {
    public Given {
      eval = List.copyOf(eval);
    }
  }
}
