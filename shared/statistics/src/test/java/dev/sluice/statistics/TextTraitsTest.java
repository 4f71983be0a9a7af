package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.batch;
import static dev.sluice.statistics.Columns.feature;
import static dev.sluice.statistics.Columns.reader;
import static dev.sluice.statistics.Columns.statistics;
import static dev.sluice.statistics.Columns.strings;
import static dev.sluice.statistics.Columns.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextTraitsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-12",
        "+7",
        "12.50",
        ".5",
        "5.",
        "1e9",
        "-1.5E-3",
        "1,234",
        "12,345,678.90",
        "007",
        " 42\t"
      })
  void numbers_readAsNumbers(String text) {
    assertThat(TextTraits.isNumber(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-",
        ".",
        "e5",
        "1e",
        "1.2.3",
        "12a",
        "$5",
        "1,23",
        "1234,567",
        "1 2",
        "0x1f",
        "NaN",
        "--1",
        "5%",
        "1,234,"
      })
  void otherTexts_doNot(String text) {
    assertThat(TextTraits.isNumber(text)).isFalse();
  }

  @Test
  void rows_areCountedByWhatTheirTextIs() {
    TextSummary text = text(statistics(strings("1", "CafÃ©", "1", "x", null, "lost\uFFFD")));

    assertThat(text.numbers()).isEqualTo(2);
    assertThat(text.damaged()).isEqualTo(2);
    assertThat(text.invalidUtf8()).isZero();
  }

  @Test
  void bytes_areCountedWhereTheyAreNoUtf8AndHaveNoFormat() {
    byte[] image = new byte[10_000];
    Arrays.fill(image, (byte) 'a');
    String endsBadly = base64(with(image, 9_999, 0xff));
    String beginsBadly = base64(with(image, 0, 0x89));
    // A character across the end of the part that is looked at first.
    String good = base64(("a".repeat(3071) + "é").repeat(2).getBytes(UTF_8));
    FeatureAccumulator accumulator =
        FeatureAccumulator.of(
            new Field("image", ValueType.STRING, /* repeated= */ false, /* base64= */ true));
    accumulator.add(strings(endsBadly, beginsBadly, good, good, "12345678", null, endsBadly));

    FeatureStatistics statistics = accumulator.result(new Field("image", ValueType.STRING));

    assertThat(text(statistics).invalidUtf8()).isEqualTo(4);
    assertThat(text(statistics).numbers()).isZero();
    assertThat(text(statistics).formats()).isEqualTo(Formats.none());
    assertThat(statistics.times()).isNull();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] with(byte[] bytes, int place, int value) {
    byte[] copy = bytes.clone();
    copy[place] = (byte) value;
    return copy;
  }

  @Test
  void groups_countTheirOwn() throws IOException {
    Map<String, Column> columns = new LinkedHashMap<>();
    columns.put("shop", strings("a", "a", "b", "b", "b"));
    columns.put("note", strings("12", "CafÃ©", "CafÃ©", null, "MÃ¼ller"));

    Statistics statistics =
        new StatisticsAnalyzer(GroupOptions.by(List.of("shop")))
            .analyze(reader(batch(columns), 2), reader(batch(columns), 3));

    DatasetStatistics a = group(statistics, "shop=a");
    DatasetStatistics b = group(statistics, "shop=b");
    assertThat(text(feature(a, "note")).numbers()).isEqualTo(2);
    assertThat(text(feature(a, "note")).damaged()).isEqualTo(2);
    assertThat(text(feature(b, "note")).numbers()).isZero();
    assertThat(text(feature(b, "note")).damaged()).isEqualTo(4);
    assertThat(text(feature(b, "note")).formats()).isEqualTo(Formats.none());
  }

  private static DatasetStatistics group(Statistics statistics, String slice) {
    return statistics.allGroups().stream()
        .filter(group -> group.slice().equals(slice))
        .findFirst()
        .orElseThrow();
  }
}
