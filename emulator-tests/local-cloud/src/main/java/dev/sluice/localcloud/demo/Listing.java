package dev.sluice.localcloud.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of a day.
 *
 * @param values in the order of {@link Marketplace#COLUMNS}: String, Long, BigDecimal, or null
 *     where missing
 * @param probability that such a listing is sold within thirty days: what a perfect model would say
 */
public record Listing(List<@Nullable Object> values, double probability) {
  public Listing {
    values = Collections.unmodifiableList(new ArrayList<>(values));
  }

  /** The value of a column, null where missing. */
  public @Nullable Object value(String column) {
    return values.get(Marketplace.COLUMNS.indexOf(column));
  }

  /** True where it was sold. */
  public boolean sold() {
    return Long.valueOf(1).equals(value(Marketplace.LABEL));
  }

  /**
   * What a shop that asks for a prediction knows: the raw row without the label, as JSON has it.
   */
  public Map<String, Object> request() {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      Object value = values.get(i);
      if (value != null && !Marketplace.COLUMNS.get(i).equals(Marketplace.LABEL)) {
        row.put(Marketplace.COLUMNS.get(i), value);
      }
    }
    return row;
  }
}
