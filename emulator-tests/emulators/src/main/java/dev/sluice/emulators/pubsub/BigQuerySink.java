package dev.sluice.emulators.pubsub;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where BigQuery subscriptions write. */
@FunctionalInterface
public interface BigQuerySink {
  /**
   * Inserts all the rows or none.
   *
   * @param table {@code project.dataset.table}
   * @throws IOException if the table is not there or a row does not fit it; the message says why
   */
  void insert(String table, List<JsonObject> rows) throws IOException;

  /**
   * The names of a table's columns. A subscription that drops unknown fields needs them; with a
   * sink that cannot tell (empty, the default) its messages fail.
   */
  default Optional<Set<String>> columns(String table) throws IOException {
    return Optional.empty();
  }
}
