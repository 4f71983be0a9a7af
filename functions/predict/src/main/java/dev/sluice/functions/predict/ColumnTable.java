package dev.sluice.functions.predict;

import dev.sluice.contracts.BadInput;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.RawColumn;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds a raw column by the bytes of its name as they stand in a request: an open-addressing hash
 * table at most half full, so a column costs one pass over its name and no object.
 */
final class ColumnTable {
  /** A column that requests may carry and the model does not read. */
  static final int IGNORED = -1;

  private final Mapping mapping;
  private final byte[] @Nullable [] names;
  private final int[] columns;
  private final int mask;

  ColumnTable(Mapping mapping) {
    this.mapping = mapping;
    Set<String> known = new LinkedHashSet<>();
    mapping.rawColumns().forEach(column -> known.add(column.name()));
    known.add(mapping.label().name());
    int size = Integer.highestOneBit(Math.max(known.size(), 1)) * 4;
    this.mask = size - 1;
    this.names = new byte[size][];
    this.columns = new int[size];
    for (String name : known) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      int slot = hash(bytes, 0, bytes.length) & mask;
      while (names[slot] != null) {
        slot = (slot + 1) & mask;
      }
      names[slot] = bytes;
      columns[slot] = index(name);
    }
  }

  /**
   * The column whose name the cursor has just consumed, or {@link #IGNORED}.
   *
   * @throws BadInput for a name the data set does not have, with the nearest
   */
  int find(JsonCursor json) {
    if (json.isEscaped()) {
      return index(json.text());
    }
    byte[] buffer = json.buffer();
    int from = json.from();
    int to = json.to();
    int slot = hash(buffer, from, to) & mask;
    for (byte[] name = names[slot]; name != null; name = names[slot]) {
      if (Arrays.equals(name, 0, name.length, buffer, from, to)) {
        return columns[slot];
      }
      slot = (slot + 1) & mask;
    }
    return index(json.text());
  }

  private int index(String name) {
    int column = mapping.column(name);
    return column < mapping.rawColumns().size()
            && mapping.rawColumns().get(column).role() == RawColumn.Role.FEATURE
        ? column
        : IGNORED;
  }

  private static int hash(byte[] bytes, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + bytes[i];
    }
    return hash ^ (hash >>> 15);
  }
}
