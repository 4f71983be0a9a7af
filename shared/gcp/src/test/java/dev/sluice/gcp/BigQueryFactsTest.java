package dev.sluice.gcp;

import static dev.sluice.gcp.FakeServer.Trouble.AWAY;
import static dev.sluice.gcp.FakeServer.Trouble.LOSE_ANSWER;
import static dev.sluice.gcp.FakeServer.Trouble.TOO_MANY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Unavailable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BigQueryFactsTest {
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00.123456789Z");

  private String answer = "{}";
  private int status = 200;
  private final FakeServer server = new FakeServer(_ -> FakeServer.Answer.json(status, answer));
  private final GoogleClients clients =
      new GoogleClients(
          new CloudConfiguration("test", null, null, server.url(), null, null, null, null),
          new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(400)),
          Clock.fixed(NOW, ZoneOffset.UTC));
  private final Facts facts = clients.facts("sluice");

  @AfterEach
  void stop() {
    clients.close();
    server.close();
  }

  private static Fact fact(String key, Object... columns) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < columns.length; i += 2) {
      values.put((String) columns[i], columns[i + 1]);
    }
    return new Fact("batches", key, values);
  }

  private JsonArray rows(int request) {
    return JsonParser.parseString(server.requests.get(request).text())
        .getAsJsonObject()
        .getAsJsonArray("rows");
  }

  @Test
  void appendsRowsWithTheirKeyAndTimeToTheLog() {
    facts.append(
        List.of(
            fact(
                "b1",
                "rows",
                12L,
                "mean",
                Double.NaN,
                "received_at",
                Instant.parse("2026-11-01T09:00:00Z"),
                "top_values",
                List.of(Map.of("value", "a", "frequency", 3)),
                "reason",
                null)));

    assertThat(server.requests.getFirst().path())
        .endsWith("/projects/test/datasets/sluice/tables/batches_log/insertAll");
    assertThat(rows(0).get(0).getAsJsonObject().get("json"))
        .isEqualTo(
            JsonParser.parseString(
                """
                {"rows": 12, "mean": "NaN", "received_at": "2026-11-01T09:00:00Z",
                 "top_values": [{"value": "a", "frequency": 3}],
                 "row_key": "b1", "updated_at": "2026-11-01T10:00:00.123456Z"}
                """));
  }

  @Test
  void eachTableGetsItsOwnRequestAndTheNameGivenForIt() {
    clients
        .facts("other", table -> "x_" + table)
        .append(
            List.of(
                new Fact("a", "1", Map.of()),
                new Fact("b", "1", Map.of()),
                new Fact("a", "2", Map.of())));

    assertThat(server.requests.stream().map(FakeServer.Request::path).toList())
        .satisfiesExactly(
            path -> assertThat(path).endsWith("/datasets/other/tables/x_a/insertAll"),
            path -> assertThat(path).endsWith("/datasets/other/tables/x_b/insertAll"));
  }

  @Test
  void aStateThatComesBackIsANewRowAndALaterOneIsNewer() {
    facts.append(
        List.of(fact("b1", "state", "A"), fact("b1", "state", "B"), fact("b1", "state", "A")));

    List<String> ids = new ArrayList<>();
    List<String> times = new ArrayList<>();
    for (JsonElement row : rows(0)) {
      ids.add(row.getAsJsonObject().get("insertId").getAsString());
      times.add(row.getAsJsonObject().getAsJsonObject("json").get("updated_at").getAsString());
    }
    assertThat(ids).doesNotHaveDuplicates().allSatisfy(id -> assertThat(id).hasSize(32));
    assertThat(times).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aRequestThatIsTriedAgainHasTheSameIds() {
    server.next(TOO_MANY, LOSE_ANSWER);

    facts.append(List.of(fact("b1", "rows", 1L)));

    assertThat(server.requests).hasSizeGreaterThanOrEqualTo(3);
    assertThat(server.requests.stream().map(FakeServer.Request::text).distinct()).hasSize(1);
  }

  @Test
  void manyRowsGoInRequestsOfFiveHundred() {
    List<Fact> many = new ArrayList<>();
    for (int i = 0; i < 1001; i++) {
      many.add(fact("b" + i));
    }

    facts.append(many);

    assertThat(server.requests).hasSize(3);
    assertThat(rows(0)).hasSize(500);
    assertThat(rows(2)).hasSize(1);
  }

  @Test
  void largeRowsGoInRequestsOfFiveMegabytes() {
    facts.append(
        List.of(
            fact("1", "text", "x".repeat(3_000_000)),
            fact("2", "text", "x".repeat(3_000_000)),
            fact("3", "text", "x")));

    assertThat(server.requests).hasSize(2);
    assertThat(rows(1)).hasSize(2);
  }

  @Test
  void nothingToAppendAsksNothing() {
    facts.append(List.of());

    assertThat(server.requests).isEmpty();
  }

  @Test
  void aRefusedRowIsNamedWithItsTableAndColumn() {
    answer =
        """
        {"insertErrors": [
          {"index": 0, "errors": [{"reason": "stopped", "location": "", "message": ""}]},
          {"index": 1, "errors": [{"reason": "invalid", "location": "bytes", "message": "no such field: bytes."}]}]}
        """;

    assertThatThrownBy(() -> facts.append(List.of(fact("good"), fact("bad", "bytes", 1))))
        .isInstanceOf(Bug.class)
        .hasMessage(
            "BigQuery refused rows for sluice.batches_log: row bad, column bytes: invalid, no such"
                + " field: bytes.; make the fact and the table's schema agree");
  }

  @Test
  void aRowRefusedForNowIsUnavailable() {
    answer =
        """
        {"insertErrors": [{"index": 0, "errors": [{"reason": "backendError", "message": "later"}]}]}
        """;

    assertThatThrownBy(() -> facts.append(List.of(fact("b1")))).isInstanceOf(Unavailable.class);
  }

  @Test
  void aValueWithoutAFormIsNamed() {
    assertThatThrownBy(() -> facts.append(List.of(fact("b1", "x", new Object()))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("table batches, row b1, column x: java.lang.Object");
  }

  @Test
  void anAbsentTableIsABugAndIsNamed() {
    status = 404;
    answer = "{\"error\":{\"code\":404,\"message\":\"Not found: Table test:sluice.batches_log\"}}";

    assertThatThrownBy(() -> facts.append(List.of(fact("b1"))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("sluice.batches_log")
        .hasMessageContaining("create the table");
  }

  @Test
  void aServerThatStaysAwayEndsAsUnavailable() {
    for (int i = 0; i < 1000; i++) {
      server.next(AWAY);
    }

    assertThatThrownBy(() -> facts.append(List.of(fact("b1"))))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("sluice.batches_log");
    assertThat(server.requests).hasSizeGreaterThan(3);
  }

  @Test
  void queriesWithParametersAndGivesJavaValues() {
    answer =
        """
        {"kind": "bigquery#queryResponse", "jobComplete": true, "totalRows": "1",
         "jobReference": {"projectId": "test", "jobId": "j1", "location": "US"},
         "schema": {"fields": [
           {"name": "pipeline", "type": "STRING"}, {"name": "rows", "type": "INTEGER"},
           {"name": "mean", "type": "FLOAT"}, {"name": "cached", "type": "BOOLEAN"},
           {"name": "at", "type": "TIMESTAMP"}, {"name": "none", "type": "STRING"},
           {"name": "top", "type": "RECORD", "mode": "REPEATED",
            "fields": [{"name": "value", "type": "STRING"}, {"name": "n", "type": "INTEGER"}]}]},
         "rows": [{"f": [{"v": "taxi"}, {"v": "15002"}, {"v": "1.5"}, {"v": "true"},
           {"v": "1.793527200000001E9"}, {"v": null},
           {"v": [{"v": {"f": [{"v": "a"}, {"v": "3"}]}}]}]}]}
        """;

    List<Map<String, Object>> rows =
        facts.query(
            "SELECT * FROM batches WHERE pipeline = @p AND batch IN UNNEST(@b)",
            Map.of("p", "taxi", "b", List.of("x", "y")));

    Map<String, Object> expected = new LinkedHashMap<>();
    expected.put("pipeline", "taxi");
    expected.put("rows", 15002L);
    expected.put("mean", 1.5);
    expected.put("cached", true);
    expected.put("at", Instant.ofEpochSecond(1_793_527_200L, 1_000));
    expected.put("none", null);
    expected.put("top", List.of(Map.of("value", "a", "n", 3L)));
    assertThat(rows).containsExactly(expected);
    JsonObject sent = JsonParser.parseString(server.requests.getFirst().text()).getAsJsonObject();
    assertThat(sent.get("useLegacySql").getAsBoolean()).isFalse();
    assertThat(sent.getAsJsonArray("queryParameters")).hasSize(2);
  }

  @Test
  void aTableWithoutADatasetIsOfTheFactsOwn() {
    answer = "{\"jobComplete\": true, \"totalRows\": \"0\", \"schema\": {\"fields\": []}}";
    clients.facts("sluice_dev").query("SELECT 1 FROM batches", Map.of());

    JsonObject sent = JsonParser.parseString(server.requests.getFirst().text()).getAsJsonObject();
    assertThat(sent.getAsJsonObject("defaultDataset").get("datasetId").getAsString())
        .isEqualTo("sluice_dev");
  }

  @Test
  void aWrongQueryIsABug() {
    status = 400;
    answer =
        """
        {"error": {"code": 400, "message": "Unrecognized name: nope at [1:8]",
          "errors": [{"reason": "invalidQuery", "message": "Unrecognized name: nope at [1:8]"}]}}
        """;

    assertThatThrownBy(() -> facts.query("SELECT nope", Map.of()))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("SELECT nope")
        .hasMessageContaining("Unrecognized name: nope at [1:8]");
  }
}
