package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLinesFileTest {
  private static JsonLinesFile file(String text) {
    return file(text.getBytes(UTF_8), 16);
  }

  private static JsonLinesFile file(byte[] bytes, int buffer) {
    return new JsonLinesFile(ByteSource.of("in/a.jsonl", bytes), "", null, buffer);
  }

  private static List<Field> fields(String text) throws IOException {
    return Reading.kinds(file(text)).fields();
  }

  private static List<String> values(String text) throws IOException {
    return Reading.values(Reading.records(file(text)));
  }

  private static Reading.Found only(String text) throws IOException {
    List<Reading.Found> found = Reading.records(file(text));
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  @Test
  void membersAreColumnsOfTheTypesThatTheyShow() throws IOException {
    assertThat(
            fields(
                """
                {"i": 1, "f": 1.5, "t": "x", "b": true, "n": null, "l": [1, 2], "big": 9223372036854775808}
                {"i": -2, "f": 2, "t": "5", "b": false, "l": [3]}
                """))
        .containsExactly(
            new Field("i", ValueType.INT),
            new Field("f", ValueType.FLOAT),
            new Field("t", ValueType.STRING),
            new Field("b", ValueType.STRING),
            new Field("n", ValueType.STRING),
            new Field("l", ValueType.INT, true, false),
            new Field("big", ValueType.FLOAT));
  }

  @Test
  void valuesAreWhatJsonSays() throws IOException {
    assertThat(
            values(
                """
                {"a": 9223372036854775807, "b": -9223372036854775808, "c": 1e3, "d": -0.5E-2}
                {"a": 0, "b": -0, "c": 123456789012345678901234567890, "d": 0.1}
                """))
        .containsExactly(
            "{a=9223372036854775807, b=-9223372036854775808, c=1000.0, d=-0.005}",
            "{a=0, b=0, c=1.2345678901234568E29, d=0.1}");
  }

  @Test
  void wordsAreTextsAndPythonsNumbersAreNumbers() throws IOException {
    assertThat(values("{\"a\":true,\"b\":false,\"c\":NaN,\"d\":Infinity,\"e\":-Infinity}"))
        .containsExactly("{a=true, b=false, c=NaN, d=Infinity, e=-Infinity}");
  }

  @Test
  void nullAndEmptyTextsAreMissing() throws IOException {
    assertThat(values("{\"a\":null,\"b\":\"\",\"c\":[],\"d\":{},\"e\":\"x\",\"f\":[\"\"]}"))
        .containsExactly("{e=x}");
  }

  @Test
  void escapesAreUndone() throws IOException {
    assertThat(
            values(
                "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t|\\u0041\\u00e9\\u2603\\ud83d\\uDE00\","
                    + "\"b\\n\\u00e9\":\"Zo\u00eb \ud83d\ude00\"}"))
        .containsExactly(
            "{a=\"\\/\b\f\n\r\t|A\u00e9\u2603\ud83d\ude00, b\n\u00e9=Zo\u00eb \ud83d\ude00}");
  }

  @Test
  void objectsAreFlattened() throws IOException {
    assertThat(
            values("{\"a\":{\"b\":{\"c\":1,\"\\u0064\":2},\"e\":3},\"f\":4,\"g\":{\"h\":[5,6]}}"))
        .containsExactly("{a.b.c=1, a.b.d=2, a.e=3, f=4, g.h=[5, 6]}");
  }

  @Test
  void byteOrderMarkCarriageReturnsAndEmptyLinesArePassed() throws IOException {
    List<Reading.Found> found =
        Reading.records(file("\ufeff{\"a\":1}\r\n\r\n  \n{\"a\":2}\r\n{\"a\":3}"));
    assertThat(Reading.values(found)).containsExactly("{a=1}", "{a=2}", "{a=3}");
    assertThat(found).extracting(Reading.Found::line).containsExactly(1L, 4L, 5L);
    assertThat(found).extracting(Reading.Found::offset).containsExactly(3L, 17L, 26L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "x ~ the line is no JSON object; write one object, {...}, a line",
        "[1] ~ the line is no JSON object; write one object, {...}, a line",
        "{ ~ at byte 2 of the line: a name in quotes was expected",
        "{\"a\":1 ~ at byte 7 of the line: a comma or } was expected",
        "{\"a\":1, ~ at byte 8 of the line: a name in quotes was expected",
        "{\"a\":1,} ~ at byte 8 of the line: a name in quotes was expected",
        "{\"a\" 1} ~ at byte 6 of the line: a colon was expected",
        "{\"a\":1 2} ~ at byte 8 of the line: a comma or } was expected",
        "{\"a\":1} {\"a\":2} ~ at byte 9 of the line: there is more after the object; write one object a line",
        "{\"a\":\"x ~ at byte 6 of the line: a text has no closing quote",
        "{\"a\":\"\\x\"} ~ at byte 7 of the line: a backslash begins no escape; double it",
        "{\"a\":\"\\u12\"} ~ at byte 7 of the line: four hexadecimal digits must follow \\u",
        "{\"a\":\"\\ud800\"} ~ at byte 7 of the line: half of a surrogate pair stands alone; write the character itself",
        "{\"a\":\"\\udc00\\ud800\"} ~ at byte 7 of the line: half of a surrogate pair stands alone; write the character itself",
        "{\"a\":01} ~ at byte 6 of the line: a number begins with a zero; write it as a text in quotes, or without",
        "{\"a\":1.} ~ at byte 8 of the line: a digit was expected",
        "{\"a\":1e+} ~ at byte 9 of the line: a digit was expected",
        "{\"a\":1e400} ~ at byte 11 of the line: a number is beyond 1.8e308, the largest double",
        "{\"a\":1,\"a\":2} ~ the name a comes twice in the row",
        "{\"a\":{\"b\":1},\"a.b\":2} ~ the name a.b comes twice in the row",
        "{\"\":1} ~ a column has an empty name; give every column a name",
        "{\"__row\":1} ~ the name __row starts with __, which is kept for Sluice; rename it",
        "{\"a\":[{}]} ~ `the list a holds an object; only texts, numbers, true and false can stand in a list`",
        "{\"a\":[1,[2]]} ~ `the list a holds a list; only texts, numbers, true and false can stand in a list`",
        "{\"a\":[null]} ~ `the list a holds null; only texts, numbers, true and false can stand in a list`",
        "{\"a\":[1 2]} ~ at byte 9 of the line: a comma or ] was expected"
      })
  void aBrokenLineIsRejectedWithItsReason(String line, String reason) throws IOException {
    assertThat(only(line).reason()).isEqualTo(reason);
    assertThat(values(line + "\n{\"a\":1}\n")).containsExactly("{a=1}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"a\":tru}", "{\"a\":-}", "{\"a\":}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":'x'}"})
  void whatIsNoValueIsSaid(String line) throws IOException {
    assertThat(only(line).reason())
        .endsWith("a value was expected, such as \"text\", 1, 2.5, true, null, [...] or {...}");
  }

  @Test
  void aControlCharacterAndBytesThatAreNotUtf8AreRejected() throws IOException {
    assertThat(only("{\"a\":\"x\ty\"}").reason())
        .isEqualTo(
            "at byte 8 of the line: a control character stands in a text; escape it, such as \\n");
    for (String text :
        List.of("{\"a\":\"caf\u00e9\"}", "{\"a\":\"\\n\u00e9\"}", "{\"\u00e9\":1}")) {
      JsonLinesFile file = file(text.getBytes(ISO_8859_1), 16);
      assertThat(Reading.records(file).getFirst().reason())
          .endsWith("byte 0xE9 is not valid UTF-8; save the file as UTF-8");
    }
  }

  @Test
  void theColumnOfAProblemIsNamed() throws IOException {
    assertThat(only("{\"a\":1,\"b\":[[]]}").column()).isEqualTo("b");
  }

  @Test
  void nestingHasALimit() throws IOException {
    String deepest = "{\"a\":".repeat(JsonRow.DEPTH) + "1" + "}".repeat(JsonRow.DEPTH);
    assertThat(only(deepest).reason()).isNull();
    assertThat(only("{\"a\":" + deepest + "}").reason())
        .endsWith("objects are nested more than 64 levels deep; flatten them");
    assertThat(only("{\"a\":" + "[".repeat(1_000_000)).reason()).contains("holds a list");
  }

  @Test
  void aLineBeyondTheLimitIsOneRejectedRow() throws IOException {
    String text = "{\"a\":1}\n{\"a\":\"" + "x".repeat(JsonLinesFile.MAX_LINE) + "\"}\n{\"a\":3}\n";
    List<Reading.Found> found = Reading.records(file(text.getBytes(UTF_8), 1 << 16));
    assertThat(Reading.values(found)).containsExactly("{a=1}", "{a=3}");
    assertThat(found.get(1).reason()).startsWith("the line is longer than 16777216 bytes");
    assertThat(found.get(2).line()).isEqualTo(3);
  }

  @Test
  void anyCutGivesTheSameRecords() throws IOException {
    String text =
        "\ufeff\n{\"a\":1}\r\n\n\nbroken\n{\"a\":\"\u2603\"}\n \r\n{\"a\":[1,2]}\n[]\n{\"b\":{\"c\":1}}\n\n";
    for (String tail : List.of("", "{\"a\":7}", "{\"a\"")) {
      byte[] bytes = (text + tail).getBytes(UTF_8);
      RecordFile file = file(bytes, 16);
      List<Reading.Found> whole = Reading.records(file);
      for (int first = 0; first <= bytes.length; first++) {
        for (int second = first; second <= bytes.length; second++) {
          assertThat(Reading.records(file, first, second))
              .as("cuts %s, %s", first, second)
              .isEqualTo(whole);
        }
      }
    }
  }

  /** Held to Gson, which is strict where it is asked to be. */
  @Test
  void aRandomLineIsAcceptedWhereGsonAcceptsIt() throws IOException {
    Random random = new Random(42);
    String alphabet = "{}[]\":,\\ \tabnu0123.-eE+\u00e9";
    String[] seeds = {
      "{\"a\":1,\"b\":\"x\\n\\u00e9\",\"c\":[1.5,2e3,-0],\"d\":{\"e\":null,\"f\":true}}",
      "{\"a\":-12.5e-3,\"b\":\"\",\"c\":[],\"d\":{}}"
    };
    int accepted = 0;
    for (int round = 0; round < 30_000; round++) {
      StringBuilder line = new StringBuilder(seeds[random.nextInt(seeds.length)]);
      for (int edits = 1 + random.nextInt(2); edits > 0; edits--) {
        int at = random.nextInt(line.length());
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> line.setCharAt(at, c);
          case 1 -> line.deleteCharAt(at);
          default -> line.insert(at, c);
        }
      }
      String text = line.toString();
      if (text.isBlank()) {
        continue;
      }
      Reading.Found found = only(text);
      boolean json;
      try {
        json = strict(text) != null;
      } catch (IOException | RuntimeException e) {
        json = false;
      }
      String reason = found.reason();
      if (reason == null) {
        accepted++;
        assertThat(json).as(text).isTrue();
      } else if (json) {
        // What JSON allows and a row does not.
        assertThat(reason)
            .as(text)
            .containsAnyOf("comes twice", "can stand in a list", "empty name", "surrogate");
      }
    }
    assertThat(accepted).isGreaterThan(3000);
  }

  private static JsonObject strict(String text) throws IOException {
    JsonReader reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    JsonObject object = JsonParser.parseReader(reader).getAsJsonObject();
    if (reader.peek() != JsonToken.END_DOCUMENT) {
      throw new IllegalStateException("more follows");
    }
    return object;
  }
}
