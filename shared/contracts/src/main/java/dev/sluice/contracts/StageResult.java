package dev.sluice.contracts;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an operation answers.
 *
 * @param outputs name to uri; a name in {@code gives} that is absent was not given
 * @param verdict what a gate said, null for every other operation
 * @param cached true where the artifact was there already
 * @param summary a few figures for logs and pages
 */
public record StageResult(
    Map<String, String> outputs,
    @Nullable Outcome verdict,
    boolean cached,
    Map<String, Object> summary) {
  public StageResult {
    outputs = Map.copyOf(outputs);
    summary = summary == null ? Map.of() : Map.copyOf(summary);
  }

  /** The same answer, found rather than made. */
  public StageResult asCached() {
    return new StageResult(outputs, verdict, true, summary);
  }
}
