package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Unavailable;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StageEndpointTest {
  private static final String SPEC = "label: sold\nsplit_key: id\n";

  private final MemoryCloud cloud = new MemoryCloud();
  private final AtomicInteger made = new AtomicInteger();
  private Batch batch;

  StageEndpointTest() {
    cloud.spec("p", SPEC);
    batch = cloud.batch("p", "s1", "a,b\n1,2\n");
  }

  @BeforeEach
  void pin() {
    cloud.pin(batch);
  }

  /** Ingestion in one line: the artifact holds how often the stage was asked. */
  private Stage ingest() {
    return new Stage() {
      @Override
      public Made make(StageCall call) {
        int count = made.incrementAndGet();
        call.output("examples").write("data", bytes("made " + count), "text/plain");
        call.output("rejected").write("rows", bytes(""), "text/plain");
        return Made.of(Map.of("count", count));
      }

      @Override
      public void report(StageCall call, StageResult result) {
        call.platform().report(List.of(new Fact("reported", call.request().run(), Map.of())));
      }
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Exchange send(Stage stage, StageRequest request) throws Exception {
    return send(stage, request, "code-1");
  }

  private Exchange send(Stage stage, StageRequest request, String code) throws Exception {
    return Exchange.post(
        StageEndpoint.making(Platforms.of(cloud, code), stage)::service, (Object) request);
  }

  private StageResult answer(Stage stage, StageRequest request) throws Exception {
    Exchange exchange = send(stage, request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  private StageRequest call() {
    return MemoryCloud.call(batch, "ingest", Map.of());
  }

  private StageRequest with(Map<String, Object> parameters) {
    StageRequest call = call();
    return new StageRequest(
        call.pipeline(),
        call.run(),
        call.batch(),
        call.operation(),
        null,
        1,
        call.inputs(),
        parameters);
  }

  private static String examples(StageResult result) {
    String uri = result.outputs().get("examples");
    assertThat(uri).isNotNull();
    return uri;
  }

  @Test
  void whatWasMadeOnceIsFoundThereafter() throws Exception {
    StageResult first = answer(ingest(), call());
    StageResult second = answer(ingest(), call());
    assertThat(made).hasValue(1);
    assertThat(first.cached()).isFalse();
    assertThat(second).isEqualTo(first.asCached());
    assertThat(new String(cloud.read(examples(second), "data"), StandardCharsets.UTF_8))
        .isEqualTo("made 1");
  }

  private StageRequest forced(String run) {
    StageRequest call = call();
    return new StageRequest(
        call.pipeline(),
        run,
        call.batch(),
        /* span= */ null,
        call.operation(),
        /* shard= */ null,
        /* shards= */ null,
        1,
        /* force= */ true,
        call.inputs(),
        Map.of());
  }

  @Test
  void aForcedRunTakesNothingThatAnotherMadeAndFindsItsOwn() throws Exception {
    cloud.pin(batch, "f1", null, null, null);
    cloud.pin(batch, "f2", null, null, null);
    StageResult first = answer(ingest(), call());

    StageResult forced = answer(ingest(), forced("f1"));

    assertThat(forced.cached()).isFalse();
    assertThat(examples(forced)).isNotEqualTo(examples(first));
    assertThat(answer(ingest(), forced("f1"))).isEqualTo(forced.asCached());
    assertThat(answer(ingest(), forced("f2")).cached()).isFalse();
    assertThat(answer(ingest(), call())).isEqualTo(first.asCached());
    assertThat(made).hasValue(3);
  }

  @Test
  void anArtifactSaysWhatItHoldsAndWhereItCameFrom() throws Exception {
    StageResult result = answer(ingest(), call());
    Artifact artifact =
        Json.read(cloud.read(examples(result), Artifact.FILE), Artifact.class, "artifact");
    assertThat(artifact.kind()).isEqualTo("examples");
    assertThat(artifact.objects())
        .singleElement()
        .satisfies(file -> {
          assertThat(file.name()).isEqualTo("data");
          assertThat(file.bytes()).isEqualTo(6);
          assertThat(file.crc32c()).isNotEmpty();
        });
    assertThat(artifact.spec()).isEqualTo(Map.of("split_key", "id"));
    assertThat(artifact.codeVersion()).isEqualTo("code-1");
    assertThat(artifact.batch()).isEqualTo(batch.batch());
    // The operation's own record alone holds its answer.
    assertThat(artifact.result()).isNull();
    Artifact own =
        Json.read(
            cloud.read(result.outputs().get("rejected"), Artifact.FILE), Artifact.class, "own");
    assertThat(own.result()).isEqualTo(result);
  }

  @Test
  void theOperationsOwnRecordIsSealedLast() throws Exception {
    answer(ingest(), call());
    List<String> order =
        cloud.objects().written().stream()
            .map(name -> name.name().replaceAll("[0-9a-f]{32}/", ""))
            .filter(name -> name.startsWith("p/examples") || name.startsWith("p/rejected"))
            .toList();
    assertThat(order)
        .containsExactly(
            "p/examples/data",
            "p/rejected/rows",
            "p/examples/_artifact.json",
            "p/rejected/_artifact.json");
  }

  @Test
  void eachRunIsReportedAlsoWhenTheArtifactWasFound() throws Exception {
    answer(ingest(), call());
    cloud.pin(batch, "again", null, null, null);
    answer(ingest(), MemoryCloud.call(batch, "again", "ingest", Map.of()));
    assertThat(cloud.facts().of("reported"))
        .extracting(Fact::key)
        .containsExactly(batch.run(), "again");
    assertThat(cloud.facts().column("stage_runs", "state"))
        .containsExactly("RUNNING", "SUCCEEDED", "RUNNING", "SUCCEEDED");
    assertThat(cloud.facts().column("stage_runs", "cached"))
        .containsExactly(null, false, null, true);
    assertThat(cloud.facts().of("artifacts")).hasSize(4);
  }

  @Test
  void theRowsOfACallShareTheirKeyAndNameTheFingerprint() throws Exception {
    StageResult result = answer(ingest(), call());
    assertThat(cloud.facts().of("stage_runs"))
        .extracting(Fact::key)
        .containsOnly("p/" + batch.run() + "/ingest/null/1");
    assertThat(cloud.facts().column("stage_runs", "fingerprint"))
        .containsExactly(null, ArtifactUri.parse(examples(result)).fingerprint());
  }

  @Test
  void twoCallsAtOnceMakeOneArtifactAndAnswerTheSame() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    Stage stage =
        call -> {
          await(both);
          int count = made.incrementAndGet();
          call.output("rejected").write("rows", bytes(""), "text/plain");
          call.output("examples").write("data", bytes("made " + count), "text/plain");
          return Stage.Made.of(Map.of("count", count));
        };
    List<StageResult> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<StageResult>> running =
          List.of(
              threads.submit(() -> answer(stage, call())),
              threads.submit(() -> answer(stage, call())));
      for (Future<StageResult> one : running) {
        answers.add(one.get());
      }
    }
    assertThat(made).hasValue(2);
    assertThat(answers.get(0).asCached()).isEqualTo(answers.get(1).asCached());
    assertThat(answers).extracting(StageResult::cached).containsExactlyInAnyOrder(false, true);
    assertThat(cloud.objects().names(MemoryCloud.ARTIFACTS, "p/examples/")).hasSize(2);
    Artifact artifact =
        Json.read(cloud.read(examples(answers.get(0)), Artifact.FILE), Artifact.class, "it");
    assertThat(artifact.objects().getFirst().bytes())
        .isEqualTo(cloud.read(examples(answers.get(0)), "data").length);
  }

  private static void await(CyclicBarrier barrier) throws IOException {
    try {
      barrier.await();
    } catch (InterruptedException | java.util.concurrent.BrokenBarrierException e) {
      throw new IOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/rows", "/rejected/", "/_artifact.json"})
  void aCallThatWasKilledHalfWayIsFinishedByTheNext(String where) throws Exception {
    AtomicBoolean killed = new AtomicBoolean();
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().contains(where) && killed.compareAndSet(false, true)) {
            throw new Unavailable("the instance is gone");
          }
        });
    assertThat(send(ingest(), call()).status()).isEqualTo(503);
    StageResult result = answer(ingest(), call());
    assertThat(result.cached()).isFalse();
    assertThat(made).hasValue(2);
    // What the first attempt left is kept, and the seal describes what is there.
    Artifact artifact =
        Json.read(cloud.read(examples(result), Artifact.FILE), Artifact.class, "artifact");
    assertThat(new String(cloud.read(examples(result), "data"), StandardCharsets.UTF_8))
        .isEqualTo("made 1");
    assertThat(artifact.objects().getFirst().bytes()).isEqualTo(6);
    assertThat(answer(ingest(), call())).isEqualTo(result.asCached());
    assertThat(made).hasValue(2);
  }

  /** A gate over the batch's own statistics. */
  private static Stage gate(Outcome outcome) {
    return call -> {
      call.input("statistics");
      for (String output : List.of("data_verdict", "anomalies")) {
        call.output(output).write("x", bytes(outcome.name()), "text/plain");
      }
      if (outcome.blesses()) {
        call.output("schema").write("x", bytes(""), "text/plain");
        call.output("data_blessing").write("x", bytes(""), "text/plain");
      }
      return new Stage.Made(outcome, Map.of());
    };
  }

  private StageRequest gateCall() {
    return MemoryCloud.call(
        batch,
        "validate-data",
        Map.of(
            "examples", cloud.artifact("p", "examples", "x", "e"),
            "statistics", cloud.artifact("p", "statistics", "x", "s")));
  }

  @Test
  void aGateThatHoldsGivesNoBlessingAndSaysTheSameAgain() throws Exception {
    StageResult first = answer(gate(Outcome.FAIL), gateCall());
    assertThat(first.verdict()).isEqualTo(Outcome.FAIL);
    assertThat(first.outputs()).containsOnlyKeys("data_verdict", "anomalies");
    // Where the artifact is found, the stage is not asked again.
    assertThat(answer(gate(Outcome.PASS), gateCall())).isEqualTo(first.asCached());
  }

  @Test
  void aGateThatLetsThroughGivesABlessing() throws Exception {
    assertThat(answer(gate(Outcome.WARN), gateCall()).outputs()).containsKey("data_blessing");
  }

  @Test
  void anInputOfAnotherPipelineIsRefused() throws Exception {
    StageRequest request =
        MemoryCloud.call(
            batch,
            "validate-data",
            Map.of(
                "examples", cloud.artifact("p", "examples", "x", "e"),
                "statistics", cloud.artifact("other", "statistics", "x", "s")));
    Exchange exchange = send(gate(Outcome.PASS), request);
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("'statistics'", "not of pipeline p");
  }

  @Test
  void anInputOfAnotherPipelineIsRefusedAlsoWhereTheStageDoesNotReadIt() throws Exception {
    StageRequest request =
        MemoryCloud.call(
            batch,
            "validate-data",
            Map.of(
                "examples", cloud.artifact("other", "examples", "x", "e"),
                "statistics", cloud.artifact("p", "statistics", "x", "s")));
    Exchange exchange = send(gate(Outcome.PASS), request);
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("'examples'", "not of pipeline p");
  }

  @Test
  void aBlessingIsCheckedToBeAnArtifactOfThePipeline() throws Exception {
    Map<String, String> inputs = new HashMap<>();
    inputs.put("examples", cloud.artifact("p", "examples", "x", "e"));
    inputs.put("schema", cloud.artifact("p", "schema", "x", "s"));
    inputs.put("data_blessing", "gs://test-artifacts/p/blessing/" + "0".repeat(32) + "/");
    Stage transform =
        call -> {
          call.output("transform").write("x", bytes(""), "text/plain");
          call.output("features").write("x", bytes(""), "text/plain");
          return Stage.Made.of(Map.of());
        };
    Exchange exchange = send(transform, MemoryCloud.call(batch, "transform", inputs));
    assertThat(exchange.status()).isEqualTo(422);
    inputs.put("data_blessing", cloud.artifact("p", "blessing", "x", "b"));
    assertThat(send(transform, MemoryCloud.call(batch, "transform", inputs)).status())
        .isEqualTo(200);
  }

  @Test
  void anAbsentInputIsRefusedByName() throws Exception {
    Exchange exchange =
        send(gate(Outcome.PASS), MemoryCloud.call(batch, "validate-data", Map.of()));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("'examples', which the request lacks");
  }

  @Test
  void codeParametersAndSpecKeysThatAreReadMakeAnotherArtifact() throws Exception {
    String first = examples(answer(ingest(), call()));
    assertThat(examples(send(ingest(), call(), "code-2").as(StageResult.class)))
        .isNotEqualTo(first);
    assertThat(examples(answer(ingest(), with(Map.of("limit", 3))))).isNotEqualTo(first);
    cloud.spec("p", "label: sold\nsplit_key: other\n");
    cloud.pin(batch, "r2", null, null, null);
    assertThat(examples(answer(ingest(), MemoryCloud.call(batch, "r2", "ingest", Map.of()))))
        .isNotEqualTo(first);
    assertThat(made).hasValue(4);
  }

  @Test
  void whatTheStageSaysItDependsOnMakesAnotherArtifact() throws Exception {
    String first = examples(answer(ingest(), call()));
    Stage other =
        new Stage() {
          @Override
          public Map<String, Object> dependsOn(RunContext context, Platform platform) {
            return Map.of("schema", "crc");
          }

          @Override
          public Made make(StageCall call) throws IOException {
            return ingest().make(call);
          }
        };
    assertThat(examples(answer(other, call()))).isNotEqualTo(first);
  }

  @Test
  void otherSpecKeysRunsAndBatchesOfTheSameBytesChangeNothing() throws Exception {
    String first = examples(answer(ingest(), call()));
    cloud.spec("p", "label: other\nsplit_key: id\ntrain: {rounds: 3}\n");
    Batch resent = cloud.batch("p", "s2", "a,b\n1,2\n");
    assertThat(resent.batch()).isNotEqualTo(batch.batch());
    cloud.pin(resent);
    assertThat(examples(answer(ingest(), MemoryCloud.call(resent, "ingest", Map.of()))))
        .isEqualTo(first);
    assertThat(made).hasValue(1);
  }

  @Test
  void otherBytesMakeAnotherArtifact() throws Exception {
    String first = examples(answer(ingest(), call()));
    Batch other = cloud.batch("p", "s2", "a,b\n1,3\n");
    cloud.pin(other);
    assertThat(examples(answer(ingest(), MemoryCloud.call(other, "ingest", Map.of()))))
        .isNotEqualTo(first);
  }

  @Test
  void anInputIsKnownByItsContentAndABlessingNotAtAll() throws Exception {
    Stage transform =
        call -> {
          int count = made.incrementAndGet();
          call.output("transform").write("x", bytes("" + count), "text/plain");
          call.output("features").write("x", bytes(""), "text/plain");
          return Stage.Made.of(Map.of());
        };
    Map<String, String> inputs = new HashMap<>();
    inputs.put("examples", cloud.artifact("p", "examples", "x", "e"));
    inputs.put("schema", cloud.artifact("p", "schema", Map.of("x", bytes("s")), Map.of("by", "1")));
    inputs.put("data_blessing", cloud.artifact("p", "blessing", "x", "one"));
    StageResult first = answer(transform, MemoryCloud.call(batch, "transform", inputs));
    inputs.put("schema", cloud.artifact("p", "schema", Map.of("x", bytes("s")), Map.of("by", "2")));
    inputs.put("data_blessing", cloud.artifact("p", "blessing", "x", "two"));
    assertThat(answer(transform, MemoryCloud.call(batch, "transform", inputs)))
        .isEqualTo(first.asCached());
    inputs.put("schema", cloud.artifact("p", "schema", "x", "other"));
    assertThat(answer(transform, MemoryCloud.call(batch, "transform", inputs)).outputs())
        .isNotEqualTo(first.outputs());
    assertThat(made).hasValue(2);
  }

  private Exchange failing(Supplier<? extends Throwable> failure) throws Exception {
    return send(
        call -> {
          throw sneak(failure.get());
        },
        call());
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> RuntimeException sneak(Throwable failure) throws T {
    throw (T) failure;
  }

  @Test
  void errorsAreMappedByWhetherARetryCanHelp() throws Exception {
    Map<Supplier<? extends Throwable>, Integer> statuses = new HashMap<>();
    statuses.put(() -> new BadInput("what, where, what to do"), 422);
    statuses.put(() -> new Unavailable("what, where, what to do"), 503);
    statuses.put(() -> new Conflict("what, where, what to do"), 503);
    statuses.put(() -> new Bug("what, where, what to do"), 500);
    statuses.put(() -> new OutOfMemoryError("what, where, what to do"), 500);
    statuses.put(() -> new IllegalStateException("what, where, what to do"), 500);
    statuses.put(() -> new IOException("what, where, what to do"), 500);
    for (Map.Entry<Supplier<? extends Throwable>, Integer> each : statuses.entrySet()) {
      Exchange exchange = failing(each.getKey());
      assertThat(exchange.status()).as(exchange.text()).isEqualTo(each.getValue());
      assertThat(exchange.contentType()).isEqualTo("application/problem+json");
      Problem problem = exchange.as(Problem.class);
      assertThat(problem.status()).isEqualTo(each.getValue());
      assertThat(problem.detail()).contains("what, where, what to do");
    }
    assertThat(cloud.facts().column("stage_runs", "state")).containsOnly("RUNNING", "FAILED");
    List<@Nullable Object> errors = cloud.facts().column("stage_runs", "error");
    assertThat(errors).hasSize(14);
    assertThat(errors.get(1)).asString().contains("what, where, what to do");
  }

  @Test
  void aFailureThatCannotBeRecordedIsAnsweredAllTheSame() throws Exception {
    cloud
        .facts()
        .before(fact -> {
          if ("FAILED".equals(fact.values().get("state"))) {
            throw new Unavailable("BigQuery is away");
          }
        });
    Exchange exchange = failing(() -> new BadInput("the row is wrong"));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("the row is wrong");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{\"pipeline\":\"p\"}",
        "{\"pipeline\":\"p\",\"run\":\"r\",\"operation\":\"injest\"}",
        "{\"pipeline\":\"P\",\"run\":\"r\",\"operation\":\"ingest\"}"
      })
  void aRequestThatCannotBeReadIsRefusedAndLeavesNoRow(String body) throws Exception {
    Exchange exchange =
        Exchange.post(StageEndpoint.making(Platforms.of(cloud), ingest())::service, body);
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.contentType()).isEqualTo("application/problem+json");
    assertThat(cloud.facts().of("stage_runs")).isEmpty();
  }

  @Test
  void anUnknownOperationNamesTheNearest() throws Exception {
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(Platforms.of(cloud), ingest())::service,
            "{\"pipeline\":\"p\",\"run\":\"r\",\"operation\":\"injest\"}");
    assertThat(exchange.text()).contains("did you mean 'ingest'?");
  }

  private Exchange several(StageRequest request) throws Exception {
    Map<String, Stage> stages = new java.util.LinkedHashMap<>();
    stages.put("ingest", ingest());
    stages.put("validate-data", gate(Outcome.PASS));
    return Exchange.post(
        StageEndpoint.making(Platforms.of(cloud), stages)::service, (Object) request);
  }

  @Test
  void aFunctionOfSeveralOperationsPerformsTheOneThatIsAskedFor() throws Exception {
    assertThat(several(call()).as(StageResult.class).outputs()).containsKey("examples");
    assertThat(several(gateCall()).as(StageResult.class).outputs()).containsKey("data_verdict");
  }

  @Test
  void anOperationOfAnotherFunctionIsRefusedAndLeavesNoRow() throws Exception {
    Exchange exchange = several(MemoryCloud.call(batch, "train", Map.of()));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text())
        .contains(
            "operation 'train' is not performed here, but by function train;"
                + " this one performs ingest, validate-data");
    assertThat(cloud.facts().of("stage_runs")).isEmpty();
  }

  @Test
  void aFunctionOfOneOperationRefusesThoseOfOthers() throws Exception {
    Platform platform = Platforms.of(cloud).in("dev.sluice.functions.validatedata");
    Exchange exchange =
        Exchange.post(StageEndpoint.making(platform, ingest())::service, (Object) call());
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text())
        .contains(
            "'ingest' is not performed here, but by function ingest;"
                + " this one performs validate-data");
    assertThat(made).hasValue(0);
    platform = Platforms.of(cloud).in("dev.sluice.functions.ingest");
    assertThat(
            Exchange.post(StageEndpoint.making(platform, ingest())::service, (Object) call())
                .status())
        .isEqualTo(200);
  }

  private StageRequest shard(@Nullable Integer shard, @Nullable Integer shards) {
    Map<String, String> inputs = new HashMap<>(call().inputs());
    inputs.put("plan", cloud.artifact("p", "plan", "x", "cuts"));
    return new StageRequest(
        "p", batch.run(), batch.batch(), "ingest-shard", shard, shards, 1, inputs, Map.of());
  }

  /** A part that holds which shard it is of. */
  private Stage part() {
    return call -> {
      made.incrementAndGet();
      call.output("part").write("x", bytes("" + call.request().shard()), "text/plain");
      return Stage.Made.of(Map.of());
    };
  }

  @Test
  void eachShardOfHowManyMakesAnArtifactOfItsOwn() throws Exception {
    StageResult first = answer(part(), shard(0, 3));
    assertThat(answer(part(), shard(1, 3)).outputs()).isNotEqualTo(first.outputs());
    assertThat(answer(part(), shard(0, 4)).outputs()).isNotEqualTo(first.outputs());
    assertThat(made).hasValue(3);
    assertThat(answer(part(), shard(0, 3))).isEqualTo(first.asCached());
    assertThat(made).hasValue(3);
    assertThat(cloud.facts().column("stage_runs", "shard")).contains(0, 1);
  }

  @Test
  void aMappedCallWithoutAShardIsRefused() throws Exception {
    Exchange exchange = send(part(), shard(null, null));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text())
        .contains("ingest-shard is called once a shard; the request must have shard and shards");
  }

  /** Ingestion over what the shards gave, in order. */
  private Stage joining(List<String> seen) {
    return call -> {
      made.incrementAndGet();
      for (ArtifactUri part : call.inputs("part")) {
        seen.add(new String(call.read(part, "x"), StandardCharsets.UTF_8));
      }
      call.output("rejected").write("rows", bytes(""), "text/plain");
      return Stage.Made.of(Map.of());
    };
  }

  private StageRequest joined(String... parts) {
    Map<String, String> inputs = new HashMap<>();
    for (int k = 0; k < parts.length; k++) {
      inputs.put(StageRequest.joined("part", k), cloud.artifact("p", "part", "x", parts[k]));
    }
    return MemoryCloud.call(batch, "ingest", inputs);
  }

  @Test
  void whatTheShardsGaveEntersInItsOrder() throws Exception {
    List<String> seen = new ArrayList<>();
    StageResult first = answer(joining(seen), joined("a", "b"));
    assertThat(seen).containsExactly("a", "b");
    assertThat(answer(joining(seen), joined("a", "b"))).isEqualTo(first.asCached());
    assertThat(made).hasValue(1);
    assertThat(answer(joining(seen), joined("b", "a")).outputs()).isNotEqualTo(first.outputs());
    assertThat(answer(joining(seen), joined("a")).outputs()).isNotEqualTo(first.outputs());
    assertThat(answer(joining(seen), joined()).outputs()).isNotEqualTo(first.outputs());
    assertThat(seen).containsExactly("a", "b", "b", "a", "a");
  }

  @Test
  void aShardThatIsMissingBetweenOthersIsRefused() throws Exception {
    Map<String, String> inputs = new HashMap<>(joined("a", "b", "c").inputs());
    inputs.remove("part#1");
    Exchange exchange = send(joining(new ArrayList<>()), MemoryCloud.call(batch, "ingest", inputs));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("no 'part#1'");
  }

  @Test
  void aShardOfAnotherPipelineIsRefused() throws Exception {
    Map<String, String> inputs = new HashMap<>(joined("a", "b").inputs());
    inputs.put("part#1", cloud.artifact("other", "part", "x", "b"));
    Exchange exchange = send(joining(new ArrayList<>()), MemoryCloud.call(batch, "ingest", inputs));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("'part'", "not of pipeline p");
  }

  @Test
  void aShardOfAnOperationThatIsNotMappedIsRefused() throws Exception {
    StageRequest call = call();
    Exchange exchange =
        send(
            ingest(),
            new StageRequest(
                call.pipeline(),
                call.run(),
                call.batch(),
                call.operation(),
                /* shard= */ 1,
                /* shards= */ 3,
                1,
                call.inputs(),
                Map.of()));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("ingest is not mapped", "shard 1");
  }

  @Test
  void aRunWithoutPinsIsRefused() throws Exception {
    Exchange exchange = send(ingest(), MemoryCloud.call(batch, "unpinned", "ingest", Map.of()));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("run unpinned of p has no pins; resolve must run first");
  }

  @Test
  void aRunReadsTheSpecThatItPinned() throws Exception {
    cloud.spec("p", "this: is broken");
    assertThat(send(ingest(), call()).status()).isEqualTo(200);
  }

  @Test
  void aStageThatDoesNotGiveItsOwnRecordIsABug() throws Exception {
    Exchange exchange = send(call -> Stage.Made.of(Map.of()), call());
    assertThat(exchange.status()).isEqualTo(500);
    assertThat(exchange.text()).contains("did not give 'rejected'");
  }

  @Test
  void anActionIsPerformedOnEachCall() throws Exception {
    StageEndpoint endpoint =
        StageEndpoint.performing(
            Platforms.of(cloud),
            request ->
                new StageResult(Map.of(), null, false, Map.of("count", made.incrementAndGet())));
    StageRequest request = MemoryCloud.call(batch, "finish-run", Map.of());
    Exchange.post(endpoint::service, (Object) request);
    Exchange second = Exchange.post(endpoint::service, (Object) request);
    assertThat(second.contentType()).isEqualTo("application/json");
    assertThat(second.as(StageResult.class).summary()).containsEntry("count", 2.0);
  }

  @Test
  void aFigureThatJsonLacksDoesNotBreakTheAnswerNorTheArtifact() throws Exception {
    Stage stage =
        call -> {
          ingest().make(call);
          return Stage.Made.of(Map.of("auc", Double.NaN));
        };
    StageResult first = answer(stage, call());
    assertThat(first.summary()).containsEntry("auc", "NaN");
    assertThat(answer(stage, call())).isEqualTo(first.asCached());
  }
}
