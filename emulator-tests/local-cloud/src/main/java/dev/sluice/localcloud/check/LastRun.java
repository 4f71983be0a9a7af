package dev.sluice.localcloud.check;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.Pins;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.ObjectName;
import dev.sluice.stages.Platform;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a batch's last run worked on and made.
 *
 * @param run its id
 * @param pins what it pinned
 * @param made operation to what it made, or found; of a mapped one its first shard's
 */
public record LastRun(String run, Pins pins, Map<String, Artifact> made) {
  private static final String OF_BATCH =
      """
      SELECT run FROM stage_runs
      WHERE pipeline = @pipeline AND batch = @batch AND state = 'SUCCEEDED'
      ORDER BY started_at DESC LIMIT 1
      """;

  private static final String OF_ANY =
      """
      SELECT run FROM stage_runs
      WHERE pipeline = @pipeline AND state = 'SUCCEEDED'
      ORDER BY started_at DESC LIMIT 1
      """;

  private static final String MADE =
      """
      SELECT operation, shard, fingerprint FROM stage_runs
      WHERE pipeline = @pipeline AND run = @run AND state = 'SUCCEEDED'
        AND fingerprint IS NOT NULL
      """;

  public LastRun {
    made = Map.copyOf(made);
  }

  /**
   * @param batch null for the one that ran last
   * @return nothing where none ran yet
   */
  public static Optional<LastRun> find(
      Platform platform,
      Facts facts,
      Operations operations,
      String pipeline,
      @Nullable String batch) {
    Optional<String> run =
        facts
            .query(
                batch == null ? OF_ANY : OF_BATCH,
                batch == null
                    ? Map.of("pipeline", pipeline)
                    : Map.of("pipeline", pipeline, "batch", batch))
            .stream()
            .findFirst()
            .map(row -> String.valueOf(row.get("run")));
    Optional<Pins> pins = run.flatMap(id -> platform.findPins(pipeline, id));
    if (run.isEmpty() || pins.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Artifact> made = new HashMap<>();
    for (Map<String, @Nullable Object> row :
        facts.query(MADE, Map.of("pipeline", pipeline, "run", run.get()))) {
      Object shard = row.get("shard");
      if (shard != null && !shard.toString().equals("0")) {
        continue;
      }
      String name = String.valueOf(row.get("operation"));
      operations.all().stream()
          .filter(operation -> operation.name().equals(name) && !operation.gives().isEmpty())
          .findFirst()
          .flatMap(operation ->
              artifact(platform, pipeline, operation, String.valueOf(row.get("fingerprint"))))
          .ifPresent(artifact -> made.put(name, artifact));
    }
    return Optional.of(new LastRun(run.get(), pins.get(), made));
  }

  /** The record of the operation's first output under that fingerprint, if it was made. */
  static Optional<Artifact> artifact(
      Platform platform, String pipeline, Operation operation, String fingerprint) {
    ObjectName object =
        platform
            .layout()
            .artifact(
                pipeline, Operation.kind(operation.gives().getFirst()), fingerprint, Artifact.FILE);
    return platform
        .objects()
        .load(object)
        .map(found -> Json.read(found.bytes(), Artifact.class, object.uri()));
  }
}
