package dev.sluice.emulators.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.Backoff;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.RowWriter;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The functions' own writer of rows against the emulator. */
final class RowWriterTest {
  private static final String SCHEMA =
      """
      [{"name": "id", "type": "STRING", "mode": "REQUIRED"},
       {"name": "at", "type": "TIMESTAMP"}, {"name": "n", "type": "INTEGER"},
       {"name": "x", "type": "FLOAT"}, {"name": "price", "type": "NUMERIC"},
       {"name": "day", "type": "DATE"}, {"name": "raw", "type": "BYTES"},
       {"name": "tags", "type": "STRING", "mode": "REPEATED"},
       {"name": "one", "type": "RECORD", "fields": [{"name": "Sub Name", "type": "BOOLEAN"}]}]
      """;

  @TempDir Path dir;
  private BigQueryEmulator emulator;
  private GoogleClients clients;

  @BeforeEach
  void start() throws IOException {
    Files.createDirectories(dir.resolve("tables"));
    Files.createDirectories(dir.resolve("views"));
    Files.writeString(dir.resolve("tables/rows.json"), SCHEMA);
    emulator = BigQueryEmulator.start(dir.resolve("state"), 0, "p");
    emulator.createFrom(dir.resolve("tables"), dir.resolve("views"), "d");
    clients =
        new GoogleClients(
            new CloudConfiguration(
                "p", null, null, emulator.baseUrl(), emulator.storageHost(), null, null, null),
            new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofSeconds(2)),
            Clock.systemUTC());
  }

  @AfterEach
  void stop() throws IOException {
    clients.close();
    emulator.close();
  }

  private static Map<String, @Nullable Object> row(String id) {
    Map<String, @Nullable Object> row = new HashMap<>();
    row.put("id", id);
    row.put("at", Instant.parse("2026-11-01T00:00:00.000001Z"));
    row.put("N", 7);
    row.put("x", null);
    return row;
  }

  private List<Map<String, @Nullable Object>> query(String sql) {
    return clients.facts("d").query(sql, Map.of());
  }

  @Test
  void rowsAreStoredWhenTheCallReturns() {
    Map<String, @Nullable Object> full = row("full");
    full.put("x", 1);
    full.put("price", new BigDecimal("12.5"));
    full.put("day", LocalDate.of(2026, 11, 1));
    full.put("raw", new byte[] {1, 2});
    full.put("tags", List.of("a", "b"));
    full.put("one", Map.of("sub name", true));

    clients.rows().append("d.rows", List.of(full, row("thin")));

    assertThat(query("SELECT * EXCEPT (one), one.`Sub Name` AS sub FROM d.rows ORDER BY id"))
        .containsExactly(
            Map.of(
                "id",
                "full",
                "at",
                Instant.parse("2026-11-01T00:00:00.000001Z"),
                "n",
                7L,
                "x",
                1.0,
                "price",
                new BigDecimal("12.5"),
                "day",
                "2026-11-01",
                "raw",
                "AQI=",
                "tags",
                List.of("a", "b"),
                "sub",
                true),
            thin());
  }

  @Test
  void aTableWithoutADatasetIsOfTheFactsOwn() {
    clients.rows().append("d.rows", List.of(row("thin")));

    assertThat(query("SELECT id FROM `rows` WHERE n = 7"))
        .isEqualTo(query("SELECT id FROM d.rows WHERE n = 7"))
        .hasSize(1);
    assertThatThrownBy(() -> clients.facts("e").query("SELECT id FROM `rows`", Map.of()))
        .isInstanceOf(Bug.class);
  }

  private static Map<String, @Nullable Object> thin() {
    Map<String, @Nullable Object> out = new HashMap<>();
    out.put("id", "thin");
    out.put("at", Instant.parse("2026-11-01T00:00:00.000001Z"));
    out.put("n", 7L);
    for (String column : List.of("x", "price", "day", "raw", "sub")) {
      out.put(column, null);
    }
    out.put("tags", List.of());
    return out;
  }

  @Test
  void manyCallersLoseNothingAndDoubleNothing() throws Exception {
    RowWriter rows = clients.rows();
    List<Future<?>> calls = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      for (int i = 0; i < 2_000; i++) {
        String id = "r" + i;
        calls.add(threads.submit(() -> rows.append("p.d.rows", List.of(row(id)))));
      }
    }
    for (Future<?> call : calls) {
      call.get();
    }

    assertThat(query("SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM d.rows"))
        .containsExactly(Map.of("n", 2_000L, "ids", 2_000L));
  }

  @Test
  void aCallLargerThanARequestIsStoredWhole() {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      rows.add(Map.of("id", "r" + i, "raw", new byte[1 << 20]));
    }

    clients.rows().append("d.rows", rows);

    assertThat(query("SELECT COUNT(*) AS n FROM d.rows")).containsExactly(Map.of("n", 12L));
  }

  @Test
  void aValueThatDoesNotFitNamesRowAndColumn() {
    Map<String, @Nullable Object> bad = row("b");
    bad.put("n", "seven");

    assertThatThrownBy(() -> clients.rows().append("d.rows", List.of(row("a"), bad)))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("table d.rows, row 1, column n: 'seven' (String) does not fit INT64");
    assertThatThrownBy(() -> clients.rows().append("d.rows", List.of(Map.of("n", 1))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("row 0, column id: the column is REQUIRED");
    assertThatThrownBy(
            () -> clients.rows().append("d.rows", List.of(Map.of("id", "a", "tags", "x"))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("does not fit REPEATED STRING");
    assertThat(query("SELECT COUNT(*) AS n FROM d.rows")).containsExactly(Map.of("n", 0L));
  }

  @Test
  void whatBigQueryRefusesNamesTheRow() {
    Map<String, @Nullable Object> bad = row("b");
    bad.put("at", Instant.parse("+12000-01-01T00:00:00Z"));

    assertThatThrownBy(() -> clients.rows().append("d.rows", List.of(row("a"), bad)))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("BigQuery refused rows for d.rows: row 1")
        .hasMessageContaining("root.at");
    assertThat(query("SELECT COUNT(*) AS n FROM d.rows")).containsExactly(Map.of("n", 0L));
  }

  @Test
  void aRefusedRowTakesNoRowOfAnotherCallerAlong() throws Exception {
    RowWriter rows = clients.rows();
    Map<String, @Nullable Object> bad = row("bad");
    bad.put("at", Instant.parse("+12000-01-01T00:00:00Z"));
    List<Future<?>> good = new ArrayList<>();
    List<Future<?>> refused = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      for (int i = 0; i < 300; i++) {
        String id = "r" + i;
        good.add(threads.submit(() -> rows.append("d.rows", List.of(row(id)))));
        if (i % 10 == 0) {
          refused.add(threads.submit(() -> rows.append("d.rows", List.of(bad))));
        }
      }
    }

    for (Future<?> call : good) {
      call.get();
    }
    assertThat(refused)
        .allSatisfy(call -> assertThatThrownBy(call::get).hasCauseInstanceOf(Bug.class));
    assertThat(query("SELECT COUNT(*) AS n FROM d.rows")).containsExactly(Map.of("n", 300L));
  }

  @Test
  void aColumnThatTheTableGainedIsKnownAtOnce() throws IOException {
    clients.rows().append("d.rows", List.of(row("a")));
    assertThatThrownBy(
            () -> clients.rows().append("d.rows", List.of(Map.of("id", "b", "more", "m"))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("table d.rows has no column more");

    Files.writeString(
        dir.resolve("tables/rows.json"),
        JsonParser.parseString(
                SCHEMA.strip().replaceFirst("]$", ", {\"name\": \"more\", \"type\": \"STRING\"}]"))
            .toString());
    emulator.createFrom(dir.resolve("tables"), dir.resolve("views"), "d");
    clients.rows().append("d.rows", List.of(Map.of("id", "b", "more", "m")));

    assertThat(query("SELECT id FROM d.rows WHERE more = 'm'")).hasSize(1);
  }

  @Test
  void aTableThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> clients.rows().append("d.none", List.of(row("a"))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("Table p:d.none")
        .hasMessageContaining("create the table");
    assertThatThrownBy(() -> clients.rows().append("none", List.of(row("a"))))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("[project.]dataset.table");
  }

  @Test
  void aRestartOfBigQueryIsLivedThroughAndItsAbsenceIsUnavailable() throws IOException {
    clients.rows().append("d.rows", List.of(row("a")));
    int storage = URI.create("grpc://" + emulator.storageHost()).getPort();
    int rest = URI.create(emulator.baseUrl()).getPort();
    emulator.close();
    assertThatThrownBy(() -> clients.rows().append("d.rows", List.of(row("b"))))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("d.rows");

    emulator = BigQueryEmulator.start(dir.resolve("state"), rest, storage, "p");
    clients.rows().append("d.rows", List.of(row("c")));

    assertThat(query("SELECT id FROM d.rows WHERE id IN ('a', 'c')")).hasSize(2);
  }
}
