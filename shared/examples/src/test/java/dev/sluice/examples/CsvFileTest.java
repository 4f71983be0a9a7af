package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvFileTest {
  static Stream<Arguments> dialects() {
    return Stream.of(
        Arguments.of("plain", "a,b\n1,x\n2,y\n"),
        Arguments.of("no line end at the end", "a,b\n1,x\n2,y"),
        Arguments.of("CRLF", "a,b\r\n1,x\r\n2,y\r\n"),
        Arguments.of("CR", "a,b\r1,x\r2,y\r"),
        Arguments.of("CRLF only in rows", "a,b\n1,x\r\n2,y\r\n"),
        Arguments.of("byte order mark", "\uFEFFa,b\n1,x\n2,y\n"),
        Arguments.of("byte order mark before a quote", "\uFEFF\"a\",b\n1,x\n2,y\n"),
        Arguments.of("semicolon", "a;b\n1;x\n2;y\n"),
        Arguments.of("tab", "a\tb\n1\tx\n2\ty\n"),
        Arguments.of("bar", "a|b\n1|x\n2|y\n"),
        Arguments.of("quoted", "\"a\",\"b\"\n\"1\",\"x\"\n\"2\",\"y\"\n"),
        Arguments.of("quoted at the end without line end", "a,b\n1,x\n2,\"y\""),
        Arguments.of("quoted with CR at the end", "a,b\r\n1,x\r\n2,\"y\"\r"),
        Arguments.of("empty lines", "\n\na,b\n\n1,x\n\r\n2,y\n\n"),
        Arguments.of("blanks around names and numbers", " a , b\n 1 ,x\n2\t,y\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dialects")
  void readsTheDialect(String name, String text) throws IOException {
    Data.Table examples = Data.inspect(Data.csv(text));
    assertThat(examples.fields()).containsExactly(new Field("a", INT), new Field("b", STRING));
    assertThat(examples.rows())
        .containsExactly(List.of(1L, "x", 1L, "in/a.csv"), List.of(2L, "y", 2L, "in/a.csv"));
  }

  static Stream<Arguments> fields() {
    return Stream.of(
        Arguments.of("\"a,b\"", "a,b"),
        Arguments.of("\"a\nb\"", "a\nb"),
        Arguments.of("\"a\r\nb\"", "a\r\nb"),
        Arguments.of("\"say \"\"hi\"\"\"", "say \"hi\""),
        Arguments.of("\"\"\"\"", "\""),
        Arguments.of("\"\"\"\"\"\"", "\"\""),
        Arguments.of("5\" pipe", "5\" pipe"),
        Arguments.of(" padded ", " padded "),
        Arguments.of(
            "na\u00efve \u65e5\u672c \ud83d\ude00", "na\u00efve \u65e5\u672c \ud83d\ude00"),
        Arguments.of("a\rb", "a\rb"),
        Arguments.of("x".repeat(100_000), "x".repeat(100_000)));
  }

  @ParameterizedTest
  @MethodSource("fields")
  void readsTheField(String written, String read) throws IOException {
    Data.Table examples = Data.inspect(Data.csv("k,v,w\n1," + written + ",z\n2,text,\n"));
    assertThat(Data.values(examples))
        .containsExactly(List.of(1L, read, "z"), Arrays.asList(2L, "text", null));
  }

  static Stream<Arguments> types() {
    return Stream.of(
        Arguments.of("1|-2|0|9223372036854775807|-9223372036854775808", INT),
        Arguments.of("1||3", INT),
        Arguments.of("1|NA|N/A|null|NULL|None|nan| ", INT),
        Arguments.of("1|2.5", FLOAT),
        Arguments.of("1e3|-.5|5.|1E-7", FLOAT),
        Arguments.of("1|NaN", FLOAT),
        Arguments.of("0.5|Infinity|-Infinity|inf|-inf", FLOAT),
        Arguments.of("0.5|99999999999999999999", FLOAT),
        Arguments.of("1|99999999999999999999", STRING),
        Arguments.of("9223372036854775808", STRING),
        Arguments.of("1|007", STRING),
        Arguments.of("1|00.5", STRING),
        Arguments.of("1|+5", STRING),
        Arguments.of("1|1e999", STRING),
        Arguments.of("1|n/a?", STRING),
        Arguments.of("1|1.2.3", STRING),
        Arguments.of("1|-", STRING),
        Arguments.of("1|1e", STRING),
        Arguments.of("1|.", STRING),
        Arguments.of("1|1,5", STRING),
        Arguments.of("1|0x1F", STRING),
        Arguments.of("1|1d", STRING),
        Arguments.of("2026-11-01", STRING),
        Arguments.of("true|false", STRING),
        Arguments.of("||", STRING),
        Arguments.of("NA|null", STRING));
  }

  @ParameterizedTest
  @MethodSource("types")
  void infersTheTypeFromEveryValue(String values, ValueType type) throws IOException {
    StringBuilder text = new StringBuilder("k;v\n");
    for (String value : values.split("\\|", -1)) {
      text.append("k;").append(value).append('\n');
    }
    assertThat(Data.inspect(Data.csv(text.toString())).fields().get(1).type()).isEqualTo(type);
  }

  @Test
  void aLateValueDecidesTheTypeOfTheWholeColumn() throws IOException {
    String text = "k,v\n" + "1,2\n".repeat(300_000) + "1,x\n";
    Data.Table examples = Data.inspect(Data.csv(text));
    assertThat(examples.fields().get(1).type()).isEqualTo(STRING);
    assertThat(examples.sources().getFirst().rows()).isEqualTo(300_001);
  }

  @Test
  void missingWordsAreMissingAmongNumbersAndTextAmongTexts() throws IOException {
    Data.Table examples =
        Data.inspect(
            Data.csv("i,f,s\n1,1.5,NA\nNA,null,null\n None ,nan,x\n, ,\n\"\",NaN,\" \"\n"));
    assertThat(Data.values(examples))
        .containsExactly(
            List.of(1L, 1.5, "NA"),
            Arrays.asList(null, null, "null"),
            Arrays.asList(null, null, "x"),
            Arrays.asList(null, null, null),
            Arrays.asList(null, Double.NaN, " "));
  }

  @Test
  void aDelimiterWithinTextDoesNotWinOverTheRealOne() throws IOException {
    Data.Table examples = Data.inspect(Data.csv("id;price\n1;2,5\n2;3,5\n3;4,25\n"));
    assertThat(examples.fields()).extracting(Field::name).containsExactly("id", "price");
    Data.Table commas = Data.inspect(Data.csv("id,note|b\n1,x\n2,y\n"));
    assertThat(commas.fields()).extracting(Field::name).containsExactly("id", "note|b");
    assertThat(commas.sources().getFirst().format()).isEqualTo("CSV, delimiter ','");
  }

  @Test
  void oneColumnNeedsNoDelimiter() throws IOException {
    assertThat(Data.values(Data.inspect(Data.csv("v\n1\n\"\"\n2\n"))))
        .containsExactly(List.of(1L), Arrays.asList((Object) null), List.of(2L));
  }

  @Test
  void filesOfOneBatchShareTypesAndMayDifferInOrderAndDelimiter() throws IOException {
    Data.Table examples =
        Data.inspect(Data.csv("x.csv", "a,b\n1,2\n"), Data.csv("y.csv", "b;a\n2.5;t\n"));
    assertThat(examples.fields()).containsExactly(new Field("a", STRING), new Field("b", FLOAT));
    assertThat(examples.rows())
        .containsExactly(List.of("1", 2.0, 1L, "x.csv"), List.of("t", 2.5, 1L, "y.csv"));
  }

  @Test
  void aColumnThatOneFileLacksIsNamedWithBothFiles() {
    assertThatThrownBy(
            () -> Data.inspect(Data.csv("x.csv", "a,b\n1,2\n"), Data.csv("y.csv", "a\n1\n")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "y.csv has no column b, but x.csv has; files of one batch need the same columns");
    assertThatThrownBy(
            () -> Data.inspect(Data.csv("x.csv", "a\n1\n"), Data.csv("y.csv", "a,c\n1,2\n")))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("x.csv has no column c, but y.csv has");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 200, 300})
  void longColumnNamesWork(int length) throws IOException {
    String name = "\u00e9".repeat(length);
    assertThat(Data.inspect(Data.csv(name + ",b\n1,2\n")).fields().getFirst().name())
        .isEqualTo(name);
  }

  @Test
  void batchesHoldAtMostTheAgreedRows() throws IOException {
    String text = "v\n" + "1\n".repeat(ExampleBatch.ROWS + 1);
    try (ExampleReader reader = Ingestion.read(RecordFiles.detect(List.of(Data.csv(text))))) {
      ExampleBatch first = reader.next();
      ExampleBatch second = reader.next();
      assertThat(first).isNotNull();
      assertThat(second).isNotNull();
      assertThat(List.of(first.rows(), second.rows())).containsExactly(ExampleBatch.ROWS, 1);
      assertThat(reader.next()).isNull();
    }
  }
}
