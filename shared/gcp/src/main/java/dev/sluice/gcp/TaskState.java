package dev.sluice.gcp;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One task of a run.
 *
 * @param task the task's id
 * @param mapIndex from 0 for a mapped task, else -1
 * @param state Airflow's word: {@code success}, {@code failed}, {@code skipped}, {@code
 *     upstream_failed}, {@code running}, {@code up_for_retry} and so on; {@code none} before it is
 *     scheduled
 * @param tries so far, from 0
 * @param started null before it has
 * @param ended null before it has
 */
public record TaskState(
    String task,
    int mapIndex,
    String state,
    int tries,
    @Nullable Instant started,
    @Nullable Instant ended) {}
