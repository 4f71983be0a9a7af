package dev.sluice.validation;

import org.jspecify.annotations.Nullable;

/** An anomaly, and what to look for in the examples to say where it begins. */
record Draft(Anomaly anomaly, FirstRows.@Nullable Search search) {
  Draft(Anomaly anomaly) {
    this(anomaly, null);
  }
}
