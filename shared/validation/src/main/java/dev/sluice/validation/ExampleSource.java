package dev.sluice.validation;

import dev.sluice.examples.ExampleReader;
import java.io.IOException;
import java.util.Set;

/** Where the batch's examples can be read once more, to find the row in which something began. */
@FunctionalInterface
public interface ExampleSource {
  /**
   * A new reader over all examples of the batch, in any order.
   *
   * @param columns those that are needed, {@code __row} and {@code __source} among them; a reader
   *     may give more
   */
  ExampleReader read(Set<String> columns) throws IOException;
}
