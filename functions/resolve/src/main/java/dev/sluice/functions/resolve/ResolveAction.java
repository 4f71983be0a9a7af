package dev.sluice.functions.resolve;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Action;
import dev.sluice.stages.Batches;
import dev.sluice.stages.Pinning;
import dev.sluice.stages.Platform;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the run's pins if absent and answers with what stands: whoever comes second, or again,
 * gets the first one's.
 */
final class ResolveAction implements Action {
  /** Documents of batches that are read to find one, each by a call: some ten seconds of them. */
  private static final int MOST_BATCHES = 1_000;

  private static final Comparator<StoredObject> LATEST_FIRST =
      Comparator.comparing(StoredObject::created).reversed();

  private final Platform platform;
  private final Batches batches;

  ResolveAction(Platform platform) {
    this.platform = platform;
    this.batches = new Batches(platform);
  }

  @Override
  public StageResult perform(StageRequest request) {
    Pins pins = platform.findPins(request.pipeline(), request.run()).orElseGet(() -> pin(request));
    Batch batch =
        platform
            .findBatch(request.pipeline(), pins.batch())
            .orElseThrow(() -> new BadInput("batch " + pins.batch() + " is gone"));
    platform.report(List.of(platform.batchState(batch, BatchState.RUNNING, null)));
    int shards = Pinning.shards(platform.spec(request.pipeline(), pins.specGeneration()), batch);
    return new StageResult(
        Pinning.outputs(platform.layout(), request.pipeline(), pins),
        null,
        false,
        Map.of(
            "batch", pins.batch(),
            "span", batch.span(),
            "sources", batch.sources().size(),
            "bytes", batch.bytes(),
            "shards", shards),
        Map.of(Operation.SHARD, shards));
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
    Batch batch;
    if (request.batch() != null) {
      batch = named(request);
    } else if (request.span() != null) {
      batch = ofSpan(request, spec, request.span());
    } else {
      batch = newest(request, spec, registry);
    }
    Pins pins = Pinning.of(spec, file.generation(), schemaGeneration, registry, batch);
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
    String name = String.valueOf(request.batch());
    Batch batch =
        platform
            .findBatch(request.pipeline(), name)
            .orElseThrow(() ->
                new BadInput(
                    "pipeline "
                        + request.pipeline()
                        + " has no batch '"
                        + name
                        + "'; table batches lists them"));
    if (request.span() != null && !request.span().equals(batch.span())) {
      throw new BadInput(
          "the run is of batch '"
              + name
              + "', whose span is '"
              + batch.span()
              + "', and of span '"
              + request.span()
              + "'; name one of the two");
    }
    return batch;
  }

  /**
   * What there is of a span: of the inbox its newest version, as the inbox tells even of batches
   * that nobody has made yet; else the batch of it that was made last; of a table its rows.
   */
  private Batch ofSpan(StageRequest request, PipelineSpec spec, String span) {
    switch (spec.source()) {
      case SourceSpec.BigQuery source -> {
        return snapshot(request, source);
      }
      case SourceSpec.Inbox source -> {
        if (!source.pattern().hasSpan()) {
          throw new BadInput(
              "the run is of span '"
                  + span
                  + "', but the source '"
                  + source.pattern()
                  + "' tells no spans apart; write {SPAN} into it, or name no span");
        }
        Optional<Batch> made = batches.newest(spec.name(), source, inbox(), span);
        if (made.isPresent()) {
          return made.get();
        }
      }
      case SourceSpec.Stream _ -> {}
    }
    List<StoredObject> documents =
        documents(spec).sorted(likeliestFirst(spec.source(), span)).toList();
    return documents.stream()
        .limit(MOST_BATCHES)
        .map(this::read)
        .filter(batch -> batch.span().equals(span))
        .findFirst()
        .orElseThrow(() ->
            documents.size() > MOST_BATCHES
                ? notAmongMany(spec, span)
                : new BadInput(
                    "pipeline "
                        + spec.name()
                        + " has no batch of span '"
                        + span
                        + "', and its source nothing to make one of"
                        + (spec.source() instanceof SourceSpec.Inbox source
                            ? ": there is no object of that span like gs://"
                                + inbox()
                                + "/"
                                + source.pattern()
                                + (source.marker() == null ? "" : " with its " + source.marker())
                            : "; close-window makes one of each window that is over")));
  }

