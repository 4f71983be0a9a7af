package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import java.util.Map;

/**
 * What the checks of a pipeline hold a batch to.
 *
 * @param baseline which of the batches that passed a new one is compared with
 * @param falseAlarmRate how many clean batches may alarm, as a share, over all tests of a batch
 *     together (Bonferroni): an effect below this significance never counts
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
