package dev.sluice.localcloud;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Source;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.localcloud.demo.Fault;
import dev.sluice.localcloud.demo.Marketplace;
import dev.sluice.localcloud.demo.Page;
import dev.sluice.localcloud.demo.Requests;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The demo's story. What it prints it has read back: from BigQuery, from the registry, or from the
 * answers themselves; what is not as it should be is told in a sentence at the end.
 */
final class Demo {
  private static final String PIPELINE = "listings";
  private static final LocalDate FIRST_DAY = LocalDate.parse("2026-11-01");
  private static final int REQUESTS_A_SECOND = 200;
  private static final int ROWS_ASKED = 1_000;
  private static final Duration RUN_LIMIT = Duration.ofMinutes(10);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 50;

  private final DemoCloud cloud;
  private final int rows;
  private final long seed;
  private final boolean keep;
  private final Page page;
  private final List<String> wrong = new ArrayList<>();

  /** The story cannot go on. */
  private static final class Ended extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** A day's run: the object it began with, its batch, and Composer's word for its end. */
  private record Run(String uri, String batch, String end) {}

  Demo(DemoCloud cloud, int rows, long seed, boolean keep, PrintStream out, long started) {
    this.cloud = cloud;
    this.rows = rows;
    this.seed = seed;
    this.keep = keep;
    this.page = new Page(out, started);
  }

  /** True if all was as it should be. */
  boolean run() throws IOException, InterruptedException {
    page.heading(
        "Three days of a made-up marketplace. All that Sluice is told about it is "
            + PIPELINE
            + ".yaml:");
    String spec = spec();
    page.code(spec);
    Path pipelines = Files.createDirectories(cloud.state().resolve("pipelines"));
    Files.writeString(pipelines.resolve(PIPELINE + ".yaml"), spec);
    page.heading("The cloud");
    Addresses addresses = cloud.up(pipelines);
    page.event(
        "Cloud Storage, Pub/Sub, BigQuery and Composer, and "
            + addresses.functions().size()
            + " functions, answer on this machine");
    try (GoogleClients clients = new GoogleClients(addresses.cloud());
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      new Story(addresses, clients, http).tell();
    } catch (Ended e) {
      page.event("the demo ends here, as what comes next needs what is missing");
    }
    end();
    return wrong.isEmpty();
  }

  private void end() {
    page.heading("The end");
    if (keep) {
      cloud.leaveUp();
      page.event("the cloud stays up; ./sluice down --state " + shown(cloud.state()) + " ends it");
    } else {
      cloud.close();
      page.event("the cloud is down and its state deleted; --keep leaves it up to look around");
    }
    if (wrong.isEmpty()) {
      page.event("all of this was as it should be");
    } else {
      page.event("not as it should be:");
      wrong.forEach(page::text);
      page.text(
          keep
              ? "The cloud's log: " + shown(cloud.state().resolve("sluice.log"))
              : "Run it again with --keep to find the cloud's log in its folder.");
    }
  }

  /** A path as one types it in the checkout. */
  private String shown(Path path) {
    return path.startsWith(cloud.home())
        ? cloud.home().relativize(path).toString()
        : path.toString();
  }

