package dev.sluice.localcloud.accept;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.localcloud.accept.Acceptor.Already;
import dev.sluice.localcloud.accept.Acceptor.Done;
import dev.sluice.localcloud.accept.Acceptor.Pending;
import dev.sluice.localcloud.accept.Acceptor.States.Standing;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import dev.sluice.validation.Anomaly;
import dev.sluice.validation.Kind;
import dev.sluice.validation.SchemaEdit;
import dev.sluice.validation.SchemaText;
import dev.sluice.validation.Severity;
import dev.sluice.validation.Validation;
import dev.sluice.validation.ValidationFiles;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tensorflow.metadata.v0.Schema;

class AcceptorTest {
  private static final Instant NOW = Instant.parse("2026-11-02T03:04:05Z");
  private static final String TWO_TOYS =
      """
      feature {
        name: "toy"
        type: BYTES
        string_domain { value: "ball" value: "doll" }
      }
      """;

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
  private final Map<String, Standing> standings = new HashMap<>();
  private final Acceptor acceptor =
      new Acceptor(
          platform,
          (pipeline, batch) ->
              batch == null
                  ? standings.values().stream()
                      .filter(standing -> standing.state().equals("BLOCKED"))
                      .findFirst()
                  : Optional.ofNullable(standings.get(batch)));

  private static Anomaly kite(Severity severity) {
    return new Anomaly(
        "toy",
        "",
        Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
        severity,
        "toy has new values",
        "toy has new values: 'kite'.",
        .1,
        0,
        null,
        List.of(new SchemaEdit.AddValues("toy", List.of("kite"))));
  }

  private static Anomaly moved() {
    return new Anomaly(
        "price",
        "",
        Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH,
        Severity.FAIL,
        "price moved",
        "price moved.",
        .5,
        .3,
        null);
  }

  private Batch judged(String span, Outcome outcome, Anomaly... anomalies) {
    Batch batch = cloud.batch("p", span, "toy\n" + span + "\n");
    Schema schema = SchemaText.parse("it", TWO_TOYS);
    Validation validation =
        new Validation(schema, List.of(anomalies), outcome, List.of("why"), List.of(), List.of());
    String found =
        cloud.artifact(
            "p",
            "anomalies",
            Map.of(
                ValidationFiles.ANOMALIES,
                validation.toProto().toByteArray(),
                ValidationFiles.VALIDATION,
                validation.toJson()),
            Map.of("span", span));
    String left =
        cloud.artifact(
            "p",
            "schema",
            Map.of(ValidationFiles.SCHEMA, TWO_TOYS.getBytes(UTF_8)),
            Map.of("span", span));
    platform
        .registries()
        .update(
            "p",
            registry ->
                registry.judged(
                    new Registry.Judged(
                        batch.batch(),
                        Order.of(batch),
                        outcome,
                        "gs://test-artifacts/p/statistics/" + span + "/",
                        outcome.blesses() ? left : null,
                        found,
                        null),
                    null));
    return batch;
  }

  private Registry registry() {
    return platform.registries().read("p");
  }

  private Registry.Judged baseline() {
    Registry.Judged baseline = registry().baseline();
    assertThat(baseline).isNotNull();
    return baseline;
  }

  private String text(@Nullable String uri) {
    return new String(cloud.read(uri, ValidationFiles.SCHEMA), UTF_8);
  }

  private Pending pending(@Nullable String batch) {
    return (Pending) acceptor.find("p", batch);
  }

  private Done accept() {
    return acceptor.accept(pending(null), "ann", "kites are new", NOW);
  }

  @Test
  void theNewestHeldBatchIsFoundWithWhatAllowsIt() {
    cloud.spec("p", "label: sold\n");
    Batch first = judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Batch second = judged("s2", Outcome.FAIL, moved());
    assertThat(pending(null).judged().batch()).isEqualTo(second.batch());
    assertThat(pending(null).edits()).isEmpty();
    assertThat(pending(first.batch()).edits())
        .containsExactly(new SchemaEdit.AddValues("toy", List.of("kite")));
  }

  @Test
  void findingChangesNothing() {
    cloud.spec("p", "label: sold\n");
    judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Registry before = registry();
    int written = cloud.objects().written().size();
    pending(null);
    assertThat(registry()).isEqualTo(before);
    assertThat(cloud.objects().written()).hasSize(written);
  }

