package dev.sluice.validation;

import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads a batch's examples once for all that want to look at its rows. */
final class RowPass {
  private RowPass() {}

  /**
   * Reads the columns that anyone needs; nothing where nobody looks.
   *
   * @throws Unavailable where reading fails
   */
  static void over(ExampleSource examples, List<? extends RowLook> looks) {
    if (looks.isEmpty()) {
      return;
    }
    Set<String> columns = new LinkedHashSet<>(List.of(Field.ROW, Field.SOURCE));
    looks.forEach(look -> columns.addAll(look.columns()));
    try (ExampleReader reader = examples.read(columns)) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        if (batch.column(Field.ROW) instanceof IntColumn places) {
          StringColumn sources =
              batch.column(Field.SOURCE) instanceof StringColumn texts ? texts : null;
          RowLook.Rows rows = new RowLook.Rows(batch, places, sources);
          looks.forEach(look -> look.look(rows));
        }
      }
    } catch (IOException e) {
      throw new Unavailable(
          "the batch's examples could not be read again to find where an anomaly begins: "
              + e.getMessage()
              + "; the same call may succeed later",
          e);
    }
  }
}
