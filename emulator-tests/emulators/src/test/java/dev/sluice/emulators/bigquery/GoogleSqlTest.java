package dev.sluice.emulators.bigquery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Expressions and queries against what Google's function reference says they give. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GoogleSqlTest {
  private Store store;
  private Engine engine;

  @BeforeAll
  void open(@TempDir Path dir) throws IOException {
    store = new Store(dir);
    engine = new Engine(store);
    store.putDataset("p-1", "d", new com.google.gson.JsonObject(), true);
    run("CREATE TABLE `p-1.d.t` (k STRING, v INT64, seen TIMESTAMP, tags ARRAY<STRING>)");
    run(
        "INSERT d.t (k, v, seen, tags) VALUES ('a', 1, '2024-01-01', ['x', 'y']),"
            + " ('a', 2, '2024-01-02', []), ('b', 3, '2024-01-03', ['z']), (NULL, NULL, NULL, NULL)");
    run(
        "CREATE VIEW d.newest AS SELECT * EXCEPT(tags) FROM d.t WHERE TRUE QUALIFY"
            + " ROW_NUMBER() OVER (PARTITION BY k ORDER BY seen DESC) = 1");
    run("CREATE VIEW d.second AS SELECT k FROM d.newest WHERE v > 0");
  }

  @AfterAll
  void close() throws IOException {
    store.close();
  }

  private Engine.Result run(String sql) {
    return engine.run(
        new Engine.Request(
            "p-1", sql, null, Map.of(), false, null, "WRITE_EMPTY", "CREATE_IF_NEEDED", s -> {}));
  }

  private String rows(String sql) {
    try {
      Engine.Result result = run(sql);
      return result.rows().stream()
          .map(row -> Stream.of(row).map(GoogleSqlTest::shown).collect(Collectors.joining(",")))
          .collect(Collectors.joining(" "));
    } catch (ApiError e) {
      return "ERROR " + e.text();
    }
  }

  private static String shown(Object value) {
    return value == null
        ? "NULL"
        : value instanceof List<?> list
            ? list.stream().map(GoogleSqlTest::shown).collect(Collectors.joining(", ", "[", "]"))
            : value.toString();
  }

  static List<String> documented() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    GoogleSqlTest.class.getResourceAsStream("/bigquery/googlesql.tsv")),
                StandardCharsets.UTF_8))) {
      return lines.lines().filter(line -> !line.startsWith("# e")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("documented")
  void expressionGivesWhatGoogleDocuments(String line) {
    int tab = line.indexOf('\t');
    String expected = line.substring(tab + 1);
    String actual = rows("SELECT " + line.substring(0, tab));
    if (expected.startsWith("ERROR")) {
      assertThat(actual).startsWith("ERROR").contains(expected.substring(5).strip());
    } else {
      assertThat(actual).isEqualTo(expected);
    }
  }

  @Test
  void nullsComeFirstAscendingAndLastDescending() {
    assertThat(rows("SELECT v FROM d.t ORDER BY v")).isEqualTo("NULL 1 2 3");
    assertThat(rows("SELECT v FROM d.t ORDER BY 1 DESC")).isEqualTo("3 2 1 NULL");
    assertThat(rows("SELECT v AS w FROM d.t ORDER BY w NULLS LAST LIMIT 2 OFFSET 1"))
        .isEqualTo("2 3");
  }

  @Test
  void namesAreResolvedAsBigQueryDoes() {
    assertThat(rows("SELECT p.v FROM p-1.d.t AS p WHERE p.k = 'b'")).isEqualTo("3");
    assertThat(rows("SELECT v FROM `p-1`.d.t WHERE k = 'b'")).isEqualTo("3");
    assertThat(rows("SELECT nope FROM d.t")).isEqualTo("ERROR Unrecognized name: nope at [1:8]");
    assertThat(rows("SELECT v FROM d.t, d.t AS u")).contains("Column name v is ambiguous");
    assertThat(rows("SELECT v FROM d.missing")).isEqualTo("ERROR Not found: Table p-1:d.missing");
    assertThat(rows("SELECT 1 AS a, a + 1")).contains("Unrecognized name: a");
  }

  @Test
  void starsExceptAndReplace() {
    assertThat(rows("SELECT * EXCEPT(seen, tags) REPLACE(v * 10 AS v) FROM d.t WHERE k = 'b'"))
        .isEqualTo("b,30");
    assertThat(rows("SELECT * EXCEPT(nope) FROM d.t")).contains("EXCEPT list does not exist");
  }

  @Test
  void joinsOfAllKinds() {
    String sides =
        "(SELECT 1 AS id, 'l' AS l) AS a %s JOIN (SELECT 2 AS id, 'r' AS r) AS b USING (id)";
    assertThat(rows("SELECT * FROM " + sides.formatted("FULL") + " ORDER BY id"))
        .isEqualTo("1,l,NULL 2,NULL,r");
    assertThat(rows("SELECT * FROM " + sides.formatted("LEFT"))).isEqualTo("1,l,NULL");
    assertThat(rows("SELECT * FROM " + sides.formatted("RIGHT"))).isEqualTo("2,NULL,r");
    assertThat(rows("SELECT * FROM " + sides.formatted("INNER"))).isEmpty();
    assertThat(rows("SELECT k, tag, o FROM d.t, UNNEST(tags) AS tag WITH OFFSET AS o ORDER BY tag"))
        .isEqualTo("a,x,0 a,y,1 b,z,0");
    assertThat(rows("SELECT v, tag FROM d.t LEFT JOIN UNNEST(tags) AS tag WHERE v = 2"))
        .isEqualTo("2,NULL");
  }

  @Test
  void groupsHavingRollupAndAliases() {
    assertThat(rows("SELECT k AS key, SUM(v) FROM d.t GROUP BY key HAVING SUM(v) > 0 ORDER BY key"))
        .isEqualTo("a,3 b,3");
    assertThat(rows("SELECT k, COUNT(*) AS n FROM d.t WHERE v > 0 GROUP BY ROLLUP(k) ORDER BY n"))
        .isEqualTo("b,1 a,2 NULL,3");
    assertThat(rows("SELECT k, v FROM d.t GROUP BY k")).contains("neither grouped nor aggregated");
  }

  @Test
  void viewsAreReadThroughOneAnother() {
    assertThat(rows("SELECT v FROM d.newest WHERE k = 'a'")).isEqualTo("2");
    assertThat(rows("SELECT * FROM d.second ORDER BY k")).isEqualTo("a b");
  }

  @Test
  void windowsAndNavigation() {
    assertThat(
            rows(
                "SELECT v, LAG(v) OVER w, SUM(v) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT"
                    + " ROW) FROM d.t WHERE v > 0 WINDOW w AS (ORDER BY v) ORDER BY v"))
        .isEqualTo("1,NULL,1 2,1,3 3,2,6");
    assertThat(rows("SELECT ROW_NUMBER() FROM d.t")).contains("without an OVER clause");
  }

  @Test
  void withClausesAndSubqueries() {
    assertThat(
            rows(
                "WITH a AS (SELECT v FROM d.t), b AS (SELECT MAX(v) AS m FROM a) SELECT (SELECT m FROM"
                    + " b), v FROM a WHERE v IN (SELECT m FROM b)"))
        .isEqualTo("3,3");
    assertThat(rows("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a"))
        .contains("does not speak WITH RECURSIVE");
  }

  @Test
  void informationSchemaListsTablesColumnsAndViews() {
    assertThat(rows("SELECT table_name, table_type FROM d.INFORMATION_SCHEMA.TABLES ORDER BY 1"))
        .isEqualTo("newest,VIEW second,VIEW t,BASE TABLE");
    assertThat(
            rows(
                "SELECT column_name, data_type FROM d.INFORMATION_SCHEMA.COLUMNS WHERE table_name ="
                    + " 't' ORDER BY ordinal_position"))
        .isEqualTo("k,STRING v,INT64 seen,TIMESTAMP tags,ARRAY<STRING>");
    assertThat(rows("SELECT table_name FROM d.INFORMATION_SCHEMA.VIEWS ORDER BY 1"))
        .isEqualTo("newest second");
    assertThat(rows("SELECT * FROM d.INFORMATION_SCHEMA.ROUTINES"))
        .contains("does not speak INFORMATION_SCHEMA.ROUTINES");
  }

  @Test
  void statementsThatAreNotSpokenAreNamed() {
    assertThat(rows("MERGE d.t USING d.t ON TRUE WHEN MATCHED THEN DELETE")).contains("MERGE");
    assertThat(rows("TRUNCATE TABLE d.t")).contains("does not speak TRUNCATE");
    assertThat(rows("SELECT * FROM d.t TABLESAMPLE SYSTEM (1 PERCENT)")).contains("TABLESAMPLE");
    assertThat(rows("SELECT * FROM d.t FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()"))
        .contains("does not speak FOR in FROM");
    assertThat(rows("SELEC 1")).contains("Syntax error: Unexpected \"SELEC\" at [1:1]");
    assertThat(rows("SELECT 1; SELECT 2")).contains("Syntax error: Expected end of input");
  }

  @Test
  void tablesAreCreatedChangedAndDropped() {
    run("CREATE OR REPLACE TABLE d.made PARTITION BY DATE(seen) AS SELECT k, v, seen FROM d.t");
    assertThat(run("UPDATE d.made SET v = v + 1 WHERE k = 'a'").changed()).isEqualTo(2);
    assertThat(run("DELETE FROM d.made WHERE k IS NULL").changed()).isEqualTo(1);
    assertThat(rows("SELECT SUM(v) FROM d.made")).isEqualTo("8");
    assertThat(rows("INSERT d.made (k) VALUES (1)")).contains("cannot be inserted into column k");
    run("DROP TABLE d.made");
    run("DROP TABLE IF EXISTS d.made");
    assertThat(rows("DROP TABLE d.made")).contains("Not found: Table p-1:d.made");
  }
}
