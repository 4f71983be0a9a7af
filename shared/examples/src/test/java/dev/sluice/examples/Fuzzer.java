package dev.sluice.examples;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where Jazzer enters, by its names; {@code ./sluice bench fuzz} starts it. */
public final class Fuzzer {
  private static @Nullable FuzzTarget target;

  private Fuzzer() {}

  /**
   * Called once.
   *
   * @param arguments the folder of the target
   */
  public static void fuzzerInitialize(String[] arguments) {
    for (FuzzTarget one : FuzzTarget.values()) {
      target = one.folder().equals(arguments[0]) ? one : target;
    }
  }

  /** Called with every input. */
  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    if (target == null) {
      throw new IllegalStateException("no target is named so");
    }
    target.run(bytes);
  }
}
