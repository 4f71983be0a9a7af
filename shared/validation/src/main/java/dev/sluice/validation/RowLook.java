package dev.sluice.validation;

import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something that looks at every row of a batch once, in whatever order rows come. */
interface RowLook {
  /** The columns that it needs, beside those that say where a row came from. */
  Set<String> columns();

  /** Looks at some more rows. */
  void look(Rows rows);

  /**
   * Rows, and where each came from.
   *
   * @param places 1-based in the source object
   * @param sources null where the examples do not say
   */
  record Rows(ExampleBatch batch, IntColumn places, @Nullable StringColumn sources) {
    int count() {
      return batch.rows();
    }

    long place(int row) {
      return places.values()[row];
    }

    /** The source object, '' where not known. */
    String source(int row) {
      return sources == null ? "" : sources.value(row);
    }
  }
}
