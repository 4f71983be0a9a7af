package dev.sluice.gcp;

import org.jspecify.annotations.Nullable;

/**
 * A part of a table's rows. It may be read by another process than the one that opened it, for
 * about six hours.
 *
 * @param name BigQuery's name of the stream, or "" for one without rows
 * @param schema the Avro schema of its rows, as JSON
 */
public record TableStream(String name, String schema) {

  /**
   * Rows one after the other, in Avro's binary encoding, without a container.
   *
   * @param offset rows of the stream before these
   * @param count more than 0
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Block(long offset, byte[] rows, long count) {}

  /** The blocks of a stream, in order. For one thread. */
  public interface Blocks extends AutoCloseable {
    /**
     * The next one, or null at the end. A broken connection is made anew where it broke.
     *
     * @throws dev.sluice.contracts.BadInput where the stream is not there any more: open the table
     *     again
     * @throws dev.sluice.contracts.Unavailable where BigQuery stays away
     */
    @Nullable Block next();

    @Override
    void close();
  }
}
