package dev.sluice.functions.resolve;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ObjectPattern;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Action;
import dev.sluice.stages.Platform;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the run's pins if absent and answers with what stands: whoever comes second, or again,
 * gets the first one's.
 */
final class ResolveAction implements Action {
  private final Platform platform;

  ResolveAction(Platform platform) {
    this.platform = platform;
  }

  @Override
  public StageResult perform(StageRequest request) {
    Pins pins = platform.findPins(request.pipeline(), request.run()).orElseGet(() -> pin(request));
    Batch batch =
        platform
            .findBatch(request.pipeline(), pins.batch())
            .orElseThrow(() -> new BadInput("batch " + pins.batch() + " is gone"));
    platform.report(List.of(platform.batchState(batch, BatchState.RUNNING, null)));
    Map<String, String> outputs = new LinkedHashMap<>();
    outputs.put("batch", platform.layout().batch(request.pipeline(), pins.batch()).uri());
    put(outputs, "previous_schema", pins.previousSchema());
    put(outputs, "baseline", pins.baseline());
    put(outputs, "live_model", pins.liveModel());
    return new StageResult(
        outputs,
        null,
        false,
        Map.of("batch", pins.batch(), "span", batch.span(), "bytes", batch.bytes()));
  }

  private static void put(Map<String, String> outputs, String name, @Nullable String uri) {
    if (uri != null) {
      outputs.put(name, uri);
    }
  }

  private Pins pin(StageRequest request) {
    String pipeline = request.pipeline();
    StoredObject file =
        platform
            .findSpec(pipeline)
            .orElseThrow(() ->
                new BadInput(
                    "pipeline "
                        + pipeline
                        + " has no spec at "
                        + platform.layout().spec(pipeline + ".yaml").uri()));
    PipelineSpec spec = platform.spec(pipeline, file.generation());
    Long schemaGeneration = schemaGeneration(spec);
    Registry registry = platform.registries().read(pipeline);
    Batch batch = request.batch() == null ? newest(spec, registry) : named(request);
    Registry.Baseline baseline = registry.baseline();
    Pins pins =
        new Pins(
            batch.batch(),
            file.generation(),
            schemaGeneration,
            baseline == null ? null : baseline.schema(),
            baseline == null ? null : baseline.statistics(),
            registry.liveVersion().map(Registry.Version::model).orElse(null));
    ObjectName name = platform.layout().pins(pipeline, request.run());
    try {
      platform
          .objects()
          .write(name, Json.bytes(pins), "application/json", WriteCondition.ifAbsent());
      return pins;
    } catch (Conflict e) {
      return Json.read(platform.objects().read(name), Pins.class, name.uri());
    }
  }

  private @Nullable Long schemaGeneration(PipelineSpec spec) {
    String file = spec.schema();
    if (file == null) {
      return null;
    }
    ObjectName name = platform.layout().spec(file);
    return platform
        .objects()
        .find(name)
        .orElseThrow(() ->
            new BadInput(
                "the spec names schema '"
                    + file
                    + "', which is not at "
                    + name.uri()
                    + "; put it beside the spec"))
        .generation();
  }

  private Batch named(StageRequest request) {
    String batch = String.valueOf(request.batch());
    return platform
        .findBatch(request.pipeline(), batch)
        .orElseThrow(() ->
            new BadInput(
                "pipeline "
                    + request.pipeline()
                    + " has no batch '"
                    + batch
                    + "'; table batches lists them"));
  }

  /** The newest batch that has not passed; where all have, the newest; else one of the inbox. */
  private Batch newest(PipelineSpec spec, Registry registry) {
    List<Batch> known =
        platform
            .objects()
            .list(platform.layout().artifacts(), spec.name() + "/batches/")
            .map(o -> Json.read(platform.objects().read(o.name()), Batch.class, o.name().uri()))
            .sorted(Comparator.comparing(Order::of).reversed())
            .toList();
    Registry.Baseline baseline = registry.baseline();
    for (Batch batch : known) {
      if (baseline == null || Order.of(batch).compareTo(baseline.order()) > 0) {
        return batch;
      }
    }
    return known.isEmpty() ? fromInbox(spec) : known.getFirst();
  }

  private Batch fromInbox(PipelineSpec spec) {
    String inbox = platform.configuration().required("SLUICE_INBOX");
    if (!(spec.source() instanceof SourceSpec.Inbox source)) {
      throw new BadInput(
          "pipeline " + spec.name() + " has no batch, and its source is none of files; name one");
    }
    Optional<Batch> newest =
        platform
            .objects()
            .list(inbox, source.pattern().prefix())
            .mapMulti((StoredObject o, Consumer<Batch> batches) -> {
              ObjectPattern.Place place = source.place(o.name().name());
              if (place != null) {
                batches.accept(
                    Batch.of(
                        spec.name(),
                        source.kind(),
                        place.span(),
                        place.version(),
                        List.of(new Source(o.name().uri(), o.size(), o.crc32c())),
                        o.created()));
              }
            })
            .max(Comparator.comparing(Order::of));
    Batch batch =
        newest.orElseThrow(() ->
            new BadInput(
                "pipeline "
                    + spec.name()
                    + " has no batch and no object gs://"
                    + inbox
                    + "/"
                    + source.pattern()
                    + "; upload a file first"));
    platform
        .objects()
        .write(
            platform.layout().batch(spec.name(), batch.batch()),
            Json.bytes(batch),
            "application/json",
            WriteCondition.ifAbsent());
    return batch;
  }
}
