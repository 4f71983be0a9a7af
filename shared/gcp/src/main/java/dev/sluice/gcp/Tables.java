package dev.sluice.gcp;

import org.jspecify.annotations.Nullable;

/** BigQuery's tables as sources of data. */
public interface Tables {
  /**
   * A table as it is now, which can be read again as long as BigQuery's time travel reaches back.
   *
   * @param table {@code [project.]dataset.table}
   * @param partition the id of one partition, such as {@code 20261101}; null for all
   * @throws dev.sluice.contracts.BadInput where there is no such table or partition
   */
  TableSnapshot snapshot(String table, @Nullable String partition);

  /**
   * Runs a query into a table of its own, which expires by itself.
   *
   * @param query GoogleSQL
   * @return that table
   * @throws dev.sluice.contracts.BadInput where BigQuery refuses the query
   */
  TableSnapshot materialize(String query);
}
