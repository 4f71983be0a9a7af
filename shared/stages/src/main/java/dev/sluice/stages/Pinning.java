package dev.sluice.stages;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageRequest;
import dev.sluice.rollout.Registry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a run of a batch takes from what stands when it begins. */
public final class Pinning {
  /** Below this a call ends well within a function's time, and cutting costs more than it saves. */
  private static final long ONE_CALL_BYTES = 256L << 20;

  /** Batches that tell how far batches differ by nature. */
  private static final int MOST_HISTORY = 12;

  private static final long SHARD_BYTES = 128L << 20;
  private static final int MOST_SHARDS = 64;

  private Pinning() {}

  /**
   * @param specGeneration of the spec
   * @param schemaGeneration of the schema that the spec names, null where it names none
   * @param registry the pipeline's decisions so far
   */
  public static Pins of(
      PipelineSpec spec,
      long specGeneration,
      @Nullable Long schemaGeneration,
      Registry registry,
      Batch batch) {
    BaselineRule rule =
        spec.section("checks", checks -> BaselineRule.parse(checks.get("baseline")));
    List<Registry.Judged> before = registry.before(batch);
    List<String> baseline = statistics(registry.baselines(rule, batch));
    Optional<Registry.Judged> accepted =
        registry.wentOn(batch.batch()).filter(judged -> judged.accepted() != null);
    String live =
        registry
            .trainedOn()
            .filter(judged -> !judged.batch().equals(batch.batch()))
            .map(Registry.Judged::statistics)
            .filter(statistics -> !baseline.equals(List.of(statistics)))
            .orElse(null);
    return new Pins(
        batch.batch(),
        specGeneration,
        schemaGeneration,
        accepted.or(() -> before.stream().findFirst()).map(Registry.Judged::schema).orElse(null),
        baseline,
        statistics(before.subList(0, Math.min(before.size(), MOST_HISTORY))),
        live,
        registry.liveVersion().map(Registry.Version::model).orElse(null),
        accepted.map(Registry.Judged::accepted).orElse(null));
  }

  /** The pins as {@code resolve} gives them: output to uri, a list as {@code name#0} and so on. */
  public static Map<String, String> outputs(Layout layout, String pipeline, Pins pins) {
    Map<String, String> outputs = new LinkedHashMap<>();
    outputs.put("batch", layout.batch(pipeline, pins.batch()).uri());
    put(outputs, "previous_schema", pins.previousSchema());
    put(outputs, "baseline", pins.baseline());
    put(outputs, "history", pins.history());
    put(outputs, "live_statistics", pins.liveStatistics());
    put(outputs, "live_model", pins.liveModel());
    return outputs;
  }

  /** Into how many shards the batch is cut; 0 for a call an operation. */
  public static int shards(PipelineSpec spec, Batch batch) {
    if (batch.sources().getFirst().isTable()) {
      // A table is read in parallel within one call, over as many streams as the spec says.
      return 0;
    }
    return switch (spec.engine()) {
      case CALL -> 0;
      case SHARDS -> spec.shards();
      case AUTO ->
          batch.bytes() < ONE_CALL_BYTES
              ? 0
              : (int) Math.min(MOST_SHARDS, Math.ceilDiv(batch.bytes(), SHARD_BYTES));
    };
  }

  /**
   * What the judgement of a batch depends on beside its inputs and spec keys; it enters the
   * fingerprint of the operation that reads the spec key {@code schema}.
   *
   * @param schema crc32c of the schema that a person wrote, null without one
   * @param accepted a person's word that the batch goes on, null without one
   */
  public static Map<String, Object> judgedBy(
      @Nullable String schema, @Nullable Acceptance accepted) {
    Map<String, Object> others = new HashMap<>();
    if (schema != null) {
      others.put("schema", schema);
    }
    if (accepted != null) {
      others.put("accepted", Json.tree(accepted).toString());
    }
    return others;
  }

  private static List<String> statistics(List<Registry.Judged> batches) {
    return batches.stream().map(Registry.Judged::statistics).toList();
  }

  private static void put(Map<String, String> outputs, String name, @Nullable String uri) {
    if (uri != null) {
      outputs.put(name, uri);
    }
  }

  private static void put(Map<String, String> outputs, String name, List<String> uris) {
    for (int number = 0; number < uris.size(); number++) {
      outputs.put(StageRequest.joined(name, number), uris.get(number));
    }
  }
}
