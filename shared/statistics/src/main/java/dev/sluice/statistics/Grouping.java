package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The groups that one column makes: one a value, then one for all other values, then one for the
 * rows where the column is missing. For each batch it orders the rows by group, once for all
 * features.
 */
final class Grouping implements Places {
  /** Stands for the values of a column that have no group of their own. */
  static final String OTHER = "*other*";

  private final Field field;
  private final List<String> values;
  private final Map<String, Integer> places = new HashMap<>();
  private final long[] rows;
  private int[] order = new int[0];
  private int[] ends;

  Grouping(Field field, List<String> values) {
    this.field = field;
    this.values = List.copyOf(values);
    for (int i = 0; i < values.size(); i++) {
      places.put(values.get(i), i);
    }
    rows = new long[values.size() + 2];
    ends = new int[rows.length];
  }

  /** Groups, those for other values and for missing ones included. */
  @Override
  public int size() {
    return rows.length;
  }

  /** {@code column=value}. */
  String slice(int group) {
    String value = group < values.size() ? values.get(group) : group == values.size() ? OTHER : "";
    return field.name() + "=" + value;
  }

  /** Rows of a group in all batches so far. */
  long rows(int group) {
    return rows[group];
  }

  /** Puts the rows of a batch in order; {@link #order} and {@link #end} then tell it. */
  void take(ExampleBatch batch) {
    Column column = DatasetAccumulator.column(batch, field);
    int n = batch.rows();
    int[] groups = new int[n];
    int missing = rows.length - 1;
    switch (column) {
      case ListColumn _ -> throw new Bug("a column of lists makes no groups: " + field.name());
      case StringColumn strings -> {
        int[] ofCode = new int[strings.dictionary().size()];
        for (int code = 0; code < ofCode.length; code++) {
          ofCode[code] = group(TextCounts.key(strings.dictionary().get(code)));
        }
        for (int r = 0; r < n; r++) {
          groups[r] = strings.isMissing(r) ? missing : ofCode[strings.codes()[r]];
        }
      }
      case IntColumn ints -> {
        Map<Long, Integer> known = new HashMap<>();
        long last = 0;
        int group = group("0");
        for (int r = 0; r < n; r++) {
          if (ints.isMissing(r)) {
            groups[r] = missing;
            continue;
          }
          long value = ints.values()[r];
          if (value != last) {
            last = value;
            Integer place = known.get(value);
            if (place == null) {
              place = group(Long.toString(value));
              // Only values with a group of their own, so that the map stays small.
              if (place < values.size()) {
                known.put(value, place);
              }
            }
            group = place;
          }
          groups[r] = group;
        }
      }
      case FloatColumn _ -> throw new Bug("a FLOAT column makes no groups: " + field.name());
    }
    ends = new int[rows.length];
    for (int r = 0; r < n; r++) {
      ends[groups[r]]++;
    }
    int sum = 0;
    for (int g = 0; g < ends.length; g++) {
      rows[g] += ends[g];
      int start = sum;
      sum += ends[g];
      ends[g] = start;
    }
    if (order.length < n) {
      order = new int[n];
    }
    for (int r = 0; r < n; r++) {
      order[ends[groups[r]]++] = r;
    }
  }

  private int group(String value) {
    Integer place = places.get(value);
    return place == null ? values.size() : place;
  }

  /** Rows of the batch, group by group. */
  @Override
  public int[] order() {
    return order;
  }

  @Override
  public int end(int group) {
    return ends[group];
  }
}
