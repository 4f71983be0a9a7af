package dev.sluice.functions.predict;

import dev.sluice.contracts.Names;
import dev.sluice.gcp.StructuredLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The pipelines that this instance was asked for. Safe for use by several threads. */
final class Models {
  /** Names without a model that are remembered; a caller may make up any number. */
  private static final int MOST = 1_000;

  private final VersionLoader loader;
  private final StructuredLog log;
  private final LongSupplier nanos;
  private final Map<String, ServedPipeline> pipelines = new ConcurrentHashMap<>();

  /**
   * @param nanos a time for intervals, as {@link System#nanoTime}
   */
  Models(VersionLoader loader, StructuredLog log, LongSupplier nanos) {
    this.loader = loader;
    this.log = log;
    this.nanos = nanos;
  }

  /**
   * The pipeline of that name, whether it has a model or not.
   *
   * @throws Refusal where no pipeline can have that name
   */
  ServedPipeline get(String name) {
    ServedPipeline known = pipelines.get(name);
    if (known != null) {
      return known;
    }
    if (!Names.PIPELINE.matcher(name).matches()) {
      throw Refusal.unknown(
          "Latest(" + name + ")", "a pipeline's name matches " + Names.PIPELINE.pattern());
    }
    if (pipelines.size() >= MOST) {
      pipelines.values().removeIf(ServedPipeline::isEmpty);
    }
    return pipelines.computeIfAbsent(
        name, n -> new ServedPipeline(n, loader, log.about(n, null, null, null), nanos));
  }
}
