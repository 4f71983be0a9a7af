package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.contracts.Json;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every statistic of one feature is what pandas, numpy and scipy say to 1e-9, and what TensorFlow
 * Data Validation says as exactly as it says it. {@code trips} are made up by a seed; {@code taxi}
 * are 15,002 trips that the project does not ship (City of Chicago open data), looked for beside
 * the checkout or where SLUICE_TAXI says. Golden figures by {@code
 * src/test/scripts/golden_statistics.py}.
 */
final class GoldenStatisticsTest {
  private static final String TRIPS = "trips";
  private static final double EXACT = 1e-9;

  /** TensorFlow Data Validation has lengths and valencies in 32 bits. */
  private static final double SINGLE = 1e-6;

  /** The rank error that TensorFlow Data Validation's quantiles are made with. */
  private static final double TFDV_RANK = .01;

  /** Distinct values up to which TensorFlow Data Validation counts each exactly. */
  private static final int TFDV_EXACT = 100;

  @ParameterizedTest
  @ValueSource(strings = {TRIPS, "taxi"})
  void everyFeature_isAsPandasAndScipySay(String data) throws IOException {
    DatasetStatistics statistics = statistics(data);
    JsonObject golden = golden(data, "pandas");

    assertThat(statistics.features())
        .extracting(FeatureStatistics::name)
        .containsExactlyInAnyOrderElementsOf(golden.keySet());
    for (FeatureStatistics feature : statistics.features()) {
      JsonObject expected = golden.getAsJsonObject(feature.name());
      String type = expected.get("type").getAsString();
      assertThat(feature.count()).as(feature.name()).isEqualTo(expected.get("count").getAsLong());
      assertThat(feature.missing()).isEqualTo(expected.get("missing").getAsLong());
      assertThat(feature.values().unique()).isEqualTo(expected.get("unique").getAsLong());
      if (type.equals("EMPTY")) {
        continue;
      }
      assertThat(feature.type().name()).as(feature.name()).isEqualTo(type);
      checkValues(feature, expected);
      checkTimes(feature, expected);
      if (feature.numbers() != null) {
        checkNumbers(feature, feature.numbers(), expected);
      } else {
        checkText(feature, Columns.text(feature), expected);
      }
    }
  }

  private static void checkValues(FeatureStatistics feature, JsonObject expected) {
    List<Long> frequencies =
        feature.values().top().stream().limit(20).map(ValueCount::frequency).toList();
    assertThat(frequencies).as(feature.name()).isEqualTo(longs(expected, "frequencies"));
    close(feature, "entropy", Objects.requireNonNull(feature.values().entropy()), expected);
    if (feature.text() != null) {
      assertThat(strings(expected, "modes")).startsWith(feature.values().mode());
    }
  }

  private static void checkNumbers(
      FeatureStatistics feature, NumberSummary numbers, JsonObject expected) {
    assertThat(numbers.zeros()).isEqualTo(expected.get("zeros").getAsLong());
    assertThat(numbers.min()).isEqualTo(expected.get("min").getAsDouble());
    assertThat(numbers.max()).isEqualTo(expected.get("max").getAsDouble());
    close(feature, "median", numbers.median(), expected);
    close(feature, "mean", numbers.mean(), expected);
    close(feature, "std_dev", numbers.stdDev(), expected);
    close(feature, "skewness", numbers.skewness(), expected);
    close(feature, "kurtosis", numbers.kurtosis(), expected);
    close(feature, "quantile_skewness", numbers.quantileSkewness(), expected);
    if (expected.has("histogram")) {
      assertThat(numbers.histogram().counts())
          .as(feature.name())
          .isEqualTo(doubles(expected, "histogram"));
    }
    assertThat(feature.steps())
        .isEqualTo(
            new Steps(
                expected.get("up").getAsLong(),
                expected.get("down").getAsLong(),
                expected.get("same").getAsLong()));
    Quantiles quantiles = numbers.quantiles();
    assertThat(quantiles.rankError()).isZero();
    List<Double> points = doubles(expected, "quantiles");
    // Of 257 points those of 21 even probabilities that both have are the quarters.
    for (int i = 0; i < points.size(); i += 5) {
      double point = quantiles.value(i / 20.0);
      assertThat(point).isCloseTo(points.get(i), within(EXACT * Math.abs(points.get(i))));
    }
  }

  private static void checkText(FeatureStatistics feature, TextSummary text, JsonObject expected) {
    close(feature, "avg_length", text.avgLength(), expected);
    assertThat(text.minLength()).isEqualTo(expected.get("min_length").getAsInt());
    assertThat(text.maxLength()).isEqualTo(expected.get("max_length").getAsInt());
    assertThat(text.numbers()).isEqualTo(expected.get("number_like").getAsLong());
    assertThat(text.damaged()).isZero();
    assertThat(text.formats().top().stream().mapToLong(FormatCount::frequency).sum())
        .isEqualTo(feature.count());
    if (expected.has("formats")) {
      JsonObject formats = expected.getAsJsonObject("formats");
      assertThat(text.formats().top()).hasSize(formats.size());
      for (FormatCount format : text.formats().top()) {
        assertThat(format.frequency()).isEqualTo(formats.get(format.format()).getAsLong());
      }
    }
  }

