package dev.sluice.examples;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

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
    Gson gson = new GsonBuilder().disableHtmlEscaping().create();
    return row -> out.write((gson.toJson(row) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
