package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.gcp.RunState;
import dev.sluice.gcp.TaskState;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.LocalCloud;
import dev.sluice.localcloud.faults.FaultInjector;
import dev.sluice.localcloud.faults.FaultPlan;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * Rounds over the whole way, from a file dropped to an answer of predict, on functions that are
 * each a process of their own and on wires that fail as a plan says. Each round is a pipeline of
 * its own; when it has ended, a second pipeline takes the same object without faults, and has to
 * make the same artifacts.
 */
final class FaultRounds implements AutoCloseable {
  private static final int ROWS = 800;
  private static final int MOST_RESUMES = 5;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String SPAN = "2026-11-01";
  private static final Set<String> COMPARED =
      Set.of("examples", "rejected", "statistics", "schema", "transform", "features", "model");
  private static final String SPEC =
      """
      source: {files: "%s/{SPAN}/*"}
      label: sold
      exclude: [listing]
      group_by: [currency]
      train: {rounds: 20}
      """;

  private final FaultInjector injector;
  private final ConcurrentLinkedQueue<String> injected;
  private final Cloud cloud;
  private final List<String> functions;
  private final byte[] csv;
  private final Map<String, Object> row;

  /** What a round leaves. */
  private record Outcome(Map<String, String> objects, double answer, long statistics) {}

  /**
   * How a round went.
   *
   * @param injected a line a fault
   * @param resumes how often a failed run had to be resumed
   */
  record Round(long seed, List<String> injected, int resumes, Duration took) {}

  private FaultRounds(FaultInjector injector, ConcurrentLinkedQueue<String> injected, Cloud cloud)
      throws IOException, InterruptedException {
    this.injector = injector;
    this.injected = injected;
    this.cloud = cloud;
    this.functions = Home.find().manifests().stream().map(FunctionManifest::name).toList();
    List<Marketplace.Listing> listings = Marketplace.day(1, ROWS);
    this.csv = Marketplace.csv(listings).getBytes(StandardCharsets.UTF_8);
    this.row = listings.getFirst().features();
  }

