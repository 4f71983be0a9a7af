package dev.sluice.testing;

import dev.sluice.contracts.Fact;
import dev.sluice.gcp.Facts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Facts in memory, in the order in which they were reported. */
public final class MemoryFacts implements Facts {
  private final List<Fact> rows = new ArrayList<>();
  private volatile Consumer<Fact> before = fact -> {};

  /** Has this called with each fact before it is kept; it may throw. */
  public void before(Consumer<Fact> hook) {
    before = hook;
  }

  @Override
  public synchronized void append(List<Fact> facts) {
    facts.forEach(before);
    rows.addAll(facts);
  }

  @Override
  public List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters) {
    throw new UnsupportedOperationException("functions report facts and never ask for them");
  }

  /** Every fact of a table. */
  public synchronized List<Fact> of(String table) {
    return rows.stream().filter(fact -> fact.table().equals(table)).toList();
  }

  /** One column of a table's facts. */
  public List<@Nullable Object> column(String table, String column) {
    List<@Nullable Object> out = new ArrayList<>();
    of(table).forEach(fact -> out.add(fact.values().get(column)));
    return out;
  }
}
