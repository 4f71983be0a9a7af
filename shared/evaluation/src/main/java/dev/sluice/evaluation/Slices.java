package dev.sluice.evaluation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Names;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which examples belong to which slice. Examples are added batch by batch, in the order in which
 * they are scored; memory is four bytes an example and column set.
 */
public final class Slices {
  /** A slice with fewer examples tells nothing worth a row. */
  public static final int LEAST_EXAMPLES = 30;

  /** Distinct values of one column set that are kept apart; the rest share one slice. */
  static final int MOST_VALUES = 1000;

  private static final String OTHER = "*other*";

  private final List<List<String>> columnSets;
  private final List<Map<String, Integer>> ids = new ArrayList<>();
  private final List<int[]> members = new ArrayList<>();
  private int rows;

  /**
   * @param columnSets each set of columns makes one family of slices
   */
  public Slices(List<List<String>> columnSets) {
    this.columnSets = List.copyOf(columnSets);
    for (int i = 0; i < columnSets.size(); i++) {
      ids.add(new LinkedHashMap<>());
      members.add(new int[1024]);
    }
  }

  /**
   * @throws BadInput where the batch lacks a column, naming the nearest, or has it in lists
   */
  public void add(ExampleBatch batch) {
    for (int s = 0; s < columnSets.size(); s++) {
      List<Column> columns = new ArrayList<>();
      for (String name : columnSets.get(s)) {
        Column column = batch.column(name);
        if (column == null) {
          throw new BadInput(
              "slices name column '"
                  + name
                  + "', which the examples lack; did you mean '"
                  + Names.nearest(name, batch.fields().stream().map(Field::name).toList())
                  + "'?");
        }
        if (column instanceof ListColumn) {
          throw ListColumn.refused(name, "make slices");
        }
        columns.add(column);
      }
      if (rows + batch.rows() > members.get(s).length) {
        members.set(
            s,
            Arrays.copyOf(
                members.get(s), Math.max(members.get(s).length * 2, rows + batch.rows())));
      }
      Map<String, Integer> known = ids.get(s);
      for (int row = 0; row < batch.rows(); row++) {
        String key = key(columnSets.get(s), columns, row);
        Integer id = known.get(key);
        if (id == null) {
          key = known.size() < MOST_VALUES ? key : OTHER;
          id = known.computeIfAbsent(key, k -> known.size());
        }
        members.get(s)[rows + row] = id;
      }
    }
    rows += batch.rows();
  }

  /**
   * Slice name, such as {@code country=NL} or {@code country=NL,category=toys}, to the places of
   * its examples in the order in which they were added; slices of fewer than thirty are left out.
   */
  public Map<String, int[]> members() {
    Map<String, int[]> out = new TreeMap<>();
    for (int s = 0; s < columnSets.size(); s++) {
      int[] counts = new int[ids.get(s).size()];
      for (int row = 0; row < rows; row++) {
        counts[members.get(s)[row]]++;
      }
      int[][] places = new int[counts.length][];
      for (int id = 0; id < counts.length; id++) {
        places[id] = new int[counts[id] >= LEAST_EXAMPLES ? counts[id] : 0];
      }
      int[] filled = new int[counts.length];
      for (int row = 0; row < rows; row++) {
        int id = members.get(s)[row];
        if (places[id].length > 0) {
          places[id][filled[id]++] = row;
        }
      }
      ids.get(s)
          .forEach((name, id) -> {
            if (places[id].length > 0) {
              out.put(name, places[id]);
            }
          });
    }
    return out;
  }

  private static String key(List<String> names, List<Column> columns, int row) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      out.append(i == 0 ? "" : ",").append(names.get(i)).append('=');
      Column column = columns.get(i);
      if (!column.isMissing(row)) {
        switch (column) {
          case IntColumn ints -> out.append(ints.values()[row]);
          case FloatColumn floats -> out.append(floats.values()[row]);
          case StringColumn strings -> out.append(strings.value(row));
          case ListColumn _ -> throw new Bug("a slice by a column of several values a row");
        }
      }
    }
    return out.toString();
  }
}
