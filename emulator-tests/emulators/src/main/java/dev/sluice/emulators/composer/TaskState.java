package dev.sluice.emulators.composer;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Airflow's task states, as far as a stage call goes through them. */
enum TaskState {
  NONE,
  SCHEDULED,
  QUEUED,
  RUNNING,
  UP_FOR_RETRY,
  SUCCESS,
  FAILED,
  SKIPPED,
  UPSTREAM_FAILED,

  /** Of a shard that is no more: its run was cleared, and then had fewer. */
  REMOVED;

  boolean finished() {
    return compareTo(SUCCESS) >= 0;
  }

  /** True where the run fails with it and a clear of failed tasks takes it. */
  boolean bad() {
    return this == FAILED || this == UPSTREAM_FAILED;
  }

  /** The name in JSON; a task that nothing has happened to has none. */
  @Nullable String wire() {
    return this == NONE ? null : name().toLowerCase(Locale.ROOT);
  }
}
