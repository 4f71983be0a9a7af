package dev.sluice.stages;

import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageResult;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operation that makes artifacts. What it makes depends on the call's inputs, spec keys and
 * parameters alone, so that equal calls give equal artifacts and the second one finds them.
 */
public interface Stage {
  /**
   * What was made.
   *
   * @param verdict what a gate says, null for every other operation
   * @param summary a few figures for logs and pages
   */
  record Made(@Nullable Outcome verdict, Map<String, Object> summary) {
    public Made {
      summary = Map.copyOf(summary);
    }

    /** Made without a verdict. */
    public static Made of(Map<String, Object> summary) {
      return new Made(null, summary);
    }
  }

  /**
   * What the artifacts depend on beside inputs, spec keys and parameters, such as the checksum of a
   * file that the spec names; it enters the fingerprint.
   */
  default Map<String, Object> dependsOn(RunContext context, Platform platform) {
    return Map.of();
  }

  /** Makes the artifacts, by {@link StageCall#output}; not called where they exist. */
  Made make(StageCall call) throws IOException;

  /**
   * Writes what is said of this run and batch, and takes the decisions that follow, from the
   * artifacts alone: called each time, whether they were made now or found.
   */
  default void report(StageCall call, StageResult result) throws IOException {}
}
