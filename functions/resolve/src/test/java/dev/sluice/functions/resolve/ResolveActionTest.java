package dev.sluice.functions.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResolveActionTest {
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
  private final ResolveAction action = new ResolveAction(platform);

  private static StageRequest call(@Nullable String batch, String run) {
    return new StageRequest("p", run, batch, "resolve", null, 1, Map.of(), Map.of());
  }

  private Pins pins(String run) {
    return Json.read(
        cloud.objects().read(platform.layout().pins("p", run)), Pins.class, "pins.json");
  }

  private void passed(Batch batch) {
    platform
        .registries()
        .update(
            "p",
            r ->
                r.withBaseline(
                    new Registry.Baseline(batch.batch(), Order.of(batch), "gs://s/", "gs://c/")));
  }

  @Test
  void theFirstBatchHasNothingBeforeIt() {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    StageResult result = action.perform(call(batch.batch(), "r"));
    assertThat(result.outputs())
        .isEqualTo(Map.of("batch", "gs://test-artifacts/p/batches/" + batch.batch() + ".json"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RUNNING");
    assertThat(pins("r").batch()).isEqualTo(batch.batch());
  }

  @Test
  void whatWasPinnedOnceStands() {
    long generation = cloud.spec("p", "label: sold\n").generation();
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    StageResult first = action.perform(call(batch.batch(), "r"));
    cloud.spec("p", "label: other\n");
    passed(batch);
    assertThat(action.perform(call(batch.batch(), "r"))).isEqualTo(first);
    assertThat(pins("r")).isEqualTo(new Pins(batch.batch(), generation, null, null, null, null));
    assertThat(action.perform(call(batch.batch(), "another")).outputs())
        .containsEntry("baseline", "gs://s/")
        .containsEntry("previous_schema", "gs://c/");
  }

  @Test
  void theSchemaThatTheSpecNamesIsPinnedOnce() {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    long first = cloud.objects().put(MemoryCloud.SERVING, "specs/p.pbtxt", "").generation();
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    action.perform(call(batch.batch(), "r"));
    long edited =
        cloud
            .objects()
            .put(MemoryCloud.SERVING, "specs/p.pbtxt", "feature { name: 'a' }")
            .generation();
    action.perform(call(batch.batch(), "r"));
    assertThat(pins("r").schemaGeneration()).isEqualTo(first).isNotEqualTo(edited);
    action.perform(call(batch.batch(), "another"));
    assertThat(pins("another").schemaGeneration()).isEqualTo(edited);
  }

  @Test
  void aSchemaThatIsNotBesideTheSpecIsRefusedAndPinsNothing() {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    assertThatThrownBy(() -> action.perform(call(batch.batch(), "r")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "the spec names schema 'p.pbtxt', which is not at gs://test-serving/specs/p.pbtxt; put"
                + " it beside the spec");
    assertThat(platform.findPins("p", "r")).isEmpty();
  }

  @Test
  void theLiveModelIsPinned() {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    platform
        .registries()
        .update(
            "p",
            r ->
                r.register("f", "gs://m/", "gs://t/", "b", Order.of(batch))
                    .release(1, Order.of(batch)));
    assertThat(action.perform(call(batch.batch(), "r")).outputs())
        .containsEntry("live_model", "gs://m/");
  }

  @Test
  void whoComesSecondGetsTheFirstOnesPins() {
    cloud.spec("p", "label: sold\n");
    Batch mine = cloud.batch("p", "s1", "a\n1\n");
    Batch other = cloud.batch("p", "s2", "a\n2\n");
    boolean[] raced = new boolean[1];
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().endsWith("pins.json") && !raced[0]) {
            raced[0] = true;
            cloud.pin(other, "r", null, null, null);
          }
        });
    assertThat(action.perform(call(mine.batch(), "r")).outputs().get("batch"))
        .contains(other.batch());
  }

  @Test
  void withoutABatchTheNewestThatHasNotPassedIsTaken() {
    cloud.spec("p", "label: sold\n");
    Batch old = cloud.batch("p", "2026-11-01", "a\n1\n", Instant.parse("2026-11-05T00:00:00Z"));
    Batch newest = cloud.batch("p", "2026-11-03", "a\n3\n", Instant.parse("2026-11-03T00:00:00Z"));
    Batch middle = cloud.batch("p", "2026-11-02", "a\n2\n", Instant.parse("2026-11-06T00:00:00Z"));
    action.perform(call(null, "r1"));
    assertThat(pins("r1").batch()).isEqualTo(newest.batch());
    passed(old);
    action.perform(call(null, "r2"));
    assertThat(pins("r2").batch()).isEqualTo(newest.batch());
    passed(newest);
    action.perform(call(null, "r3"));
    assertThat(pins("r3").batch()).isEqualTo(newest.batch()).isNotEqualTo(middle.batch());
  }

  @Test
  void withoutAnyBatchTheNewestObjectOfTheInboxMakesOne() {
    cloud.spec("p", "label: sold\n");
    cloud.drop("p/2026-11-01/a.csv", "a\n1\n");
    cloud.drop("p/2026-11-02/a.csv", "a\n2\n");
    cloud.drop("p/readme.txt", "not taken");
    cloud.drop("px/2026-11-09/a.csv", "another pipeline's");
    action.perform(call(null, "r"));
    Batch batch = platform.findBatch("p", pins("r").batch()).orElseThrow();
    assertThat(batch.span()).isEqualTo("2026-11-02");
    assertThat(batch.sources().getFirst().object()).isEqualTo("gs://test-inbox/p/2026-11-02/a.csv");
  }

  @Test
  void withNothingAtAllItSaysWhereToUpload() {
    cloud.spec("p", "label: sold\n");
    assertThatThrownBy(() -> action.perform(call(null, "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("no object gs://test-inbox/p/{SPAN}/*; upload a file first");
  }

  @Test
  void anUnknownBatchOrPipelineIsRefused() {
    assertThatThrownBy(() -> action.perform(call(null, "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("pipeline p has no spec at gs://test-serving/specs/p.yaml");
    cloud.spec("p", "label: sold\n");
    assertThatThrownBy(() -> action.perform(call("b-none", "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("no batch 'b-none'");
  }

  @Test
  void aBrokenSpecPinsNothing() {
    cloud.spec("p", "lable: sold\n");
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    assertThatThrownBy(() -> action.perform(call(batch.batch(), "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("p.yaml line 1");
    assertThat(platform.findPins("p", "r")).isEmpty();
  }
}
