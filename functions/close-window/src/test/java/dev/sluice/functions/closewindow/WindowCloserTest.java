package dev.sluice.functions.closewindow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SourceKind;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.Unavailable;
import dev.sluice.emulators.bigquery.BigQueryEmulator;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.Queries;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On BigQuery's emulator, as its jobs and its SQL are what the promise rests on. */
class WindowCloserTest {
  private static final Instant TEN = Instant.parse("2026-11-25T10:00:00Z");
  private static final AtomicInteger PIPELINES = new AtomicInteger();
  private static final SourceSpec.Stream NEXT =
      new SourceSpec.Stream(Duration.ofMinutes(5), Duration.ofMinutes(1), SourceSpec.Late.NEXT);
  private static final SourceSpec.Stream TABLE =
      new SourceSpec.Stream(Duration.ofMinutes(5), Duration.ofMinutes(1), SourceSpec.Late.TABLE);

  @TempDir private static Path folder;
  private static BigQueryEmulator bigquery;
  private static GoogleClients clients;

  private final String pipeline = "p" + PIPELINES.incrementAndGet();
  private final MemoryCloud cloud = new MemoryCloud();
  private final Moving clock = new Moving();
  private final Flaky queries = new Flaky();
  private final WindowCloser closer = closer();
  private int messages;

  private static final class Moving extends Clock {
    private volatile Instant now = TEN;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** BigQuery, whose calls and answers can be lost. */
  private static final class Flaky implements Queries {
    private final List<Object> since = new ArrayList<>();
    private volatile Consumer<String> before = call -> {};
    private volatile Consumer<String> after = call -> {};
    private volatile String sql = "";
    private final List<String> jobs = new ArrayList<>();

    @Override
    public Job appendJob(
        String jobId, String text, Map<String, Object> parameters, String destinationTable) {
      before.accept("job");
      synchronized (jobs) {
        jobs.add(jobId);
      }
      Job job =
          clients
              .queries("sluice")
              .appendJob(jobId, sql.isEmpty() ? text : sql, parameters, destinationTable);
      after.accept("job");
      return job;
    }

    @Override
    public List<Map<String, @Nullable Object>> query(String text, Map<String, Object> parameters) {
      boolean first = text.contains("MIN(event_time)");
      before.accept(first ? "first" : "windows");
      if (first) {
        since.add(parameters.get("since"));
      }
      return clients.queries("sluice").query(text, parameters);
    }
  }

  @BeforeAll
  static void start() throws IOException {
    open();
  }

  private static void open() throws IOException {
    bigquery = BigQueryEmulator.start(folder, 0, "test");
    bigquery.createFrom(
        Path.of("../../terraform/tables"), Path.of("../../terraform/views"), "sluice");
    clients =
        new GoogleClients(
            CloudConfiguration.from(name ->
                switch (name) {
                  case "GOOGLE_CLOUD_PROJECT" -> "test";
                  case "BIGQUERY_EMULATOR_HOST" -> bigquery.baseUrl();
                  default -> null;
                }));
  }

  @AfterAll
  static void end() throws IOException {
    clients.close();
    bigquery.close();
  }

  private Platform platform() {
    cloud.set("SLUICE_DATASET", "sluice");
    return Platform.of(
            Configuration.of(cloud::setting),
            "code-1",
            clock,
            cloud.objects(),
            cloud.facts(),
            cloud.messages(),
            cloud.composer())
        .with((table, rows) -> {}, queries);
  }

  private WindowCloser closer() {
    return new WindowCloser(platform());
  }

  private static Instant at(String time) {
    return Instant.parse("2026-11-25T" + time + "Z");
  }

  /** A row of that id that happened then, received at the clock's time. */
  private JsonObject row(String id, Instant eventTime) {
    messages++;
    JsonObject row = new JsonObject();
    row.addProperty("pipeline", pipeline);
    row.addProperty("id", id);
    row.addProperty("message_id", "m" + messages);
    row.addProperty("event_time", eventTime.toString());
    row.addProperty("publish_time", clock.now.toString());
    row.addProperty("received_at", clock.now.toString());
    row.addProperty("format", "json");
    row.addProperty("payload", "{\"id\":\"" + id + "\"}");
    return row;
  }

