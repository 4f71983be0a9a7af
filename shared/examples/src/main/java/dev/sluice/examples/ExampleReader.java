package dev.sluice.examples;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stream of batches: nobody holds a data set. Not safe for use by several threads. */
public interface ExampleReader extends AutoCloseable {
  /** The columns that {@link #next} gives, in order. */
  List<Field> fields();

  /** The next batch, or null at the end. */
  @Nullable ExampleBatch next() throws IOException;

  @Override
  void close() throws IOException;
}
