package dev.sluice.functions.release;

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
import dev.sluice.stages.SealedArtifact;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
    ArtifactUri model = owned(pipeline, "model", request.input("model"));
    ArtifactUri transform = owned(pipeline, "transform", request.input("transform"));
    checkBlessing(owned(pipeline, "model_blessing", request.input("model_blessing")), model);
    Registry before = platform.registries().read(pipeline);
    Registry.Version version =
        before
            .find(model.fingerprint())
            .filter(known -> known.model().equals(model.toString()))
            .orElseThrow(() ->
                new BadInput(
                    "model " + model + " is not in the registry of " + pipeline + "; train it"));
    ArtifactUri trainedOn = owned(pipeline, "transform", version.transform());
    if (!sealed(trainedOn).artifact().objects().equals(sealed(transform).artifact().objects())) {
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
      copy(pipeline, version, sealed(model), sealed(trainedOn));
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
    Verdict verdict =
        Json.read(sealed(blessing).read(Verdict.BLESSING), Verdict.class, object.uri());
    if (verdict.subject() != Verdict.Subject.MODEL
        || !verdict.outcome().blesses()
        || !verdict.about().equals(model.fingerprint())) {
      throw new BadInput(object.uri() + " does not bless model " + model);
    }
  }

  private ArtifactUri owned(String pipeline, String input, String uri) {
    return ArtifactUri.owned(platform.layout().artifacts(), pipeline, input, uri);
  }

  private SealedArtifact sealed(ArtifactUri artifact) {
    return SealedArtifact.of(platform.objects(), artifact);
  }

  private void copy(
      String pipeline, Registry.Version version, SealedArtifact model, SealedArtifact transform) {
    String registered = version.sha256();
    for (StoredFile file : model.artifact().objects()) {
      // Two buckets with two sets of writers must agree on what is put into service.
      if (file.name().equals(Registry.Version.MODEL)
          && registered != null
          && !registered.equals(file.sha256())) {
        throw new BadInput(
            "model "
                + version.model()
                + " has sha256 "
                + file.sha256()
                + ", but was registered with "
                + registered
                + "; restore it, or start another run with --force");
      }
    }
    Map<String, String> crc32c = new TreeMap<>();
    Map<String, String> sha256 = new TreeMap<>();
    copyAll(pipeline, version.number(), model, "", crc32c, sha256);
    copyAll(pipeline, version.number(), transform, Release.TRANSFORM, crc32c, sha256);
    platform
        .objects()
        .write(
            platform.layout().version(pipeline, version.number(), Release.FILE),
            Json.bytes(
                new Release(
                    version.number(), version.model(), version.transform(), crc32c, sha256)),
            "application/json",
            WriteCondition.ifAbsent());
  }

  private void copyAll(
      String pipeline,
      int version,
      SealedArtifact artifact,
      String folder,
      Map<String, String> crc32c,
      Map<String, String> sha256) {
    for (StoredFile file : artifact.artifact().objects()) {
      platform
          .objects()
          .copy(
              artifact.verified(file.name()),
              platform.layout().version(pipeline, version, folder + file.name()),
              WriteCondition.ifAbsent());
      crc32c.put(folder + file.name(), file.crc32c());
      if (file.sha256() != null) {
        sha256.put(folder + file.name(), file.sha256());
      }
    }
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
