package dev.sluice.functions.receivefile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceKind;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
  @ValueSource(strings = {"a.csv", "Upper/s/a.csv", "é/s/a.csv"})
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
  void aPipelineWhoseDagAirflowHasNotReadYetIsStartedByALaterDelivery() {
    cloud.spec("p", "label: sold\n");
    cloud.composer().withoutDag("p");
    assertThatThrownBy(() -> reception.receive(object("p/s/a.csv")))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("no DAG 'p'");
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED");
    assertThat(cloud.messages().alarms()).isEmpty();
    cloud.composer().withDag("p");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.composer().conf("p", batch("p").run()))
        .isEqualTo(Map.of("batch", batch("p").batch()));
    assertThat(cloud.facts().column("batches", "state")).doesNotContain("FAILED");
  }

  @Test
  void aPipelineWithoutADagHoldsNobodyUp() {
    cloud.spec("a", "label: sold\nsource: {files: 'p/{SPAN}/*.csv'}\n");
    cloud.spec("p", "label: sold\n");
    cloud.composer().withoutDag("a");
    assertThatThrownBy(() -> reception.receive(object("p/s/a.csv")))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("no DAG 'a'");
    assertThat(cloud.composer().conf("p", batch("p").run())).isNotEmpty();
  }

  @Test
  void aRunThatComposerRefusesFailsTheBatch() {
    cloud.spec("p", "label: sold\n");
    cloud
        .composer()
        .before(run -> {
          throw new BadInput("run id refused");
        });
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED", "FAILED");
    assertThat(cloud.messages().alarms().getFirst().text()).contains("run id refused");
  }

  @Test
  void filesBesideTheSpecsAreNoSpecs() {
    cloud.objects().put(MemoryCloud.SERVING, "specs/p.schema.pbtxt", "feature {}");
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.composer().calls()).hasSize(1);
  }

  /** Drops an object, created that many minutes after noon, and gives its event. */
  private FinalizedObject dropped(String name, String text, int minute) {
    cloud.objects().now(Instant.parse("2026-11-01T12:00:00Z").plusSeconds(60L * minute));
    Source source = cloud.drop(name, text);
    return event(source);
  }

  private FinalizedObject event(Source source) {
    ObjectName name = ObjectName.parse(source.uri());
    return new FinalizedObject(
        name.bucket(),
        name.name(),
        String.valueOf(name.generation()),
        String.valueOf(source.bytes()),
        source.crc32c(),
        cloud.objects().find(name).orElseThrow().created());
  }

  /** Drops an object and delivers its event. */
  private void arrives(String name, int minute) {
    reception.receive(dropped(name, name, minute));
  }

  private List<Batch> batches() {
    return cloud
        .objects()
        .list(MemoryCloud.ARTIFACTS, "p/batches/")
        .map(o -> Json.read(cloud.objects().read(o.name()), Batch.class, "the batch"))
        .sorted(Comparator.comparing(Batch::receivedAt))
        .toList();
  }

  private static List<String> names(Batch batch) {
    return batch.sources().stream()
        .map(source -> source.object().substring("gs://test-inbox/".length()))
        .toList();
  }

  @Test
  void aMarkerMakesOneBatchOfAllThatLiesBesideIt() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', complete: marker}\n");
    arrives("p/s1/b.csv", 1);
    arrives("p/s1/a.csv", 2);
    arrives("p/s2/a.csv", 3);
    assertThat(cloud.composer().calls()).isEmpty();
    assertThat(cloud.facts().of("batches")).isEmpty();
    arrives("p/s1/_SUCCESS", 4);
    Batch batch = batch("p");
    assertThat(names(batch)).containsExactly("p/s1/a.csv", "p/s1/b.csv");
    assertThat(batch.span()).isEqualTo("s1");
    assertThat(batch.receivedAt()).isEqualTo("2026-11-01T12:02:00Z");
    assertThat(cloud.composer().calls()).containsExactly("p/" + batch.run());
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED");
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aMarkerThatIsDeliveredAgainMakesNothingNewWhateverCameMeanwhile() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', complete: marker}\n");
    arrives("p/s1/a.csv", 1);
    FinalizedObject marker = dropped("p/s1/_SUCCESS", "", 2);
    reception.receive(marker);
    arrives("p/s1/b.csv", 3);
    reception.receive(marker);
    assertThat(batches())
        .singleElement()
        .satisfies(batch -> assertThat(names(batch)).containsExactly("p/s1/a.csv"));
    assertThat(cloud.composer().calls()).hasSize(2).containsOnly("p/" + batch("p").run());
  }

  @Test
  void twoDeliveriesOfAMarkerAtTheSameTimeChooseTheSame() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', complete: marker}\n");
    arrives("p/s1/a.csv", 1);
    FinalizedObject marker = dropped("p/s1/_SUCCESS", "", 2);
    boolean[] raced = new boolean[1];
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().contains("/receipts/") && !raced[0]) {
            raced[0] = true;
            arrives("p/s1/b.csv", 3);
            reception.receive(marker);
          }
        });
    reception.receive(marker);
    assertThat(batches())
        .singleElement()
        .satisfies(batch -> assertThat(names(batch)).containsExactly("p/s1/a.csv", "p/s1/b.csv"));
    assertThat(cloud.composer().calls()).hasSize(2).containsOnly("p/" + batch("p").run());
  }

  @Test
  void aSecondMarkerAfterMoreFilesMakesAnotherBatchAndOneAfterNoneDoesNot() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', complete: marker}\n");
    arrives("p/s1/a.csv", 1);
    arrives("p/s1/_SUCCESS", 2);
    arrives("p/s1/_SUCCESS", 3);
    assertThat(batches()).hasSize(1);
    arrives("p/s1/b.csv", 4);
    arrives("p/s1/_SUCCESS", 5);
    assertThat(batches())
        .extracting(ReceptionTest::names)
        .containsExactly(List.of("p/s1/a.csv"), List.of("p/s1/a.csv", "p/s1/b.csv"));
    assertThat(Order.of(batches().getLast())).isGreaterThan(Order.of(batches().getFirst()));
  }

  @Test
  void aFileAfterTheMarkerIsToldAndOneBeforeIsNot() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', complete: marker}\n");
    FinalizedObject before = dropped("p/s1/a.csv", "a", 1);
    arrives("p/s1/_SUCCESS", 2);
    reception.receive(before);
    assertThat(cloud.messages().alarms()).isEmpty();
    arrives("p/s1/b.csv", 3);
    assertThat(cloud.messages().alarms())
        .singleElement()
        .satisfies(alarm -> {
          assertThat(alarm.severity()).isEqualTo(Alarm.Severity.WARN);
          assertThat(alarm.text())
              .isEqualTo(
                  "gs://test-inbox/p/s1/b.csv came after gs://test-inbox/p/s1/_SUCCESS had completed"
                      + " span s1, and is in no batch; upload that object again for a batch with"
                      + " it");
        });
  }

  @Test
  void aMarkerWithoutDataIsAnAlarmAndNoRunUntilTheyAreThere() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*.csv', complete: marker}\n");
    cloud.drop("p/s1/readme.txt", "no data");
    FinalizedObject marker = dropped("p/s1/_SUCCESS", "", 2);
    reception.receive(marker);
    assertThat(cloud.composer().calls()).isEmpty();
    assertThat(cloud.facts().column("batches", "state")).containsExactly("FAILED");
    assertThat(cloud.messages().alarms().getFirst().text())
        .isEqualTo(
            "gs://test-inbox/p/s1/_SUCCESS says that span s1 is complete, and no object"
                + " p/{SPAN}/*.csv is there; upload the data first and then this object again");
    arrives("p/s1/a.csv", 3);
    reception.receive(marker);
    assertThat(names(batch("p"))).containsExactly("p/s1/a.csv");
  }

  @Test
  void aManifestIsTheMarkerOfObjectsAndASourceOfTheirBatch() {
    cloud.spec("p", "label: kind\nsource: {objects: 'p/{SPAN}/**', label_from: labels.csv}\n");
    arrives("p/s1/x/1.jpg", 1);
    arrives("p/s1/2.jpg", 2);
    arrives("p/s1/labels.csv", 3);
    Batch batch = batch("p");
    assertThat(batch.kind()).isEqualTo(SourceKind.OBJECTS);
    assertThat(names(batch)).containsExactly("p/s1/2.jpg", "p/s1/x/1.jpg", "p/s1/labels.csv");
    assertThat(cloud.facts().column("batches", "source")).containsExactly("objects");
    assertThat(cloud.facts().column("batches", "sources")).containsExactly(3);
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aManifestBesideAMarkerIsNotedAndASource() {
    cloud.spec(
        "p",
        "label: kind\nsource: {objects: 'p/{SPAN}/**', label_from: labels.csv, complete:"
            + " marker}\n");
    arrives("p/s1/labels.csv", 1);
    arrives("p/s1/1.jpg", 2);
    assertThat(cloud.composer().calls()).isEmpty();
    assertThat(cloud.messages().alarms()).isEmpty();
    arrives("p/s1/_SUCCESS", 3);
    assertThat(names(batch("p"))).containsExactly("p/s1/1.jpg", "p/s1/labels.csv");
  }

  @Test
  void aBatchLearnsFromTheSpansBeforeItsOwn() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', spans: 3}\n");
    arrives("p/2026-11-01/a.csv", 1);
    arrives("p/2026-11-02/a.csv", 2);
    arrives("p/2026-11-02/b.csv", 3);
    arrives("p/2026-11-05/a.csv", 4);
    arrives("p/2026-11-03/a.csv", 5);
    assertThat(batches())
        .extracting(ReceptionTest::names)
        .containsExactly(
            List.of("p/2026-11-01/a.csv"),
            List.of("p/2026-11-02/a.csv", "p/2026-11-01/a.csv"),
            List.of("p/2026-11-02/b.csv", "p/2026-11-01/a.csv"),
            List.of(
                "p/2026-11-05/a.csv",
                "p/2026-11-02/a.csv",
                "p/2026-11-02/b.csv",
                "p/2026-11-01/a.csv"),
            List.of(
                "p/2026-11-03/a.csv",
                "p/2026-11-02/a.csv",
                "p/2026-11-02/b.csv",
                "p/2026-11-01/a.csv"));
    assertThat(batches().getLast().span()).isEqualTo("2026-11-03");
  }

  @Test
  void whatTheSpansBeforeHoldIsChosenOnce() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', spans: 2}\n");
    cloud.drop("p/1/a.csv", "1");
    FinalizedObject object = dropped("p/2/a.csv", "2", 1);
    reception.receive(object);
    cloud.drop("p/1/b.csv", "late");
    reception.receive(object);
    assertThat(batches())
        .singleElement()
        .satisfies(batch -> assertThat(names(batch)).containsExactly("p/2/a.csv", "p/1/a.csv"));
  }

  @Test
  void aNewerVersionSupersedesTheOlderOnesOfItsSpan() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/v{VERSION}/*', spans: 2}\n");
    arrives("p/1/v2/a.csv", 1);
    arrives("p/1/v10/a.csv", 2);
    arrives("p/1/v9/a.csv", 3);
    arrives("p/2/v1/a.csv", 4);
    Batch newest = batches().getLast();
    assertThat(names(newest)).containsExactly("p/2/v1/a.csv", "p/1/v10/a.csv");
    assertThat(newest.version()).isEqualTo(1);
    List<Order> first = batches().subList(0, 3).stream().map(Order::of).toList();
    assertThat(first).extracting(Order::version).containsExactly(2L, 10L, 9L);
    assertThat(first.get(1)).isGreaterThan(first.get(2));
    assertThat(cloud.facts().column("batches", "version")).containsExactly(2L, 10L, 9L, 1L);
  }

  @Test
  void ofTheSpansBeforeOnlyCompleteVersionsCount() {
    cloud.spec(
        "p", "label: sold\nsource: {files: 'p/{SPAN}/v{VERSION}/*', spans: 2, complete: marker}\n");
    cloud.drop("p/1/v1/a.csv", "1");
    cloud.drop("p/1/v1/_SUCCESS", "");
    cloud.drop("p/1/v2/a.csv", "half of it");
    cloud.drop("p/2/v1/a.csv", "never completed");
    cloud.drop("p/3/v1/a.csv", "3");
    arrives("p/3/v1/_SUCCESS", 1);
    assertThat(names(batch("p"))).containsExactly("p/3/v1/a.csv", "p/1/v1/a.csv");
  }

  @ParameterizedTest
  @ValueSource(strings = {"p/s1/.DS_Store", "p/s1/_SUCCESS", "p/_tmp/a.csv", "p/s1/_temporary/0/a"})
  void hiddenFilesAreNoDataAndNoAlarm(String name) {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/**'}\n");
    reception.receive(object(name));
    assertThat(cloud.facts().of("batches")).isEmpty();
    assertThat(cloud.messages().alarms()).isEmpty();
    assertThat(cloud.composer().calls()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "p/s/../../etc/passwd|has the segment '..'",
        "p/./a.csv|has the segment '.'",
        "p/s/a\u0007.csv|holds the control character U+0007",
        "p/s/a\u001b[2J.csv|holds the control character U+001B",
        "p/s/\u202efdp.csv|holds the control character U+202E",
      })
  void anUnsafeNameIsRefusedAndNothingIsLost(String name, String problem) {
    cloud.spec("p", "label: sold\nsource: {files: 'p/**'}\n");
    reception.receive(object(name));
    assertThat(cloud.composer().calls()).isEmpty();
    assertThat(cloud.facts().column("batches", "state")).containsExactly("IGNORED");
    assertThat(cloud.facts().column("batches", "pipeline")).containsExactly("p");
    assertThat(cloud.facts().column("batches", "uri")).containsExactly("gs://test-inbox/" + name);
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.WARN);
    assertThat(alarm.text())
        .contains(problem, "upload it under another name")
        .matches("[\\x20-\\x7e]*");
    assertThat(cloud.objects().names(MemoryCloud.ARTIFACTS, "")).isEmpty();
  }

  @Test
  void aNameWithTooLongASegmentIsRefused() {
    cloud.spec("p", "label: sold\n");
    reception.receive(object("p/s/" + "a".repeat(256)));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("IGNORED");
    assertThat(cloud.messages().alarms().getFirst().text())
        .contains("has a segment of 256 bytes, more than 255");
  }

  @Test
  void aPipelineOfTablesTakesNoObject() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.t}}\n");
    reception.receive(object("p/s/a.csv"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("IGNORED");
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
