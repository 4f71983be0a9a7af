package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Combines readers. */
public final class ExampleReaders {
  private ExampleReaders() {}

  /** Opens one part. */
  @FunctionalInterface
  public interface Part {
    /** A new reader at the part's start. */
    ExampleReader open() throws IOException;
  }

  /**
   * The rows of several parts in order; each is opened when the one before it is at its end, the
   * first one at once. Batches are of equal size, the last one excepted, however the rows are
   * spread over the parts.
   *
   * @param parts at least one, of equal fields
   */
  public static ExampleReader concat(List<? extends Part> parts) throws IOException {
    if (parts.isEmpty()) {
      throw new Bug("no parts to read");
    }
    Queue<Part> rest = new ArrayDeque<>(parts);
    return new EvenReader(new Concat(rest.remove().open(), rest));
  }

  private static final class Concat implements ExampleReader {
    private final List<Field> fields;
    private final Queue<Part> rest;
    private ExampleReader current;

    private Concat(ExampleReader first, Queue<Part> rest) {
      this.current = first;
      this.fields = first.fields();
      this.rest = rest;
    }

    @Override
    public List<Field> fields() {
      return fields;
    }

    @Override
    public @Nullable ExampleBatch next() throws IOException {
      while (true) {
        ExampleBatch batch = current.next();
        if (batch != null || rest.isEmpty()) {
          return batch;
        }
        current.close();
        current = rest.remove().open();
        if (!current.fields().equals(fields)) {
          throw new BadInput(
              "a later part has fields "
                  + current.fields()
                  + ", the first one has "
                  + fields
                  + "; parts of one artifact need equal fields");
        }
      }
    }

    @Override
    public void close() throws IOException {
      current.close();
    }
  }
}
