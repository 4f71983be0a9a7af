package dev.sluice.examples;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of binary Avro rows without a file around them, as BigQuery's Storage Read API sends them.
 * They can be read from the start any number of times and are the same each time.
 */
@FunctionalInterface
public interface BlockSource {
  /** The blocks from the first one on. */
  Blocks open() throws IOException;

  /** One reading of the blocks, in order. */
  interface Blocks extends AutoCloseable {
    /** The next block, or null after the last one. */
    @Nullable Block next() throws IOException;

    @Override
    void close() throws IOException;
  }

  /**
   * Some rows, one after the other.
   *
   * @param rows not changed once given
   * @param count how many they are
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Block(byte[] rows, long count) {}
}
