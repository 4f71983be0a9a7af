package dev.sluice.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Jobs under ids of their own where the dataset lies in one region: BigQuery then finds a job only
 * for who names the region.
 */
final class QueryJobsTest {
  private static final Duration TTL = Duration.ofHours(1);
  private static final String ELSEWHERE =
      "{\"jobType\": \"QUERY\", \"query\": {\"query\": \"SELECT 1\"}}";

  private final Map<String, JsonObject> jobs = new ConcurrentHashMap<>();
  private volatile boolean dataset = true;
  private volatile boolean made;
  private volatile boolean failing;
  private final AtomicInteger looksUntilDone = new AtomicInteger(-1);
  private final FakeServer server = new FakeServer(this::answer);
  private final GoogleClients clients =
      new GoogleClients(
          new CloudConfiguration("test", null, null, server.url(), null, null, null, null),
          new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(400)),
          Clock.systemUTC());

  @AfterEach
  void stop() {
    clients.close();
    server.close();
  }

  private FakeServer.Answer answer(FakeServer.Request request) {
    String path = request.path();
    if (path.endsWith("/datasets/sluice")) {
      return dataset
          ? FakeServer.Answer.json(
              200,
              "{\"datasetReference\": {\"projectId\": \"test\", \"datasetId\": \"sluice\"},"
                  + " \"location\": \"europe-west3\"}")
          : error(404, "notFound", "Not found: Dataset test:sluice");
    }
    if (path.endsWith("/tables/tmp_q")) {
      return made
          ? FakeServer.Answer.json(
              200,
              """
              {"tableReference": {"projectId": "test", "datasetId": "sluice", "tableId": "tmp_q"},
               "type": "TABLE", "numRows": "3", "numBytes": "24", "creationTime": "1000",
               "lastModifiedTime": "2000"}
              """)
          : error(404, "notFound", "Not found: Table test:sluice.tmp_q");
    }
    if (request.method().equals("POST")) {
      return insert(JsonParser.parseString(request.text()).getAsJsonObject());
    }
    JsonObject job = jobs.get(path.substring(path.lastIndexOf('/') + 1));
    if (job == null || !request.query().contains("location=europe-west3")) {
      return error(404, "notFound", "Not found: Job");
    }
    if (looksUntilDone.decrementAndGet() == 0) {
      job.getAsJsonObject("status").addProperty("state", "DONE");
      made = true;
    }
    return FakeServer.Answer.json(200, job.toString());
  }

  private FakeServer.Answer insert(JsonObject asked) {
    String id = asked.getAsJsonObject("jobReference").get("jobId").getAsString();
    if (jobs.containsKey(id)) {
      return error(409, "duplicate", "Already Exists: Job test:europe-west3." + id);
    }
    put(id, asked.getAsJsonObject("configuration").toString(), "DONE", failing);
    made |= !failing;
    return FakeServer.Answer.json(200, String.valueOf(jobs.get(id)));
  }

  private void put(String id, String configuration, String state, boolean failed) {
    JsonObject job =
        JsonParser.parseString(
                """
                {"jobReference": {"projectId": "test", "jobId": "%s", "location": "europe-west3"},
                 "configuration": %s, "status": {"state": "%s"}, "statistics": {"creationTime": "1000", "endTime": "5000"}}
                """
                    .formatted(id, configuration, state))
            .getAsJsonObject();
    if (failed) {
      job.getAsJsonObject("status")
          .add(
              "errorResult",
              JsonParser.parseString(
                  "{\"reason\": \"invalidQuery\", \"message\": \"Unrecognized name: nope\"}"));
    }
    jobs.put(id, job);
  }

  private static FakeServer.Answer error(int code, String reason, String message) {
    JsonObject one = new JsonObject();
    one.addProperty("reason", reason);
    one.addProperty("message", message);
    JsonArray errors = new JsonArray();
    errors.add(one);
    JsonObject error = new JsonObject();
    error.addProperty("code", code);
    error.addProperty("message", message);
    error.add("errors", errors);
    JsonObject out = new JsonObject();
    out.add("error", error);
    return FakeServer.Answer.json(code, out.toString());
  }

  private List<String> inserted() {
    return server.requests.stream()
        .filter(request -> request.method().equals("POST"))
        .map(request ->
            JsonParser.parseString(request.text())
                .getAsJsonObject()
                .getAsJsonObject("jobReference")
                .get("jobId")
                .getAsString())
        .toList();
  }

  @Test
  void anotherCallsJobThatFailedDoesNotStandInTheWayOfATable() {
    put("sluice_tmp_q", ELSEWHERE, "DONE", /* failed= */ true);

    TableSnapshot snapshot = clients.tables("sluice").materialize("q", "SELECT 1", TTL);

    assertThat(snapshot.table()).isEqualTo("test.sluice.tmp_q");
    assertThat(inserted()).containsExactly("sluice_tmp_q", "sluice_tmp_q_1");
  }

  @Test
  void anotherCallsJobThatRunsIsWaitedFor() {
    put("sluice_tmp_q", ELSEWHERE, "RUNNING", /* failed= */ false);
    looksUntilDone.set(4);

    TableSnapshot snapshot = clients.tables("sluice").materialize("q", "SELECT 1", TTL);

    assertThat(snapshot.rows()).isEqualTo(3);
    assertThat(inserted()).containsExactly("sluice_tmp_q");
  }

  @Test
  void theFailureOfACallsOwnJobIsItsAnswer() {
    failing = true;

    assertThatThrownBy(() -> clients.tables("sluice").materialize("q", "SELECT nope", TTL))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("Unrecognized name: nope");
    assertThat(inserted()).containsExactly("sluice_tmp_q");
  }

  /** Behind CREATE TABLE AS, BigQuery would take the rest for a script and run all of it. */
  @Test
  void aQueryThatBringsAnotherStatementIsNotRun() {
    String attack = "SELECT 1 AS x; DROP TABLE sluice.batches_log";

    assertThatThrownBy(() -> clients.tables("sluice").materialize("q", attack, TTL))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("holds more than one statement");
    assertThat(inserted()).isEmpty();
  }

  @Test
  void anAppendAnswersAsTheJobOfItsIdEnded() {
    put("failed", ELSEWHERE, "DONE", /* failed= */ true);
    Queries queries = clients.queries("sluice");

    assertThat(queries.appendJob("failed", "SELECT 1", Map.of(), "rows"))
        .isEqualTo(
            new Queries.Job("failed", Instant.ofEpochMilli(5000), "Unrecognized name: nope"));
    assertThat(queries.appendJob("new", "SELECT 1", Map.of(), "rows"))
        .isEqualTo(new Queries.Job("new", Instant.ofEpochMilli(5000), null));
  }

  @Test
  void aJobThatGoesOnIsUnavailable() {
    put("long", ELSEWHERE, "RUNNING", /* failed= */ false);

    assertThatThrownBy(
            () -> clients.queries("sluice").appendJob("long", "SELECT 1", Map.of(), "rows"))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("job long has not ended yet");
  }

  @Test
  void aDatasetThatIsNotThereIsNamed() {
    dataset = false;

    assertThatThrownBy(() -> clients.tables("sluice").materialize("q", "SELECT 1", TTL))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("dataset sluice");
  }
}
