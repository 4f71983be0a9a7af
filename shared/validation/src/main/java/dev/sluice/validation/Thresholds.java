package dev.sluice.validation;

import dev.sluice.contracts.BadInput;

/**
 * How large an effect must be to matter, each as a pair: a significant effect from {@code warn} on
 * is a WARN, from {@code fail} on a FAIL. Effects are on fixed scales, so that one set fits most
 * columns: with these a clean batch never depends on how many rows it has.
 *
 * @param missing rise of the missing share as Cohen's h (0 -> 1 % is .2, 0 -> 5 % is .45); a FAIL
 *     also needs half as many again as before, or h of {@code .5}
 * @param distance whole column, numeric: Kolmogorov-Smirnov distance, 0 to 1 (.2 is a shift by half
 *     a standard deviation); text: L-infinity, the largest change of a value's share
 * @param divergence whole column: Jensen-Shannon divergence in bits, 0 to 1
 * @param groupMissing as {@code missing}, within one group
 * @param groupDistance as {@code distance}, within one group
 * @param gone share of the rows that a value had which is gone now
 * @param unexpected share of the rows with values outside the domain
 * @param spike rise of the share of a single number
 * @param clock total variation of the hours of the day, 0 to 1, where a shift explains it
 * @param repeated rise of the share of rows that repeat another
 * @param damaged rise of the share of texts that a wrong encoding damaged
 * @param correlation change of a rank correlation between two features, 0 to 2
 * @param rows change of the number of rows, as a natural logarithm (.69 is half or double)
 */
public record Thresholds(
    Floor missing,
    Floor distance,
    Floor divergence,
    Floor groupMissing,
    Floor groupDistance,
    Floor gone,
    Floor unexpected,
    Floor spike,
    Floor clock,
    Floor repeated,
    Floor damaged,
    Floor correlation,
    Floor rows) {

  /** The smallest effect that is told, and the smallest that holds the batch. */
  public record Floor(double warn, double fail) {
    public Floor {
      if (!(warn >= 0) || !(fail >= warn)) {
        throw new BadInput(
            "thresholds are warn " + warn + ", fail " + fail + "; they must be 0 <= warn <= fail");
      }
    }

    /** What an effect of that size weighs. */
    Severity severity(double effect) {
      return effect >= fail ? Severity.FAIL : effect >= warn ? Severity.WARN : Severity.INFO;
    }
  }

  /** What fits most columns. */
  public static Thresholds defaults() {
    return new Thresholds(
        new Floor(0.1, 0.2),
        new Floor(0.1, 0.3),
        new Floor(0.05, 0.15),
        new Floor(0.3, 0.6),
        new Floor(0.15, 0.4),
        new Floor(0.01, 0.05),
        new Floor(0.0, 0.05),
        new Floor(0.01, 0.05),
        new Floor(0.05, 0.15),
        new Floor(0.005, 0.05),
        new Floor(0.001, 0.01),
        new Floor(0.15, 0.4),
        new Floor(0.4, 1.6));
  }
}
