package dev.sluice.functions.receivefile;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.ObjectPattern;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.stages.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Gives an object to every pipeline whose source pattern takes it. Each delivery of an event
 * repeats every step: the batch's and the run's names derive from the object and its generation, so
 * that a repeated step finds what the first one made.
 */
final class Reception {
  private final Platform platform;

  Reception(Platform platform) {
    this.platform = platform;
  }

  void receive(FinalizedObject object) {
    if (object.isFolder()) {
      return;
    }
    boolean taken = false;
    List<String> patterns = new ArrayList<>();
    for (StoredObject file :
        platform.objects().list(platform.layout().serving(), "specs/").toList()) {
      String name = file.name().name();
      if (!name.endsWith(".yaml")) {
        continue;
      }
      String pipeline = name.substring("specs/".length(), name.length() - ".yaml".length());
      if (!Names.PIPELINE.matcher(pipeline).matches()) {
        continue;
      }
      try {
        PipelineSpec spec = platform.spec(pipeline, file.generation());
        if (!(spec.source() instanceof SourceSpec.Inbox source)) {
          continue;
        }
        patterns.add(source.pattern().toString());
        ObjectPattern.Place place = source.place(object.name());
        if (place != null) {
          start(
              object,
              Batch.of(
                  pipeline,
                  source.kind(),
                  place.span(),
                  place.version(),
                  List.of(object.source()),
                  object.created()));
          taken = true;
        }
      } catch (BadInput e) {
        if (object.name().startsWith(pipeline + "/")) {
          fail(batch(object, pipeline), String.valueOf(e.getMessage()));
          taken = true;
        }
      }
    }
    if (!taken) {
      ignore(object, patterns);
    }
  }

  private void start(FinalizedObject object, Batch batch) {
    platform
        .objects()
        .write(
            platform.layout().batch(batch.pipeline(), batch.batch()),
            Json.bytes(batch),
            "application/json",
            WriteCondition.ifAbsent());
    platform.report(List.of(platform.batchState(batch, BatchState.RECEIVED, null)));
    try {
      TriggerOutcome outcome =
          platform
              .composer()
              .trigger(batch.pipeline(), batch.run(), Map.of("batch", batch.batch()));
      platform
          .log()
          .about(batch.pipeline(), batch.run(), batch.batch(), null)
          .info(object.source().object() + ": run " + outcome);
    } catch (BadInput e) {
      fail(batch, String.valueOf(e.getMessage()));
    }
  }

  private void fail(Batch batch, String reason) {
    record(batch, BatchState.FAILED, Alarm.Severity.FAIL, reason);
  }

  /** The batch of an object whose span nothing tells. */
  private static Batch batch(FinalizedObject object, String pipeline) {
    return Batch.of(pipeline, "", List.of(object.source()), object.created());
  }

  private void ignore(FinalizedObject object, List<String> patterns) {
    String first = object.name().substring(0, Math.max(0, object.name().indexOf('/')));
    String pipeline = Names.PIPELINE.matcher(first).matches() ? first : "unknown";
    record(
        batch(object, pipeline),
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
