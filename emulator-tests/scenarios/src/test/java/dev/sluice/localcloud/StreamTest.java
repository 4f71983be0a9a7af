package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SourceKind;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.Messages;
import dev.sluice.gcp.ObjectName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows that an application publishes with Google's client, as they become batches: at least once
 * in, exactly once out. Each test has a pipeline of its own.
 */
class StreamTest {
  private static final String ROWS =
      "projects/" + LocalCloud.PROJECT + "/subscriptions/receive-rows";
  private static final Duration WINDOW = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static LocalCloud cloud;
  private static GoogleClients clients;

  @BeforeAll
  static void start() throws IOException {
    cloud =
        LocalCloud.start(
            new LocalCloud.Options(
                Home.find(),
                folder.resolve("state"),
                List.of(Files.createDirectories(folder.resolve("specs"))),
                /* portBase= */ 0,
                "",
                line -> {},
                change -> {}));
    clients =
        new GoogleClients(
            CloudConfiguration.from(name ->
                name.matches("COMPOSER_(USER|PASSWORD)")
                    ? "admin"
                    : cloud.environment().get(name)));
  }

  @AfterAll
  static void end() {
    clients.close();
    cloud.close();
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what + " after " + PATIENCE).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static void spec(String pipeline, String source) throws Exception {
    Files.writeString(
        folder.resolve("specs").resolve(pipeline + ".yaml"),
        "label: sold\nsource: {stream: {" + source + "}}\n");
    ObjectName name =
        ObjectName.of(
            String.valueOf(cloud.environment().get("SLUICE_SERVING")),
            "specs/" + pipeline + ".yaml");
    await("the spec of " + pipeline, () -> clients.objects().find(name).isPresent());
  }

  private static Messages.Message message(
      String pipeline, String data, String id, @Nullable Instant eventTime) {
    Map<String, String> attributes = new HashMap<>(Map.of("pipeline", pipeline, "id", id));
    if (eventTime != null) {
      attributes.put("event_time", eventTime.toString());
    }
    return new Messages.Message(data.getBytes(StandardCharsets.UTF_8), attributes);
  }

  private static List<Map<String, @Nullable Object>> query(String sql, String pipeline) {
    return clients.facts(LocalCloud.DATASET).query(sql, Map.of("pipeline", pipeline));
  }

  /** Ids by the window that counts them, sorted. */
  private static Map<Instant, List<String>> counted(String pipeline) {
    Map<Instant, List<String>> out = new TreeMap<>();
    for (Map<String, @Nullable Object> row :
        query(
            "SELECT window_start, id FROM sluice.window_rows WHERE pipeline = @pipeline ORDER BY"
                + " id",
            pipeline)) {
      if (row.get("window_start") instanceof Instant start) {
        out.computeIfAbsent(start, _ -> new ArrayList<>()).add(String.valueOf(row.get("id")));
      }
    }
    return out;
  }

  private static long rows(String pipeline) {
    return counted(pipeline).values().stream().mapToLong(List::size).sum();
  }

  private static List<Batch> batches(String pipeline) {
    return clients
        .objects()
        .list(String.valueOf(cloud.environment().get("SLUICE_ARTIFACTS")), pipeline + "/batches/")
        .map(o -> Json.read(clients.objects().read(o.name()), Batch.class, "the batch"))
        .sorted((a, b) -> a.span().compareTo(b.span()))
        .toList();
  }

  /** The next boundary but some, so that nothing published now can be late. */
  private static Instant soon() {
    long seconds = WINDOW.toSeconds();
    return Instant.ofEpochSecond(Instant.now().getEpochSecond() / seconds * seconds + 3 * seconds);
  }

  private static String json(String id) {
    return "{\"id\":\"" + id + "\",\"price\":1.5,\"sold\":true}";
  }

