package dev.sluice.emulators.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.DatasetInfo;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.TableId;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.Backoff;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.TableSnapshot;
import dev.sluice.gcp.TableStream;
import dev.sluice.gcp.Tables;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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

/** The functions' own reader of tables against the emulator. */
final class TablesTest {
  @TempDir Path dir;
  private BigQueryEmulator emulator;
  private BigQuery bigquery;
  private GoogleClients clients;
  private Tables tables;

  @BeforeEach
  void start() throws Exception {
    emulator = BigQueryEmulator.start(dir.resolve("state"), 0, "p");
    connect();
    bigquery.create(DatasetInfo.of("d"));
    bigquery.create(DatasetInfo.of("sluice"));
    query("CREATE TABLE d.sales (id INT64, at_ TIMESTAMP, country STRING) PARTITION BY DATE(at_)");
    fill(0, 100);
  }

  private void connect() {
    bigquery =
        BigQueryOptions.newBuilder()
            .setHost(emulator.baseUrl())
            .setProjectId("p")
            .setCredentials(NoCredentials.getInstance())
            .build()
            .getService();
    clients =
        new GoogleClients(
            new CloudConfiguration(
                "p", null, null, emulator.baseUrl(), emulator.storageHost(), null, null, null),
            new Backoff(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(2)),
            Clock.systemUTC());
    tables = clients.tables("sluice");
  }

  @AfterEach
  void stop() throws IOException {
    clients.close();
    emulator.close();
  }

  private void query(String sql) throws InterruptedException {
    bigquery.query(QueryJobConfiguration.of(sql));
  }

  /** Rows of ids [from, to), a row an hour from 2026-11-01 on. */
  private void fill(long from, long to) throws InterruptedException {
    query(
        "INSERT INTO d.sales SELECT i, TIMESTAMP_ADD(TIMESTAMP '2026-11-01 00:00:00+00', INTERVAL i"
            + " HOUR), IF(MOD(i, 2) = 0, 'DE', 'FR') FROM UNNEST(GENERATE_ARRAY("
            + from
            + ", "
            + (to - 1)
            + ")) AS i");
  }

