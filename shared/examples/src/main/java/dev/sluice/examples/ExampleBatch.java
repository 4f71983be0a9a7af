package dev.sluice.examples;

import dev.sluice.contracts.Bug;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Up to about 64k examples, column by column.
 *
 * @param fields names and types, in order; names are distinct
 * @param columns as many as {@code fields}, each with {@code rows} rows
 */
public record ExampleBatch(List<Field> fields, List<Column> columns, int rows) {
  /** Rows that readers put into a batch, the last one excepted. */
  public static final int ROWS = 1 << 16;

  public ExampleBatch {
    fields = List.copyOf(fields);
    columns = List.copyOf(columns);
    if (fields.size() != columns.size()) {
      throw new Bug(fields.size() + " fields but " + columns.size() + " columns");
    }
    for (int i = 0; i < fields.size(); i++) {
      if (columns.get(i).rows() != rows) {
        throw new Bug(
            "column "
                + fields.get(i).name()
                + " has "
                + columns.get(i).rows()
                + " rows, not "
                + rows);
      }
    }
  }

  /** The column of that name, or null where the batch has none. */
  public @Nullable Column column(String name) {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals(name)) {
        return columns.get(i);
      }
    }
    return null;
  }

  /**
   * Some of the rows, in the order given. Texts keep their dictionary, of which entries may then be
   * unused.
   *
   * @param chosen places of rows
   */
  public ExampleBatch select(int[] chosen) {
    List<Column> selected = new ArrayList<>(columns.size());
    for (Column column : columns) {
      selected.add(select(column, chosen));
    }
    return new ExampleBatch(fields, selected, chosen.length);
  }

  private static Column select(Column column, int[] chosen) {
    Validity validity = select(column.missing() == 0, column, chosen);
    return switch (column) {
      case IntColumn ints -> {
        long[] values = new long[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
          values[i] = ints.values()[chosen[i]];
        }
        yield new IntColumn(values, validity);
      }
      case FloatColumn floats -> {
        double[] values = new double[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
          values[i] = floats.values()[chosen[i]];
        }
        yield new FloatColumn(values, validity);
      }
      case StringColumn texts -> {
        int[] codes = new int[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
          codes[i] = texts.codes()[chosen[i]];
        }
        yield new StringColumn(codes, texts.dictionary(), validity);
      }
      case ListColumn lists -> {
        int[] offsets = new int[chosen.length + 1];
        for (int i = 0; i < chosen.length; i++) {
          offsets[i + 1] = offsets[i] + lists.length(chosen[i]);
        }
        int[] places = new int[offsets[chosen.length]];
        for (int i = 0, to = 0; i < chosen.length; i++) {
          for (int v = lists.offsets()[chosen[i]]; v < lists.offsets()[chosen[i] + 1]; v++) {
            places[to++] = v;
          }
        }
        yield new ListColumn(offsets, select(lists.values(), places), validity);
      }
    };
  }

  private static Validity select(boolean all, Column column, int[] chosen) {
    if (all) {
      return Validity.all(chosen.length);
    }
    long[] present = new long[(chosen.length + 63) >> 6];
    for (int i = 0; i < chosen.length; i++) {
      if (!column.isMissing(chosen[i])) {
        present[i >> 6] |= 1L << i;
      }
    }
    return Validity.of(present, chosen.length);
  }
}
