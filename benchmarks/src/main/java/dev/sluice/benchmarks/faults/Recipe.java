package dev.sluice.benchmarks.faults;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One way to break a table.
 *
 * @param severity how bad, as the table of results names it
 */
record Recipe(FaultKind kind, String severity, Maker maker) {

  /** Breaks a table. */
  @FunctionalInterface
  interface Maker {
    /** The broken table; null where the table has no column or group that can break so. */
    @Nullable Broken make(Victim victim);
  }

  /**
   * What came of it.
   *
   * @param cut bytes that the file lacks at its end
   */
  record Broken(Table table, Truth truth, int cut) {
    static Broken of(Table table, Truth truth) {
      return new Broken(table, truth, 0);
    }

    Batch batch(String name) {
      byte[] csv = table.csv();
      return Batch.of(name, table, Arrays.copyOf(csv, csv.length - cut));
    }
  }

  /** Length of the last line with its line break, in bytes. */
  static int lastLine(Table table) {
    String csv =
        new String(table.slice(table.rows() - 1, table.rows()).csv(), StandardCharsets.ISO_8859_1);
    return csv.length() - csv.indexOf('\n') - 1;
  }
}
