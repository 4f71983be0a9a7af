package dev.sluice.gcp;

/** A DAG run's state, as Airflow names it. */
public enum RunState {
  QUEUED,
  RUNNING,
  SUCCESS,
  FAILED;

  /** Nothing more will happen by itself. */
  public boolean ended() {
    return this == SUCCESS || this == FAILED;
  }
}
