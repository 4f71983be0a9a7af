package dev.sluice.emulators.composer;

import java.util.Locale;

/** Airflow's states of a DAG run. */
enum RunState {
  QUEUED,
  RUNNING,
  SUCCESS,
  FAILED;

  boolean finished() {
    return this == SUCCESS || this == FAILED;
  }

  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