  /** The whole way once, and nothing goes wrong. */
  Duration calm() throws IOException, InterruptedException {
    long started = System.nanoTime();
    Batch batch = way("calm");
    assertThat(cloud.composer().run("calm", batch.run())).isEqualTo(RunState.SUCCESS);
    outcome("calm");
    checkThatOneModelIsLive("calm");
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** A table and a query's answer, and nothing goes wrong: their clients' libraries are others. */
  void calmTables() throws InterruptedException, IOException {
    cloud
        .bigquery()
        .query(
            QueryJobConfiguration.of(
                """
                CREATE TABLE sluice.listings_source AS
                SELECT i AS listing, MOD(i * 7919, 1000) / 10 AS price_usd,
                  IF(MOD(i, 3) = 0, 'EUR', 'USD') AS currency,
                  IF(MOD(i * 7919, 1000) < 500, 1, 0) AS sold
                FROM UNNEST(GENERATE_ARRAY(1, %d)) AS i
                """
                    .formatted(ROWS)));
    Map<String, String> sources =
        Map.of(
            "calm-table", "{table: sluice.listings_source, streams: 2}",
            "calm-query", "{query: \"SELECT * FROM sluice.listings_source\"}");
    for (Map.Entry<String, String> source : sources.entrySet()) {
      String pipeline = source.getKey();
      cloud.spec(
          pipeline,
          "source: {bigquery: %s}\nlabel: sold\nexclude: [listing]\n".formatted(source.getValue()));
      cloud.composer().trigger(pipeline, "calm", Map.of());
      awaitIdle();
      assertThat(cloud.composer().run(pipeline, "calm")).as(pipeline).isEqualTo(RunState.SUCCESS);
      assertThat(
              cloud.row("SELECT * FROM sluice.batches WHERE pipeline = '%s'".formatted(pipeline)))
          .containsEntry("rows", (long) ROWS)
          .containsEntry("state", "LIVE");
    }
  }

  /** Starts a cloud; the processes start with their first call. */
  static FaultRounds start(Path folder) throws IOException, InterruptedException {
    ConcurrentLinkedQueue<String> injected = new ConcurrentLinkedQueue<>();
    FaultInjector injector = new FaultInjector(injected::add);
    Cloud cloud = Cloud.start(folder, new LocalCloud.Hosting(/* processes= */ true, injector));
    try {
      return new FaultRounds(injector, injected, cloud);
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      cloud.close();
      throw e;
    }
  }

  /** A round of the plan that the seed gives; fails naming what replays it. */
  Round round(long seed) throws IOException, InterruptedException {
    FaultPlan plan = FaultPlan.random(seed, functions);
    long started = System.nanoTime();
    injected.clear();
    try {
      int resumes = go(plan, "round-" + seed);
      return new Round(
          seed, List.copyOf(injected), resumes, Duration.ofNanos(System.nanoTime() - started));
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(
          "seed "
              + seed
              + ": "
              + e.getMessage()
              + "\nreplay it with: ./sluice bench chaos --seed "
              + seed
              + "\nits plan:\n"
              + plan.toYaml()
              + "what was injected:\n"
              + String.join("\n", injected),
          e);
    } finally {
      injector.use(FaultPlan.NONE);
    }
  }

  private int go(FaultPlan plan, String pipeline) throws IOException, InterruptedException {
    injector.use(plan);
    Batch batch = way(pipeline);
    List<String> runs = new ArrayList<>(List.of(batch.run()));
    boolean twins = injected.stream().anyMatch(line -> line.contains("a second run"));
    if (twins) {
      runs.add(batch.run() + "--again-1");
    }
    int resumes = 0;
    for (String run : runs) {
      while (cloud.composer().run(pipeline, run) == RunState.FAILED) {
        assertThat(resumes).as("resumes of " + run).isLessThan(MOST_RESUMES);
        if (!twins) {
          checkThatFailureIsTold(batch);
        }
        assertThat(cloud.composer().trigger(pipeline, run, Map.of("batch", batch.batch())))
            .isEqualTo(TriggerOutcome.RESUMED);
        resumes++;
        awaitIdle();
      }
      assertThat(cloud.composer().run(pipeline, run)).as("run " + run).isEqualTo(RunState.SUCCESS);
    }
    // Predict may still be due to fail; a caller asks again.
    for (int attempt = 0; attempt < 10 && status(pipeline) != 200; attempt++) {
      Thread.onSpinWait();
    }
    injector.use(FaultPlan.NONE);
    Outcome outcome = outcome(pipeline);
    Outcome expected = again(pipeline, "calm-" + pipeline);
    assertThat(without(outcome.objects(), twins))
        .containsExactlyInAnyOrderEntriesOf(without(expected.objects(), twins));
    assertThat(outcome.answer()).as("predict's answer").isEqualTo(expected.answer());
    assertThat(outcome.statistics()).as("rows of statistics").isEqualTo(expected.statistics());
    assertThat(cloud.row(batch)).as("the batch").containsEntry("state", "LIVE");
    checkThatOneModelIsLive(pipeline);
    return resumes;
  }

  private Batch way(String pipeline) throws IOException, InterruptedException {
    cloud.spec(pipeline, SPEC.formatted(pipeline));
    Batch batch = cloud.upload(pipeline + "/" + SPAN + "/listings.csv", csv);
    awaitIdle();
    return batch;
  }

  /** What another pipeline makes of the same object. */
  private Outcome again(String pipeline, String other) throws IOException, InterruptedException {
    cloud.spec(other, SPEC.formatted(pipeline));
    cloud.composer().trigger(other, "calm", Map.of());
    awaitIdle();
    assertThat(cloud.composer().run(other, "calm"))
        .as("without faults")
        .isEqualTo(RunState.SUCCESS);
    return outcome(other);
  }

  private void awaitIdle() throws InterruptedException {
    assertThat(cloud.local().awaitIdle(PATIENCE)).as("idle within " + PATIENCE).isTrue();
  }

  /** Unless the function that tells is the one that fails, which the DAG's own state then shows. */
  private void checkThatFailureIsTold(Batch batch) throws InterruptedException {
    boolean told =
        cloud.composer().tasks(batch.pipeline(), batch.run()).stream()
            .filter(task -> task.task().equals("finish-run"))
            .map(TaskState::state)
            .allMatch("success"::equals);
    if (told) {
      Map<String, ?> state = cloud.row(batch);
      assertThat(state.get("state")).as("the batch of a failed run").isEqualTo("FAILED");
      assertThat(state.get("reason")).as("its reason").isNotNull();
      assertThat(cloud.alarms(batch)).as("its alarms").isNotEmpty();
    }
  }

  /** A twin that begins late is judged against its brother, which makes another schema artifact. */
  private static Map<String, String> without(Map<String, String> objects, boolean twins) {
    Map<String, String> out = new TreeMap<>();
    objects.forEach((name, bytes) ->
        out.put(twins && name.startsWith("schema/") ? name.replaceAll("/.*/", "/") : name, bytes));
    return out;
  }

  private Outcome outcome(String pipeline) throws IOException, InterruptedException {
    Map<String, String> objects = new TreeMap<>();
    Set<String> sealed = new TreeSet<>();
    for (Blob blob :
        cloud
            .storage()
            .list(cloud.bucket("artifacts"), Storage.BlobListOption.prefix(pipeline + "/"))
            .iterateAll()) {
      String name = blob.getName().substring(pipeline.length() + 1);
      if (!COMPARED.contains(name.substring(0, name.indexOf('/')))) {
        continue;
      }
      if (name.endsWith("/" + Artifact.FILE)) {
        sealed.add(name);
      } else if (name.endsWith("/model_card.json")) {
        JsonObject card =
            JsonParser.parseString(new String(blob.getContent(), StandardCharsets.UTF_8))
                .getAsJsonObject();
        assertThat(card.remove("name").getAsString()).isEqualTo(pipeline);
        card.remove("batch");
        objects.put(name, card.toString());
      } else {
        objects.put(name, blob.getSize() + " bytes, " + blob.getCrc32c());
      }
    }
    sealed.forEach(name -> objects.put(name, "sealed"));
    HttpResponse<String> answer = cloud.predict(pipeline, row);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    double probability =
        JsonParser.parseString(answer.body())
            .getAsJsonObject()
            .getAsJsonArray("predictions")
            .get(0)
            .getAsDouble();
    long statistics =
        (Long)
            cloud
                .row(
                    "SELECT COUNT(*) AS n FROM sluice.statistics WHERE pipeline = '%s'"
                        .formatted(pipeline))
                .get("n");
    return new Outcome(objects, probability, statistics);
  }

  private void checkThatOneModelIsLive(String pipeline) throws IOException, InterruptedException {
    JsonObject registry = cloud.json("serving", pipeline + "/registry.json");
    assertThat(registry.get("live").getAsInt()).as("live in the registry").isEqualTo(1);
    assertThat(registry.get("versions").getAsJsonArray()).as("versions").hasSize(1);
    assertThat(cloud.json("serving", pipeline + "/routes.json").getAsJsonArray("arms"))
        .as("routes")
        .singleElement()
        .satisfies(arm -> assertThat(arm.getAsJsonObject().get("version").getAsInt()).isEqualTo(1));
    Set<String> folders =
        cloud.names("serving", pipeline + "/versions/").stream()
            .map(name -> name.split("/", -1)[2])
            .collect(Collectors.toSet());
    assertThat(folders).as("released versions").containsExactly("1");
    assertThat(
            cloud.query(
                "SELECT version, state FROM sluice.models WHERE pipeline = '%s'"
                    .formatted(pipeline)))
        .as("table models")
        .containsExactly(Map.of("version", 1L, "state", "LIVE"));
    HttpResponse<String> status = cloud.get(model(pipeline));
    assertThat(status.body()).contains("AVAILABLE");
    assertThat(
            JsonParser.parseString(status.body())
                .getAsJsonObject()
                .getAsJsonArray("model_version_status"))
        .hasSize(1);
  }

  private int status(String pipeline) throws InterruptedException {
    try {
      return cloud.predict(pipeline, row).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  private URI model(String pipeline) {
    return cloud.function("predict").resolve("/v1/models/" + pipeline);
  }

  @Override
  public void close() {
    cloud.close();
    injector.close();
  }
}
