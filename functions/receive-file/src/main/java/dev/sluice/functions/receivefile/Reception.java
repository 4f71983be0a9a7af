package dev.sluice.functions.receivefile;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.ObjectPattern;
import dev.sluice.contracts.ObjectPattern.Place;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.stages.Batches;
import dev.sluice.stages.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gives an object to every pipeline whose source pattern takes it: as a batch by itself, or, where
 * a marker completes a span, only once that comes. Each delivery of an event repeats every step:
 * the batch's and the run's names derive from what the first delivery chose, so that a repeated
 * step finds what the first one made.
 */
final class Reception {
  private final Platform platform;
  private final Batches batches;

  Reception(Platform platform) {
    this.platform = platform;
    this.batches = new Batches(platform);
  }

  void receive(FinalizedObject object) {
    if (object.isFolder()) {
      return;
    }
    String problem = Names.objectProblem(object.name());
    if (problem != null) {
      refuse(object, problem);
      return;
    }
    boolean taken = false;
    Unavailable away = null;
    List<String> patterns = new ArrayList<>();
    for (Map.Entry<String, StoredObject> entry : platform.specs().entrySet()) {
      String pipeline = entry.getKey();
      StoredObject file = entry.getValue();
      try {
        PipelineSpec spec = platform.spec(pipeline, file.generation());
        if (spec.source() instanceof SourceSpec.Inbox source) {
          patterns.add(source.pattern().toString());
          taken |= offer(object, pipeline, source);
        }
      } catch (BadInput e) {
        if (object.name().startsWith(pipeline + "/")) {
          fail(batch(object, pipeline), String.valueOf(e.getMessage()));
          taken = true;
        }
      } catch (Unavailable e) {
        // As where Airflow has not read this pipeline's DAG yet: the others need not wait.
        taken = true;
        if (away == null) {
          away = e;
        } else {
          away.addSuppressed(e);
        }
      }
    }
    if (away != null) {
      throw away;
    }
    if (!taken) {
      ignore(object, patterns);
    }
  }

  /** Gives the object to a pipeline; false where that has no use for it. */
  private boolean offer(FinalizedObject object, String pipeline, SourceSpec.Inbox source) {
    ObjectPattern marker = source.marker();
    Place marked = marker == null ? null : marker.place(object.name());
    if (marked != null) {
      start(object, pipeline, source, marked);
      return true;
    }
    Place place = source.place(object.name());
    if (place == null) {
      boolean hidden = source.pattern().hides(object.name());
      if (hidden) {
        note(object, pipeline, "hidden, as a part of its name begins with . or _, and no data");
      }
      return hidden || isManifest(object, pipeline, source);
    }
    if (marker == null) {
      start(object, pipeline, source, place);
    } else {
      await(object, pipeline, marker, place);
    }
    return true;
  }

  private boolean isManifest(FinalizedObject object, String pipeline, SourceSpec.Inbox source) {
    if (source instanceof SourceSpec.Objects objects && objects.isManifest(object.name())) {
      note(object, pipeline, "noted as the labels of its span");
      return true;
    }
    return false;
  }

  private void start(
      FinalizedObject object, String pipeline, SourceSpec.Inbox source, Place place) {
    Optional<Batch> made = batches.of(pipeline, source, object.stored(), place);
    if (made.isEmpty()) {
      fail(
          Batch.of(
              pipeline,
              source.kind(),
              place.span(),
              place.version(),
              List.of(object.source()),
              object.created()),
          object.source().object()
              + " says that "
              + place.describe()
              + " is complete, and no object "
              + source.pattern()
              + " is there; upload the data first and then this object again");
      return;
    }
    start(object, made.get());
  }

  private void start(FinalizedObject object, Batch batch) {
    platform.report(List.of(platform.batchState(batch, BatchState.RECEIVED, null)));
    try {
      TriggerOutcome outcome =
          platform
              .composer()
              .trigger(batch.pipeline(), batch.run(), Map.of("batch", batch.batch()));
      platform
          .log()
          .about(batch.pipeline(), batch.run(), batch.batch(), null)
          .info(
              object.source().object()
                  + ": "
                  + batch.sources().size()
                  + (batch.sources().size() == 1 ? " source" : " sources")
                  + ", run "
                  + outcome);
    } catch (BadInput e) {
      fail(batch, String.valueOf(e.getMessage()));
    }
  }

  /** Data that a marker is still to complete; told where the marker came before. */
  private void await(FinalizedObject object, String pipeline, ObjectPattern marker, Place place) {
    String markerName = object.bucket() + "/" + marker;
    note(object, pipeline, "noted; " + place.describe() + " waits for gs://" + markerName);
    Optional<StoredObject> earlier =
        platform.objects().find(ObjectName.of(object.bucket(), marker.fill(place, "")));
    if (earlier.isPresent() && earlier.get().created().isBefore(object.created())) {
      platform.alarm(
          List.of(
              Alarm.of(
                  pipeline,
                  null,
                  null,
                  Alarm.Severity.WARN,
                  "receive-file",
                  object.source().object()
                      + " came after "
                      + earlier.get().name().live().uri()
                      + " had completed "
                      + place.describe()
                      + ", and is in no batch; upload that object again for a batch with it",
                  object.source().object(),
                  platform.clock().instant())));
    }
  }

  private void note(FinalizedObject object, String pipeline, String what) {
    platform.log().about(pipeline, null, null, null).info(object.source().object() + " is " + what);
  }

  private void fail(Batch batch, String reason) {
    record(batch, BatchState.FAILED, Alarm.Severity.FAIL, reason);
  }

  /** The batch of an object whose span nothing tells. */
  private static Batch batch(FinalizedObject object, String pipeline) {
    return Batch.of(pipeline, "", List.of(object.source()), object.created());
  }

  /** The batch of an object that no pipeline has: under its first folder, if that may be one. */
  private static Batch batch(FinalizedObject object) {
    String first = object.name().substring(0, Math.max(0, object.name().indexOf('/')));
    return batch(object, Names.PIPELINE.matcher(first).matches() ? first : "unknown");
  }

  private void refuse(FinalizedObject object, String problem) {
    record(
        batch(object),
        BatchState.IGNORED,
        Alarm.Severity.WARN,
        "object '"
            + Names.printable(object.name())
            + "' of bucket "
            + object.bucket()
            + " is not taken, as its name "
            + problem
            + "; upload it under another name. It stays where it is");
  }

  private void ignore(FinalizedObject object, List<String> patterns) {
    record(
        batch(object),
        BatchState.IGNORED,
        Alarm.Severity.WARN,
        "no pipeline takes gs://"
            + object.bucket()
            + "/"
            + object.name()
            + "; the pipelines take "
            + (patterns.isEmpty() ? "nothing yet: add a spec" : String.join(", ", patterns))
            + ". Upload it under one of these, or add a spec whose source.files names it");
  }

  private void record(Batch batch, BatchState state, Alarm.Severity severity, String reason) {
    platform.report(List.of(platform.batchState(batch, state, reason)));
    platform.alarm(
        List.of(
            Alarm.of(
                batch.pipeline(),
                null,
                batch.batch(),
                severity,
                "receive-file",
                reason,
                batch.uri(),
                platform.clock().instant())));
  }
}
