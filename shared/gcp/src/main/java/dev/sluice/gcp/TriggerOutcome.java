package dev.sluice.gcp;

/** What became of a request to run. */
public enum TriggerOutcome {
  /** A new run. */
  STARTED,
  /** The run was there, queued or running; also where the answer to our own first try was lost. */
  ALREADY_RUNNING,
  /** The run was there and has succeeded. */
  ALREADY_SUCCEEDED,
  /** The run was there and had failed or was cancelled; what has not succeeded runs again. */
  RESUMED,
  /** The run was there and had succeeded; all of it runs again. */
  REPEATED
}