  private static void store(JsonObject... rows) {
    bigquery.insert("test.sluice.stream_rows", List.of(rows));
  }

  private List<String> closeAt(String time) {
    clock.now = at(time);
    return closer.close(pipeline, NEXT);
  }

  /** Window start to ids, sorted; late rows under "late". */
  private Map<String, List<String>> counted() {
    Map<String, List<String>> out = new HashMap<>();
    for (Map<String, @Nullable Object> row :
        clients
            .queries("sluice")
            .query(
                "SELECT FORMAT_TIMESTAMP('%H:%M', window_start) AS start, late, id FROM window_rows"
                    + " WHERE pipeline = @pipeline ORDER BY id",
                Map.of("pipeline", pipeline))) {
      String key = Boolean.TRUE.equals(row.get("late")) ? "late" : String.valueOf(row.get("start"));
      out.computeIfAbsent(key, _ -> new ArrayList<>()).add(String.valueOf(row.get("id")));
    }
    return out;
  }

  private List<Batch> batches() {
    return cloud
        .objects()
        .list(MemoryCloud.ARTIFACTS, pipeline + "/batches/")
        .map(o -> Json.read(cloud.objects().read(o.name()), Batch.class, "the batch"))
        .sorted((a, b) -> a.span().compareTo(b.span()))
        .toList();
  }

  private StreamState state() {
    return Json.read(
        cloud.objects().read(ObjectName.of(MemoryCloud.SERVING, pipeline + "/stream.json")),
        StreamState.class,
        "the state");
  }

  // Windows.

  @Test
  void aWindowThatIsOverBecomesABatchAndARun() {
    store(row("a", at("10:00:00")), row("b", at("10:04:59.999")), row("c", at("10:05:00")));
    List<String> made = closeAt("10:06:00");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a", "b")));
    Batch batch = batches().getFirst();
    assertThat(made).containsExactly(batch.batch());
    assertThat(batch.kind()).isEqualTo(SourceKind.STREAM);
    assertThat(batch.span()).isEqualTo("2026-11-25T10:00:00Z");
    assertThat(batch.sources())
        .singleElement()
        .satisfies(source -> {
          assertThat(source.table()).isEqualTo("test.sluice.window_rows");
          assertThat(source.filter())
              .isEqualTo(
                  "pipeline = '"
                      + pipeline
                      + "' AND closed_at = TIMESTAMP '2026-11-25T10:05:00Z'"
                      + " AND window_start = TIMESTAMP '2026-11-25T10:00:00Z' AND NOT late");
          assertThat(source.bytes()).isEqualTo(2L * "{\"id\":\"a\"}".length());
          assertThat(source.snapshot()).isAfter(batch.receivedAt());
        });
    assertThat(cloud.composer().calls()).containsExactly(pipeline + "/" + batch.run());
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED");
    assertThat(state()).isEqualTo(new StreamState(at("10:05:00"), null));
  }

  @Test
  void aWindowWhoseLatenessIsNotOverStaysOpen() {
    store(row("a", at("10:00:00")));
    assertThat(closeAt("10:05:59.999")).isEmpty();
    assertThat(counted()).isEmpty();
    assertThat(cloud.objects().names(MemoryCloud.SERVING, pipeline)).isEmpty();
  }

  @Test
  void windowsWithoutRowsMakeNoBatch() {
    store(row("a", at("10:00:00")), row("b", at("10:21:00")));
    closeAt("10:26:00");
    assertThat(batches())
        .extracting(Batch::span)
        .containsExactly("2026-11-25T10:00:00Z", "2026-11-25T10:20:00Z");
    assertThat(closeAt("11:00:00")).isEmpty();
    assertThat(state()).isEqualTo(new StreamState(at("10:55:00"), null));
  }

