package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.floats;
import static dev.sluice.statistics.Columns.ints;
import static dev.sluice.statistics.Columns.lists;
import static dev.sluice.statistics.Columns.statistics;
import static dev.sluice.statistics.Columns.strings;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class StatisticsRowsTest {
  @Test
  void numbers_fillTheColumnsOfTheTable() {
    Map<String, Object> row = row(statistics(floats(1.0, 0.0, null, 1.0, 2.0)));

    assertThat(row)
        .containsEntry("pipeline", "taxi")
        .containsEntry("batch", "b1")
        .containsEntry("split", "train")
        .containsEntry("slice", "")
        .containsEntry("feature", "x")
        .containsEntry("type", "FLOAT")
        .containsEntry("count", 4L)
        .containsEntry("missing", 1L)
        .containsEntry("mean", 1.0)
        .containsEntry("zeros", 1L)
        .containsEntry("min", 0.0)
        .containsEntry("median", 1.0)
        .containsEntry("max", 2.0)
        .containsEntry("unique", 3L)
        .containsEntry("mode", "1.0")
        .containsEntry("skewness", 0.0)
        .containsEntry(
            "top_values",
            List.of(
                Map.of("value", "1.0", "frequency", 2L),
                Map.of("value", "0.0", "frequency", 1L),
                Map.of("value", "2.0", "frequency", 1L)))
        .containsKeys("std_dev", "kurtosis", "entropy")
        .doesNotContainKey("avg_length");
  }

  @Test
  void text_hasLengthsAndNoMoments() {
    Map<String, Object> row = row(statistics(strings("ab", "c")));

    assertThat(row)
        .containsEntry("type", "STRING")
        .containsEntry("avg_length", 1.5)
        .doesNotContainKeys("mean", "std_dev", "zeros", "min", "median", "max", "skewness");
  }

  @Test
  void whatIsUndefined_isAbsentRatherThanNaN() {
    Map<String, Object> row = row(statistics(floats(null, null)));

    assertThat(row)
        .containsEntry("missing", 2L)
        .containsEntry("top_values", List.of())
        .doesNotContainKeys("mean", "min", "median", "mode", "entropy", "skewness");
  }

  @Test
  void formatsAndTimes_fillTheColumnsOfTheTable() {
    Map<String, Object> row =
        row(statistics(strings("2026-11-01T10:00:00.5Z", "2026-11-02T12:00:00Z", null)));

    assertThat(row)
        .containsEntry("min_length", 20)
        .containsEntry("max_length", 22)
        .containsEntry("damaged", 0L)
        .containsEntry("invalid_utf8", 0L)
        .containsEntry("number_like", 0L)
        .containsEntry("times", 2L)
        .containsEntry("earliest", Instant.parse("2026-11-01T10:00:00.5Z"))
        .containsEntry("latest", Instant.parse("2026-11-02T12:00:00Z"))
        .containsEntry(
            "formats",
            List.of(
                Map.of(
                    "format",
                    "9999-99-99A99:99:99.9A",
                    "frequency",
                    1L,
                    "example",
                    "2026-11-01T10:00:00.5Z"),
                Map.of(
                    "format",
                    "9999-99-99A99:99:99A",
                    "frequency",
                    1L,
                    "example",
                    "2026-11-02T12:00:00Z")));
  }

  @Test
  void lists_haveTheirValency() {
    assertThat(row(statistics(lists(floats(1.0, 2.0, 3.0), 2, 0, 1))))
        .containsEntry("min_values", 1L)
        .containsEntry("max_values", 2L)
        .containsEntry("avg_values", 1.5);
  }

  @Test
  void quantilesAndTheirErrors_fillTheColumnsOfTheTable() {
    Map<String, Object> row =
        row(statistics(floats(0.0, 10.0, Double.NaN, Double.NEGATIVE_INFINITY)));

    assertThat(row)
        .containsEntry("nans", 1L)
        .containsEntry("infinities", 1L)
        .containsEntry("quantile_skewness", 0.0)
        .containsEntry("rank_error", 0.0)
        .containsEntry("unique_error", 0.0)
        .containsEntry("frequency_error", 0L)
        .containsEntry("steps_up", 1L)
        .extractingByKey("quantiles", as(LIST))
        .hasSize(21)
        .startsWith(0.0, .5)
        .endsWith(10.0);
  }

  @Test
  void everyColumn_isOneOfTheTableAndEveryColumnOfTheTableIsFilled() throws IOException {
    Set<String> filled = new TreeSet<>(Set.of("row_key", "updated_at"));
    filled.addAll(row(statistics(ints(1_400_000_000L, 1_400_000_001L, 1_400_000_003L))).keySet());
    filled.addAll(row(statistics(strings("AB-12"))).keySet());
    Path file = Path.of("../../terraform/tables/statistics_log.json");
    JsonArray table = Json.read(Files.readAllBytes(file), JsonArray.class, file.toString());
    Set<String> columns = new TreeSet<>();
    for (JsonElement column : table) {
      columns.add(column.getAsJsonObject().get("name").getAsString());
    }

    assertThat(filled).isEqualTo(columns);
  }

  private static Map<String, Object> row(FeatureStatistics feature) {
    return StatisticsRows.of("taxi", "b1", "train", "", feature);
  }
}
