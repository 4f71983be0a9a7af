package dev.sluice.emulators.composer;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A change of a task or of a run.
 *
 * @param pipeline the DAG
 * @param run the DAG run
 * @param task the operation, null where the run itself changed
 * @param mapIndex the shard from 0, -1 where the task is not mapped or has no shard
 * @param shards how many instances a mapped task has, 0 where it is not mapped or has no shard
 * @param state Airflow's name for the new state, such as {@code success}
 * @param duration since the task or the run began, zero where it has not begun
 */
public record Progress(
    String pipeline,
    String run,
    @Nullable String task,
    int mapIndex,
    int shards,
    String state,
    Duration duration) {}
