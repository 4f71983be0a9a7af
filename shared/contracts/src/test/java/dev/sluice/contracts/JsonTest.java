package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private record Figures(double a, @Nullable Double b, float c, @Nullable Float d) {}

  @Test
  void aRecordComesBackEqual() {
    StageResult result =
        new StageResult(
            Map.of("examples", "gs://b/é<&>"), Outcome.WARN, true, Map.of("rows", 2.0, "x", "y"));
    assertThat(Json.read(Json.write(result), StageResult.class, "it")).isEqualTo(result);
    Alarm alarm =
        Alarm.of("p", "r", null, Alarm.Severity.FAIL, "DATA", "text", null, Instant.EPOCH);
    assertThat(Json.read(Json.bytes(alarm), Alarm.class, "it")).isEqualTo(alarm);
  }

  @Test
  void nullsAreLeftOutAndTimesAreRfc3339() {
    assertThat(
            Json.write(
                new Alarm(
                    "a",
                    "p",
                    null,
                    null,
                    Alarm.Severity.WARN,
                    "s",
                    "t",
                    null,
                    null,
                    Instant.EPOCH)))
        .isEqualTo(
            "{\"alarm\":\"a\",\"pipeline\":\"p\",\"severity\":\"WARN\",\"subject\":\"s\","
                + "\"text\":\"t\",\"at\":\"1970-01-01T00:00:00Z\"}");
  }

  @Test
  void unknownMembersAreIgnored() {
    assertThat(
            Json.read(
                "{\"uri\":\"gs://b/n#1\",\"bytes\":2,\"crc32c\":\"\",\"new\":{}}",
                Source.class,
                "it"))
        .isEqualTo(new Source("gs://b/n#1", 2, ""));
  }

  @Test
  void aRecordsOwnRefusalArrivesWithThePlace() {
    assertThatThrownBy(() ->
            Json.read("{\"uri\":\"nowhere\",\"bytes\":2,\"crc32c\":\"\"}", Source.class, "it"))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "it: source 'nowhere' is not of the form gs://bucket/name#generation or"
                + " bigquery://project.dataset.table@milliseconds");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{'uri':1}",
        "{\"uri\":{}}",
        "x",
        "{\"bytes\":1e99}",
        "{}x"
      })
  void otherTextIsRefusedWithThePlace(String text) {
    assertThatThrownBy(() -> Json.read(text, Source.class, "gs://b/o"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("gs://b/o");
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    assertThatThrownBy(
            () -> Json.read("{\"span\":\"\",\"receivedAt\":\"noon\"}", Order.class, "it"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("not an RFC 3339 time");
  }

  /** The names are those of protobuf's JSON mapping (ProtoJSON, "float, double"). */
  @Test
  void numbersThatJsonLacksAreStringsAndComeBack() {
    Figures figures =
        new Figures(Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN);
    String text = Json.write(figures);
    assertThat(text)
        .isEqualTo("{\"a\":\"NaN\",\"b\":\"Infinity\",\"c\":\"-Infinity\",\"d\":\"NaN\"}");
    assertThat(Json.read(text, Figures.class, "it")).isEqualTo(figures);
    assertThat(Json.write(Map.of("auc", Double.NaN))).isEqualTo("{\"auc\":\"NaN\"}");
    assertThat(Json.canonical(List.of(Double.NaN))).isEqualTo("[\"NaN\"]");
  }

  @Test
  void ordinaryNumbersStayNumbersToTheLastBit() {
    Random random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      double a = Double.longBitsToDouble(random.nextLong());
      float c = Float.intBitsToFloat(random.nextInt());
      Figures figures = new Figures(a, null, c, c);
      assertThat(Json.read(Json.write(figures), Figures.class, "it")).isEqualTo(figures);
    }
    assertThat(Json.write(new Figures(0.1, 1.0, 0.1f, null)))
        .isEqualTo("{\"a\":0.1,\"b\":1.0,\"c\":0.1}");
  }

  @Test
  void textWhereANumberIsExpectedIsRefused() {
    assertThatThrownBy(() -> Json.read("{\"a\":\"many\",\"c\":1}", Figures.class, "it"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("a number was expected");
  }

  @Test
  void canonicalTextDoesNotDependOnTheOrderOfMembers() {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("b", List.of(Map.of("y", 1, "x", 2), 3));
    one.put("a", Arrays.asList(1, null));
    Map<String, Object> other = new LinkedHashMap<>();
    other.put("a", Arrays.asList(1, null));
    Map<String, Object> inner = new LinkedHashMap<>();
    inner.put("x", 2);
    inner.put("y", 1);
    other.put("b", List.of(inner, 3));
    assertThat(Json.canonical(one))
        .isEqualTo(Json.canonical(other))
        .isEqualTo("{\"a\":[1,null],\"b\":[{\"x\":2,\"y\":1},3]}");
    assertThat(Json.canonical(List.of(1, 2))).isNotEqualTo(Json.canonical(List.of(2, 1)));
  }
}
