package dev.sluice.gcp;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whole tables of BigQuery at one moment, read in parallel over the Storage Read API. */
public interface Tables {

  /**
   * The table as it is now. Rows whose append was answered before this call are in it.
   *
   * @param table {@code [project.]dataset.table}, also with {@code $partition}
   * @param partition such as {@code 20261101} of a table that is partitioned by time: year, month,
   *     day or hour as its partitions are, or {@code __NULL__}; null means all
   * @throws dev.sluice.contracts.BadInput where there is no such table or partition
   */
  TableSnapshot snapshot(String table, @Nullable String partition);

  /**
   * Runs a query into a table {@code tmp_<id>} of this dataset, unless it is there already, and
   * answers that table. Calls with one id share one table: at the same time, one after the other,
   * or again after a call was cut off.
   *
   * @param id letters, digits and underscores: a hash of all that the result depends on
   * @param query GoogleSQL; every column needs a name. A view is {@code SELECT * FROM `view`}
   * @param ttl after which BigQuery drops the table, counted from when it is made
   * @throws dev.sluice.contracts.BadInput where the query is wrong
   */
  TableSnapshot materialize(String id, String query, Duration ttl);

  /**
   * Opens a table's rows, each of which is in one of the streams. All streams are of the same
   * moment, whatever happens to the table meanwhile.
   *
   * @param columns top-level ones; none means all. Rows have them in the table's order
   * @param filter a GoogleSQL condition over the table's columns, beside the snapshot's own; null
   *     means all rows
   * @param streams how many at most; BigQuery gives fewer for small tables, and one without rows
   *     for an empty one
   * @throws dev.sluice.contracts.BadInput where a column or the filter does not fit the table, or
   *     its rows of that moment are not kept any more (BigQuery keeps them for seven days)
   */
  List<TableStream> open(
      TableSnapshot snapshot, List<String> columns, @Nullable String filter, int streams);

  /**
   * Reads a stream.
   *
   * @param offset rows to leave out at its start
   */
  TableStream.Blocks read(TableStream stream, long offset);
}
