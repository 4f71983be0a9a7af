package dev.sluice.examples;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** Files that writers other than ours made; {@code src/test/scripts} has how. */
final class Golden {
  private Golden() {}

  static byte[] bytes(String name) throws IOException {
    try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name)) {
      if (in == null) {
        throw new FileNotFoundException(name);
      }
      return in.readAllBytes();
    }
  }

  static ByteSource source(String name) throws IOException {
    return ByteSource.of(name, bytes(name));
  }
}
