package dev.sluice.stages;

import dev.sluice.contracts.Fact;
import dev.sluice.rollout.Registry;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows of table {@code models}: one a version, and each writer says what it knows; the view shows
 * the newest value of each column.
 */
public final class ModelFacts {
  /** Where a version stands. */
  public enum State {
    /** Trained and registered. */
    CANDIDATE,
    /** Through the gates. */
    BLESSED,
    /** Held at the gates. */
    REJECTED,
    /** Answers requests. */
    LIVE,
    /** Answered once; another version does now. */
    RETIRED
  }

  private ModelFacts() {}

  /** A version's state. */
  public static Fact state(String pipeline, Registry.Version version, State state) {
    return fact(pipeline, version, state, Map.of());
  }

  /** A version's state, and more of what is known of it, by column. */
  public static Fact fact(
      String pipeline, Registry.Version version, State state, Map<String, ?> more) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", pipeline);
    values.put("model", version.fingerprint());
    values.put("version", version.number());
    values.put("state", state.name());
    values.put("uri", version.model());
    values.put("transform_fingerprint", ArtifactUri.parse(version.transform()).fingerprint());
    values.put("batch", version.batch());
    values.putAll(more);
    return new Fact("models", pipeline + "/" + version.number(), values);
  }
}