  @Test
  void anAcceptedBatchIsTheBaselineWithASchemaThatSaysWhoAndWhy() {
    cloud.spec("p", "label: sold\n");
    judged("s1", Outcome.PASS);
    Batch batch = judged("s2", Outcome.FAIL, kite(Severity.FAIL));
    Done done = accept();
    assertThat(done.file()).isNull();
    Registry.Judged baseline = registry().baseline();
    assertThat(baseline).isNotNull();
    assertThat(baseline.batch()).isEqualTo(batch.batch());
    assertThat(baseline.accepted()).isEqualTo(done.acceptance());
    assertThat(baseline.schema()).isEqualTo(done.schema());
    assertThat(registry().held()).isEmpty();
    assertThat(text(done.schema())).contains("value: \"kite\"", "ann: kites are new");
    assertThat(text(done.schema())).contains("2026-11-02T03:04:05Z");
  }

  @Test
  void aSecondAcceptanceChangesNothing() {
    cloud.spec("p", "label: sold\n");
    Batch batch = judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Pending before = pending(null);
    Done done = accept();
    Registry after = registry();
    assertThat(acceptor.start("p", batch.batch(), done.acceptance()))
        .isEqualTo(TriggerOutcome.STARTED);
    acceptor.accept(before, "bob", "me too", NOW.plusSeconds(1));
    assertThat(registry()).isEqualTo(after);
    assertThat(acceptor.find("p", null)).isInstanceOf(Already.class);
    Already again = (Already) acceptor.find("p", batch.batch());
    assertThat(again.acceptance()).isEqualTo(done.acceptance());
    assertThat(acceptor.start("p", batch.batch(), again.acceptance()))
        .isEqualTo(TriggerOutcome.ALREADY_RUNNING);
    assertThat(cloud.composer().conf("p", batch.batch() + "--accept-20261102T030405000"))
        .isEqualTo(Map.of("batch", batch.batch()));
  }

  @Test
  void aBatchThatWentOnWithAWarningIsTheBaselineOnceItIsAcceptedByName() {
    cloud.spec("p", "label: sold\n");
    Batch passed = judged("s1", Outcome.PASS);
    Batch warned = judged("s2", Outcome.WARN, kite(Severity.WARN));
    assertThat(baseline().batch()).isEqualTo(passed.batch());
    Pending pending = pending(warned.batch());
    assertThat(pending.held()).isFalse();
    assertThat(pending.anomalies()).containsExactly(kite(Severity.WARN));
    assertThat(pending.edits()).containsExactly(new SchemaEdit.AddValues("toy", List.of("kite")));
    Done done = acceptor.accept(pending, "ann", "kites are new", NOW);
    assertThat(baseline().batch()).isEqualTo(warned.batch());
    assertThat(baseline().outcome()).isEqualTo(Outcome.WARN);
    assertThat(baseline().accepted()).isEqualTo(done.acceptance());
    assertThat(text(baseline().schema())).contains("value: \"kite\"", "ann: kites are new");
    assertThat(text(registry().wentOn(passed.batch()).orElseThrow().schema()))
        .doesNotContain("kite");
  }

  @Test
  void aBatchThatWentOnIsNotTakenWithoutItsName() {
    cloud.spec("p", "label: sold\n");
    Batch held = judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Batch warned = judged("s2", Outcome.WARN, kite(Severity.WARN));
    assertThat(pending(null).judged().batch()).isEqualTo(held.batch());
    accept();
    refuses(
        null,
        "no batch of p is held by the checks of its data; "
            + warned.batch()
            + " went on with WARN: --batch "
            + warned.batch()
            + " accepts it, too");
  }

