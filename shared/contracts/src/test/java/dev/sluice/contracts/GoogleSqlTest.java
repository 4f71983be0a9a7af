package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoogleSqlTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1 AS x",
        "SELECT 1 AS x;",
        "SELECT 1 AS x ;\n ; ",
        "SELECT 'a;b' AS x, \"c;d\" AS y, `e;f` FROM t",
        "SELECT 'it\\'s; fine' AS x",
        "SELECT r'\\' ; ' AS x",
        "SELECT '''a ' ; \n b''' AS x, \"\"\"c \" ; \"\"\" AS y",
        "SELECT '' AS x, \"\" AS y",
        "SELECT 1 -- ; DROP TABLE t\nAS x",
        "SELECT 1 # ; it's\r\nAS x",
        "SELECT /* ; ' */ 1 AS x",
        "WITH t AS (SELECT 1 AS x) SELECT * FROM t -- end",
        "SELECT 7 / 2 - 1 AS x"
      })
  void oneStatementIsTaken(String sql) {
    assertThat(GoogleSql.problem(sql)).isNull();
  }

  /** Each would run a second statement with the rights of the function that runs the query. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1 AS x; DROP TABLE sluice.batches_log",
        "SELECT 1 AS x;DELETE FROM sluice.alarms_log WHERE TRUE;",
        "SELECT 'a' ; DROP TABLE t; -- '",
        "SELECT 'it''s' ; DROP TABLE t",
        "SELECT '\\\\'; DROP TABLE t; -- '",
        "SELECT r'\\\\'; DROP TABLE t; -- '",
        "SELECT ''''a'''; DROP TABLE t",
        "SELECT 1 -- \n; DROP TABLE t",
        "SELECT 1 /* /* */ ; DROP TABLE t -- */",
        "SELECT `a\\`` ; DROP TABLE t",
        "SELECT 1 AS x; -- and\nDROP TABLE t",
        "BEGIN SELECT 1; END",
        "SELECT 1); DROP TABLE t; SELECT (1"
      })
  void aSecondStatementIsRefused(String sql) {
    assertThat(GoogleSql.problem(sql)).contains("holds more than one statement");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 'a",
        "SELECT 'a\n; DROP TABLE t; SELECT '",
        "SELECT '''a' ; DROP TABLE t",
        "SELECT `a",
        "SELECT 1 /* ; DROP TABLE t",
        "SELECT 'a\\"
      })
  void whatHasNoEndIsRefused(String sql) {
    assertThat(GoogleSql.problem(sql)).contains("does not end");
  }

  @Test
  void aLineThatSomeReadersEndIsRefused() {
    assertThat(GoogleSql.problem("SELECT 1 -- a\r''' \n; DROP TABLE t; -- '''"))
        .contains("a comment with a CR inside");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n", ";", "-- nothing", "/* nothing */ ;"})
  void nothingIsRefused(String sql) {
    assertThat(GoogleSql.problem(sql)).isEqualTo("says nothing");
  }

  @Test
  void aLongTextTakesNoLonger() {
    String sql = "SELECT '" + "\\'".repeat(200_000) + "' AS x " + "/* */".repeat(100_000);
    assertThat(GoogleSql.problem(sql)).isNull();
  }
}
