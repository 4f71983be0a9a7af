package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.bigquery.BigQueryException;
import dev.sluice.localcloud.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whoever is woken finds in docs/operations.md queries that run as they stand. */
@ExtendWith(LocalCloudExtension.class)
final class RunbookTest {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```sql\n(.*?)^```$");
  private static final Pattern IN_A_LINE = Pattern.compile("`(SELECT [^`]+)`");

  private final Cloud cloud;

  RunbookTest(Cloud cloud) {
    this.cloud = cloud;
  }

  /** Queries of a page, those in blocks and then those in the middle of a line. */
  private static List<String> queries(String page) {
    List<String> out = new ArrayList<>();
    BLOCK
        .matcher(page)
        .results()
        .flatMap(block -> Stream.of(block.group(1).split(";", -1)))
        .map(String::strip)
        .filter(query -> !query.isEmpty())
        .forEach(out::add);
    IN_A_LINE
        .matcher(BLOCK.matcher(page).replaceAll(""))
        .results()
        .forEach(query -> out.add(query.group(1)));
    return out;
  }

  @Test
  void everyQueryOfThePageRuns() throws IOException {
    String page = Files.readString(Home.find().root().resolve("docs/operations.md"));
    List<String> queries = queries(page);
    assertThat(queries).hasSizeGreaterThanOrEqualTo(7);
    assertThat(queries)
        .allSatisfy(query -> assertThatCode(() -> cloud.query(query)).doesNotThrowAnyException());
  }

  @Test
  void aQueryOfAWordThatSqlKeepsForItselfIsTold() {
    List<String> queries = queries("Look.\n\n```sql\nSELECT at\nFROM sluice.alarms;\n```\n");
    assertThat(queries).containsExactly("SELECT at\nFROM sluice.alarms");
    assertThatThrownBy(() -> cloud.query(queries.getFirst()))
        .isInstanceOf(BigQueryException.class)
        .hasMessageContaining("keyword AT");
  }

  @Test
  void aQueryInTheMiddleOfALineIsFound() {
    assertThat(queries("Look at `SELECT reason FROM sluice.dead_rows`, and at `sluice.alarms`."))
        .containsExactly("SELECT reason FROM sluice.dead_rows");
  }
}
