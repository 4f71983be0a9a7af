package dev.sluice.gcp;

import java.util.List;
import java.util.Map;

/**
 * Runs of DAGs in Composer.
 *
 * <p>Each call may be repeated. 408, 429, 5xx and lost connections are retried with backoff and end
 * as {@code Unavailable}; an address or an account that is refused is a {@code Bug} of the
 * deployment; a run that does not exist, or a conf it refuses, is {@code BadInput}, as is a DAG
 * that does not exist where no run is started. Each message names the path, what the status means
 * and what to do.
 */
public interface Composer {

  /**
   * Starts the run of this id, or sees to it that it goes on: where it exists and failed or was
   * cancelled, what has not succeeded in it runs again.
   *
   * @param runId derived from what is to be processed, so that the same work is the same run
   * @param conf the run's parameters; may be empty
   * @throws dev.sluice.contracts.Unavailable also where the DAG does not exist, as Airflow reads a
   *     new pipeline's spec minutes after it was laid
   */
  TriggerOutcome trigger(String dag, String runId, Map<String, ?> conf);

  /**
   * The same, but a run that succeeded runs again from its first task, on what it was pinned to: it
   * finds what it made, and tells of it anew.
   */
  TriggerOutcome repeat(String dag, String runId, Map<String, ?> conf);

  /** How far the run is. */
  RunState run(String dag, String runId);

  /** The run's tasks; a mapped task has one entry a map index. */
  List<TaskState> tasks(String dag, String runId);

  /**
   * Ends the run as failed; its running tasks are stopped.
   *
   * @throws dev.sluice.contracts.Conflict where it has ended
   */
  void cancel(String dag, String runId);

  /** Runs of a paused DAG wait in the queue. */
  void pause(String dag);

  void unpause(String dag);
}