  @Test
  void historyFallsIntoItsOwnWindows() {
    store(row("old", Instant.parse("2001-01-01T00:00:00Z")), row("new", at("10:00:00")));
    closeAt("10:06:00");
    assertThat(batches())
        .extracting(Batch::span)
        .containsExactly("2001-01-01T00:00:00Z", "2026-11-25T10:00:00Z");
    assertThat(closeAt("10:11:00")).as("what is counted is known, however old it is").isEmpty();
    assertThat(batches()).hasSize(2);
  }

  @Test
  void aPipelineWithoutRowsIsNotSoughtInAllOfTheTableEachTime() {
    assertThat(closeAt("10:00:00")).isEmpty();
    assertThat(closeAt("10:01:00")).isEmpty();
    assertThat(queries.since)
        .containsExactly(Instant.EPOCH, at("10:00:00").minus(Duration.ofDays(1)));
    store(row("a", at("10:01:30")));
    assertThat(closeAt("10:06:00")).hasSize(1);
  }

  @Test
  void anotherLengthBeginsWhereTheLastWindowEnded() {
    store(row("a", at("10:00:00")));
    closeAt("10:06:00");
    store(row("b", at("10:05:30")), row("c", at("10:59:00")), row("d", at("11:00:00")));
    clock.now = at("11:10:00");
    closer.close(
        pipeline,
        new SourceSpec.Stream(Duration.ofHours(1), Duration.ofMinutes(1), SourceSpec.Late.NEXT));
    assertThat(counted()).containsEntry("10:05", List.of("b", "c")).doesNotContainKey("11:00");
  }

  // Twice, late, out of order.

  @Test
  void aMessageDeliveredTwiceCountsOnce() {
    JsonObject row = row("a", at("10:01:00"));
    store(row);
    store(row, row("b", at("10:02:00")));
    closeAt("10:06:00");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a", "b")));
  }

  @Test
  void aMessageDeliveredAgainAfterItsWindowClosedDoesNotCountAgain() {
    JsonObject row = row("a", at("10:01:00"));
    store(row);
    closeAt("10:06:00");
    store(row, row("b", at("10:07:00")));
    closeAt("10:11:00");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a"), "10:05", List.of("b")));
  }

  @Test
  void anIdPublishedAgainInALaterWindowCountsOnce() {
    store(row("a", at("10:01:00")));
    closeAt("10:06:00");
    store(row("a", at("10:07:00")), row("b", at("10:07:00")));
    closeAt("10:11:00");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a"), "10:05", List.of("b")));
  }

  @Test
  void anIdIsForgottenAfterSevenDaysAndNotBefore() {
    store(row("a", at("10:01:00")));
    closeAt("10:06:00");
    clock.now = at("10:06:00").plus(Duration.ofDays(7)).minusSeconds(600);
    closer.close(pipeline, NEXT);
    store(row("a", clock.now));
    clock.now = clock.now.plusSeconds(500);
    closer.close(pipeline, NEXT);
    for (int hours = 0; hours < 48; hours += 6) {
      clock.now = clock.now.plus(Duration.ofHours(6));
      closer.close(pipeline, NEXT);
    }
    assertThat(batches()).as("what was left out once is left out for good").hasSize(1);
    store(row("a", clock.now));
    clock.now = clock.now.plusSeconds(600);
    closer.close(pipeline, NEXT);
    assertThat(batches()).hasSize(2);
  }

  @Test
  void twoIdsOfTwoPipelinesAreTwo() {
    store(row("a", at("10:01:00")));
    JsonObject other = row("a", at("10:01:00"));
    other.addProperty("pipeline", pipeline + "-other");
    store(other);
    closeAt("10:06:00");
    closer.close(pipeline + "-other", NEXT);
    assertThat(cloud.composer().calls()).hasSize(2);
  }

  @Test
  void theOneFirstPublishedCounts() {
    clock.now = at("10:02:00");
    JsonObject second = row("a", at("10:02:00"));
    clock.now = at("10:01:00");
    JsonObject first = row("a", at("10:01:00"));
    store(second, first);
    closeAt("10:06:00");
    assertThat(
            clients
                .queries("sluice")
                .query(
                    "SELECT message_id FROM window_rows WHERE pipeline = @pipeline",
                    Map.of("pipeline", pipeline)))
        .containsExactly(Map.of("message_id", "m2"));
  }

