package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordsTest {
  private static final Source ONE = new Source("gs://inbox/p/1/a.csv#7", 10, "abc=");
  private static final Source TWO = new Source("gs://inbox/p/1/b.csv#8", 20, "def=");

  private static Batch batch(Source... sources) {
    return Batch.of("p", "1", List.of(sources), Instant.EPOCH);
  }

  @Test
  void aBatchIsNamedByItsSourcesInAnyOrder() {
    assertThat(batch(ONE, TWO).batch())
        .isEqualTo(batch(TWO, ONE).batch())
        .matches("b-[0-9a-f]{20}");
    assertThat(Batch.of("p", "other", List.of(ONE, TWO), Instant.MAX).batch())
        .isEqualTo(batch(ONE, TWO).batch());
  }

  @Test
  void otherSourcesGenerationsOrPipelinesMakeAnotherBatch() {
    assertThat(batch(ONE).batch()).isNotEqualTo(batch(TWO).batch());
    assertThat(batch(ONE).batch())
        .isNotEqualTo(batch(new Source("gs://inbox/p/1/a.csv#8", 10, "abc=")).batch());
    assertThat(batch(ONE).batch())
        .isNotEqualTo(Batch.of("q", "1", List.of(ONE), Instant.EPOCH).batch());
  }

  @Test
  void aBatchKnowsItsRunAndSize() {
    assertThat(batch(ONE, TWO).run()).isEqualTo(batch(ONE, TWO).batch());
    assertThat(batch(ONE, TWO).bytes()).isEqualTo(30);
  }

  @Test
  void aBatchWithoutSourcesIsRefused() {
    assertThatThrownBy(() -> batch())
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("no sources");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gs://b/n", "gs://b/#1", "b/n#1", "gs://b/n#", "gs://b/n#x", "gs:///n#1"})
  void aSourceIsOneGenerationOfAnObject(String uri) {
    assertThatThrownBy(() -> new Source(uri, 1, ""))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("'" + uri + "'");
  }

  @Test
  void aSourcesObjectHasNoGeneration() {
    assertThat(new Source("gs://b/a#b/c d,é.csv#12", 1, "").object())
        .isEqualTo("gs://b/a#b/c d,é.csv");
  }

  @Test
  void aTableIsASourceAtASnapshot() {
    Source table = Source.ofTable("my-project.sales.day", Instant.ofEpochMilli(1_234), 99, "x > 1");
    assertThat(table.uri()).isEqualTo("bigquery://my-project.sales.day@1234");
    assertThat(table.isTable()).isTrue();
    assertThat(table.object()).isEqualTo("bigquery://my-project.sales.day");
    assertThat(table.table()).isEqualTo("my-project.sales.day");
    assertThat(table.snapshot()).isEqualTo(Instant.ofEpochMilli(1_234));
    assertThat(ONE.isTable()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bigquery://p.d.t",
        "bigquery://d.t@1",
        "bigquery://p.d.t@x",
        "bigquery://p.d.t@",
        "bigquery://p/d.t@1",
        "bigquery://p.d.t@1@2"
      })
  void aTableWithoutSnapshotIsRefused(String uri) {
    assertThatThrownBy(() -> new Source(uri, 1, ""))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("bigquery://project.dataset.table@milliseconds");
  }

  @Test
  void anObjectTakesNoFilter() {
    assertThatThrownBy(() -> new Source("gs://b/n#1", 1, "", "x > 1"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("takes no filter");
  }

  @Test
  void anotherSnapshotOrFilterIsAnotherBatch() {
    Instant at = Instant.ofEpochMilli(5);
    assertThat(
            List.of(
                    tables(Source.ofTable("p.d.t", at, 1, null)),
                    tables(Source.ofTable("p.d.t", at, 1, "x > 1")),
                    tables(Source.ofTable("p.d.t", at, 1, "x > 2")),
                    tables(Source.ofTable("p.d.t", at.plusMillis(1), 1, null)),
                    tables(Source.ofTable("p.d.u", at, 1, null)))
                .stream()
                .map(Batch::batch))
        .doesNotHaveDuplicates();
    assertThat(tables(Source.ofTable("p.d.t", at, 2, null)).batch())
        .isEqualTo(tables(Source.ofTable("p.d.t", at, 1, null)).batch());
  }

  private static Batch tables(Source... sources) {
    return Batch.of("p", SourceKind.BIGQUERY, "", null, List.of(sources), Instant.EPOCH);
  }

  @Test
  void aBatchIsOfOneKind() {
    Source table = Source.ofTable("p.d.t", Instant.EPOCH, 1, null);
    assertThatThrownBy(() -> tables(table, ONE))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("is of bigquery, and 1 of its 2 sources are tables");
    assertThatThrownBy(() -> batch(table)).isInstanceOf(BadInput.class);
    assertThatThrownBy(
            () -> Batch.of("p", SourceKind.STREAM, "", null, List.of(table, ONE), Instant.EPOCH))
        .isInstanceOf(BadInput.class);
  }

  @Test
  void theSameBytesUnderAnotherNameHoldTheSameUnlessTheNameIsPartOfTheExample() {
    Source again = new Source("gs://inbox/p/2/c.csv#9", 10, "abc=");
    assertThat(batch(again).content()).isEqualTo(batch(ONE).content()).containsExactly("abc=:10");
    assertThat(objects(again).content()).isNotEqualTo(objects(ONE).content());
    assertThat(objects(new Source("gs://inbox/p/1/a.csv#8", 10, "abc=")).content())
        .isEqualTo(objects(ONE).content());
  }

  private static Batch objects(Source... sources) {
    return Batch.of("p", SourceKind.OBJECTS, "", null, List.of(sources), Instant.EPOCH);
  }

  @Test
  void aBatchWrittenBeforeThereWereKindsReadsAsFilesWithoutVersion() {
    Batch old =
        Json.read(
            "{\"batch\":\"b-1\",\"pipeline\":\"p\",\"span\":\"1\",\"sources\":[{\"uri\":"
                + "\"gs://inbox/p/1/a.csv#7\",\"bytes\":10,\"crc32c\":\"abc=\"}],"
                + "\"receivedAt\":\"1970-01-01T00:00:00Z\"}",
            Batch.class,
            "it");
    assertThat(old)
        .isEqualTo(new Batch("b-1", "p", SourceKind.FILES, "1", null, List.of(ONE), Instant.EPOCH));
    assertThat(
            Json.read(
                "{\"span\":\"1\",\"receivedAt\":\"1970-01-01T00:00:00Z\"}", Order.class, "it"))
        .isEqualTo(new Order("1", null, Instant.EPOCH));
  }

  @Test
  void aBatchIsReadAsItWasWritten() {
    Batch batch =
        Batch.of(
            "p",
            SourceKind.BIGQUERY,
            "s",
            3L,
            List.of(Source.ofTable("p.d.t", Instant.EPOCH, 1, "x > 1")),
            Instant.EPOCH);
    String json = Json.write(batch);
    assertThat(json).contains("\"kind\":\"bigquery\"", "\"version\":3");
    assertThat(Json.read(json, Batch.class, "it")).isEqualTo(batch);
  }

  @Test
  void theSameAlarmHasTheSameId() {
    Alarm first =
        Alarm.of("p", "r1", "b", Alarm.Severity.FAIL, "DATA", "text", "gs://b/o", Instant.EPOCH);
    Alarm again =
        Alarm.of("p", "r2", "b", Alarm.Severity.FAIL, "DATA", "text", "gs://b/o", Instant.MAX);
    assertThat(again.alarm()).isEqualTo(first.alarm()).matches("a-[0-9a-f]{20}");
  }

  @Test
  void anotherBatchSubjectOrTextIsAnotherAlarm() {
    String alarm =
        Alarm.of("p", "r", "b", Alarm.Severity.FAIL, "DATA", "t", null, Instant.EPOCH).alarm();
    assertThat(
            Alarm.of("p", "r", "c", Alarm.Severity.FAIL, "DATA", "t", null, Instant.EPOCH).alarm())
        .isNotEqualTo(alarm);
    assertThat(
            Alarm.of("p", "r", "b", Alarm.Severity.FAIL, "MODEL", "t", null, Instant.EPOCH).alarm())
        .isNotEqualTo(alarm);
    assertThat(
            Alarm.of("p", "r", "b", Alarm.Severity.FAIL, "DATA", "u", null, Instant.EPOCH).alarm())
        .isNotEqualTo(alarm);
    assertThat(Alarm.of("p", "r", null, Alarm.Severity.FAIL, "x", "t", null, Instant.EPOCH).alarm())
        .isNotEqualTo(
            Alarm.of("p", "s", null, Alarm.Severity.FAIL, "x", "t", null, Instant.EPOCH).alarm());
  }

  @Test
  void spansOfDigitsCompareAsNumbersAndBeforeAllOthers() {
    List<String> inOrder = List.of("9", "010", "10", "0200", "", "1a", "2026-11-01", "9a");
    for (int i = 0; i < inOrder.size(); i++) {
      for (int j = 0; j < inOrder.size(); j++) {
        assertThat(Integer.signum(Order.SPANS.compare(inOrder.get(i), inOrder.get(j))))
            .as("%s and %s", inOrder.get(i), inOrder.get(j))
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"lable, label", "xx, xy", "traim, train"})
  void theNearestNameHasTheLeastEdits(String word, String nearest) {
    assertThat(Names.nearest(word, List.of("label", "train", "xy", "exclude"))).isEqualTo(nearest);
  }

  @Test
  void namesThatDoNotFitAreRefused() {
    Names.check("pipeline", "chicago-taxi_2", Names.PIPELINE);
    Names.check("run", "b-1.2~x:y+z", Names.RUN);
    assertThatThrownBy(() -> Names.check("run", null, Names.RUN))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("run is absent");
    assertThatThrownBy(() -> Names.check("run", "a/b", Names.RUN))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("run is 'a/b'; it must match");
    assertThatThrownBy(() -> Names.check("run", "../x", Names.RUN)).isInstanceOf(BadInput.class);
  }

  @Test
  void aStageRequestHasDefaults() {
    StageRequest request =
        Json.read(
            "{\"pipeline\":\"p\",\"run\":\"r\",\"operation\":\"ingest\"}",
            StageRequest.class,
            "it");
    assertThat(request)
        .isEqualTo(new StageRequest("p", "r", null, "ingest", null, 1, Map.of(), Map.of()));
  }

  @Test
  void aStageRequestRefusesWhatIsNoName() {
    assertThatThrownBy(
            () -> Json.read("{\"pipeline\":\"p\",\"run\":\"r\"}", StageRequest.class, "it"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("it: operation is absent");
    assertThatThrownBy(
            () -> new StageRequest("p", "r", "b/c", "ingest", null, null, Map.of(), Map.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("batch is 'b/c'");
  }

  @Test
  void anAbsentInputIsNamed() {
    StageRequest request =
        new StageRequest("p", "r", "b", "train", null, 1, Map.of("model", "gs://m/"), Map.of());
    assertThat(request.input("model")).isEqualTo("gs://m/");
    assertThatThrownBy(() -> request.input("features"))
        .isInstanceOf(BadInput.class)
        .hasMessage("operation train takes 'features', which the request's inputs lack");
  }

  private static StageRequest joined(String... names) {
    Map<String, String> inputs = new java.util.HashMap<>();
    for (String name : names) {
      inputs.put(name, "gs://" + name);
    }
    return new StageRequest("p", "r", "b", "ingest", null, 1, inputs, Map.of());
  }

  @Test
  void whatTheShardsGaveComesInTheirOrder() {
    String[] names =
        java.util.stream.IntStream.range(0, 12).mapToObj(k -> "part#" + k).toArray(String[]::new);
    assertThat(joined(names).inputs("part"))
        .hasSize(12)
        .startsWith("gs://part#0", "gs://part#1", "gs://part#2")
        .endsWith("gs://part#10", "gs://part#11");
    assertThat(joined("part#0", "partition").inputs("part")).containsExactly("gs://part#0");
    assertThat(joined("partition", "plan").inputs("part")).isEmpty();
    assertThat(joined("part", "partition").inputs("part")).containsExactly("gs://part");
  }

  @Test
  void aShardThatIsMissingBetweenOthersIsNamed() {
    assertThatThrownBy(() -> joined("part#0", "part#2").inputs("part"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("has 2 inputs 'part#...', but no 'part#1'");
    assertThatThrownBy(() -> joined("part#first").inputs("part"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("no 'part#0'");
  }

  @Test
  void aMappedCallSaysWhichShardOfHowMany() {
    StageRequest call =
        Json.read(
            "{\"pipeline\":\"p\",\"run\":\"r\",\"operation\":\"ingest-shard\",\"shard\":2,\"shards\":3}",
            StageRequest.class,
            "it");
    assertThat(call.shard()).isEqualTo(2);
    assertThat(call.shards()).isEqualTo(3);
    assertThat(call.call()).isEqualTo("ingest-shard[2]");
    assertThat(joined().call()).isEqualTo("ingest");
    assertThat(Json.write(joined())).doesNotContain("shard");
  }

  private static StageRequest asked(String members) {
    return Json.read(
        "{\"pipeline\":\"p\",\"run\":\"r\",\"operation\":\"resolve\"" + members + "}",
        StageRequest.class,
        "it");
  }

  @Test
  void aCallMayNameASpanAndForbidTheCache() {
    StageRequest plain = asked("");
    assertThat(plain.isForced()).isFalse();
    assertThat(plain.span()).isNull();
    assertThat(Json.write(plain)).doesNotContain("force", "span");
    assertThat(asked(",\"force\":false")).isEqualTo(plain);
    StageRequest forced = asked(",\"force\":true,\"span\":\"2026-11-01\"");
    assertThat(forced.isForced()).isTrue();
    assertThat(forced.span()).isEqualTo("2026-11-01");
  }

  @org.junit.jupiter.params.ParameterizedTest
  @org.junit.jupiter.params.provider.CsvSource({
    "'', the span is empty",
    "a/b, 'the span is ''a/b'', which holds a /'",
    ".., the span is a name that has the segment",
  })
  void aSpanThatIsNoSegmentIsRefused(String span, String message) {
    assertThatThrownBy(() -> asked(",\"span\":\"" + span + "\""))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @org.junit.jupiter.params.ParameterizedTest
  @org.junit.jupiter.params.provider.CsvSource({
    "3, 3, shard is 3 of 3; it must be from 0 to 2",
    "-1, 3, shard is -1 of 3; it must be from 0 to 2",
    "1, , shard and shards must be given together",
    ", 3, shard and shards must be given together",
  })
  void aShardThatIsNoneIsRefused(Integer shard, Integer shards, String message) {
    assertThatThrownBy(() ->
            new StageRequest("p", "r", null, "ingest-shard", shard, shards, 1, Map.of(), Map.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void anAnswerSaysHowManyShardsThereAreAndOtherwiseReadsAsBefore() {
    StageResult plain = new StageResult(Map.of("a", "gs://a"), null, false, Map.of());
    assertThat(plain.calls("shard")).isZero();
    assertThat(Json.write(plain))
        .isEqualTo("{\"outputs\":{\"a\":\"gs://a\"},\"cached\":false,\"summary\":{}}");
    assertThat(Json.read(Json.write(plain), StageResult.class, "it")).isEqualTo(plain);
    StageResult mapped = new StageResult(Map.of(), null, false, Map.of(), Map.of("shard", 16));
    assertThat(Json.write(mapped)).contains("\"expand\":{\"shard\":16}");
    assertThat(Json.read(Json.write(mapped), StageResult.class, "it")).isEqualTo(mapped);
    assertThat(mapped.asCached().calls("shard")).isEqualTo(16);
    assertThat(mapped.calls("trial")).isZero();
    assertThat(mapped.calls(null)).isZero();
  }

  @Test
  void moreShardsThanAirflowMapsAreRefused() {
    assertThatThrownBy(
            () -> new StageResult(Map.of(), null, false, Map.of(), Map.of("shard", 1025)))
        .isInstanceOf(BadInput.class)
        .hasMessage("expand.shard is 1025; it must be from 0 to 1024");
  }

  @Test
  void everyOutcomeButFailBlesses() {
    assertThat(Outcome.values()).filteredOn(o -> !o.blesses()).containsExactly(Outcome.FAIL);
  }

  @Test
  void aVerdictsRowIsOneARunAndSubject() {
    Fact fact =
        new Verdict(Verdict.Subject.DATA, "f", Outcome.WARN, List.of("why"))
            .fact("p", "r", "b", "gs://v/");
    assertThat(fact.table()).isEqualTo("verdicts");
    assertThat(fact.key()).isEqualTo("p/r/DATA");
    assertThat(fact.values())
        .containsEntry("outcome", "WARN")
        .containsEntry("reasons", List.of("why"))
        .containsEntry("uri", "gs://v/");
  }

  @Test
  void pinsNeedABatchAndTheSpecsGeneration() {
    assertThat(Pins.first("b", 1, null).specGeneration()).isEqualTo(1);
    assertThatThrownBy(() -> Pins.first("b", 0, null))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("spec needs its generation");
    assertThatThrownBy(() -> Pins.first("b", 1, 0L))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("schema needs its generation");
    assertThatThrownBy(() -> Pins.first("a/b", 1, null)).isInstanceOf(BadInput.class);
  }

  @Test
  void pinsWrittenBeforeThereWereSeveralBaselinesAreRead() {
    Pins old =
        Json.read(
            "{\"batch\":\"b\",\"specGeneration\":7,\"baseline\":\"gs://b/\"}", Pins.class, "it");
    assertThat(old).isEqualTo(pins(null, List.of("gs://b/"), null));
  }

  private static Pins pins(
      @Nullable Long schema, List<String> baseline, @Nullable Acceptance accepted) {
    return new Pins("b", 7, schema, null, baseline, List.of(), null, null, accepted);
  }

  @Test
  void pinsRoundTrip() {
    Acceptance accepted = new Acceptance("ann", "a new market", Instant.EPOCH, "gs://a/");
    Pins pins = pins(9L, List.of("gs://b/", "gs://c/"), accepted);
    assertThat(Json.read(Json.write(pins), Pins.class, "it")).isEqualTo(pins);
    Pins first = Pins.first("b", 7, null);
    assertThat(Json.read(Json.write(first), Pins.class, "it")).isEqualTo(first);
  }

  @Test
  void anAcceptanceSaysWhoAndWhy() {
    assertThatThrownBy(() -> new Acceptance(" ", "why", Instant.EPOCH, "gs://a/"))
        .isInstanceOf(BadInput.class)
        .hasMessage("an acceptance has no author; say who accepts with --author NAME");
    assertThatThrownBy(() -> new Acceptance("ann", "", Instant.EPOCH, "gs://a/"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("no reason; say why the batch is right with --reason");
  }

  @Test
  void aFactNeedsATableAndAKey() {
    assertThatThrownBy(() -> new Fact("", "k", Map.of())).isInstanceOf(Bug.class);
    assertThatThrownBy(() -> new Fact("t", "", Map.of())).isInstanceOf(Bug.class);
  }

  @Test
  void aLaterSpanIsLaterAndThenTheTimeDecides() {
    Order early = new Order("2026-11-01", Instant.MAX);
    Order late = new Order("2026-11-02", Instant.EPOCH);
    assertThat(early).isLessThan(late);
    assertThat(new Order("s", Instant.EPOCH)).isLessThan(new Order("s", Instant.MAX));
    assertThat(Order.of(batch(ONE))).isEqualTo(new Order("1", Instant.EPOCH));
    assertThat(new Order("s", 10L, Instant.EPOCH))
        .isGreaterThan(new Order("s", 9L, Instant.MAX))
        .isGreaterThan(new Order("s", null, Instant.MAX))
        .isLessThan(new Order("t", 1L, Instant.EPOCH));
  }

  /** SHA-256 of "abc": FIPS 180-2, appendix B.1. */
  @Test
  void aFingerprintIsHalfOfSha256OverCanonicalJson() {
    assertThat(Fingerprint.sha256("abc".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // Python: hashlib.sha256(b'{"a":1,"b":[true,"x"]}').hexdigest()[:32]
    assertThat(Fingerprint.of(Map.of("b", List.of(true, "x"), "a", 1)))
        .isEqualTo("63e8063d9dc6f0fd5a24b4706818a165");
    assertThat(Fingerprint.of(List.of("a"))).isNotEqualTo(Fingerprint.of(List.of("b")));
  }

  @Test
  void errorsKnowWhetherARetryCanHelp() {
    assertThat(List.of(new BadInput("x"), new Conflict("x"), new Unavailable("x"), new Bug("x")))
        .extracting(SluiceException::retryable)
        .containsExactly(false, true, true, true);
  }
}
