package dev.sluice.examples;

import dev.sluice.contracts.Bug;
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
}
