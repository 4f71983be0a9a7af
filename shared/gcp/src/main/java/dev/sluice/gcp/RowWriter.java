package dev.sluice.gcp;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Appends rows to tables of data. */
public interface RowWriter {
  void append(String table, List<Map<String, @Nullable Object>> rows);
}