  private List<Map<String, @Nullable Object>> rows(List<TableStream> streams) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (TableStream stream : streams) {
      try (TableStream.Blocks blocks = tables.read(stream, 0)) {
        for (TableStream.Block block = blocks.next(); block != null; block = blocks.next()) {
          List<Map<String, @Nullable Object>> rows = AvroText.read(stream.schema(), block.rows());
          assertThat(rows).hasSize((int) block.count());
          out.addAll(rows);
        }
      }
    }
    return out;
  }

  private List<Map<String, @Nullable Object>> rows(TableSnapshot snapshot) {
    return rows(tables.open(snapshot, List.of(), null, 3));
  }

  @Test
  void aSnapshotHasTheRowsOfItsMomentForGood() throws Exception {
    TableSnapshot snapshot = tables.snapshot("d.sales", null);
    fill(100, 110);

    assertThat(snapshot.uri()).isEqualTo("bigquery://p.d.sales@" + snapshot.millis());
    assertThat(snapshot.rows()).isEqualTo(100);
    assertThat(snapshot.bytes()).isEqualTo(100 * (8 + 8 + 4));
    assertThat(rows(snapshot)).hasSize(100);
    assertThat(rows(tables.snapshot("p.d.sales", null))).hasSize(110);
  }

  @Test
  void rowsThatWereAnsweredBeforeASnapshotAreInIt() throws Exception {
    for (int i = 0; i < 20; i++) {
      clients.rows().append("d.sales", List.of(Map.of("id", 1000 + i)));

      assertThat(rows(tables.snapshot("d.sales", null))).hasSize(101 + i);
    }
  }

  @Test
  void columnsFilterAndStreamsAreAsAsked() {
    List<TableStream> streams =
        tables.open(tables.snapshot("d.sales", null), List.of("id"), "country = 'FR'", 3);

    assertThat(streams).hasSize(3);
    assertThat(rows(streams))
        .hasSize(50)
        .doesNotHaveDuplicates()
        .allSatisfy(row -> assertThat(row).containsOnlyKeys("id"));
  }

  @Test
  void aPartitionIsARangeOfItsColumn() {
    TableSnapshot day = tables.snapshot("d.sales", "20261102");

    assertThat(day.filter()).contains("`at_` >= TIMESTAMP '2026-11-02 00:00:00+00'");
    assertThat(rows(day))
        .extracting(row -> row.get("id"))
        .startsWith(24L)
        .endsWith(47L)
        .hasSize(24);
    assertThat(rows(tables.snapshot("d.sales$20261105", null))).hasSize(4);
    assertThat(rows(tables.open(day, List.of(), "id < 30", 1))).hasSize(6);
    assertThat(rows(tables.snapshot("d.sales", "__NULL__"))).isEmpty();
  }

  @Test
  void aPartitionThatCannotBeIsRefused() throws Exception {
    assertThatThrownBy(() -> tables.snapshot("d.sales", "2026-11-02"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("p.d.sales is partitioned by DAY; give YYYYMMDD");
    assertThatThrownBy(() -> tables.snapshot("d.sales", "20261301")).isInstanceOf(BadInput.class);
    query("CREATE TABLE d.flat (id INT64)");
    assertThatThrownBy(() -> tables.snapshot("d.flat", "20261102"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("not partitioned by time");
  }

  @Test
  void anEmptyTableIsOneStreamWithoutRows() throws Exception {
    query("CREATE TABLE d.empty (id INT64)");

    List<TableStream> streams = tables.open(tables.snapshot("d.empty", null), List.of(), null, 4);

    assertThat(streams).hasSize(1);
    assertThat(streams.getFirst().schema()).contains("\"name\":\"id\"");
    assertThat(rows(streams)).isEmpty();
  }

  @Test
  void whatTheSpecNamesWronglyIsBadInput() throws Exception {
    assertThatThrownBy(() -> tables.snapshot("d.none", null))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("there is no table p.d.none");
    assertThatThrownBy(() -> tables.snapshot("none", null)).isInstanceOf(BadInput.class);
    TableSnapshot snapshot = tables.snapshot("d.sales", null);
    assertThatThrownBy(() -> tables.open(snapshot, List.of("nope"), null, 1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("nope");
    assertThatThrownBy(() -> tables.open(snapshot, List.of(), "country = 1", 1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("country = 1");
    query("DELETE FROM d.sales WHERE id = 1");
    assertThatThrownBy(() -> tables.open(snapshot, List.of(), null, 1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("Invalid snapshot time");
  }

  @Test
  void aStreamIsReadByNameFromAnyRow() throws Exception {
    query(
        "CREATE TABLE d.wide AS SELECT i AS id, REPEAT('x', 1000) AS text FROM"
            + " UNNEST(GENERATE_ARRAY(0, 29999)) AS i");
    TableStream stream =
        tables.open(tables.snapshot("d.wide", null), List.of(), null, 1).getFirst();
    TableStream named = new TableStream(stream.name(), stream.schema());

    List<Long> ids = new ArrayList<>();
    long next = 0;
    // A new connection for each block, as after a break.
    while (true) {
      try (TableStream.Blocks blocks = tables.read(named, next)) {
        TableStream.Block block = blocks.next();
        if (block == null) {
          break;
        }
        assertThat(block.offset()).isEqualTo(next);
        AvroText.read(named.schema(), block.rows()).forEach(row -> ids.add((Long) row.get("id")));
        next += block.count();
      }
    }

    assertThat(ids).hasSize(30_000).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aStreamThatIsGoneSaysWhatToDo() throws Exception {
    TableStream stream =
        tables.open(tables.snapshot("d.sales", null), List.of(), null, 1).getFirst();
    int storage = URI.create("grpc://" + emulator.storageHost()).getPort();
    int rest = URI.create(emulator.baseUrl()).getPort();
    emulator.close();
    try (TableStream.Blocks blocks = tables.read(stream, 0)) {
      assertThatThrownBy(blocks::next).isInstanceOf(Unavailable.class);
    }

    emulator = BigQueryEmulator.start(dir.resolve("state"), rest, storage, "p");
    try (TableStream.Blocks blocks = tables.read(stream, 0)) {
      assertThatThrownBy(blocks::next)
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("open it again");
    }
  }

  @Test
  void aQueryBecomesATableOnceAndForAWhile() throws Exception {
    String sql = "SELECT country, COUNT(*) AS n FROM d.sales GROUP BY country;";
    TableSnapshot made = tables.materialize("q1", sql, Duration.ofHours(1));
    fill(100, 110);

    TableSnapshot again = tables.materialize("q1", sql, Duration.ofHours(1));

    assertThat(made.table()).isEqualTo("p.sluice.tmp_q1");
    assertThat(again).isEqualTo(made);
    assertThat(rows(again))
        .containsExactlyInAnyOrder(
            Map.of("country", "DE", "n", 50L), Map.of("country", "FR", "n", 50L));
    assertThat(bigquery.getTable(TableId.of("sluice", "tmp_q1")).getExpirationTime())
        .isBetween(
            Instant.now().plusSeconds(3000).toEpochMilli(),
            Instant.now().plusSeconds(3600).toEpochMilli());
  }

  @Test
  void callsAtOneTimeShareOneTable() throws Exception {
    List<Future<TableSnapshot>> calls = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 8; i++) {
        calls.add(
            threads.submit(
                () -> tables.materialize("q", "SELECT id FROM d.sales", Duration.ofHours(1))));
      }
    }
    for (Future<TableSnapshot> call : calls) {
      assertThat(call.get()).isEqualTo(calls.getFirst().get());
    }
    assertThat(rows(calls.getFirst().get())).hasSize(100);
  }

  @Test
  void aViewIsTakenThroughAQuery() throws Exception {
    query("CREATE VIEW d.german AS SELECT id FROM d.sales WHERE country = 'DE'");
    TableSnapshot view = tables.snapshot("d.german", null);

    assertThat(view.view()).isTrue();
    assertThatThrownBy(() -> tables.open(view, List.of(), null, 1)).isInstanceOf(Bug.class);
    assertThatThrownBy(() -> tables.snapshot("d.german", "20261101")).isInstanceOf(BadInput.class);
    assertThat(
            rows(
                tables.materialize(
                    "v", "SELECT * FROM `" + view.table() + "`", Duration.ofHours(1))))
        .hasSize(50);
  }

  @Test
  void aQueryThatIsWrongIsBadInputUntilItsTableComes() throws Exception {
    String sql = "SELECT id FROM d.later";
    assertThatThrownBy(() -> tables.materialize("q", sql, Duration.ofHours(1)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("d.later");
    assertThatThrownBy(
            () -> tables.materialize("w", "SELECT nope FROM d.sales", Duration.ofHours(1)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("Unrecognized name: nope");

    query("CREATE TABLE d.later AS SELECT 1 AS id");

    assertThat(rows(tables.materialize("q", sql, Duration.ofHours(1)))).hasSize(1);
  }

  @Test
  void aTableWhoseTimeIsOverIsMadeAgain() throws Exception {
    tables.materialize("q", "SELECT id FROM d.sales", Duration.ofMillis(1500));
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (bigquery.getTable(TableId.of("sluice", "tmp_q")) != null) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }

    assertThat(rows(tables.materialize("q", "SELECT id FROM d.sales", Duration.ofHours(1))))
        .hasSize(100);
  }
}
