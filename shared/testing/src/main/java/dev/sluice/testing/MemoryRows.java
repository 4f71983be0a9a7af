package dev.sluice.testing;

import dev.sluice.gcp.RowWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tables of data in memory. A hook sees every append before it happens and may throw or wait. */
public final class MemoryRows implements RowWriter {
  private record Appended(String table, List<Map<String, @Nullable Object>> rows) {}

  private final List<Appended> appends = new ArrayList<>();
  private volatile Consumer<List<Map<String, @Nullable Object>>> before = rows -> {};

  /** Has this called with the rows of each append before they are kept; it may throw or wait. */
  public void before(Consumer<List<Map<String, @Nullable Object>>> hook) {
    before = hook;
  }

  @Override
  public void append(String table, List<Map<String, @Nullable Object>> rows) {
    before.accept(rows);
    synchronized (this) {
      appends.add(new Appended(table, List.copyOf(rows)));
    }
  }

  /** Every row of a table, in the order of their appends. */
  public synchronized List<Map<String, @Nullable Object>> of(String table) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    appends.stream().filter(a -> a.table().equals(table)).forEach(a -> out.addAll(a.rows()));
    return out;
  }

  /** One column of a table's rows. */
  public List<@Nullable Object> column(String table, String column) {
    List<@Nullable Object> out = new ArrayList<>();
    of(table).forEach(row -> out.add(row.get(column)));
    return out;
  }

  /** How many rows each append to a table had. */
  public synchronized List<Integer> sizes(String table) {
    return appends.stream().filter(a -> a.table().equals(table)).map(a -> a.rows().size()).toList();
  }
}