  @Test
  void aRowOutOfOrderFallsIntoItsOwnWindow() {
    store(row("c", at("10:07:00")), row("a", at("10:01:00")), row("b", at("10:03:00")));
    closeAt("10:06:00");
    closeAt("10:11:00");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a", "b"), "10:05", List.of("c")));
  }

  @Test
  void aLateRowCountsInTheNextWindow() {
    store(row("a", at("10:01:00")));
    closeAt("10:06:00");
    store(row("late", at("10:02:00")), row("b", at("10:12:00")));
    closeAt("10:16:00");
    assertThat(counted())
        .isEqualTo(Map.of("10:00", List.of("a"), "10:05", List.of("late"), "10:10", List.of("b")));
    assertThat(batches()).hasSize(3);
  }

  @Test
  void aLateRowIsKeptApartWhereTheSpecSaysSo() throws Exception {
    store(row("a", at("10:01:00")));
    clock.now = at("10:06:00");
    closer.close(pipeline, TABLE);
    store(row("late", at("10:02:00")), row("b", at("10:07:00")));
    clock.now = at("10:11:00");
    closer.close(pipeline, TABLE);
    assertThat(counted())
        .isEqualTo(Map.of("10:00", List.of("a"), "late", List.of("late"), "10:05", List.of("b")));
    assertThat(batches()).hasSize(2);
    assertThat(
            clients
                .queries("sluice")
                .query(
                    "SELECT id, event_time FROM late_rows WHERE pipeline = @pipeline",
                    Map.of("pipeline", pipeline)))
        .containsExactly(Map.of("id", "late", "event_time", at("10:02:00")));
  }

  @Test
  void aWindowOfLateRowsAloneMakesNoBatch() {
    store(row("a", at("10:01:00")));
    clock.now = at("10:06:00");
    closer.close(pipeline, TABLE);
    store(row("late", at("10:02:00")));
    clock.now = at("10:11:00");
    assertThat(closer.close(pipeline, TABLE)).isEmpty();
    assertThat(counted()).containsEntry("late", List.of("late"));
  }

  // Crashes and races.

  /** Where a call may stop: before a write or a call, or after one whose answer is lost. */
  enum Stop {
    BEFORE_THE_CLAIM,
    BEFORE_THE_JOB,
    AFTER_THE_JOB,
    BEFORE_THE_JOBS_END_IS_WRITTEN,
    BEFORE_THE_WINDOWS_ARE_READ,
    BEFORE_A_BATCH,
    BEFORE_THE_SECOND_BATCH,
    BEFORE_A_STATE,
    BEFORE_A_RUN,
    BEFORE_THE_WINDOWS_ARE_CLOSED
  }

  private void stopOnce(Stop stop) {
    Consumer<Boolean> once =
        new Consumer<>() {
          private boolean done;

          @Override
          public synchronized void accept(Boolean here) {
            if (here && !done) {
              done = true;
              throw new Unavailable("a crash at " + stop);
            }
          }
        };
    AtomicInteger states = new AtomicInteger();
    AtomicInteger documents = new AtomicInteger();
    cloud
        .objects()
        .beforeWrite(name -> {
          if (name.name().endsWith("/stream.json")) {
            int write = states.incrementAndGet();
            once.accept(stop == Stop.BEFORE_THE_CLAIM && write == 1);
            once.accept(stop == Stop.BEFORE_THE_JOBS_END_IS_WRITTEN && write == 2);
            once.accept(stop == Stop.BEFORE_THE_WINDOWS_ARE_CLOSED && write == 3);
          } else {
            int write = documents.incrementAndGet();
            once.accept(stop == Stop.BEFORE_A_BATCH && write == 1);
            once.accept(stop == Stop.BEFORE_THE_SECOND_BATCH && write == 2);
          }
        });
    queries.before =
        call -> {
          once.accept(stop == Stop.BEFORE_THE_JOB && call.equals("job"));
          once.accept(stop == Stop.BEFORE_THE_WINDOWS_ARE_READ && call.equals("windows"));
        };
    queries.after = call -> once.accept(stop == Stop.AFTER_THE_JOB);
    cloud.facts().before(fact -> once.accept(stop == Stop.BEFORE_A_STATE));
    cloud.composer().before(run -> once.accept(stop == Stop.BEFORE_A_RUN));
  }

