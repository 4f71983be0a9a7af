package dev.sluice.examples;

import java.io.IOException;

/** Takes batches of the same fields and stores them in order. */
public interface ExampleWriter extends AutoCloseable {
  /** Stores a batch; it may be held until there are enough rows for a group. */
  void write(ExampleBatch batch) throws IOException;

  /** Rows given so far. */
  long rows();

  /** Stores what is held and completes the file; a file that is not finished is not readable. */
  void finish() throws IOException;

  /** Frees memory; the stream stays open and is the caller's. */
  @Override
  void close();
}