  private static String spec() throws IOException {
    try (InputStream in = Marketplace.class.getResourceAsStream("listings.yaml")) {
      if (in == null) {
        throw new Bug("listings.yaml is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private boolean expect(boolean so, String otherwise) {
    if (!so) {
      wrong.add("- " + otherwise);
    }
    return so;
  }

  private void need(boolean so, String otherwise) throws Ended {
    if (!expect(so, otherwise)) {
      throw new Ended();
    }
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }

  /** With everything that answers. */
  private final class Story {
    private final Addresses addresses;
    private final GoogleClients clients;
    private final HttpClient http;
    private final Facts facts;
    private final URI model;

    Story(Addresses addresses, GoogleClients clients, HttpClient http) {
      this.addresses = addresses;
      this.clients = clients;
      this.http = http;
      this.facts = clients.facts(addresses.get("SLUICE_DATASET"));
      this.model = URI.create(addresses.get("PREDICT_URL") + "/v1/models/" + PIPELINE);
    }

    void tell() throws IOException, InterruptedException, Ended {
      Run first = day(0, "a good one", List.of());
      live(1, first);
      await(() -> answering().contains(1));
      need(
          answering().contains(1), "predict does not serve v1, which is live; it says " + status());
      Marketplace.Day asked = Marketplace.day(FIRST_DAY.plusDays(3), seed, ROWS_ASKED);
      List<byte[]> bodies =
          IntStream.rangeClosed(1, ROWS_ASKED)
              .mapToObj(row -> Json.bytes(request(asked, row)))
              .toList();
      Requests requests = Requests.start(URI.create(model + ":predict"), bodies, REQUESTS_A_SECOND);
      try (requests) {
        await(() -> requests.tally().sent() > 0);
        page.event(
            "from now on "
                + REQUESTS_A_SECOND
                + " requests a second ask it about listings of day 4, one row each");
        blocked(requests);
        Run third = day(2, "converter and parser are repaired", List.of());
        live(2, third);
        await(() -> answering().contains(2));
        await(() -> answers().containsKey(2L));
        expect(
            answers().containsKey(2L),
            "no row of table predictions says that v2 answered, within "
                + ANSWER_LIMIT.toSeconds()
                + " s of its release; predict says "
                + status());
      }
      answered(requests.tally());
      next(asked);
    }

    private Run day(int number, String what, List<Fault> faults)
        throws IOException, InterruptedException, Ended {
      LocalDate date = FIRST_DAY.plusDays(number);
      Marketplace.Day day = Marketplace.day(date, seed, rows, faults);
      Path file = cloud.state().resolve(PIPELINE + ".csv");
      try (var out = Files.newOutputStream(file)) {
        day.writeCsv(out);
      }
      page.heading("Day " + (number + 1) + ": " + what);
      ObjectName name =
          ObjectName.of(
              addresses.get("SLUICE_INBOX"), PIPELINE + "/" + date + "/" + file.getFileName());
      StoredObject stored =
          clients.objects().write(name, file, "text/csv", WriteCondition.anything());
      page.event(
          String.format(
              Locale.ROOT,
              "%s listings, %.1f MB, uploaded as %s",
              count(rows),
              stored.size() / 1e6,
              name.uri()));
      Batch batch =
          Batch.of(
              PIPELINE,
              date.toString(),
              List.of(new Source(stored.name().uri(), stored.size(), stored.crc32c())),
              stored.created());
      List<String> skipped = new ArrayList<>();
      String end =
          new Runs(clients, addresses.get("SLUICE_DATASET"), page::event)
              .follow(PIPELINE, batch.run(), RUN_LIMIT, line -> stage(line, skipped));
      need(
          end.equals("success"),
          "the run of day " + (number + 1) + " ended as " + end + ", not success");
      if (!skipped.isEmpty()) {
        page.event("skipped: " + String.join(", ", skipped));
      }
      return new Run(name.uri(), batch.batch(), end);
    }

    /** Skipped tasks are told together. */
    private void stage(TaskLines.Line line, List<String> skipped) {
      if (line.state().equals("skipped")) {
        skipped.add(line.task());
      } else {
        page.event(line.toString());
      }
    }

    /** What BigQuery, the registry and predict say of a version that should have gone live. */
    private void live(int version, Run run) throws IOException, Ended {
      List<Map<String, @Nullable Object>> found =
          facts.query(
              "SELECT m.version, m.state, m.train_rows, e.value AS auc, e.low, e.high, e.examples"
                  + " FROM models m JOIN evaluations e ON e.pipeline = m.pipeline"
                  + " AND e.batch = m.batch AND e.model = m.model"
                  + " WHERE m.pipeline = @pipeline AND m.batch = @batch AND e.metric = 'auc'"
                  + " AND e.split = 'eval' AND e.slice = ''",
              Map.of("pipeline", PIPELINE, "batch", run.batch()));
      String state = state(run);
      need(
          state.equals("LIVE"),
          "the batch of v" + version + " is " + state + ", not LIVE: " + reason(run));
      need(
          found.size() == 1
              && Long.valueOf(version).equals(found.getFirst().get("version"))
              && "LIVE".equals(found.getFirst().get("state")),
          "table models does not say that v" + version + " is live, but " + found);
      OptionalInt registered = registered();
      need(
          registered.equals(OptionalInt.of(version)),
          "the registry's live version is " + registered + ", not " + version);
      Map<String, @Nullable Object> row = found.getFirst();
      double auc = number(row, "auc");
      page.event(
          String.format(
              Locale.ROOT,
              "v%d is live: AUC %.3f (95 %% between %.3f and %.3f) on %,.0f listings of sellers it had"
                  + " not seen, learned from %,.0f",
              version,
              auc,
              number(row, "low"),
              number(row, "high"),
              number(row, "examples"),
              number(row, "train_rows")));
      expect(
          auc > 0.75 && auc < 0.95,
          String.format(
              Locale.ROOT, "v%d's AUC is %.3f; the data lets about .85 be learned", version, auc));
    }

    private void blocked(Requests requests) throws IOException, InterruptedException, Ended {
      long before = requests.tally().sent();
      Run run =
          day(
              1,
              "yen are taken for dollars, and from the middle of the file on a parser loses brand",
              Fault.classics());
      String state = state(run);
      need(
          state.equals("BLOCKED"),
          "the batch of day 2 is " + state + ", not BLOCKED: " + reason(run));
      page.event("the batch is BLOCKED, and its people are told this, read from table alarms:");
      await(() -> !alarms(run).isEmpty());
      List<String> alarms = alarms(run);
      expect(!alarms.isEmpty(), "table alarms has nothing about the batch of day 2");
      String all = String.join("\n", alarms);
      page.text(all);
      for (String word : List.of("price_usd", "JPY", "brand")) {
        expect(all.contains(word), "the alarm about day 2 does not name " + word);
      }
      OptionalInt registered = registered();
      expect(
          registered.equals(OptionalInt.of(1)),
          "after day 2 the registry's live version is " + registered + ", not 1");
      long mark = requests.tally().sent();
      await(() -> requests.tally().sent() > mark);
      Requests.Tally now = requests.tally();
      List<Integer> versions = answering();
      expect(
          versions.equals(List.of(1)), "after day 2 predict serves " + versions + ", not v1 alone");
      expect(now.sent() > mark, "requests were not answered any more after day 2");
      page.event(
          "v1 stays live and has answered "
              + count(now.sent() - before)
              + " requests since day 2 came, "
              + now.failed()
              + " failed");
    }

    private void answered(Requests.Tally end) throws IOException, InterruptedException {
      page.heading("The requests");
      long good = end.sent() - end.failed();
      await(() -> total(answers()) >= good);
      Map<Long, Long> answers = answers();
      List<String> parts = new ArrayList<>();
      answers.forEach((version, count) -> parts.add(count(count) + " by v" + version));
      page.event(
          count(end.sent())
              + " requests, "
              + count(end.failed())
              + " failed; latency p50 "
              + millis(end.median())
              + ", p99 "
              + millis(end.p99())
              + " (counted from when each was due, while models were trained beside it)");
      page.text("answered, as table predictions has it: " + String.join(", ", parts));
      expect(
          end.failed() == 0,
          count(end.failed())
              + " of "
              + count(end.sent())
              + " requests failed: "
              + end.firstFailure());
      expect(
          total(answers) == good,
          "table predictions has " + total(answers) + " answers, and there were " + good);
      expect(
          answers.keySet().equals(java.util.Set.of(1L, 2L)),
          "versions that answered are " + answers.keySet() + ", not 1 and 2");
    }

    private void next(Marketplace.Day asked) throws IOException, InterruptedException {
      page.heading(keep ? "What to try next" : "What to try next, after ./sluice demo --keep");
      Map<String, String> all = addresses.environment();
      page.text(
          "Addresses; all of them, for Google's clients in any language, are in "
              + shown(cloud.state().resolve(Addresses.ENVIRONMENT)));
      page.code("predict   " + model + ":predict");
      page.code("inbox     gs://" + all.get("SLUICE_INBOX") + "/" + PIPELINE + "/<span>/<file>");
      page.code("storage   " + all.get("STORAGE_EMULATOR_HOST"));
      page.code(
          "bigquery  "
              + all.get("BIGQUERY_EMULATOR_HOST")
              + ", dataset "
              + all.get("SLUICE_DATASET"));
      page.code("composer  " + all.get("COMPOSER_URL") + "/api/v2");
      curl(asked);
      String sql =
          """
          SELECT b.span, b.state, s.slice, s.count, ROUND(s.median, 2) AS median_usd
          FROM sluice.batches b JOIN sluice.statistics s USING (pipeline, batch)
          WHERE s.feature = 'price_usd' AND s.slice = 'currency=JPY' AND s.split = ''
          ORDER BY b.span\
          """;
      page.text("\nA question to BigQuery, what prices in yen were like each day, and its answer");
      page.code(sql);
      page.text("");
      List<Map<String, @Nullable Object>> answer = facts.query(sql, Map.of());
      page.table(answer);
      expect(
          answer.size() == 3
              && number(answer.get(1), "median_usd") > 50 * number(answer.get(0), "median_usd"),
          "the statistics of day 2 do not show the yen: " + answer);
    }

    private void curl(Marketplace.Day asked) throws IOException, InterruptedException {
      String body = Json.write(request(asked, 1));
      String command = "curl " + model + ":predict -d '\n" + String.join("\n", lines(body)) + "'";
      page.text("\nA listing of day 4, and the probability that it is sold");
      page.code(command);
      String answer = execute(command, body);
      page.code(answer);
      expect(
          answer.contains("\"predictions\""),
          "the curl that is shown does not answer with predictions, but " + answer);
    }

    /** By curl itself, where the machine has it. */
    private String execute(String command, String body) throws IOException, InterruptedException {
      Process curl =
          new ProcessBuilder("sh", "-c", command.replaceFirst("curl", "curl -s"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      curl.getOutputStream().close();
      String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (curl.waitFor() != 127) {
        return answer.strip();
      }
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(model + ":predict"))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body().strip();
    }

    /** JSON broken after commas outside of texts, to fit the page. */
    private static List<String> lines(String json) {
      List<String> lines = new ArrayList<>();
      StringBuilder line = new StringBuilder();
      for (String part : json.split("(?<=,)(?=\")", -1)) {
        if (line.length() + part.length() > Page.WIDTH - 14) {
          lines.add(line.toString());
          line.setLength(0);
        }
        line.append(part);
      }
      lines.add(line.toString());
      return lines;
    }

    private static Map<String, Object> request(Marketplace.Day day, int row) {
      return Map.of("instances", List.of(day.listing(row).request()));
    }

    private String state(Run run) {
      return String.valueOf(batch(run).getOrDefault("state", "unknown"));
    }

    private String reason(Run run) {
      return String.valueOf(batch(run).get("reason"));
    }

    private Map<String, @Nullable Object> batch(Run run) {
      List<Map<String, @Nullable Object>> found =
          facts.query(
              "SELECT state, reason FROM batches WHERE pipeline = @pipeline AND batch = @batch",
              Map.of("pipeline", PIPELINE, "batch", run.batch()));
      return found.isEmpty() ? Map.of() : found.getFirst();
    }

    private List<String> alarms(Run run) {
      return facts
          .query(
              "SELECT text FROM alarms WHERE pipeline = @pipeline AND batch = @batch",
              Map.of("pipeline", PIPELINE, "batch", run.batch()))
          .stream()
          .map(row -> String.valueOf(row.get("text")))
          .toList();
    }

    /** Version to the rows it answered, as the predictions' table has them. */
    private Map<Long, Long> answers() {
      Map<Long, Long> answers = new TreeMap<>();
      for (Map<String, @Nullable Object> row :
          facts.query(
              "SELECT version, COUNT(DISTINCT prediction) AS answers FROM predictions"
                  + " WHERE pipeline = @pipeline GROUP BY version",
              Map.of("pipeline", PIPELINE))) {
        answers.put((long) number(row, "version"), (long) number(row, "answers"));
      }
      return answers;
    }

    private static long total(Map<Long, Long> answers) {
      return answers.values().stream().mapToLong(Long::longValue).sum();
    }

    private static double number(Map<String, @Nullable Object> row, String column) {
      return row.get(column) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    /** The live version as the registry has it. */
    private OptionalInt registered() {
      byte[] text =
          clients
              .objects()
              .read(ObjectName.of(addresses.get("SLUICE_SERVING"), PIPELINE + "/registry.json"));
      JsonElement live =
          JsonParser.parseString(new String(text, StandardCharsets.UTF_8))
              .getAsJsonObject()
              .get("live");
      return live == null || live.isJsonNull()
          ? OptionalInt.empty()
          : OptionalInt.of(live.getAsInt());
    }

    /** The versions that predict says it serves; also makes it publish what it has answered. */
    private List<Integer> answering() {
      String status = status();
      if (!status.contains("model_version_status")) {
        return List.of();
      }
      return StreamSupport.stream(
              JsonParser.parseString(status)
                  .getAsJsonObject()
                  .getAsJsonArray("model_version_status")
                  .spliterator(),
              false)
          .map(JsonElement::getAsJsonObject)
          .filter(version -> version.get("state").getAsString().equals("AVAILABLE"))
          .map((JsonObject version) -> version.get("version").getAsInt())
          .sorted()
          .toList();
    }

    private String status() {
      try {
        return http.send(
                HttpRequest.newBuilder(model).GET().build(), HttpResponse.BodyHandlers.ofString())
            .body();
      } catch (IOException e) {
        return e.toString();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "interrupted";
      }
    }

    /** Until it is so, or too late; the caller looks itself what it came to. */
    private void await(BooleanSupplier condition) throws InterruptedException {
      long deadline = System.nanoTime() + ANSWER_LIMIT.toNanos();
      while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
        status();
        Thread.sleep(POLL_MILLIS);
      }
    }
  }
}
