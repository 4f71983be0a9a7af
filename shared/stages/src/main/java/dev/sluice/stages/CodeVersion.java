package dev.sluice.stages;

import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Which code a function runs, as the build wrote it: it enters every fingerprint. */
public final class CodeVersion {
  private static final String FILE = "META-INF/sluice/code-version";

  private CodeVersion() {}

  /**
   * 64 hex digits; {@code unpackaged} where the function runs from classes that no build packed.
   */
  public static String of(Class<?> function) {
    try (InputStream in = function.getClassLoader().getResourceAsStream(FILE)) {
      return in == null
          ? "unpackaged"
          : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new Bug(FILE + " cannot be read", e);
    }
  }
}
