package dev.sluice.gcp;

import org.jspecify.annotations.Nullable;

/**
 * A table as it was at a moment.
 *
 * @param table {@code project.dataset.table}
 * @param millis the moment, by BigQuery's clock, in milliseconds since 1970
 * @param filter the partition as a row restriction; null means all rows
 * @param rows of the whole table as BigQuery's metadata has them, which streamed rows join late; -1
 *     where it does not know
 * @param bytes of the whole table, likewise
 * @param view true for what has no rows of its own (a view, an external table): {@link
 *     Tables#materialize} it first
 */
public record TableSnapshot(
    String table, long millis, @Nullable String filter, long rows, long bytes, boolean view) {

  /** {@code bigquery://project.dataset.table@millis}. */
  public String uri() {
    return "bigquery://" + table + "@" + millis;
  }
}