  @Test
  void aBatchOfTooFewRowsIsAcceptedByNameAndStaysUnknown() {
    cloud.spec("p", "label: sold\n");
    Batch few = judged("s1", Outcome.UNKNOWN);
    assertThat(registry().baseline()).isNull();
    assertThat(pending(few.batch()).reasons()).containsExactly("why");
    acceptor.accept(pending(few.batch()), "ann", "they are all as small", NOW);
    assertThat(baseline().batch()).isEqualTo(few.batch());
    assertThat(baseline().outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void aSecondAcceptanceOfABatchThatWentOnChangesNothingAndAsksForNoRun() {
    cloud.spec("p", "label: sold\n");
    Batch warned = judged("s1", Outcome.WARN, kite(Severity.WARN));
    Pending before = pending(warned.batch());
    Done done = acceptor.accept(before, "ann", "kites are new", NOW);
    Registry after = registry();
    acceptor.accept(before, "bob", "me too", NOW.plusSeconds(1));
    assertThat(registry()).isEqualTo(after);
    assertThat(acceptor.find("p", warned.batch()))
        .isEqualTo(new Already("p", baseline(), done.acceptance(), /* held= */ false));
  }

  @Test
  void theSecondAcceptanceOfABatchThatWasHeldAsksForItsRun() {
    cloud.spec("p", "label: sold\n");
    Batch held = judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    accept();
    assertThat(acceptor.find("p", held.batch()).held()).isTrue();
  }

  @Test
  void aBatchThatPassesMeanwhileStaysAsItIs() {
    cloud.spec("p", "label: sold\n");
    Batch warned = judged("s1", Outcome.WARN, kite(Severity.WARN));
    Pending before = pending(warned.batch());
    Registry.Judged judged = before.judged();
    Registry.Judged passes =
        new Registry.Judged(
            warned.batch(),
            judged.order(),
            Outcome.PASS,
            judged.statistics(),
            judged.schema(),
            judged.anomalies(),
            /* accepted= */ null);
    platform.registries().update("p", registry -> registry.judged(passes, /* pinned= */ null));
    Registry passed = registry();
    acceptor.accept(before, "ann", "kites are new", NOW);
    assertThat(registry()).isEqualTo(passed);
  }

  @Test
  void whereALaterBatchPassedTheAcceptanceOfOneThatWentOnIsInItsSchema() {
    cloud.spec("p", "label: sold\n");
    Batch warned = judged("s1", Outcome.WARN, kite(Severity.WARN));
    Batch later = judged("s2", Outcome.PASS);
    acceptor.accept(pending(warned.batch()), "ann", "kites are new", NOW);
    assertThat(baseline().batch()).isEqualTo(later.batch());
    assertThat(text(baseline().schema())).contains("kite", "ann: kites are new");
  }

  @Test
  void whereALaterBatchPassedItsSchemaLearnsWhatWasAccepted() {
    cloud.spec("p", "label: sold\n");
    judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Batch later = judged("s2", Outcome.PASS);
    accept();
    Registry.Judged baseline = registry().baseline();
    assertThat(baseline).isNotNull();
    assertThat(baseline.batch()).isEqualTo(later.batch());
    assertThat(text(baseline.schema())).contains("kite", "ann: kites are new");
  }

  @Test
  void aSchemaBesideTheSpecIsWrittenAnewAndItsChangesAreTold() {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    cloud.objects().put(MemoryCloud.SERVING, "specs/p.pbtxt", TWO_TOYS);
    judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Done done = accept();
    ObjectName file = ObjectName.of(MemoryCloud.SERVING, "specs/p.pbtxt");
    assertThat(done.file()).isEqualTo(file);
    assertThat(new String(cloud.objects().read(file), UTF_8))
        .isEqualTo(text(done.schema()))
        .contains("kite", "ann: kites are new");
    assertThat(done.changes())
        .anySatisfy(line -> assertThat(line).startsWith("+").contains("kite"));
    assertThat(done.changes()).noneSatisfy(line -> assertThat(line).startsWith("-"));
  }

  @Test
  void aSchemaBesideTheSpecStaysWhereItIsNotWhatHoldsTheBatch() {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    long generation =
        cloud.objects().put(MemoryCloud.SERVING, "specs/p.pbtxt", TWO_TOYS).generation();
    judged("s1", Outcome.FAIL, moved());
    assertThat(accept().file()).isNull();
    assertThat(
            cloud
                .objects()
                .find(ObjectName.of(MemoryCloud.SERVING, "specs/p.pbtxt"))
                .orElseThrow()
                .generation())
        .isEqualTo(generation);
  }

  @Test
  void aSchemaThatSomebodyChangesMeanwhileIsNotOverwritten() {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    cloud.objects().put(MemoryCloud.SERVING, "specs/p.pbtxt", TWO_TOYS);
    judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Pending pending = pending(null);
    boolean[] raced = new boolean[1];
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().equals("specs/p.pbtxt") && !raced[0]) {
            raced[0] = true;
            cloud.objects().put(MemoryCloud.SERVING, "specs/p.pbtxt", TWO_TOYS + "# mine\n");
          }
        });
    assertThatThrownBy(() -> acceptor.accept(pending, "ann", "why", NOW))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "gs://test-serving/specs/p.pbtxt was changed by somebody else meanwhile; accept the"
                + " batch again");
    assertThat(registry().held()).hasSize(1);
  }

  private void refuses(@Nullable String batch, String message) {
    assertThatThrownBy(() -> acceptor.find("p", batch))
        .isInstanceOf(BadInput.class)
        .hasMessage(message);
  }

  @Test
  void whereNothingIsHeldItSaysSo() {
    refuses(null, "there is no pipeline 'p'; ./sluice status lists those there are");
    cloud.spec("p", "label: sold\n");
    refuses(null, "no batch of p is held by the checks of its data; there is nothing to accept");
    refuses("b-none", "pipeline p has no batch 'b-none'; table batches lists them");
    Batch passed = judged("s1", Outcome.PASS);
    standings.put(passed.batch(), new Standing(passed.batch(), "LIVE", null));
    refuses(
        passed.batch(),
        "batch "
            + passed.batch()
            + " is not held: the checks of its data said PASS, and its state is LIVE; there is"
            + " nothing to accept");
    Batch running = cloud.batch("p", "s2", "toy\n");
    standings.put(running.batch(), new Standing(running.batch(), "RUNNING", null));
    refuses(
        running.batch(),
        "batch "
            + running.batch()
            + " is not held: its state is RUNNING; there is nothing to accept");
  }

  @Test
  void rejectedRowsAreNotAccepted() {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", "s1", "toy\n");
    standings.put(batch.batch(), new Standing(batch.batch(), "BLOCKED", "9 of 10 rows rejected"));
    String why =
        "batch "
            + batch.batch()
            + " is held before they see it (9 of 10 rows rejected). accept takes what the schema and"
            + " the comparison with earlier batches object to; it brings back no rows that were"
            + " rejected: correct them and upload the file again, or raise max_rejected in the spec";
    refuses(batch.batch(), why);
    refuses(null, "no batch of p is held by the checks of its data; " + why);
  }

  @Test
  void aModelThatIsHeldIsNotAccepted() {
    cloud.spec("p", "label: sold\n");
    Batch batch = judged("s1", Outcome.PASS);
    standings.put(batch.batch(), new Standing(batch.batch(), "BLOCKED", "auc .5"));
    String why =
        "batch "
            + batch.batch()
            + " passed the checks of its data; what holds it is its model (auc .5). accept takes what"
            + " the schema and the comparison with earlier batches object to; what a model must"
            + " reach is in the spec under 'gates'";
    refuses(batch.batch(), why);
    refuses(null, "no batch of p is held by the checks of its data; " + why);
  }

  @Test
  void aBatchWithoutRowsIsNotAccepted() {
    cloud.spec("p", "label: sold\n");
    Batch batch =
        judged(
            "s1",
            Outcome.FAIL,
            new Anomaly(
                "",
                "",
                Kind.DATASET_LOW_NUM_EXAMPLES,
                Severity.FAIL,
                "no rows",
                "The batch has no rows.",
                0,
                1,
                null));
    assertThatThrownBy(() -> acceptor.find("p", null))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("batch " + batch.batch() + " has no rows. ");
  }

  @Test
  void anAcceptanceWithoutAReasonIsRefusedAndChangesNothing() {
    cloud.spec("p", "label: sold\n");
    judged("s1", Outcome.FAIL, kite(Severity.FAIL));
    Registry before = registry();
    assertThatThrownBy(() -> acceptor.accept(pending(null), "ann", " ", NOW))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("an acceptance has no reason");
    assertThat(registry()).isEqualTo(before);
  }

  @Test
  void theRunIsNamedByTheBatchAndTheTimeOfItsAcceptance() {
    Acceptance acceptance = new Acceptance("ann", "why", NOW, "gs://n/");
    assertThat(Acceptor.run("b-1", acceptance)).isEqualTo("b-1--accept-20261102T030405000");
  }
}
