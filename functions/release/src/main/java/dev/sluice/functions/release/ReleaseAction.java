package dev.sluice.functions.release;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Verdict;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Action;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ModelFacts;
import dev.sluice.stages.Platform;
import dev.sluice.stages.Release;
import dev.sluice.stages.RunContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies the blessed model and its mapping into the serving bucket, makes the version live in the
 * registry, then turns the traffic to what the registry says. Each step may be repeated; traffic
 * follows the registry, so that of two releases at once the later batch's wins in both.
 */
final class ReleaseAction implements Action {
  private final Platform platform;

  ReleaseAction(Platform platform) {
    this.platform = platform;
  }

  @Override
  public StageResult perform(StageRequest request) {
    String pipeline = request.pipeline();
    RunContext context = platform.context(pipeline, request.run());
    ArtifactUri model = ArtifactUri.parse(request.input("model"));
    ArtifactUri transform = ArtifactUri.parse(request.input("transform"));
    checkBlessing(ArtifactUri.parse(request.input("model_blessing")), model);
    Registry before = platform.registries().read(pipeline);
    Registry.Version version =
        before
            .find(model.fingerprint())
            .orElseThrow(() ->
                new BadInput(
                    "model " + model + " is not in the registry of " + pipeline + "; train it"));
    ArtifactUri trainedOn = ArtifactUri.parse(version.transform());
    if (!contents(trainedOn).equals(contents(transform))) {
      throw new BadInput(
          "model "
              + model
              + " was trained on mapping "
              + version.transform()
              + "; the request's transform is "
              + transform);
    }
    Batch batch = context.batch();
    Order order = Order.of(batch);
    if (!before.isSuperseded(order)) {
      copy(pipeline, version.number(), model, trainedOn);
    }
    Registry after =
        platform.registries().update(pipeline, r -> r.release(version.number(), order));
    platform.registries().route(pipeline);
    boolean live = Integer.valueOf(version.number()).equals(after.live());
    // Against what was live when the run began, so that a repeated call says the same.
    boolean released = live && !version.model().equals(context.pins().liveModel());
    report(context, after, version, live);
    return new StageResult(
        Map.of(
            "version",
            "gs://"
                + platform.layout().serving()
                + "/"
                + pipeline
                + "/versions/"
                + version.number()
                + "/"),
        null,
        false,
        Map.of(
            "version",
            version.number(),
            "state",
            live ? "LIVE" : "SUPERSEDED",
            "released",
            released));
  }

  private void checkBlessing(ArtifactUri blessing, ArtifactUri model) {
    var object = blessing.object(Verdict.BLESSING);
    Verdict verdict = Json.read(platform.objects().read(object), Verdict.class, object.uri());
    if (verdict.subject() != Verdict.Subject.MODEL
        || !verdict.outcome().blesses()
        || !verdict.about().equals(model.fingerprint())) {
      throw new BadInput(object.uri() + " does not bless model " + model);
    }
  }

  private void copy(String pipeline, int version, ArtifactUri model, ArtifactUri transform) {
    Map<String, String> checksums = new LinkedHashMap<>();
    copyAll(pipeline, version, model, "", checksums);
    copyAll(pipeline, version, transform, Release.TRANSFORM, checksums);
    platform
        .objects()
        .write(
            platform.layout().version(pipeline, version, Release.FILE),
            Json.bytes(
                new Release(
                    version, model.toString(), transform.toString(), new HashMap<>(checksums))),
            "application/json",
            WriteCondition.ifAbsent());
  }

  private void copyAll(
      String pipeline,
      int version,
      ArtifactUri artifact,
      String folder,
      Map<String, String> checksums) {
    for (StoredFile file : contents(artifact)) {
      platform
          .objects()
          .copy(
              artifact.object(file.name()),
              platform.layout().version(pipeline, version, folder + file.name()),
              WriteCondition.ifAbsent());
      checksums.put(folder + file.name(), file.crc32c());
    }
  }

  /**
   * What an artifact holds; a mapping that was made anew from the same rows is the same mapping.
   */
  private List<StoredFile> contents(ArtifactUri artifact) {
    var sealed = artifact.object(Artifact.FILE);
    return Json.read(platform.objects().read(sealed), Artifact.class, sealed.uri()).objects();
  }

  private void report(RunContext context, Registry after, Registry.Version version, boolean live) {
    String pipeline = context.spec().name();
    List<Fact> facts = new ArrayList<>();
    if (live) {
      facts.add(ModelFacts.state(pipeline, version, ModelFacts.State.LIVE));
      // Every one that served before, as an earlier attempt of this call or another release beside
      // it may have moved the registry on without saying so.
      for (Registry.Version old : after.versions()) {
        if (old.served() && old.number() != version.number()) {
          facts.add(ModelFacts.state(pipeline, old, ModelFacts.State.RETIRED));
        }
      }
    }
    facts.add(
        platform.batchState(
            context.batch(),
            live ? BatchState.LIVE : BatchState.SUPERSEDED,
            live
                ? "version " + version.number() + " is live"
                : "version " + after.live() + ", of a later batch, is live"));
    platform.report(facts);
  }
}