  @Test
  void rowsPublishedTwiceAndOutOfOrderCountOnceInTheWindowsOfTheirTimes() throws Exception {
    spec("ordered", "window: 2s, allowed_lateness: 1s");
    Instant start = soon();
    Map<Instant, List<String>> expected = new TreeMap<>();
    List<Messages.Message> messages = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      String id = "r%03d".formatted(i);
      Instant at = start.plusMillis(20L * i);
      long window = at.getEpochSecond() / WINDOW.toSeconds() * WINDOW.toSeconds();
      expected.computeIfAbsent(Instant.ofEpochSecond(window), _ -> new ArrayList<>()).add(id);
      messages.add(message("ordered", json(id), id, at));
      if (i % 10 == 0) {
        messages.add(message("ordered", json(id), id, at));
      }
    }
    Collections.shuffle(messages, new Random(3));
    cloud.pubsub().duplicateNext(ROWS, 30);
    clients.messages().publishAll("sluice-rows", messages);
    await("rows in windows", () -> rows("ordered") >= 300);
    assertThat(counted("ordered")).isEqualTo(expected);
    await("a batch a window", () -> batches("ordered").size() == expected.size());
    assertThat(batches("ordered"))
        .allSatisfy(batch -> assertThat(batch.kind()).isEqualTo(SourceKind.STREAM))
        .extracting(Batch::span)
        .containsExactlyElementsOf(expected.keySet().stream().map(Instant::toString).toList());
    for (Batch batch : batches("ordered")) {
      await(
          "the state of " + batch.batch(),
          () ->
              query(
                      "SELECT batch, source FROM sluice.batches WHERE pipeline = @pipeline",
                      "ordered")
                  .contains(Map.<String, Object>of("batch", batch.batch(), "source", "stream")));
      await(
          "the run of " + batch.batch(),
          () -> clients.composer().run("ordered", batch.run()) != null);
    }
    assertThat(
            query(
                "SELECT COUNT(*) AS stored FROM sluice.stream_rows WHERE pipeline = @pipeline",
                "ordered"))
        .as("the duplicates did arrive")
        .satisfiesExactly(row -> assertThat((Long) row.get("stored")).isGreaterThan(330));
  }

  @Test
  void aLateRowIsKeptApartWhereTheSpecSaysSo() throws Exception {
    spec("apart", "window: 2s, allowed_lateness: 1s, late: table");
    clients.messages().publishAll("sluice-rows", List.of(message("apart", json("a"), "a", null)));
    await("the first window", () -> rows("apart") == 1);
    await("its batch", () -> batches("apart").size() == 1);
    clients
        .messages()
        .publishAll(
            "sluice-rows",
            List.of(message("apart", json("late"), "late", Instant.now().minusSeconds(3600))));
    await("the late row", () -> rows("apart") == 2);
    assertThat(query("SELECT id FROM sluice.late_rows WHERE pipeline = @pipeline", "apart"))
        .containsExactly(Map.of("id", "late"));
    assertThat(batches("apart")).hasSize(1);
  }

  // The commands.

  private static String command(String... arguments) {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      List<String> all = new ArrayList<>(List.of(arguments));
      all.addAll(List.of("--state", folder.resolve("state").toString(), "--json"));
      assertThat(Main.commandLine().execute(all.toArray(String[]::new))).isZero();
      // Functions log on standard output, too.
      return out.toString(StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("{\"severity\""))
          .reduce((first, second) -> second)
          .orElse("");
    } finally {
      System.setOut(before);
    }
  }

  @Test
  void aFileIsPublishedAndWaitedFor() throws Exception {
    spec("filed", "window: 1s, allowed_lateness: 1s");
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(file, json("a") + "\n\n" + json("b") + "\n" + json("a") + "\n");
    JsonObject answer =
        JsonParser.parseString(
                command("publish", file.toString(), "--pipeline", "filed", "--id", "id", "--wait"))
            .getAsJsonObject();
    assertThat(answer.get("published").getAsInt()).isEqualTo(3);
    assertThat(answer.get("rows").getAsInt()).isEqualTo(2);
    assertThat(answer.get("in_windows").getAsInt()).isEqualTo(2);
    assertThat(rows("filed")).isEqualTo(2);
  }

  @Test
  void aMessageThatCannotBeReadKeepsItsReasonAndCountsOnceItIsReplayed() throws Exception {
    Instant before = Instant.now();
    String id =
        clients
            .messages()
            .publish(
                "sluice-rows",
                json("a").getBytes(StandardCharsets.UTF_8),
                Map.of("pipeline", "later"));
    await(
        "the dead letter",
        () ->
            cloud
                    .pubsub()
                    .pending("projects/" + LocalCloud.PROJECT + "/subscriptions/sluice-rows-dead")
                > 0);
    assertThat(
            query(
                "SELECT message_id, attempt, beginning FROM sluice.dead_rows"
                    + " WHERE pipeline = @pipeline",
                "later"))
        .containsExactly(Map.of("message_id", id, "attempt", 5L, "beginning", json("a")));
    await(
        "the alarm",
        () ->
            !query(
                    "SELECT text FROM sluice.alarms WHERE pipeline = @pipeline"
                        + " AND STARTS_WITH(text, 'rows sent to pipeline later cannot be read')",
                    "later")
                .isEmpty());

    JsonArray seen = JsonParser.parseString(command("replay-dead", "--dry-run")).getAsJsonArray();
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0).getAsJsonObject().get("reason").getAsString())
        .contains("there is no pipeline 'later'");

    spec("later", "window: 1s, allowed_lateness: 1s");
    assertThat(JsonParser.parseString(command("replay-dead")).getAsJsonArray()).hasSize(1);
    await("the row in a window", () -> rows("later") == 1);
    assertThat(
            query(
                "SELECT id, event_time FROM sluice.window_rows WHERE pipeline = @pipeline",
                "later"))
        .satisfiesExactly(row -> {
          assertThat(row).containsEntry("id", id);
          assertThat((Instant) row.get("event_time"))
              .isBetween(before.minusMillis(1), Instant.now());
        });
    assertThat(JsonParser.parseString(command("replay-dead")).getAsJsonArray()).isEmpty();
  }
}
