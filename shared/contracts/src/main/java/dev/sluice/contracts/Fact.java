package dev.sluice.contracts;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row for BigQuery: reported, and never decided from.
 *
 * @param table the name people query, such as {@code batches}; the row is appended to its log
 * @param key the same fact has the same key, however often it is written
 * @param values by column; {@code Instant} for TIMESTAMP, {@code List} for REPEATED, {@code Map}
 *     for RECORD; a null value is left out
 */
public record Fact(String table, String key, Map<String, @Nullable Object> values) {
  public Fact {
    if (table.isEmpty() || key.isEmpty()) {
      throw new Bug("a fact needs a table and a key, not '" + table + "' and '" + key + "'");
    }
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}
