package dev.sluice.benchmarks.faults;

import dev.sluice.examples.ByteSource;

/**
 * One file.
 *
 * @param name unique in a run of the bench
 * @param table its rows
 * @param file what is delivered, which may be cut within a line
 */
record Batch(String name, Table table, ByteSource file) {
  static Batch of(String name, Table table) {
    return of(name, table, table.csv());
  }

  static Batch of(String name, Table table, byte[] csv) {
    return new Batch(name, table, ByteSource.of(name + ".csv", csv));
  }
}