  @ParameterizedTest
  @EnumSource(Stop.class)
  void aCallThatStopsAnywhereIsMendedByTheNext(Stop stop) {
    store(row("a", at("10:01:00")), row("b", at("10:06:00")));
    stopOnce(stop);
    clock.now = at("10:11:00");
    assertThatThrownBy(() -> closer.close(pipeline, NEXT))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("a crash at");
    // More came meanwhile, and time went on; the claim stands as it was made.
    store(row("c", at("10:02:00")), row("d", at("10:12:00")), row("a", at("10:01:30")));
    closeAt("10:16:00");
    closeAt("10:16:30");
    Map<String, List<String>> counted = counted();
    assertThat(counted.values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder("a", "b", "c", "d");
    assertThat(counted.get("10:00")).contains("a");
    assertThat(batches()).extracting(Batch::span).doesNotHaveDuplicates().hasSize(3);
    assertThat(cloud.composer().calls().stream().distinct())
        .containsExactlyInAnyOrderElementsOf(
            batches().stream().map(batch -> pipeline + "/" + batch.run()).toList());
    assertThat(cloud.facts().of("batches").stream().map(Fact::key).distinct()).hasSize(3);
    assertThat(state()).isEqualTo(new StreamState(at("10:15:00"), null));
  }

  @Test
  void aCallThatStopsAmongManyWindowsIsGoneOnWithFromThePlaceItKept() {
    SourceSpec.Stream seconds =
        new SourceSpec.Stream(Duration.ofSeconds(1), Duration.ZERO, SourceSpec.Late.NEXT);
    JsonObject[] rows = new JsonObject[250];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row("r" + i, TEN.plusSeconds(i));
    }
    store(rows);
    clock.now = at("10:06:00");
    AtomicInteger runs = new AtomicInteger();
    cloud
        .composer()
        .before(run -> {
          if (runs.incrementAndGet() == 151) {
            throw new Unavailable("a crash at the 151st window");
          }
        });
    assertThatThrownBy(() -> closer.close(pipeline, seconds))
        .hasMessageContaining("a crash at the 151st window");
    StreamState.Closing closing = state().closing();
    assertThat(closing).isNotNull();
    assertThat(closing.startedUntil()).isEqualTo(TEN.plusSeconds(100));
    assertThat(closer.close(pipeline, seconds)).hasSize(150);
    assertThat(batches()).hasSize(250);
    assertThat(cloud.composer().calls().stream().distinct()).hasSize(250);
    assertThat(state()).isEqualTo(new StreamState(at("10:06:00"), null));
  }

  @Test
  void aJobThatBigQueryForgotMakesNothingTwice() throws Exception {
    store(row("a", at("10:01:00")), row("b", at("10:06:00")));
    stopOnce(Stop.BEFORE_THE_JOBS_END_IS_WRITTEN);
    clock.now = at("10:11:00");
    assertThatThrownBy(() -> closer.close(pipeline, NEXT)).isInstanceOf(Unavailable.class);
    clients.close();
    bigquery.close();
    open();
    closeAt("10:11:30");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a"), "10:05", List.of("b")));
    assertThat(batches()).hasSize(2);
  }

  @Test
  void aJobThatFailedIsFollowedByAnother() {
    store(row("a", at("10:01:00")));
    queries.sql = "SELECT 'one column' AS pipeline";
    assertThatThrownBy(() -> closeAt("10:06:00")).hasMessageContaining("_1 failed");
    queries.sql = "";
    closeAt("10:06:01");
    assertThat(counted()).isEqualTo(Map.of("10:00", List.of("a")));
    String name = "close-window_" + pipeline + "_" + at("10:05:00").getEpochSecond();
    assertThat(queries.jobs).containsExactly(name + "_1", name + "_2");
  }

