package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.floats;
import static dev.sluice.statistics.Columns.statistics;
import static dev.sluice.statistics.Columns.strings;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
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

  private static Map<String, Object> row(FeatureStatistics feature) {
    return StatisticsRows.of("taxi", "b1", "train", "", feature);
  }
}
