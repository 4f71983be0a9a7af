package dev.sluice.functions.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Unavailable;
import dev.sluice.contracts.Verdict;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.rollout.Routes;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.Release;
import dev.sluice.testing.Forgery;
import dev.sluice.testing.MemoryCloud;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseActionTest {
  private final MemoryCloud cloud = new MemoryCloud();
  private final Platform platform =
      Platform.of(
          Configuration.of(cloud::setting),
          "code-1",
          cloud.clock(),
          cloud.objects(),
          cloud.facts(),
          cloud.messages(),
          cloud.composer());
  private final ReleaseAction action = new ReleaseAction(platform);

  private record Candidate(Batch batch, StageRequest request) {}

  private static String blessing(Verdict.Subject subject, String about, Outcome outcome) {
    return Json.write(new Verdict(subject, about, outcome, List.of()));
  }

  /** A model that was trained on a batch of that span, registered and blessed. */
  private Candidate candidate(String span) {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", span, "x\n" + span + "\n");
    cloud.pin(
        batch,
        batch.run(),
        null,
        null,
        platform.registries().read("p").liveVersion().map(v -> v.model()).orElse(null));
    String transform = cloud.artifact("p", "transform", "manifest.json", "mapping of " + span);
    String model = cloud.artifact("p", "model", "model.ubj", "model of " + span);
    String fingerprint = ArtifactUri.parse(model).fingerprint();
    String sha256 = Fingerprint.sha256(cloud.read(model, "model.ubj"));
    platform
        .registries()
        .update(
            "p",
            r -> r.register(fingerprint, model, transform, batch.batch(), Order.of(batch), sha256));
    String blessing =
        cloud.artifact(
            "p",
            "blessing",
            Verdict.BLESSING,
            blessing(Verdict.Subject.MODEL, fingerprint, Outcome.PASS));
    return new Candidate(
        batch,
        MemoryCloud.call(
            batch,
            "release",
            Map.of("model", model, "transform", transform, "model_blessing", blessing)));
  }

  private Routes routes() {
    return Json.read(
        cloud.objects().read(platform.layout().routes("p")), Routes.class, "routes.json");
  }

  private static StageRequest with(StageRequest request, String input, String uri) {
    Map<String, String> inputs = new HashMap<>(request.inputs());
    inputs.put(input, uri);
    return new StageRequest(
        "p", request.run(), request.batch(), "release", null, 1, inputs, Map.of());
  }

  private void refused(StageRequest request, String message) {
    assertThatThrownBy(() -> action.perform(request))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
    assertThat(platform.registries().read("p").live()).isNull();
    assertThat(cloud.objects().names(MemoryCloud.SERVING, "p/versions/")).isEmpty();
  }

  @Test
  void theModelAndItsMappingAreCopiedAndServe() {
    Candidate candidate = candidate("s1");
    StageResult result = action.perform(candidate.request());
    assertThat(result.outputs()).containsEntry("version", "gs://test-serving/p/versions/1/");
    assertThat(result.summary()).containsEntry("state", "LIVE");
    assertThat(cloud.objects().names(MemoryCloud.SERVING, "p/versions/1/"))
        .containsExactly(
            "p/versions/1/model.ubj",
            "p/versions/1/release.json",
            "p/versions/1/transform/manifest.json");
    Release release =
        Json.read(
            cloud.objects().read(platform.layout().version("p", 1, Release.FILE)),
            Release.class,
            "it");
    assertThat(release.checksums()).containsOnlyKeys("model.ubj", "transform/manifest.json");
    assertThat(release.sha256())
        .containsEntry(
            "model.ubj", Fingerprint.sha256("model of s1".getBytes(StandardCharsets.UTF_8)))
        .containsOnlyKeys("model.ubj", "transform/manifest.json");
    assertThat(routes()).isEqualTo(Routes.to(1));
    assertThat(cloud.facts().column("models", "state")).containsExactly("LIVE");
    assertThat(cloud.facts().column("batches", "state")).containsExactly("LIVE");
  }

  @Test
  void aReleaseIsOneOnlyWhereTheModelWasNotLiveWhenTheRunBegan() {
    Candidate first = candidate("s1");
    assertThat(action.perform(first.request()).summary()).containsEntry("released", true);
    // A call whose answer was lost says the same when it is repeated.
    assertThat(action.perform(first.request()).summary()).containsEntry("released", true);
    Candidate second = candidate("s2");
    assertThat(action.perform(second.request()).summary()).containsEntry("released", true);
    cloud.pin(
        second.batch(),
        "again",
        null,
        null,
        platform.registries().read("p").liveVersion().orElseThrow().model());
    StageRequest again =
        MemoryCloud.call(second.batch(), "again", "release", second.request().inputs());
    assertThat(action.perform(again).summary())
        .containsEntry("state", "LIVE")
        .containsEntry("released", false);
  }

  @Test
  void theNextVersionRetiresTheOneBefore() {
    action.perform(candidate("s1").request());
    action.perform(candidate("s2").request());
    assertThat(routes()).isEqualTo(Routes.to(2));
    assertThat(cloud.facts().column("models", "state")).containsExactly("LIVE", "LIVE", "RETIRED");
    assertThat(cloud.facts().column("models", "version")).containsExactly(1, 2, 1);
  }

  /** The last state that the facts tell of each version. */
  private Map<Object, Object> states() {
    Map<Object, Object> states = new HashMap<>();
    for (Fact fact : cloud.facts().of("models")) {
      states.put(
          Objects.requireNonNull(fact.values().get("version")),
          Objects.requireNonNull(fact.values().get("state")));
    }
    return states;
  }

  @Test
  void twoRunsThatPinnedTheSameLiveVersionLeaveOneLiveAndTheOthersRetired() {
    action.perform(candidate("s1").request());
    Candidate second = candidate("s2");
    Candidate third = candidate("s3");
    assertThat(List.of(second, third))
        .extracting(c -> platform.context("p", c.batch().run()).pins().liveModel())
        .containsOnly(platform.registries().read("p").get(1).model());
    action.perform(second.request());
    action.perform(third.request());
    assertThat(states()).isEqualTo(Map.of(1, "RETIRED", 2, "RETIRED", 3, "LIVE"));
    action.perform(third.request());
    assertThat(states()).isEqualTo(Map.of(1, "RETIRED", 2, "RETIRED", 3, "LIVE"));
    action.perform(second.request());
    assertThat(states()).isEqualTo(Map.of(1, "RETIRED", 2, "RETIRED", 3, "LIVE"));
    assertThat(routes()).isEqualTo(Routes.to(3));
  }

  @Test
  void whatARepeatedReleaseSaysMendsAReportThatWasLost() {
    action.perform(candidate("s1").request());
    Candidate second = candidate("s2");
    Candidate third = candidate("s3");
    action.perform(second.request());
    boolean[] lost = new boolean[1];
    cloud
        .facts()
        .before(fact -> {
          if (!lost[0]) {
            lost[0] = true;
            throw new Unavailable("the instance is gone");
          }
        });
    assertThatThrownBy(() -> action.perform(third.request())).isInstanceOf(Unavailable.class);
    assertThat(states()).containsEntry(2, "LIVE");
    action.perform(third.request());
    assertThat(states()).isEqualTo(Map.of(1, "RETIRED", 2, "RETIRED", 3, "LIVE"));
  }

  @Test
  void aModelOfAnEarlierBatchIsSuperseded() {
    Candidate early = candidate("s1");
    Candidate late = candidate("s2");
    action.perform(late.request());
    StageResult result = action.perform(early.request());
    assertThat(result.summary())
        .containsEntry("state", "SUPERSEDED")
        .containsEntry("released", false);
    assertThat(routes()).isEqualTo(Routes.to(2));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("LIVE", "SUPERSEDED");
    assertThat(cloud.objects().names(MemoryCloud.SERVING, "p/versions/1/")).isEmpty();
  }

  @Test
  void whatIsLiveAlreadyIsASuccessWithoutANewVersion() {
    Candidate candidate = candidate("s1");
    StageResult first = action.perform(candidate.request());
    int written = cloud.objects().written().size();
    assertThat(action.perform(candidate.request())).isEqualTo(first);
    assertThat(cloud.objects().written()).hasSize(written);
    assertThat(platform.registries().read("p").versions()).hasSize(1);
  }

  @Test
  void aReleaseThatWasKilledAfterTheDecisionIsFinishedByTheNext() {
    Candidate candidate = candidate("s1");
    boolean[] killed = new boolean[1];
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().endsWith("routes.json") && !killed[0]) {
            killed[0] = true;
            throw new Unavailable("the instance is gone");
          }
        });
    assertThatThrownBy(() -> action.perform(candidate.request())).isInstanceOf(Unavailable.class);
    action.perform(candidate.request());
    assertThat(routes()).isEqualTo(Routes.to(1));
  }

  @Test
  void aBlessingOfAnotherModelIsRefused() {
    Candidate candidate = candidate("s1");
    String other =
        cloud.artifact(
            "p",
            "blessing",
            Verdict.BLESSING,
            blessing(Verdict.Subject.MODEL, "0".repeat(32), Outcome.PASS));
    refused(with(candidate.request(), "model_blessing", other), "does not bless model");
  }

  @Test
  void aBlessingOfDataOrOneThatDoesNotBlessIsRefused() {
    Candidate candidate = candidate("s1");
    String about = ArtifactUri.parse(candidate.request().input("model")).fingerprint();
    refused(
        with(
            candidate.request(),
            "model_blessing",
            cloud.artifact(
                "p",
                "blessing",
                Verdict.BLESSING,
                blessing(Verdict.Subject.DATA, about, Outcome.PASS))),
        "does not bless model");
    refused(
        with(
            candidate.request(),
            "model_blessing",
            cloud.artifact(
                "p",
                "blessing",
                Verdict.BLESSING,
                blessing(Verdict.Subject.MODEL, about, Outcome.FAIL))),
        "does not bless model");
  }

  @Test
  void aCorruptBlessingIsRefused() {
    Candidate candidate = candidate("s1");
    for (String text :
        List.of("{\"subject\":\"MODEL\"", "{}", "", "{\"outcome\":\"GOOD\",\"reasons\":[]}")) {
      String corrupt = cloud.artifact("p", "blessing", Verdict.BLESSING, text);
      refused(with(candidate.request(), "model_blessing", corrupt), "blessing.json");
    }
  }

  @Test
  void aMappingOfAnotherModelIsRefused() {
    Candidate candidate = candidate("s1");
    String other = cloud.artifact("p", "transform", "manifest.json", "another mapping");
    refused(with(candidate.request(), "transform", other), "transform");
  }

  @Test
  void aMappingThatWasMadeAnewWithTheSameBytesIsTheModels() {
    Candidate candidate = candidate("s1");
    String again =
        cloud.artifact(
            "p",
            "transform",
            Map.of("manifest.json", "mapping of s1".getBytes(StandardCharsets.UTF_8)),
            Map.of("examples", "made anew"));
    assertThat(again).isNotEqualTo(candidate.request().input("transform"));
    StageResult result = action.perform(with(candidate.request(), "transform", again));
    assertThat(result.summary()).containsEntry("state", "LIVE");
    assertThat(cloud.objects().names(MemoryCloud.SERVING, "p/versions/1/"))
        .containsExactly(
            "p/versions/1/model.ubj",
            "p/versions/1/release.json",
            "p/versions/1/transform/manifest.json");
    assertThat(
            cloud
                .objects()
                .text(platform.layout().version("p", 1, Release.TRANSFORM + "manifest.json")))
        .isEqualTo("mapping of s1");
    assertThat(routes()).isEqualTo(Routes.to(1));
    // The request with the registered one afterwards changes nothing.
    assertThat(action.perform(candidate.request())).isEqualTo(result);
  }

  @Test
  void aModelThatWasChangedSinceIsNotReleased() {
    Candidate candidate = candidate("s1");
    ObjectName model = ObjectName.parse(candidate.request().input("model") + "model.ubj");
    byte[] forged = Forgery.sameCrc32c(cloud.objects().read(model));
    cloud.objects().write(model, forged, "text/plain", WriteCondition.anything());
    refused(candidate.request(), "model.ubj was changed after it was sealed");
  }

  @Test
  void aModelThatWasSealedAnewIsNotTheOneThatWasRegistered() {
    Candidate candidate = candidate("s1");
    String folder = candidate.request().input("model");
    ObjectName model = ObjectName.parse(folder + "model.ubj");
    byte[] before = cloud.objects().read(model);
    byte[] forged = Forgery.sameCrc32c(before);
    ObjectName seal = ObjectName.parse(folder + Artifact.FILE);
    String sealed =
        cloud.objects().text(seal).replace(Fingerprint.sha256(before), Fingerprint.sha256(forged));
    cloud.objects().write(model, forged, "text/plain", WriteCondition.anything());
    cloud.objects().put(seal.bucket(), seal.name(), sealed);
    refused(candidate.request(), "but was registered with " + Fingerprint.sha256(before));
  }

  @Test
  void aMappingThatWasChangedSinceIsNotReleased() {
    Candidate candidate = candidate("s1");
    ObjectName mapping = ObjectName.parse(candidate.request().input("transform") + "manifest.json");
    cloud.objects().put(mapping.bucket(), mapping.name(), "another mapping");
    assertThatThrownBy(() -> action.perform(candidate.request()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("manifest.json was changed after it was sealed");
    assertThat(platform.registries().read("p").live()).isNull();
    assertThat(cloud.objects().names(MemoryCloud.SERVING, "p/routes.json")).isEmpty();
  }

  /** Each input by its own: the model of another pipeline, or of a bucket that anybody made. */
  @ParameterizedTest
  @ValueSource(strings = {"model", "transform", "model_blessing"})
  void anotherPipelinesArtifactOrBucketIsRefused(String input) {
    Candidate candidate = candidate("s1");
    String own = candidate.request().input(input);
    for (String other :
        List.of(
            own.replace("/p/", "/q/"),
            own.replace("gs://test-artifacts/", "gs://somebodys-artifacts/"),
            own.replace("/p/", "/q/../p/"),
            own.replace("/p/", "/p/%2e%2e/q/"),
            own + "../" + "0".repeat(32) + "/")) {
      for (String name : cloud.objects().names(MemoryCloud.ARTIFACTS, "p/")) {
        String from = "gs://" + MemoryCloud.ARTIFACTS + "/" + name;
        if (from.startsWith(own)) {
          ObjectName copy = ObjectName.parse(from.replace(own, other));
          cloud
              .objects()
              .put(copy.bucket(), copy.name(), cloud.objects().text(ObjectName.parse(from)));
        }
      }
      assertThatThrownBy(() -> action.perform(with(candidate.request(), input, other)))
          .as(other)
          .isInstanceOf(BadInput.class)
          .hasMessageMatching("(?s).*(which is not of pipeline p|is not of the form gs://).*");
    }
    assertThat(platform.registries().read("p").live()).isNull();
    assertThat(cloud.objects().names(MemoryCloud.SERVING, "p/versions/")).isEmpty();
  }

  @Test
  void aModelThatWasNotTrainedHereIsRefused() {
    Candidate candidate = candidate("s1");
    String stranger = cloud.artifact("p", "model", "model.ubj", "never registered");
    String blessing =
        cloud.artifact(
            "p",
            "blessing",
            Verdict.BLESSING,
            blessing(
                Verdict.Subject.MODEL, ArtifactUri.parse(stranger).fingerprint(), Outcome.PASS));
    refused(
        with(with(candidate.request(), "model", stranger), "model_blessing", blessing),
        "is not in the registry of p");
  }
}
