package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.gcp.Messages;
import dev.sluice.localcloud.Containers;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.LocalCloud;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every function as it is deployed: its zip unpacked and started by the buildpack's rules, alone
 * with the variables of its manifest, held to its manifest's memory and CPU.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DeployedTest {
  /** What one instance of {@code predict} and {@code receive-rows} is sent at once. */
  private static final int CONCURRENCY = 80;

  /** Fifteen processes start one after the other, each with no more than its CPU. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Among large requests, the place of small ones. */
  private static final int SMALL_EACH = 7;

  private static final int ROWS = 2_000;
  private static final String STREAM = "ticks";
  private static final byte[] ROW = "{\"price\":1.5,\"sold\":true}".getBytes(UTF_8);

  private final Containers containers = new Containers(Containers.Heap.QUARTER);
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Marketplace.Listing> listings = Marketplace.day(1, ROWS);
  private Cloud cloud;
  private Batch released;
  private Batch held;
  private List<Containers.Instance> used = List.of();

  @SuppressWarnings("NullAway.Init")
  DeployedTest() {}

  /**
   * Files that go through and are held, rows, a closing, a prediction: each function has a call.
   */
  @BeforeAll
  void useEveryFunction(@TempDir Path folder) throws Exception {
    cloud = Cloud.start(folder, LocalCloud.Hosting.in(containers));
    cloud.spec("deployed", "label: sold\nexclude: [listing]\ngroup_by: [currency]\n");
    cloud.spec(STREAM, "label: sold\nsource: {stream: {window: 1h}}\n");
    released = drop("deployed/2026-01-01/day.csv", Marketplace.csv(listings));
    held =
        drop(
            "deployed/2026-01-02/day.csv",
            Marketplace.csv(Marketplace.broken(Marketplace.day(2, ROWS))));
    cloud
        .messages()
        .publishAll(
            "sluice-rows",
            List.of(new Messages.Message(ROW, Map.of("pipeline", STREAM, "id", "published"))));
    awaitIdle();
    HttpResponse<String> closing = cloud.post(cloud.function("close-window"), "");
    assertThat(closing.statusCode()).as(closing.body()).isBetween(200, 204);
    predict(0);
    used = containers.instances();
  }

  private Batch drop(String object, String csv) throws InterruptedException {
    Batch batch = cloud.upload(object, csv.getBytes(UTF_8));
    awaitIdle();
    return batch;
  }

  private void awaitIdle() throws InterruptedException {
    assertThat(cloud.local().awaitIdle(PATIENCE)).as("busy after " + PATIENCE).isTrue();
  }

  @AfterAll
  void close() {
    http.close();
    cloud.close();
    containers.close();
  }

  private static HttpRequest json(URI uri, Object body) {
    return HttpRequest.newBuilder(uri)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(new Gson().toJson(body)))
        .build();
  }

  private HttpRequest prediction(int listing) {
    return json(
        address("predict").resolve("/v1/models/deployed:predict"),
        Map.of("instances", List.of(listings.get(listing).features())));
  }

  /** The instance itself, without what stands before it. */
  private URI address(String function) {
    return containers.find(function).orElseThrow();
  }

  private double predict(int listing) throws IOException, InterruptedException {
    return score(cloud.predict("deployed", listings.get(listing).features()));
  }

  private static double score(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JsonParser.parseString(response.body())
        .getAsJsonObject()
        .getAsJsonArray("predictions")
        .get(0)
        .getAsDouble();
  }

  /**
   * Sends them all in the same moment, each on a connection of its own. One whose connection is
   * closed on it, as happens to a large body that is refused unread, has no answer.
   */
  private List<Optional<HttpResponse<String>>> atOnce(List<HttpRequest> requests) {
    CountDownLatch ready = new CountDownLatch(requests.size());
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Optional<HttpResponse<String>>>> answers = new ArrayList<>();
      for (HttpRequest request : requests) {
        answers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    ready.countDown();
                    ready.await();
                    return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
                  } catch (IOException e) {
                    return Optional.empty();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                },
                callers));
      }
      return answers.stream().map(CompletableFuture::join).toList();
    }
  }

  private HttpRequest push(String id, byte[] data) {
    return json(
        address("receive-rows"),
        Map.of(
            "subscription",
            "projects/sluice-local/subscriptions/receive-rows",
            "message",
            Map.of(
                "messageId",
                id,
                "publishTime",
                "2026-01-01T00:00:00Z",
                "attributes",
                Map.of("pipeline", STREAM, "id", id),
                "data",
                Base64.getEncoder().encodeToString(data))));
  }

  private static boolean isSmall(int place) {
    return place % SMALL_EACH == 0 && place < 10 * SMALL_EACH;
  }

  /** The instance that answers, which is another one where it had to be started anew. */
  private Containers.Instance newest(String function) {
    return containers.instances().stream()
        .filter(instance -> instance.function().equals(function))
        .reduce((_, last) -> last)
        .orElseThrow();
  }

  private long count(String sql) throws InterruptedException {
    return (Long) cloud.row("SELECT COUNT(*) AS n FROM " + sql).get("n");
  }

  @Test
  void everyFunctionAnswersFromItsZipAlone() throws Exception {
    assertThat(cloud.row(released)).containsEntry("state", "LIVE");
    assertThat(cloud.row(held)).containsEntry("state", "BLOCKED");
    assertThat(cloud.alarms(held)).as("alert was called").isNotEmpty();
    assertThat(count("sluice.stream_rows WHERE id = 'published'")).isEqualTo(1);
    assertThat(used.stream().map(Containers.Instance::function))
        .containsExactlyInAnyOrderElementsOf(
            Home.find().manifests().stream().map(FunctionManifest::name).toList());
  }

  @Test
  void noneTakesMoreThanItsMemory() {
    assertThat(used)
        .allSatisfy(instance -> {
          assertThat(instance.overLimit()).as(instance.toString()).isFalse();
          assertThat(instance.peakBytes()).isLessThan(instance.limitBytes());
        });
  }

  @Test
  void asManyPredictionsAsAnInstanceIsSentAreEachAnsweredRight() throws Exception {
    List<Double> expected = new ArrayList<>();
    for (int i = 0; i < CONCURRENCY; i++) {
      expected.add(predict(i));
    }
    List<HttpRequest> requests = new ArrayList<>();
    for (int i = 0; i < CONCURRENCY; i++) {
      requests.add(prediction(i));
    }

    List<Double> answers =
        atOnce(requests).stream().map(answer -> score(answer.orElseThrow())).toList();

    assertThat(expected.stream().distinct()).hasSizeGreaterThan(CONCURRENCY / 2);
    assertThat(answers).isEqualTo(expected);
  }

  @Test
  void asManyRowsAsAnInstanceIsSentAreEachStored() throws Exception {
    List<HttpRequest> requests = new ArrayList<>();
    for (int i = 0; i < CONCURRENCY; i++) {
      requests.add(push("pushed-" + i, ROW));
    }

    assertThat(atOnce(requests))
        .allSatisfy(answer -> assertThat(answer.orElseThrow().statusCode()).isEqualTo(204));

    assertThat(count("(SELECT DISTINCT id FROM sluice.stream_rows WHERE id LIKE 'pushed-%')"))
        .isEqualTo(CONCURRENCY);
  }

  /** Pub/Sub's largest messages, more of them than the memory holds, and a few rows among them. */
  @Test
  void largeMessagesAtOnceNeitherEndAnInstanceNorKeepRowsWaiting() throws Exception {
    byte[] large = new byte[9_900_000];
    Arrays.fill(large, (byte) ' ');
    HttpRequest largest = push("large", large);
    List<HttpRequest> requests = new ArrayList<>(Collections.nCopies(CONCURRENCY - 10, largest));
    for (int i = 0; i < 10; i++) {
      requests.add(SMALL_EACH * i, push("among-" + i, ROW));
    }
    Containers.Instance before = newest("receive-rows");

    List<Optional<HttpResponse<String>>> answers = atOnce(requests);

    for (int i = 0; i < answers.size(); i++) {
      int status = answers.get(i).map(HttpResponse::statusCode).orElse(0);
      assertThat(status).isIn(isSmall(i) ? List.of(204) : List.of(422, 503, 0));
    }
    assertThat(newest("receive-rows").listening()).isEqualTo(before.listening());
    assertThat(newest("receive-rows").overLimit()).isFalse();
  }

  /** Bodies that the platform lets through, more of them than the memory holds. */
  @Test
  void largeBodiesAtOnceNeitherEndAnInstanceNorKeepPredictionsWaiting() throws Exception {
    double expected = predict(3);
    Map<String, Object> row = new LinkedHashMap<>(listings.get(3).features());
    row.put("listing", "x".repeat(12_000_000));
    HttpRequest large =
        json(
            address("predict").resolve("/v1/models/deployed:predict"),
            Map.of("instances", List.of(row)));
    List<HttpRequest> requests = new ArrayList<>(Collections.nCopies(CONCURRENCY - 10, large));
    for (int i = 0; i < 10; i++) {
      requests.add(SMALL_EACH * i, prediction(3));
    }
    Containers.Instance before = newest("predict");

    List<Optional<HttpResponse<String>>> answers = atOnce(requests);

    for (int i = 0; i < answers.size(); i++) {
      Optional<HttpResponse<String>> answer = answers.get(i);
      if (isSmall(i)) {
        assertThat(score(answer.orElseThrow())).isEqualTo(expected);
      } else {
        assertThat(answer.map(HttpResponse::statusCode).orElse(0)).isIn(200, 413, 503, 0);
      }
    }
    assertThat(newest("predict").listening()).isEqualTo(before.listening());
    assertThat(newest("predict").overLimit()).isFalse();
  }

  @Test
  void aPredictionThatWaitsInTheBufferIsPublishedWhenTheInstanceEnds() throws Exception {
    cloud.local().stop("predict");
    awaitIdle();
    long before = count("sluice.predictions WHERE pipeline = 'deployed'");
    predict(1);

    cloud.local().stop("predict");

    awaitIdle();
    assertThat(count("sluice.predictions WHERE pipeline = 'deployed'")).isEqualTo(before + 1);
  }

  @Test
  void aPredictionThatWaitsInTheBufferIsLostWhenTheInstanceIsKilled() throws Exception {
    cloud.local().stop("predict");
    awaitIdle();
    long before = count("sluice.predictions WHERE pipeline = 'deployed'");
    predict(1);

    cloud.local().kill("predict");

    awaitIdle();
    assertThat(count("sluice.predictions WHERE pipeline = 'deployed'")).isEqualTo(before);
  }
}
