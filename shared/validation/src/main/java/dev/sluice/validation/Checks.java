package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import java.util.Map;

/**
 * What the checks of a pipeline hold a batch to.
 *
 * @param baseline which of the batches that passed a new one is compared with
 * @param falseAlarmRate how many clean batches may alarm, as a share, over all tests of a batch
 *     together, divided by {@link Part}: an effect below this significance never counts
 * @param minRows rows a batch needs on each side to be compared; fewer give UNKNOWN
 * @param minGroupRows rows a group needs on each side; smaller groups are pooled
 * @param thresholds of every feature that has none of its own
 * @param featureThresholds by feature
 * @param severities the most that an anomaly of a feature may weigh; INFO switches its checks off
 *     without hiding what they saw
 */
public record Checks(
    BaselineRule baseline,
    double falseAlarmRate,
    long minRows,
    long minGroupRows,
    Thresholds thresholds,
    Map<String, Thresholds> featureThresholds,
    Map<String, Severity> severities) {

  public Checks {
    if (!(falseAlarmRate > 0 && falseAlarmRate < 1)) {
      throw new BadInput(
          "checks.falseAlarmRate is " + falseAlarmRate + "; it must lie between 0 and 1");
    }
    if (minRows < 1 || minGroupRows < 1) {
      throw new BadInput(
          "checks.minRows is "
              + minRows
              + " and checks.minGroupRows "
              + minGroupRows
              + "; both must be at least 1");
    }
    featureThresholds = Map.copyOf(featureThresholds);
    severities = Map.copyOf(severities);
  }

  /** What the rate of false alarms is divided among. */
  enum Part {
    /** Distributions and gaps, over all rows and in groups. */
    COMPARISONS(0.35),
    /** Row numbers, repeated rows, numbers that many share, hours, damaged texts, pairs. */
    FIGURES(0.2),
    /** Values that are stuck, or stand for missing ones. */
    VALUES(0.1),
    /** Ways of writing. */
    FORMATS(0.05),
    /** Values that an inferred domain does not know. */
    DOMAINS(0.1),
    /** All that is compared once more with what the live model learned from. */
    LIVE(0.2);

    private final double share;

    Part(double share) {
      this.share = share;
    }
  }

  /** The rate that a part may spend. */
  double rate(Part part) {
    return falseAlarmRate * part.share;
  }

  /** Half a clean batch in a hundred alarms; batches and groups of 30 rows and more are judged. */
  public static Checks defaults() {
    return new Checks(
        new BaselineRule.Last(), 0.005, 30, 30, Thresholds.defaults(), Map.of(), Map.of());
  }

  Thresholds of(String feature) {
    return featureThresholds.getOrDefault(feature, thresholds);
  }

  Severity cap(String feature) {
    return severities.getOrDefault(feature, Severity.FAIL);
  }
}
