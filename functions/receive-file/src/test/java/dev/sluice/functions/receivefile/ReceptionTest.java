package dev.sluice.functions.receivefile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceptionTest {
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
  private final Reception reception = new Reception(platform);

  private static FinalizedObject object(String name) {
    return new FinalizedObject(
        "test-inbox", name, "7", "12", "crc=", Instant.parse("2026-11-01T10:00:00Z"));
  }

  private Batch batch(String pipeline) {
    return cloud
        .objects()
        .list(MemoryCloud.ARTIFACTS, pipeline + "/batches/")
        .map(o -> Json.read(cloud.objects().read(o.name()), Batch.class, "the batch"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anObjectOfAPipelineBecomesABatchAndARun() {
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/2026-11-01/a b,c.csv"));
    Batch batch = batch("p");
    assertThat(batch.span()).isEqualTo("2026-11-01");
    assertThat(batch.sources())
        .singleElement()
        .satisfies(source -> {
          assertThat(source.uri()).isEqualTo("gs://test-inbox/p/2026-11-01/a b,c.csv#7");
          assertThat(source.bytes()).isEqualTo(12);
        });
    assertThat(cloud.composer().calls()).containsExactly("p/" + batch.run());
    assertThat(cloud.composer().conf("p", batch.run())).isEqualTo(Map.of("batch", batch.batch()));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED");
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aSecondDeliveryRepeatsEveryStepAndMakesNothingNew() {
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/s/a.csv"));
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.objects().names(MemoryCloud.ARTIFACTS, "p/batches/")).hasSize(1);
    assertThat(cloud.composer().calls()).hasSize(2).containsOnly("p/" + batch("p").run());
    assertThat(cloud.facts().of("batches"))
        .extracting(Fact::key)
        .hasSize(2)
        .containsOnly("p/" + batch("p").batch());
  }

  @Test
  void aDeliveryThatFailedHalfWayIsFinishedByTheNext() {
    cloud.spec("p", "label: sold\n");
    cloud
        .facts()
        .before(fact -> {
          throw new Unavailable("BigQuery is away");
        });
    assertThatThrownBy(() -> reception.receive(object("p/s/a.csv")))
        .isInstanceOf(Unavailable.class);
    cloud.facts().before(fact -> {});
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.composer().calls()).containsExactly("p/" + batch("p").run());
  }

  @Test
  void everyPipelineThatTakesTheObjectGetsIt() {
    cloud.spec("p", "label: sold\n");
    cloud.spec("q", "label: sold\nsource: {files: 'p/{SPAN}/*.csv'}\n");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.composer().calls())
        .containsExactly("p/" + batch("p").run(), "q/" + batch("q").run());
    assertThat(batch("p").batch()).isNotEqualTo(batch("q").batch());
  }

  @Test
  void anObjectThatNoPipelineTakesIsIgnoredWithAWarningThatListsThePatterns() {
    cloud.spec("p", "label: sold\n");
    reception.receive(object("px/s/a.csv"));
    assertThat(cloud.composer().calls()).isEmpty();
    assertThat(cloud.facts().column("batches", "state")).containsExactly("IGNORED");
    assertThat(cloud.facts().column("batches", "pipeline")).containsExactly("px");
    assertThat(cloud.facts().column("batches", "uri"))
        .containsExactly("gs://test-inbox/px/s/a.csv");
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.WARN);
    assertThat(alarm.text()).contains("no pipeline takes gs://test-inbox/px/s/a.csv", "p/{SPAN}/*");
    reception.receive(object("px/s/a.csv"));
    assertThat(cloud.messages().alarms()).extracting(Alarm::alarm).containsOnly(alarm.alarm());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.csv", "Upper/s/a.csv", "../s/a.csv", "é/s/a.csv"})
  void anObjectWithoutAPipelinesNameIsIgnoredAsUnknown(String name) {
    reception.receive(object(name));
    assertThat(cloud.facts().column("batches", "pipeline")).containsExactly("unknown");
    assertThat(cloud.messages().alarms().getFirst().text()).contains("nothing yet: add a spec");
  }

  @Test
  void aFolderIsNoBatch() {
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/s/"));
    assertThat(cloud.facts().of("batches")).isEmpty();
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aBrokenSpecOfItsOwnPipelineFailsTheBatch() {
    cloud.spec("p", "lable: sold\n");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("FAILED");
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.FAIL);
    assertThat(alarm.text()).contains("p.yaml line 1", "'lable'", "did you mean 'label'");
    assertThat(alarm.uri()).isEqualTo("gs://test-inbox/p/s/a.csv");
  }

  @Test
  void aBrokenSpecOfAnotherPipelineHoldsNobodyUp() {
    cloud.spec("a", "lable: sold\n");
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED");
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aPipelineThatComposerDoesNotKnowFailsTheBatch() {
    cloud.spec("p", "label: sold\n");
    cloud.composer().withoutDag("p");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED", "FAILED");
    assertThat(cloud.messages().alarms().getFirst().text()).contains("no DAG 'p'");
  }

  @Test
  void filesBesideTheSpecsAreNoSpecs() {
    cloud.objects().put(MemoryCloud.SERVING, "specs/p.schema.pbtxt", "feature {}");
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.composer().calls()).hasSize(1);
  }

  @Test
  void theEventsDataAreReadAndTheirAbsenceIsRefused() {
    FinalizedObject read =
        Json.read(
            "{\"kind\":\"storage#object\",\"bucket\":\"b\",\"name\":\"n\",\"generation\":\"3\","
                + "\"size\":\"4\",\"crc32c\":\"x\",\"timeCreated\":\"2026-11-01T10:00:00.123Z\"}",
            FinalizedObject.class,
            "the event");
    assertThat(read.source().uri()).isEqualTo("gs://b/n#3");
    assertThat(read.created()).isEqualTo("2026-11-01T10:00:00.123Z");
    assertThatThrownBy(() -> Json.read("{\"bucket\":\"b\"}", FinalizedObject.class, "the event"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("lack bucket, name or generation");
  }
}