  private static BadInput notAmongMany(PipelineSpec spec, String span) {
    String which =
        spec.source() instanceof SourceSpec.Stream ? "were made nearest to it" : "were made last";
    return new BadInput(
        "pipeline "
            + spec.name()
            + " has no batch of span '"
            + span
            + "' among the "
            + MOST_BATCHES
            + " that "
            + which
            + ", and no more are read; name the batch in place of the span: table batches lists"
            + " them");
  }

  /**
   * A window's batch is made soon after the time that its span is; of other spans nothing is known,
   * and the batch that was made last is the one to take.
   */
  private static Comparator<StoredObject> likeliestFirst(SourceSpec source, String span) {
    if (source instanceof SourceSpec.Stream) {
      try {
        Instant start = Instant.parse(span);
        return Comparator.comparing(o -> Duration.between(start, o.created()).abs());
      } catch (DateTimeParseException e) {
        return LATEST_FIRST;
      }
    }
    return LATEST_FIRST;
  }

  private String inbox() {
    return platform.configuration().required("SLUICE_INBOX");
  }

  private Batch snapshot(StageRequest request, SourceSpec.BigQuery source) {
    return batches.once(
        request.pipeline(),
        "run " + request.run(),
        () ->
            new Snapshots(platform.tables())
                .take(request.pipeline(), request.run(), source, request.span()));
  }

  private Stream<StoredObject> documents(PipelineSpec spec) {
    return platform.objects().list(platform.layout().artifacts(), spec.name() + "/batches/");
  }

  private Batch read(StoredObject document) {
    ObjectName name = document.name();
    return Json.read(platform.objects().read(name), Batch.class, name.uri());
  }

  /**
   * Of a table what it holds now. Else the newest batch that has not passed; where all have, the
   * newest; where there is none, one of what the inbox holds.
   */
  private Batch newest(StageRequest request, PipelineSpec spec, Registry registry) {
    if (spec.source() instanceof SourceSpec.BigQuery source) {
      return snapshot(request, source);
    }
    // A stream has a batch a window: of very many documents the latest ones suffice.
    List<Batch> known =
        documents(spec)
            .sorted(LATEST_FIRST)
            .limit(MOST_BATCHES)
            .map(this::read)
            .sorted(Comparator.comparing(Order::of).reversed())
            .toList();
    Registry.Judged baseline = registry.baseline();
    for (Batch batch : known) {
      if (baseline == null || Order.of(batch).compareTo(baseline.order()) > 0) {
        return batch;
      }
    }
    if (!known.isEmpty()) {
      return known.getFirst();
    }
    return switch (spec.source()) {
      case SourceSpec.Inbox source -> fromInbox(spec, source);
      case SourceSpec.BigQuery _, SourceSpec.Stream _ ->
          throw new BadInput(
              "pipeline "
                  + spec.name()
                  + " has no batch yet; close-window makes one of each window that is over and has"
                  + " messages");
    };
  }

  private Batch fromInbox(PipelineSpec spec, SourceSpec.Inbox source) {
    String inbox = inbox();
    return batches
        .newest(spec.name(), source, inbox, /* span= */ null)
        .orElseThrow(() ->
            new BadInput(
                "pipeline "
                    + spec.name()
                    + " has no batch and no object gs://"
                    + inbox
                    + "/"
                    + source.pattern()
                    + (source.marker() == null
                        ? "; upload a file first"
                        : " beside a gs://"
                            + inbox
                            + "/"
                            + source.marker()
                            + "; upload the data first and then that")));
  }
}
