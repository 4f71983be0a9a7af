package dev.sluice.validation;

import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.RowHashes;
import dev.sluice.examples.StringColumn;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first row, by source and place in it, that is equal to an earlier one in every column. Equal
 * rows are in one split, and each split is read in the order of the source, so that one pass over
 * hashes of the rows finds it. Memory is eight to sixteen bytes a row, of at most {@value
 * #MOST_ROWS} rows.
 */
final class FirstRepeat {
  private static final int MOST_ROWS = 1 << 22;

  /**
   * @param source the object that holds the row, '' where the examples do not say
   * @param row 1-based in it
   */
  record Place(String source, long row) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int bySource = source.compareTo(other.source);
      return bySource != 0 ? bySource : Long.compare(row, other.row);
    }
  }

  private long[] slots = new long[1 << 12];
  private int size;

  private FirstRepeat() {}

  /**
   * @return null where no row repeats another, among the first {@value #MOST_ROWS} that are read
   */
  static @Nullable Place find(ExampleSource examples, Set<String> columns) {
    Set<String> names = new LinkedHashSet<>(columns);
    names.add(Field.ROW);
    names.add(Field.SOURCE);
    FirstRepeat seen = new FirstRepeat();
    Place first = null;
    try (ExampleReader reader = examples.read(names)) {
      for (ExampleBatch batch = reader.next();
          batch != null && seen.size < MOST_ROWS;
          batch = reader.next()) {
        if (batch.column(Field.ROW) instanceof IntColumn rows) {
          long[] hashes = RowHashes.ofRows(batch);
          for (int i = 0; i < hashes.length; i++) {
            if (!seen.add(hashes[i]) && (first == null || rows.values()[i] < first.row())) {
              Column source = batch.column(Field.SOURCE);
              first =
                  new Place(
                      source instanceof StringColumn texts ? texts.value(i) : "", rows.values()[i]);
            }
          }
        }
      }
    } catch (IOException e) {
      throw new Unavailable(
          "the batch's examples could not be read again to find the first row that repeats: "
              + e.getMessage()
              + "; the same call may succeed later",
          e);
    }
    return first;
  }

  /** False where it was there. */
  private boolean add(long hash) {
    // Zero marks an empty slot.
    long key = hash == 0 ? 1 : hash;
    int mask = slots.length - 1;
    int slot = (int) key & mask;
    while (slots[slot] != 0) {
      if (slots[slot] == key) {
        return false;
      }
      slot = (slot + 1) & mask;
    }
    slots[slot] = key;
    if (2 * ++size > slots.length) {
      long[] old = slots;
      slots = new long[2 * old.length];
      size = 0;
      for (long each : old) {
        if (each != 0) {
          add(each);
        }
      }
    }
    return true;
  }
}
