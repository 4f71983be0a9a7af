package dev.sluice.gcp;

import dev.sluice.contracts.Fact;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows in BigQuery that people query. They report what happened; nothing is decided from them. */
public interface Facts {

  /**
   * Appends each fact as one row, with {@code row_key} and {@code updated_at} beside its values.
   *
   * <p>Returns once BigQuery has them. A call that is repeated appends the rows again with a later
   * {@code updated_at}; the views show the newest row of each key.
   *
   * @throws dev.sluice.contracts.Bug where a table or column is absent or a value does not fit:
   *     names table, row and column; no row of that request is stored
   * @throws dev.sluice.contracts.Unavailable where BigQuery stays away
   */
  void append(List<Fact> facts);

  /**
   * Runs a query for a report.
   *
   * @param sql GoogleSQL with {@code @name} parameters; a table without a dataset is of the one
   *     that facts are appended to
   * @param parameters String, Boolean, Integer, Long, Double, Instant, LocalDate, or a non-empty
   *     List of one of them
   * @return rows by column: String, Boolean, Long, Double, BigDecimal, Instant, Map (RECORD), List
   *     (REPEATED), null; other types as their text
   * @throws dev.sluice.contracts.Bug where the query is wrong
   */
  List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters);
}
