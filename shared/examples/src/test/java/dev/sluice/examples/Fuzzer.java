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
  public static void fuzzerInitialize(String[] arguments) throws IOException {
    for (FuzzTarget one : FuzzTarget.values()) {
      target = one.folder().equals(arguments[0]) ? one : target;
    }
    if (target != null) {
      warmUp(target);
    }
  }

  /** What is loaded and instrumented for the first input is not that input's doing. */
  private static void warmUp(FuzzTarget first) throws IOException {
    try {
      first.run(new byte[] {'a', '\n'});
    } catch (AssertionError tooMuch) {
      System.err.println("warm-up: " + tooMuch.getMessage());
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
