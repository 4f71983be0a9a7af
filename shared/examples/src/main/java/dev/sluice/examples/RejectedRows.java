package dev.sluice.examples;

import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.OutputStream;

/** Where rejected rows go, in the order of the source. */
@FunctionalInterface
public interface RejectedRows {
  /** Takes one rejected row. */
  void add(RejectedRow row) throws IOException;

  /** Drops them. */
  static RejectedRows none() {
    return row -> {};
  }

  /** One JSON object a line, UTF-8; the caller closes {@code out}. */
  static RejectedRows jsonLines(OutputStream out) {
    return row -> {
      out.write(Json.bytes(row));
      out.write('\n');
    };
  }
}
