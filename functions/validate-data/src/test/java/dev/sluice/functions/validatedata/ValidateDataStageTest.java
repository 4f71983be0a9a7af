package dev.sluice.functions.validatedata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Verdict;
import dev.sluice.examples.Split;
import dev.sluice.gcp.ObjectName;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import dev.sluice.statistics.StatisticsFiles;
import dev.sluice.statistics.StatisticsProtos;
import dev.sluice.testing.ExampleArtifacts;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import dev.sluice.validation.Anomaly;
import dev.sluice.validation.SchemaEdits;
import dev.sluice.validation.SchemaText;
import dev.sluice.validation.Validation;
import dev.sluice.validation.ValidationFiles;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.tensorflow.metadata.v0.Schema;

class ValidateDataStageTest {
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

  private StageResult answer(StageRequest request) throws Exception {
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(platform, new ValidateDataStage())::service, (Object) request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  private static String csv(int rows, long seed) {
    Random random = new Random(seed);
    StringBuilder out = new StringBuilder("x,color,country,sold\n");
    for (int i = 0; i < rows; i++) {
      double x = random.nextGaussian();
      out.append(x)
          .append(random.nextBoolean() ? ",red" : ",blue")
          .append(random.nextBoolean() ? ",de" : ",fr")
          .append(x + random.nextGaussian() / 2 > 0 ? ",yes" : ",no")
          .append('\n');
    }
    return out.toString();
  }

  private final Map<String, String> statistics = new HashMap<>();
  private String spec = "label: sold\n";
  private StageRequest last;

  /** Examples and their statistics, as inputs of the stage. */
  private Map<String, String> measured(String csv) throws Exception {
    String examples = ExampleArtifacts.of(cloud, "p", csv);
    Statistics measured =
        new StatisticsAnalyzer(GroupOptions.ofDefaults())
            .analyze(
                () -> ExampleArtifacts.open(cloud, examples, Split.TRAIN),
                () -> ExampleArtifacts.open(cloud, examples, Split.EVAL));
    List<DatasetStatistics> slices = new ArrayList<>();
    slices.add(measured.all());
    slices.addAll(measured.allGroups());
    Map<String, String> inputs = new HashMap<>();
    inputs.put("examples", examples);
    inputs.put(
        "statistics",
        cloud.artifact(
            "p",
            "statistics",
            Map.of(StatisticsFiles.SLICES, StatisticsProtos.toProto(slices).toByteArray()),
            Map.of()));
    return inputs;
  }

  /** The batch's call, against what the registry has as the baseline. */
  private StageResult judge(String span, String csv) throws Exception {
    cloud.spec("p", spec);
    Batch batch = cloud.batch("p", span, csv);
    if (platform.findPins("p", batch.run()).isEmpty()) {
      cloud.pin(batch);
    }
    last = MemoryCloud.call(batch, "validate-data", inputs(batch, csv));
    return answer(last);
  }

  /** What the call takes: of the batch, and of those that passed before it. */
  private Map<String, String> inputs(Batch batch, String csv) throws Exception {
    Map<String, String> inputs = measured(csv);
    statistics.put(batch.span(), inputs.get("statistics"));
    Registry registry = platform.registries().read("p");
    List<Registry.Judged> before = registry.before(batch);
    for (int i = 0; i < before.size(); i++) {
      if (i == 0) {
        inputs.put("baseline#0", before.get(i).statistics());
        inputs.put("previous_schema", String.valueOf(before.get(i).schema()));
      }
      inputs.put("history#" + i, before.get(i).statistics());
    }
    return inputs;
  }

  private static String change(String csv, UnaryOperator<String> line) {
    List<String> lines = new ArrayList<>(csv.lines().toList());
    for (int i = 1; i < lines.size(); i++) {
      lines.set(i, line.apply(lines.get(i)));
    }
    return String.join("\n", lines) + "\n";
  }

  private String baseline() {
    Registry.Judged baseline = platform.registries().read("p").baseline();
    assertThat(baseline).isNotNull();
    return baseline.statistics();
  }

  @Test
  void aBatchThatPassesBecomesTheBaselineOfTheNext() throws Exception {
    StageResult first = judge("s1", csv(1000, 1));
    assertThat(first.verdict()).isEqualTo(Outcome.PASS);
    assertThat(first.outputs())
        .containsOnlyKeys("data_verdict", "anomalies", "schema", "data_blessing");
    assertThat(baseline()).isEqualTo(statistics.get("s1"));
    StageResult second = judge("s2", csv(1000, 2));
    assertThat(second.verdict()).as(second.toString()).isEqualTo(Outcome.PASS);
    assertThat(baseline()).isEqualTo(statistics.get("s2"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("PASSED", "PASSED");
    assertThat(cloud.facts().column("verdicts", "outcome")).containsExactly("PASS", "PASS");
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void anEarlierBatchThatPassesLaterDoesNotMoveTheBaselineBack() throws Exception {
    judge("s2", csv(1000, 1));
    judge("s1", csv(1000, 2));
    assertThat(baseline()).isEqualTo(statistics.get("s2"));
  }

  @Test
  void aBatchThatFailsIsHeldWithAnAlarmAndWithoutABlessing() throws Exception {
    judge("s1", csv(1000, 1));
    StageResult result = judge("s2", change(csv(1000, 2), l -> l.substring(l.indexOf(','))));
    assertThat(result.verdict()).isEqualTo(Outcome.FAIL);
    assertThat(result.outputs()).containsOnlyKeys("data_verdict", "anomalies");
    assertThat(baseline()).isEqualTo(statistics.get("s1"));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("PASSED", "BLOCKED");
    assertThat(cloud.facts().column("anomalies", "feature")).contains("x");
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.FAIL);
    assertThat(alarm.subject()).isEqualTo("DATA");
    assertThat(alarm.text()).contains("is held", "x");
    assertThat(alarm.uri()).isEqualTo("gs://test-inbox/p/s2/data.csv");
    Verdict verdict =
        Json.read(
            cloud.read(result.outputs().get("data_verdict"), Verdict.FILE), Verdict.class, "it");
    assertThat(verdict.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(verdict.reasons()).isNotEmpty();
  }

  @Test
  void theLeastLikelyRowsAreReportedWithWhyAndWeighNothing() throws Exception {
    judge("s1", csv(1000, 1));
    assertThat(cloud.facts().of("surprising_rows")).isEmpty();
    List<String> lines = new ArrayList<>(csv(1000, 2).lines().toList());
    lines.set(500, "9000,red,de,yes");
    StageResult result = judge("s2", String.join("\n", lines) + "\n");
    assertThat(result.verdict()).isEqualTo(Outcome.PASS);
    assertThat(cloud.facts().of("surprising_rows")).hasSizeBetween(1, 20);
    Map<String, ?> first = cloud.facts().of("surprising_rows").getFirst().values();
    assertThat(first.get("row")).isEqualTo(500L);
    assertThat(first.get("uri").toString()).contains("data.csv");
    assertThat(first.get("reasons").toString()).contains("x is '9000.0'; usual: -1.");
  }

  @Test
  void aRepeatedCallReportsAgainUnderTheSameNames() throws Exception {
    judge("s1", csv(1000, 1));
    String bad = change(csv(1000, 2), l -> l.substring(l.indexOf(',')));
    StageResult first = judge("s2", bad);
    StageResult again = answer(last);
    assertThat(again).isEqualTo(first.asCached());
    assertThat(cloud.messages().alarms()).hasSize(2);
    assertThat(cloud.messages().alarms().get(1)).isEqualTo(cloud.messages().alarms().get(0));
    assertThat(cloud.facts().column("verdicts", "outcome")).containsExactly("PASS", "FAIL", "FAIL");
  }

  @Test
  void aBatchThatOnlyWarnsGoesOnAndMovesNoBaseline() throws Exception {
    judge("s1", csv(1000, 1));
    spec = "label: sold\nchecks: {features: {x: {severity: warn}}}\n";
    StageResult result = judge("s2", change(csv(1000, 2), l -> l.substring(l.indexOf(','))));
    assertThat(result.verdict()).as(result.toString()).isEqualTo(Outcome.WARN);
    assertThat(result.outputs()).containsKey("data_blessing");
    assertThat(baseline()).isEqualTo(statistics.get("s1"));
    assertThat(cloud.messages().alarms())
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.severity()).isEqualTo(Alarm.Severity.WARN));
    assertThat(cloud.facts().column("batches", "state")).containsExactly("PASSED", "PASSED");
  }

  @Test
  void aBatchThatIsTooSmallToJudgeGoesOnAndMovesNoBaseline() throws Exception {
    judge("s1", csv(1000, 1));
    StageResult result = judge("s2", csv(12, 2));
    assertThat(result.verdict()).as(result.toString()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.outputs()).containsKey("data_blessing");
    assertThat(baseline()).isEqualTo(statistics.get("s1"));
    Alarm alarm = cloud.messages().alarms().getFirst();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.WARN);
    assertThat(alarm.text()).contains("goes on: too few rows to tell: the batch has 12");
    Registry registry = platform.registries().read("p");
    assertThat(registry.batches())
        .extracting(Registry.Judged::outcome)
        .containsExactly(Outcome.UNKNOWN, Outcome.PASS);
    assertThat(registry.held()).isEmpty();
  }

  @Test
  void aBatchThatIsHeldIsKnownAsHeldWithWhatWasFound() throws Exception {
    judge("s1", csv(1000, 1));
    StageResult result = judge("s2", noX());
    Registry registry = platform.registries().read("p");
    assertThat(registry.held())
        .singleElement()
        .satisfies(held -> {
          assertThat(held.batch()).isEqualTo(last.batch());
          assertThat(held.schema()).isNull();
          assertThat(held.statistics()).isEqualTo(statistics.get("s2"));
          assertThat(held.anomalies()).isEqualTo(result.outputs().get("anomalies"));
        });
    assertThat(registry.batches()).hasSize(1);
  }

  /** A batch whose column x is empty, which the checks hold. */
  private static String noX() {
    return change(csv(1000, 2), l -> l.substring(l.indexOf(',')));
  }

  /** Another run of the last batch, which that person accepted as it stood. */
  private StageResult accepted(String run, String csv, Acceptance acceptance) throws Exception {
    Batch batch = platform.findBatch("p", String.valueOf(last.batch())).orElseThrow();
    cloud.pin(batch, run, null, null, null, acceptance);
    return answer(MemoryCloud.call(batch, run, "validate-data", inputs(batch, csv)));
  }

  @Test
  void anAcceptedBatchGoesOnAndWhatHeldItStandsInTheRecordAsAccepted() throws Exception {
    judge("s1", csv(1000, 1));
    StageResult held = judge("s2", noX());
    Acceptance acceptance =
        new Acceptance("ann", "x is gone for good", Instant.EPOCH, held.outputs().get("anomalies"));
    StageResult result = accepted("accepted", noX(), acceptance);
    assertThat(result.verdict()).isEqualTo(Outcome.WARN);
    assertThat(result.outputs()).containsKeys("data_blessing", "schema");
    assertThat(baseline()).isEqualTo(statistics.get("s2"));
    Registry registry = platform.registries().read("p");
    assertThat(registry.held()).isEmpty();
    assertThat(registry.batches().getFirst().accepted()).isEqualTo(acceptance);
    Alarm alarm = cloud.messages().alarms().getLast();
    assertThat(alarm.severity()).isEqualTo(Alarm.Severity.WARN);
    assertThat(alarm.text())
        .contains("goes on, accepted by ann (x is gone for good)", "Accepted by ann");
    assertThat(cloud.facts().of("anomalies").getLast().values())
        .containsEntry("feature", "x")
        .containsEntry("severity", "WARN");
    assertThat(cloud.facts().column("batches", "state"))
        .containsExactly("PASSED", "BLOCKED", "PASSED");
  }

  /** With a column n of whole numbers. */
  private static String counted(String csv) {
    List<String> lines = new ArrayList<>(csv.lines().toList());
    lines.set(0, lines.getFirst() + ",n");
    for (int i = 1; i < lines.size(); i++) {
      lines.set(i, lines.get(i) + "," + i * 7919 % 1000);
    }
    return String.join("\n", lines) + "\n";
  }

  /** One row in fifty changed. */
  private static String few(String csv, UnaryOperator<String> line) {
    int[] row = new int[1];
    return change(csv, l -> row[0]++ % 50 == 0 ? line.apply(l) : l);
  }

  /** Two batches in which something changed for good, and a third after the first is accepted. */
  private void warnsUntilAccepted(String before, UnaryOperator<String> lasting) throws Exception {
    judge("s1", before);
    StageResult warned = judge("s2", lasting.apply(csv(1000, 2)));
    assertThat(warned.verdict()).as(warned.toString()).isEqualTo(Outcome.WARN);
    String batch = String.valueOf(last.batch());
    assertThat(judge("s3", lasting.apply(csv(1000, 3))).verdict()).isEqualTo(Outcome.WARN);
    accept(batch);
    StageResult after = judge("s4", lasting.apply(csv(1000, 4)));
    assertThat(after.verdict()).as(after.toString()).isEqualTo(Outcome.PASS);
    assertThat(baseline()).isEqualTo(statistics.get("s4"));
  }

  @Test
  void aNewCategoryOfFewRowsWarnsInEveryBatchUntilOneIsAccepted() throws Exception {
    warnsUntilAccepted(
        csv(1000, 1), csv -> few(csv, line -> line.replaceFirst("red|blue", "green")));
  }

  @Test
  void aNewColumnWarnsInEveryBatchUntilOneIsAccepted() throws Exception {
    warnsUntilAccepted(csv(1000, 1), ValidateDataStageTest::counted);
  }

  @Test
  void fractionsOfWhatWasWholeWarnInEveryBatchUntilOneIsAccepted() throws Exception {
    warnsUntilAccepted(counted(csv(1000, 1)), csv -> few(counted(csv), line -> line + ".5"));
  }

  /** A person's word for a batch that went on, with the schema that it takes. */
  private void accept(String batch) {
    Registry.Judged judged = platform.registries().read("p").acceptable(batch).orElseThrow();
    String seen = String.valueOf(judged.anomalies());
    List<Anomaly> anomalies =
        Validation.fromJson(
                cloud.read(seen, ValidationFiles.VALIDATION), Schema.getDefaultInstance(), seen)
            .anomalies();
    Schema schema =
        SchemaText.parse(
            "it", new String(cloud.read(judged.schema(), ValidationFiles.SCHEMA), UTF_8));
    String edited =
        cloud.artifact(
            "p",
            "schema",
            ValidationFiles.SCHEMA,
            SchemaText.write(SchemaEdits.apply(schema, anomalies)));
    Registry.Judged accepted =
        new Registry.Judged(
            batch,
            judged.order(),
            judged.outcome(),
            judged.statistics(),
            edited,
            seen,
            new Acceptance("ann", "green is new", Instant.EPOCH, seen));
    platform.registries().update("p", registry -> registry.accept(accepted, null));
  }

  @Test
  void whatAPersonDidNotSeeHoldsTheBatchStill() throws Exception {
    judge("s1", csv(1000, 1));
    judge("s2", noX());
    String nothing =
        cloud.artifact(
            "p",
            "anomalies",
            "validation.json",
            "{\"outcome\": \"FAIL\", \"reasons\": [], \"anomalies\": []}");
    StageResult result =
        accepted("accepted", noX(), new Acceptance("ann", "why", Instant.EPOCH, nothing));
    assertThat(result.verdict()).isEqualTo(Outcome.FAIL);
    assertThat(baseline()).isEqualTo(statistics.get("s1"));
  }

  @Test
  void severalBaselinesHistoryAndTheLiveModelsBatchAreRead() throws Exception {
    judge("s1", csv(1000, 1));
    judge("s2", csv(1000, 3));
    Batch batch = cloud.batch("p", "s3", csv(1000, 4));
    cloud.pin(batch);
    Map<String, String> inputs = inputs(batch, csv(1000, 4));
    inputs.put("baseline#1", statistics.get("s1"));
    inputs.put("live_statistics", statistics.get("s1"));
    StageResult result = answer(MemoryCloud.call(batch, "validate-data", inputs));
    assertThat(result.verdict()).as(result.toString()).isEqualTo(Outcome.PASS);
    assertThat(platform.registries().read("p").batches()).hasSize(3);
  }

  /** Puts a schema beside the spec that knows two colors. */
  private void schema(String otherColor) {
    cloud
        .objects()
        .put(
            MemoryCloud.SERVING,
            "specs/p.pbtxt",
            """
            feature {
              name: "color"
              type: BYTES
              string_domain { value: "red" value: "%s" }
            }
            feature { name: "x" type: FLOAT }
            feature { name: "country" type: BYTES }
            feature { name: "sold" type: BYTES }
            """
                .formatted(otherColor));
  }

  private Exchange post(StageRequest request) throws Exception {
    return Exchange.post(
        StageEndpoint.making(platform, new ValidateDataStage())::service, (Object) request);
  }

  @Test
  void theSchemaStaysAsTheRunPinnedIt() throws Exception {
    spec = "label: sold\nschema: p.pbtxt\n";
    schema("blue");
    StageResult first = judge("s1", csv(1000, 1));
    assertThat(first.verdict()).as(first.toString()).isEqualTo(Outcome.PASS);
    Batch pinnedBefore = cloud.batch("p", "s2", csv(1000, 2));
    cloud.pin(pinnedBefore);
    schema("green");
    assertThat(answer(last)).isEqualTo(first.asCached());
    StageResult second =
        answer(MemoryCloud.call(pinnedBefore, "validate-data", measured(csv(1000, 2))));
    assertThat(second.verdict()).as(second.toString()).isEqualTo(Outcome.PASS);
    assertThat(new String(cloud.read(second.outputs().get("schema"), "schema.pbtxt"), UTF_8))
        .contains("blue")
        .doesNotContain("green");
  }

  @Test
  void theNextRunIsJudgedByTheEditedSchema() throws Exception {
    spec = "label: sold\nschema: p.pbtxt\n";
    schema("blue");
    StageResult first = judge("s1", csv(1000, 1));
    schema("green");
    Batch batch = platform.findBatch("p", String.valueOf(last.batch())).orElseThrow();
    cloud.pin(batch, "another", null, null, null);
    StageResult other = answer(MemoryCloud.call(batch, "another", "validate-data", last.inputs()));
    assertThat(other.cached()).isFalse();
    assertThat(other.verdict()).as(other.toString()).isEqualTo(Outcome.FAIL);
    assertThat(other.outputs().get("anomalies")).isNotEqualTo(first.outputs().get("anomalies"));
    assertThat(cloud.messages().alarms().getFirst().text()).contains("color");
  }

  @Test
  void aSchemaThatTheRunDidNotPinIsRefused() throws Exception {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    Batch batch = cloud.batch("p", "s1", csv(100, 1));
    cloud.pin(batch);
    schema("blue");
    Exchange exchange = post(MemoryCloud.call(batch, "validate-data", measured(csv(100, 1))));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text())
        .contains("pinned no generation of gs://test-serving/specs/p.pbtxt", "another run");
  }

  @Test
  void aPinnedSchemaThatIsGoneIsRefused() throws Exception {
    cloud.spec("p", "label: sold\nschema: p.pbtxt\n");
    schema("blue");
    Batch batch = cloud.batch("p", "s1", csv(100, 1));
    Long generation = cloud.pin(batch).schemaGeneration();
    schema("green");
    cloud.objects().delete(new ObjectName(MemoryCloud.SERVING, "specs/p.pbtxt", generation));
    Exchange exchange = post(MemoryCloud.call(batch, "validate-data", measured(csv(100, 1))));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text())
        .contains("gs://test-serving/specs/p.pbtxt#" + generation + ", which is gone");
  }
}
