package dev.sluice.functions.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceKind;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.TableSnapshot;
import dev.sluice.gcp.TableStream;
import dev.sluice.gcp.Tables;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Batches;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Pinning;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  private static StageRequest ofSpan(String span, String run) {
    return ofSpan(null, span, run);
  }

  private static StageRequest ofSpan(@Nullable String batch, String span, String run) {
    return new StageRequest(
        "p", run, batch, span, "resolve", null, null, 1, null, Map.of(), Map.of());
  }

  private Pins pins(String run) {
    return Json.read(
        cloud.objects().read(platform.layout().pins("p", run)), Pins.class, "pins.json");
  }

  private void judged(Batch batch, Outcome outcome, @Nullable Acceptance accepted) {
    platform
        .registries()
        .update(
            "p",
            r ->
                r.judged(
                    new Registry.Judged(
                        batch.batch(),
                        Order.of(batch),
                        outcome,
                        "gs://s/" + batch.span() + "/",
                        "gs://c/" + batch.span() + "/",
                        "gs://n/" + batch.span() + "/",
                        accepted),
                    null));
  }

  private void passed(Batch batch) {
    judged(batch, Outcome.PASS, null);
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
    passed(cloud.batch("p", "s0", "a\n0\n"));
    assertThat(action.perform(call(batch.batch(), "r"))).isEqualTo(first);
    assertThat(pins("r")).isEqualTo(Pins.first(batch.batch(), generation, null));
    assertThat(action.perform(call(batch.batch(), "another")).outputs())
        .containsEntry("baseline#0", "gs://s/s0/")
        .containsEntry("history#0", "gs://s/s0/")
        .containsEntry("previous_schema", "gs://c/s0/");
  }

  private Map<String, String> outputsAfter(String checks, int passed) {
    cloud.spec("p", "label: sold\n" + checks);
    for (int day = 1; day <= passed; day++) {
      passed(cloud.batch("p", String.format("2026-11-%02d", day), "a\n" + day + "\n"));
    }
    Batch batch = cloud.batch("p", "2026-11-30", "a\n30\n");
    return action.perform(call(batch.batch(), "r")).outputs();
  }

  @Test
  void theBaselineIsAsTheSpecSays() {
    Map<String, String> outputs = outputsAfter("checks: {baseline: {rolling: 2}}\n", 3);
    assertThat(outputs)
        .containsEntry("baseline#0", "gs://s/2026-11-03/")
        .containsEntry("baseline#1", "gs://s/2026-11-02/")
        .containsEntry("previous_schema", "gs://c/2026-11-03/")
        .doesNotContainKey("baseline#2");
    assertThat(pins("r").baseline()).containsExactly("gs://s/2026-11-03/", "gs://s/2026-11-02/");
  }

  @Test
  void theSchemaIsTheNewestWhateverTheBaseline() {
    assertThat(outputsAfter("checks: {baseline: weekday}\n", 24))
        .containsEntry("baseline#0", "gs://s/2026-11-23/")
        .containsEntry("previous_schema", "gs://c/2026-11-24/");
  }

  @Test
  void theHistoryIsTheNewestTwelveThatPassed() {
    outputsAfter("", 14);
    assertThat(pins("r").history())
        .hasSize(12)
        .startsWith("gs://s/2026-11-14/")
        .endsWith("gs://s/2026-11-03/");
  }

  @Test
  void aPinnedBaselineThatNeverWentOnIsRefusedAndPinsNothing() {
    assertThatThrownBy(() -> outputsAfter("checks: {baseline: {pinned: b-other}}\n", 1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("the spec pins batch 'b-other' as the baseline");
    assertThat(platform.findPins("p", "r")).isEmpty();
  }

  @Test
  void aBatchThatOnlyWarnedIsNoBaseline() {
    cloud.spec("p", "label: sold\n");
    judged(cloud.batch("p", "s1", "a\n1\n"), Outcome.WARN, null);
    Batch batch = cloud.batch("p", "s2", "a\n2\n");
    assertThat(action.perform(call(batch.batch(), "r")).outputs()).containsOnlyKeys("batch");
  }

  private void trainedOn(Batch batch) {
    platform
        .registries()
        .update(
            "p",
            r ->
                r.register(
                        "f",
                        "gs://m/",
                        "gs://t/",
                        batch.batch(),
                        Order.of(batch),
                        /* sha256= */ null)
                    .release(1, Order.of(batch)));
  }

  @Test
  void theBatchThatTheLiveModelLearnedFromIsGivenWhereItIsNotTheBaseline() {
    cloud.spec("p", "label: sold\n");
    Batch first = cloud.batch("p", "s1", "a\n1\n");
    passed(first);
    trainedOn(first);
    Batch second = cloud.batch("p", "s2", "a\n2\n");
    assertThat(action.perform(call(second.batch(), "r2")).outputs())
        .containsEntry("baseline#0", "gs://s/s1/")
        .doesNotContainKey("live_statistics");
    passed(second);
    Batch third = cloud.batch("p", "s3", "a\n3\n");
    assertThat(action.perform(call(third.batch(), "r3")).outputs())
        .containsEntry("baseline#0", "gs://s/s2/")
        .containsEntry("live_statistics", "gs://s/s1/");
    assertThat(pins("r3").liveStatistics()).isEqualTo("gs://s/s1/");
  }

  @Test
  void aBatchIsNotComparedWithItselfWhenItIsJudgedAgain() {
    cloud.spec("p", "label: sold\n");
    Batch first = cloud.batch("p", "s1", "a\n1\n");
    passed(first);
    trainedOn(first);
    assertThat(action.perform(call(first.batch(), "again")).outputs())
        .containsOnlyKeys("batch", "live_model");
  }

  @Test
  void anAcceptedBatchRunsWithItsAcceptanceAndTheSchemaThatWasWrittenForIt() {
    cloud.spec("p", "label: sold\n");
    passed(cloud.batch("p", "s1", "a\n1\n"));
    Batch held = cloud.batch("p", "s2", "a\n2\n");
    Acceptance accepted = new Acceptance("ann", "a new market", Instant.EPOCH, "gs://n/s2/");
    judged(held, Outcome.WARN, accepted);
    assertThat(action.perform(call(held.batch(), "again")).outputs())
        .containsEntry("previous_schema", "gs://c/s2/")
        .containsEntry("baseline#0", "gs://s/s1/");
    assertThat(pins("again").accepted()).isEqualTo(accepted);
    Batch next = cloud.batch("p", "s3", "a\n3\n");
    assertThat(action.perform(call(next.batch(), "next")).outputs())
        .containsEntry("previous_schema", "gs://c/s2/")
        .containsEntry("baseline#0", "gs://s/s2/");
    assertThat(pins("next").accepted()).isNull();
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
                r.register("f", "gs://m/", "gs://t/", "b", Order.of(batch), /* sha256= */ null)
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
  void ofASpanTheNewestObjectOfTheInboxIsTakenWhateverHasPassed() {
    cloud.spec("p", "label: sold\n");
    cloud.drop("p/2026-11-01/a.csv", "a\n1\n");
    cloud.drop("p/2026-11-01/b.csv", "a\n2\n");
    cloud.drop("p/2026-11-02/a.csv", "a\n3\n");
    passed(cloud.batch("p", "2026-11-02", "a\n3\n"));

    action.perform(ofSpan("2026-11-01", "r"));

    assertThat(pinned("r").span()).isEqualTo("2026-11-01");
    assertThat(names(pinned("r"))).containsExactly("p/2026-11-01/b.csv");
  }

  @Test
  void ofASpanThatLeftTheInboxTheBatchThatWasMadeLastIsTaken() {
    cloud.spec("p", "label: sold\n");
    cloud.batch("p", "2026-11-01", "a\n1\n", Instant.parse("2026-11-01T01:00:00Z"));
    Batch last = cloud.batch("p", "2026-11-01", "a\n2\n", Instant.parse("2026-11-01T02:00:00Z"));
    cloud.batch("p", "2026-11-02", "a\n3\n", Instant.parse("2026-11-02T00:00:00Z"));
    action.perform(ofSpan("2026-11-01", "r"));
    assertThat(pinned("r")).isEqualTo(last);
  }

  @Test
  void ofASpanItsNewestCompleteVersionIsTaken() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/v{VERSION}/*', complete: marker}\n");
    cloud.drop("p/1/v1/a.csv", "1");
    cloud.drop("p/1/v1/_SUCCESS", "");
    cloud.drop("p/1/v2/a.csv", "half of it");
    cloud.drop("p/2/v1/a.csv", "2");
    cloud.drop("p/2/v1/_SUCCESS", "");
    action.perform(ofSpan("1", "r"));
    assertThat(names(pinned("r"))).containsExactly("p/1/v1/a.csv");
  }

  @Test
  void aSpanOfWhichThereIsNothingIsRefusedAndPinsNothing() {
    cloud.spec("p", "label: sold\n");
    cloud.drop("p/2026-11-02/a.csv", "a\n3\n");
    assertThatThrownBy(() -> action.perform(ofSpan("2026-11-01", "r")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "pipeline p has no batch of span '2026-11-01', and its source nothing to make one of:"
                + " there is no object of that span like gs://test-inbox/p/{SPAN}/*");
    assertThat(platform.findPins("p", "r")).isEmpty();
  }

  @Test
  void aSourceThatTellsNoSpansApartHasNoneToName() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/part-*'}\n");
    cloud.drop("p/part-1", "1");
    assertThatThrownBy(() -> action.perform(ofSpan("2026-11-01", "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("the source 'p/part-*' tells no spans apart; write {SPAN} into it");
  }

  @Test
  void aBatchAndASpanThatIsNotItsOwnContradict() {
    cloud.spec("p", "label: sold\n");
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    action.perform(ofSpan(batch.batch(), "s1", "r"));
    assertThat(pinned("r")).isEqualTo(batch);
    assertThatThrownBy(() -> action.perform(ofSpan(batch.batch(), "s2", "other")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("whose span is 's1', and of span 's2'; name one of the two");
  }

  private static List<String> names(Batch batch) {
    return batch.sources().stream()
        .map(source -> source.object().substring("gs://test-inbox/".length()))
        .toList();
  }

  private Batch pinned(String run) {
    return platform.findBatch("p", pins(run).batch()).orElseThrow();
  }

  @Test
  void withoutAnyBatchTheNewestCompleteVersionAndTheSpansBeforeMakeOne() {
    cloud.spec(
        "p", "label: sold\nsource: {files: 'p/{SPAN}/v{VERSION}/*', spans: 2, complete: marker}\n");
    cloud.drop("p/1/v1/a.csv", "1");
    cloud.drop("p/1/v1/_SUCCESS", "");
    cloud.drop("p/2/v1/a.csv", "2");
    cloud.drop("p/2/v1/b.csv", "2");
    cloud.drop("p/2/v1/_SUCCESS", "");
    cloud.drop("p/2/v2/a.csv", "half of it");
    cloud.drop("p/3/v1/_SUCCESS", "");
    action.perform(call(null, "r"));
    assertThat(names(pinned("r"))).containsExactly("p/2/v1/a.csv", "p/2/v1/b.csv", "p/1/v1/a.csv");
    assertThat(pinned("r").version()).isEqualTo(1);
  }

  @Test
  void withoutAMarkerThereIsNoBatchAndItSaysWhatToUpload() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/{SPAN}/*', complete: marker}\n");
    cloud.drop("p/1/a.csv", "1");
    assertThatThrownBy(() -> action.perform(call(null, "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(
            "no object gs://test-inbox/p/{SPAN}/* beside a gs://test-inbox/p/{SPAN}/_SUCCESS;"
                + " upload the data first and then that");
  }

  @Test
  void aMarkerOfASourceWithoutSpansIsFoundBesideThePattern() {
    cloud.spec("p", "label: sold\nsource: {files: 'p/part-*', complete: marker}\n");
    cloud.drop("p/part-1", "1");
    cloud.drop("p/part-2", "2");
    cloud.drop("p/_SUCCESS", "");
    action.perform(call(null, "r"));
    assertThat(names(pinned("r"))).containsExactly("p/part-1", "p/part-2");
    assertThat(pinned("r").span()).isEmpty();
  }

  /** Tables that are there, and queries that were run. */
  private static final class MemoryTables implements Tables {
    private final List<String> queries = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private int taken;
    private boolean view;

    private long now() {
      return Instant.parse("2026-11-25T23:59:59.123Z").plusSeconds(taken++).toEpochMilli();
    }

    @Override
    public TableSnapshot snapshot(String table, @Nullable String partition) {
      return new TableSnapshot(
          "test." + table,
          now(),
          partition == null ? null : "_PARTITIONDATE = '" + partition + "'",
          /* rows= */ -1,
          view ? -1 : 400L << 20,
          view);
    }

    @Override
    public TableSnapshot materialize(String id, String query, Duration ttl) {
      if (ids.add(id)) {
        queries.add(query);
      }
      return new TableSnapshot("test.made.t" + queries.size(), now(), null, 1, 5, false);
    }

    @Override
    public List<TableStream> open(
        TableSnapshot snapshot, List<String> columns, @Nullable String filter, int streams) {
      throw new UnsupportedOperationException("resolve reads no rows");
    }

    @Override
    public TableStream.Blocks read(TableStream stream, long offset) {
      throw new UnsupportedOperationException("resolve reads no rows");
    }
  }

  private final MemoryTables tables = new MemoryTables();
  private final ResolveAction ofTables = new ResolveAction(platform.with(tables));

  @Test
  void aTableIsTakenAsItIsNow() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.t, where: x > 1, columns: [x]}}\n");
    StageResult result = ofTables.perform(call(null, "r"));
    Batch batch = pinned("r");
    assertThat(batch.kind()).isEqualTo(SourceKind.BIGQUERY);
    assertThat(batch.span()).isEqualTo("2026-11-25");
    assertThat(batch.sources())
        .containsExactly(new Source("bigquery://test.d.t@1795651199123", 400L << 20, "", "x > 1"));
    assertThat(batch.receivedAt()).isEqualTo("2026-11-25T23:59:59.123Z");
    // Large enough for shards, but a table is read in parallel within one call.
    assertThat(result.calls("shard")).isZero();
    assertThat(cloud.facts().of("batches").getFirst().values())
        .containsEntry("source", "bigquery")
        .containsEntry("uri", "bigquery://test.d.t");
  }

  @Test
  void anotherRunTakesAnotherSnapshotAndARepeatedCallTheSame() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.t}}\n");
    StageResult first = ofTables.perform(call(null, "r"));
    assertThat(ofTables.perform(call(null, "r"))).isEqualTo(first);
    ofTables.perform(call(null, "another"));
    assertThat(pins("another").batch()).isNotEqualTo(pins("r").batch());
    assertThat(ofTables.perform(call(pins("r").batch(), "again")).outputs().get("batch"))
        .isEqualTo(first.outputs().get("batch"));
    assertThat(tables.taken).isEqualTo(2);
  }

  @Test
  void aCallThatDiedBeforeItPinnedItsSnapshotIsFinishedByTheNext() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {query: SELECT 1}}\n");
    boolean[] died = new boolean[1];
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().endsWith("pins.json") && !died[0]) {
            died[0] = true;
            throw new Unavailable("the instance is gone");
          }
        });
    assertThatThrownBy(() -> ofTables.perform(call(null, "r"))).isInstanceOf(Unavailable.class);
    ofTables.perform(call(null, "r"));
    assertThat(tables.queries).containsExactly("SELECT 1");
    assertThat(cloud.objects().names(MemoryCloud.ARTIFACTS, "p/batches/")).hasSize(1);
  }

  @Test
  void aQueryIsRunOnceForARunAndAgainForAnother() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {query: SELECT 1}}\n");
    ofTables.perform(call(null, "r"));
    ofTables.perform(call(null, "r"));
    assertThat(tables.queries).containsExactly("SELECT 1");
    ofTables.perform(call(null, "another"));
    assertThat(tables.queries).containsExactly("SELECT 1", "SELECT 1");
    assertThat(pinned("r").sources().getFirst().table()).isEqualTo("test.made.t1");
    assertThat(pinned("another").sources().getFirst().table()).isEqualTo("test.made.t2");
  }

  @Test
  void aPartitionIsTheSpanAndPartOfTheFilter() {
    cloud.spec(
        "p",
        "label: sold\nsource: {bigquery: {table: d.t, partition: '20261101', where: x > 1}}\n");
    ofTables.perform(call(null, "r"));
    assertThat(pinned("r").span()).isEqualTo("2026-11-01");
    assertThat(pinned("r").sources().getFirst().filter())
        .isEqualTo("(_PARTITIONDATE = '20261101') AND (x > 1)");
  }

  @Test
  void theRowsOfASpanAreThoseOfItsPartition() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.t, partition: '{SPAN}'}}\n");
    ofTables.perform(ofSpan("2026-11-01", "r"));
    assertThat(pinned("r").span()).isEqualTo("2026-11-01");
    assertThat(pinned("r").sources().getFirst().filter()).isEqualTo("_PARTITIONDATE = '20261101'");
  }

  @Test
  void theRowsOfASpanAreWhatTheQueryGivesOfIt() {
    cloud.spec(
        "p", "label: sold\nsource: {bigquery: {query: \"SELECT 1 WHERE day = '{SPAN}'\"}}\n");
    ofTables.perform(ofSpan("2026-11-01", "r"));
    assertThat(tables.queries).containsExactly("SELECT 1 WHERE day = '2026-11-01'");
    assertThat(pinned("r").span()).isEqualTo("2026-11-01");
  }

  @Test
  void aTableOfSpansNeedsOneAndATableWithoutHasNone() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.t, partition: '{SPAN}'}}\n");
    assertThatThrownBy(() -> ofTables.perform(call(null, "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("the source reads the rows of one {SPAN}, and the run names none");
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.t}}\n");
    assertThatThrownBy(() -> ofTables.perform(ofSpan("2026-11-01", "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("write {SPAN} as its partition, in 'where' or in the query");
    assertThat(tables.taken).isZero();
  }

  @Test
  void ofAStreamTheWindowOfTheSpanIsTaken() {
    cloud.spec("p", "label: sold\nsource: {stream: {}}\n");
    Batch first = window("2026-11-01T10:00:00Z");
    window("2026-11-01T10:05:00Z");
    action.perform(ofSpan(first.span(), "r"));
    assertThat(pinned("r")).isEqualTo(first);
    assertThatThrownBy(() -> action.perform(ofSpan("2026-11-01T10:10:00Z", "other")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("close-window makes one of each window that is over");
  }

  @Test
  void amongThousandsOfWindowsThatOfTheSpanIsFound() {
    cloud.spec("p", "label: sold\nsource: {stream: {}}\n");
    Instant first = Instant.parse("2026-11-01T10:00:00Z");
    for (int i = 0; i < 2_500; i++) {
      windowMadeAt(first.plusSeconds(300L * i), first.plusSeconds(300L * i + 360));
    }
    for (int i : new int[] {0, 1_200, 2_499}) {
      String span = first.plusSeconds(300L * i).toString();
      action.perform(ofSpan(span, "r" + i));
      assertThat(pinned("r" + i).span()).isEqualTo(span);
    }
  }

  @Test
  void aWindowThatWasMadeFarFromItsTimeAmongThousandsIsToBeNamedByItsBatch() {
    cloud.spec("p", "label: sold\nsource: {stream: {}}\n");
    Instant first = Instant.parse("2026-11-01T10:00:00Z");
    for (int i = 0; i < 1_000; i++) {
      windowMadeAt(first.plusSeconds(300L * i), first.plusSeconds(300L * i + 360));
    }
    Batch history =
        windowMadeAt(Instant.parse("2020-01-01T00:00:00Z"), Instant.parse("2027-01-01T00:00:00Z"));
    assertThatThrownBy(() -> action.perform(ofSpan(history.span(), "r")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "pipeline p has no batch of span '2020-01-01T00:00:00Z' among the 1000 that were made"
                + " nearest to it, and no more are read; name the batch in place of the span: table"
                + " batches lists them");
    action.perform(call(history.batch(), "named"));
    assertThat(pinned("named")).isEqualTo(history);
  }

  @Test
  void ofBatchesThatLeftTheInboxThoseThatWereMadeLastAreSearched() {
    cloud.spec("p", "label: sold\n");
    Instant first = Instant.parse("2026-11-01T00:00:00Z");
    for (int i = 0; i <= 1_000; i++) {
      cloud.objects().now(first.plusSeconds(i));
      Batch batch = cloud.batch("p", "day-" + i, "a\n" + i + "\n", first.plusSeconds(i));
      cloud.objects().delete(ObjectName.parse(batch.sources().getFirst().uri()).live());
    }
    action.perform(ofSpan("day-1", "r"));
    assertThat(pinned("r").span()).isEqualTo("day-1");
    assertThatThrownBy(() -> action.perform(ofSpan("day-0", "other")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("among the 1000 that were made last");
  }

  private Batch windowMadeAt(Instant start, Instant made) {
    cloud.objects().now(made);
    return window(start.toString());
  }

  private Batch window(String span) {
    return new Batches(platform)
        .store(
            Batch.of(
                "p",
                SourceKind.STREAM,
                span,
                null,
                List.of(Source.ofTable("test.d.window_rows", Instant.parse(span), 1, span)),
                Instant.parse(span)));
  }

  @ParameterizedTest
  @CsvSource({
    "20261101, 2026-11-01",
    "2026110107, 2026-11-01T07",
    "202611, 2026-11",
    "2026, 2026",
    "20261301, 20261301",
    "42, 42"
  })
  void aPartitionsTimeIsWrittenAsSpansAre(String partition, String span) {
    assertThat(Snapshots.span(partition)).isEqualTo(span);
  }

  @Test
  void aViewIsRunIntoATableFirst() {
    cloud.spec(
        "p", "label: sold\nsource: {bigquery: {table: d.v, columns: [a, b c], where: a > 1}}\n");
    tables.view = true;
    ofTables.perform(call(null, "r"));
    assertThat(tables.queries).containsExactly("SELECT `a`, `b c` FROM `test.d.v` WHERE a > 1");
    assertThat(pinned("r").sources().getFirst().table()).isEqualTo("test.made.t1");
    assertThat(pinned("r").sources().getFirst().filter()).isNull();
  }

  @Test
  void aViewHasNoPartitions() {
    cloud.spec("p", "label: sold\nsource: {bigquery: {table: d.v, partition: 20261101}}\n");
    tables.view = true;
    assertThatThrownBy(() -> ofTables.perform(call(null, "r")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "source test.d.v is a view, which has no partition 20261101; restrict it with 'where'");
  }

  @Test
  void aStreamWithoutClosedWindowSaysWhoMakesOne() {
    cloud.spec("p", "label: sold\nsource: {stream: {}}\n");
    assertThatThrownBy(() -> action.perform(call(null, "r")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("close-window makes one of each window");
  }

  @Test
  void ofAStreamTheNewestWindowThatHasNotPassedIsTaken() {
    cloud.spec("p", "label: sold\nsource: {stream: {}}\n");
    window("2026-11-01T10:00:00Z");
    Batch newest = window("2026-11-01T10:05:00Z");
    action.perform(call(null, "r"));
    assertThat(pinned("r")).isEqualTo(newest);
  }

  @ParameterizedTest
  @CsvSource({
    "auto, 268435455, 0",
    "auto, 268435456, 2",
    "auto, 268435457, 3",
    "auto, 5368709120, 40",
    "auto, 1099511627776, 64",
    "call, 1099511627776, 0",
    "'shards\nshards: 7', 1, 7",
  })
  void aBatchIsCutByItsSizeOrAsTheSpecSays(String engine, long bytes, int shards) {
    PipelineSpec spec = PipelineSpec.parse("p", "label: x\nengine: " + engine + "\n");
    Batch batch = Batch.of("p", "s", List.of(new Source("gs://b/n#1", bytes, "")), Instant.EPOCH);
    assertThat(Pinning.shards(spec, batch)).isEqualTo(shards);
  }

  @Test
  void theAnswerSaysIntoHowManyShards() {
    cloud.spec("p", "label: sold\nengine: shards\nshards: 3\n");
    Batch batch = cloud.batch("p", "s1", "a\n1\n");
    assertThat(action.perform(call(batch.batch(), "r")).expand()).isEqualTo(Map.of("shard", 3));
    cloud.spec("p", "label: sold\n");
    assertThat(action.perform(call(batch.batch(), "another")).expand())
        .isEqualTo(Map.of("shard", 0));
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
