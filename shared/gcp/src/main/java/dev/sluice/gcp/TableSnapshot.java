package dev.sluice.gcp;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A table at a time.
 *
 * @param table {@code project.dataset.table}
 * @param at the time
 * @param bytes its size as BigQuery tells it, of all partitions
 * @param view true where it holds no rows of its own and cannot be read at a time
 * @param filter the row restriction that means the partition that was asked for; null for all
 */
public record TableSnapshot(
    String table, Instant at, long bytes, boolean view, @Nullable String filter) {}