  @Test
  void oneJobIdAppendsOnceHoweverOftenItIsAsked() throws Exception {
    String sql =
        "SELECT '"
            + pipeline
            + "' AS pipeline, TIMESTAMP '2026-11-25 10:00:00' AS window_start, FALSE AS late,"
            + " GENERATE_UUID() AS id, '' AS message_id, CURRENT_TIMESTAMP() AS event_time,"
            + " CURRENT_TIMESTAMP() AS publish_time, 'json' AS format, '{}' AS payload,"
            + " CURRENT_TIMESTAMP() AS closed_at";
    List<Future<Queries.Job>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 16; i++) {
        all.add(
            threads.submit(() ->
                clients
                    .queries("sluice")
                    .appendJob("once-" + pipeline, sql, Map.of(), "window_rows")));
      }
      List<Queries.Job> ended = new ArrayList<>();
      for (Future<Queries.Job> one : all) {
        ended.add(one.get(20, TimeUnit.SECONDS));
      }
      assertThat(ended).doesNotContainNull().containsOnly(ended.getFirst());
    }
    assertThat(counted().get("10:00")).hasSize(1);
    clients.queries("sluice").appendJob("twice-" + pipeline, sql, Map.of(), "window_rows");
    assertThat(counted().get("10:00")).as("another id is another job").hasSize(2);
  }

  @Test
  void callsThatRaceCloseEachWindowOnce() throws Exception {
    Random random = new Random(5);
    int callers = 4;
    CyclicBarrier barrier = new CyclicBarrier(callers);
    List<String> ids = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      for (int round = 0; round < 4; round++) {
        Instant start = TEN.plusSeconds(300L * round);
        List<JsonObject> rows = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          String id = round + "-" + i;
          ids.add(id);
          rows.add(row(id, start.plusSeconds(random.nextInt(300))));
          if (random.nextInt(3) == 0) {
            rows.add(row(ids.get(random.nextInt(ids.size())), start.plusSeconds(1)));
          }
        }
        store(rows.toArray(JsonObject[]::new));
        clock.now = start.plusSeconds(360);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
          WindowCloser own = closer();
          all.add(
              threads.submit(() -> {
                barrier.await();
                return own.close(pipeline, NEXT);
              }));
        }
        for (Future<?> one : all) {
          one.get(30, TimeUnit.SECONDS);
        }
      }
    }
    assertThat(counted().values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(ids);
    assertThat(batches()).hasSize(4);
    assertThat(cloud.composer().calls().stream().distinct()).hasSize(4);
  }

  @Test
  void aPipelineWhoseDagAirflowHasNotReadYetIsStartedByALaterCall() {
    cloud.composer().withoutDag(pipeline);
    store(row("a", at("10:01:00")));
    assertThatThrownBy(() -> closeAt("10:06:00"))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("no DAG");
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED");
    assertThat(cloud.messages().alarms()).isEmpty();
    assertThat(state().closing()).isNotNull();
    cloud.composer().withDag(pipeline);
    closeAt("10:07:00");
    Batch batch = batches().getFirst();
    assertThat(cloud.composer().conf(pipeline, batch.run()))
        .isEqualTo(Map.of("batch", batch.batch()));
    assertThat(cloud.facts().column("batches", "state")).doesNotContain("FAILED");
    assertThat(state().closing()).isNull();
  }

  @Test
  void aRunThatComposerRefusesFailsItsBatchAndTheWindowIsClosedAllTheSame() {
    cloud
        .composer()
        .before(run -> {
          throw new BadInput("run id refused");
        });
    store(row("a", at("10:01:00")));
    closeAt("10:06:00");
    assertThat(cloud.facts().column("batches", "state")).containsExactly("RECEIVED", "FAILED");
    assertThat(cloud.messages().alarms().getFirst().text()).contains("run id refused");
    assertThat(state().closing()).isNull();
  }
}
