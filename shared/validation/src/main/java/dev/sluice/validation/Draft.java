package dev.sluice.validation;

import org.jspecify.annotations.Nullable;

/**
 * An anomaly, and what to look for in the examples to say where it begins.
 *
 * @param most the most that it may weigh, whatever is found there
 */
record Draft(Anomaly anomaly, FirstRows.@Nullable Search search, Severity most) {
  Draft(Anomaly anomaly, FirstRows.@Nullable Search search) {
    this(anomaly, search, Severity.FAIL);
  }

  Draft(Anomaly anomaly) {
    this(anomaly, null);
  }
}
