package dev.sluice.emulators.tables;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table and view files that Terraform and the BigQuery emulator read. */
final class TableFilesTest {
  private static final Path TABLES = Path.of("../../terraform/tables");
  private static final Path VIEWS = Path.of("../../terraform/views");
  private static final Set<String> TYPES =
      Set.of("STRING", "INTEGER", "FLOAT", "BOOLEAN", "TIMESTAMP", "RECORD");

  /** Tables of data, which have no keys. */
  private static final Set<String> PLAIN = Set.of("predictions", "stream_rows", "window_rows");

  /** Views over such tables. */
  private static final Set<String> PLAIN_VIEWS = Set.of("late_rows");

  private static final Set<String> MODES = Set.of("NULLABLE", "REQUIRED", "REPEATED");

  private static List<String> names(Path directory, String ending) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(ending))
          .map(name -> name.substring(0, name.length() - ending.length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> tables() {
    return names(TABLES, ".json");
  }

  static List<String> views() {
    return names(VIEWS, ".sql").stream().filter(view -> !PLAIN_VIEWS.contains(view)).toList();
  }

  private static JsonArray fields(String table) throws IOException {
    Path file = TABLES.resolve(table + ".json");
    return Json.read(Files.readAllBytes(file), JsonArray.class, file.toString());
  }

  private static String text(JsonElement field, String member) {
    return field.getAsJsonObject().get(member).getAsString();
  }

  private static void check(JsonArray fields) {
    Set<String> names = new HashSet<>();
    for (JsonElement element : fields) {
      JsonObject field = element.getAsJsonObject();
      assertThat(text(field, "name")).matches("[a-z][a-z0-9_]*");
      assertThat(names.add(text(field, "name"))).as("%s is there once", field).isTrue();
      assertThat(text(field, "type")).isIn(TYPES);
      assertThat(text(field, "mode")).isIn(MODES);
      assertThat(text(field, "description")).endsWith(".");
      assertThat(field.has("fields")).isEqualTo(text(field, "type").equals("RECORD"));
      if (field.has("fields")) {
        check(field.getAsJsonArray("fields"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tables")
  void aTableIsAListOfFields(String table) throws IOException {
    check(fields(table));
  }

  @ParameterizedTest
  @MethodSource("tables")
  void aLogBeginsWithItsKeyAndTimeAndNothingElseHasThem(String table) throws IOException {
    JsonArray fields = fields(table);
    List<String> first =
        List.of(
            text(fields.get(0), "name") + " " + text(fields.get(0), "type"),
            text(fields.get(1), "name") + " " + text(fields.get(1), "type"));
    if (table.endsWith("_log")) {
      assertThat(first).containsExactly("row_key STRING", "updated_at TIMESTAMP");
      assertThat(text(fields.get(0), "mode")).isEqualTo("REQUIRED");
      assertThat(text(fields.get(1), "mode")).isEqualTo("REQUIRED");
    } else {
      assertThat(PLAIN).contains(table);
      assertThat(first).doesNotContain("row_key STRING");
    }
  }

  @Test
  void eachLogHasItsViewAndEachViewItsLog() {
    assertThat(views())
        .containsExactlyElementsOf(
            tables().stream()
                .filter(table -> table.endsWith("_log"))
                .map(table -> table.substring(0, table.length() - "_log".length()))
                .toList());
  }

  @ParameterizedTest
  @MethodSource("views")
  void aViewGivesTheNewestRowOfEachKey(String view) throws IOException {
    String sql = Files.readString(VIEWS.resolve(view + ".sql"));
    assertThat(sql)
        .contains("* EXCEPT (row_key)", "FROM `${project}.${dataset}." + view + "_log`\n")
        .containsPattern(
            "QUALIFY\\s+ROW_NUMBER\\(\\) OVER \\(\\s*PARTITION BY row_key"
                + " ORDER BY (IF\\(.*\\), )?updated_at DESC\\) = 1\n");
  }

  /** BigQuery refuses to append a query's result, whose columns are NULLABLE, to another mode. */
  @Test
  void whatAQueryAppendsToHasNoRequiredColumn() throws IOException {
    assertThat(fields("window_rows"))
        .allSatisfy(f -> assertThat(text(f, "mode")).isEqualTo("NULLABLE"));
  }

  @ParameterizedTest
  @CsvSource({
    "batches_log, pipeline batch span source uri rows rejected_rows bytes state reason received_at",
    "stage_runs_log, pipeline run batch operation shard attempt state fingerprint cached started_at"
        + " finished_at error",
    "statistics_log, pipeline batch split slice feature type count missing mean std_dev zeros min"
        + " median max unique avg_length mode skewness kurtosis entropy top_values",
    "associations_log, pipeline batch split a b measure value rows error",
    "anomalies_log, pipeline run batch feature slice kind severity short_text long_text measured"
        + " threshold first_row",
    "surprising_rows_log, pipeline run batch uri row surprise reasons",
    "verdicts_log, pipeline run batch subject outcome reasons",
    "alarms_log, alarm pipeline run batch severity subject text uri link at",
    "models_log, pipeline model version state uri sha256 transform_fingerprint batch",
    "evaluations_log, pipeline model batch split slice metric value low high examples",
    "stream_rows, pipeline id message_id event_time publish_time received_at format payload",
    "window_rows, pipeline window_start late id event_time format payload closed_at",
    "dead_rows_log, pipeline message_id reason beginning",
  })
  void theNamesThatPeopleQueryAreThereInOrder(String table, String columns) throws IOException {
    List<String> names = new ArrayList<>();
    fields(table).forEach(field -> names.add(text(field, "name")));
    assertThat(names).containsSubsequence(columns.split(" ", -1));
  }
}