  private static void checkTimes(FeatureStatistics feature, JsonObject expected) {
    TimeSummary times =
        expected.has("earliest")
            ? new TimeSummary(
                expected.get("count").getAsLong(),
                expected.get("earliest").getAsDouble(),
                expected.get("latest").getAsDouble(),
                longs(expected, "hours"),
                longs(expected, "weekdays"))
            : null;
    assertThat(feature.times()).as(feature.name()).isEqualTo(times);
  }

  @ParameterizedTest
  @ValueSource(strings = {TRIPS, "taxi"})
  void everyFeature_isAsDataValidationSays(String data) throws IOException {
    DatasetStatistics statistics = statistics(data);
    JsonObject golden = golden(data, "tfdv");

    assertThat(golden.keySet()).hasSizeGreaterThan(9);
    for (Map.Entry<String, JsonElement> entry : golden.entrySet()) {
      FeatureStatistics feature = Columns.feature(statistics, entry.getKey());
      JsonObject expected = entry.getValue().getAsJsonObject();
      assertThat(feature.count()).as(feature.name()).isEqualTo(expected.get("count").getAsLong());
      assertThat(feature.missing()).isEqualTo(expected.get("missing").getAsLong());
      assertThat(feature.valency())
          .isEqualTo(
              new Valency(
                  expected.get("min_values").getAsLong(),
                  expected.get("max_values").getAsLong(),
                  expected.get("values").getAsLong()));
      NumberSummary numbers = feature.numbers();
      if (numbers == null) {
        checkText(feature, expected);
        continue;
      }
      close(feature, "mean", numbers.mean(), expected);
      close(feature, "std_dev", numbers.stdDev(), expected);
      assertThat(numbers.min()).isEqualTo(expected.get("min").getAsDouble());
      assertThat(numbers.max()).isEqualTo(expected.get("max").getAsDouble());
      assertThat(numbers.zeros()).isEqualTo(expected.get("zeros").getAsLong());
      assertThat(numbers.nans()).isEqualTo(expected.get("nans").getAsLong());
      // Theirs is a sketch: a value whose rank is near the middle.
      double median = expected.get("median").getAsDouble();
      assertThat(numbers.quantiles().value(.5 - TFDV_RANK)).isLessThanOrEqualTo(median);
      assertThat(numbers.quantiles().value(.5 + TFDV_RANK)).isGreaterThanOrEqualTo(median);
    }
  }

  private static void checkText(FeatureStatistics feature, JsonObject expected) {
    TextSummary text = Columns.text(feature);
    assertThat(feature.values().unique()).isEqualTo(expected.get("unique").getAsLong());
    assertThat(text.avgLength())
        .isCloseTo(expected.get("avg_length").getAsDouble(), within(SINGLE * text.avgLength()));
    assertThat(text.invalidUtf8()).isEqualTo(expected.get("invalid_utf8").getAsLong());
    if (expected.get("unique").getAsLong() <= TFDV_EXACT) {
      List<Long> frequencies = feature.values().top().stream().map(ValueCount::frequency).toList();
      assertThat(frequencies).isEqualTo(longs(expected, "ranks"));
    }
  }

  private static void close(
      FeatureStatistics feature, String name, double actual, JsonObject expected) {
    if (expected.get(name).isJsonNull()) {
      assertThat(actual).as(feature.name() + " " + name).isNaN();
      return;
    }
    double value = expected.get(name).getAsDouble();
    assertThat(actual)
        .as(feature.name() + " " + name)
        .isCloseTo(value, within(EXACT * Math.max(1, Math.abs(value))));
  }

  private static DatasetStatistics statistics(String data) throws IOException {
    List<ByteSource> csv = List.of(ByteSource.of(csv(data)));
    try (ExampleReader reader = Ingestion.read(RecordFiles.detect(csv))) {
      DatasetAccumulator accumulator = new DatasetAccumulator(reader.fields());
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        accumulator.add(batch);
      }
      return accumulator.result("");
    }
  }

  private static Path csv(String data) {
    if (data.equals(TRIPS)) {
      return Path.of("src/test/resources/dev/sluice/statistics/trips.csv");
    }
    String given = System.getenv("SLUICE_TAXI");
    Path taxi = Path.of(given == null ? "../../../shared/data/taxi/trips.csv" : given);
    assumeTrue(
        Files.isRegularFile(taxi),
        () -> "no taxi trips at " + taxi + "; SLUICE_TAXI names them elsewhere");
    return taxi;
  }

  private static JsonObject golden(String data, String tool) throws IOException {
    String file = data + ".golden.json";
    try (InputStream stream =
        Objects.requireNonNull(GoldenStatisticsTest.class.getResourceAsStream(file), file)) {
      return Json.read(stream.readAllBytes(), JsonObject.class, file)
          .getAsJsonObject(tool)
          .getAsJsonObject("features");
    }
  }

  private static List<Long> longs(JsonObject json, String name) {
    return elements(json, name).stream().map(JsonElement::getAsLong).toList();
  }

  private static List<Double> doubles(JsonObject json, String name) {
    return elements(json, name).stream().map(JsonElement::getAsDouble).toList();
  }

  private static List<String> strings(JsonObject json, String name) {
    return elements(json, name).stream().map(JsonElement::getAsString).toList();
  }

  private static List<JsonElement> elements(JsonObject json, String name) {
    List<JsonElement> elements = new ArrayList<>();
    IntStream.range(0, json.getAsJsonArray(name).size())
        .forEach(i -> elements.add(json.getAsJsonArray(name).get(i)));
    return elements;
  }
}
