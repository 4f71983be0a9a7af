package dev.sluice.gcp;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows into BigQuery's tables, many a second. Safe for use by several threads. */
public interface RowWriter {

  /**
   * Appends rows and returns once BigQuery has stored them. Calls that come at the same time share
   * requests, so each may carry a single row.
   *
   * <p>At least once: a call that is made again, or that fails with {@code Unavailable}, may have
   * stored its rows already. Rows of one call may be stored before others of it are refused only
   * where they are more than one request takes (7 MB).
   *
   * @param table {@code [project.]dataset.table}
   * @param rows values by column, in any case; a column without a value is NULL. INT64 takes
   *     integers, FLOAT64 any number, NUMERIC a BigDecimal, another number or its text, BOOL a
   *     Boolean, STRING text or an enum, JSON its text, BYTES a byte[], TIMESTAMP an Instant, DATE,
   *     DATETIME and TIME java.time's or all four their ISO text, REPEATED a Collection, RECORD a
   *     Map
   * @throws dev.sluice.contracts.Bug where the table or a column is absent or a value does not fit:
   *     names table, row and column; no row of that request is stored
   * @throws dev.sluice.contracts.Unavailable where BigQuery stays away
   */
  void append(String table, List<Map<String, @Nullable Object>> rows);
}
