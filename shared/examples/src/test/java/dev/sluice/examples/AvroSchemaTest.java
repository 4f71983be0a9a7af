package dev.sluice.examples;

import static dev.sluice.examples.AvroBytes.field;
import static dev.sluice.examples.AvroBytes.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AvroSchemaTest {
  private static List<String> columns(String schema) {
    return AvroFile.program(schema).columns().stream().map(AvroProgram.Column::name).toList();
  }

  private static String nested(String... fields) {
    return "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" + String.join(",", fields) + "]}";
  }

  @Test
  void recordsWithinRecordsAreFlattened() {
    String inner = nested(field("x", "\"int\""), field("y", "[\"null\",\"string\"]"));
    assertThat(columns(record(field("a", inner), field("b", "[\"null\",\"S\"]"))))
        .containsExactly("a.x", "a.y", "b.x", "b.y");
  }

  @Test
  void namesAreFoundInTheirNamespace() {
    String schema =
        """
        {"type": "record", "name": "shop.Row", "fields": [
          {"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["X"]}},
          {"name": "b", "type": "E"},
          {"name": "c", "type": "shop.E"},
          {"name": "d", "type": {"type": "fixed", "name": "F", "namespace": "other", "size": 2}},
          {"name": "e", "type": "other.F"},
          {"name": "f", "type": {"type": {"type": "string"}}}]}
        """;
    assertThat(columns(schema)).containsExactly("a", "b", "c", "d", "e", "f");
  }

  @Test
  void aNameOfAnotherNamespaceIsUnknown() {
    String schema =
        """
        {"type": "record", "name": "shop.Row", "fields": [
          {"name": "d", "type": {"type": "fixed", "name": "F", "namespace": "other", "size": 2}},
          {"name": "e", "type": "F"}]}
        """;
    assertThatThrownBy(() -> columns(schema))
        .isInstanceOf(BadInput.class)
        .hasMessage("has a schema that names the type F, which it does not define");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"type":"map","values":"int"} | a map
          {"type":"array","items":{"type":"array","items":"int"}} | an array of arrays
          {"type":"array","items":{"type":"record","name":"S","fields":[]}} | an array of records
          {"type":"array","items":{"type":"map","values":"int"}} | an array of maps
          {"type":"array","items":"null"} | an array of nulls
          ["null","int",{"type":"record","name":"S","fields":[]}] | a union of a record and other types
          ["string",{"type":"array","items":"string"}] | a union of an array and other types
          {"type":"fixed","name":"D","size":12,"logicalType":"duration"} | a duration
          {"type":"string","sqlType":"INTERVAL"} | an interval
          ["null",{"type":"string","sqlType":"INTERVAL"}] | an interval
          {"type":"string","sqlType":"RANGE"} | a range
          {"type":"record","name":"S","sqlType":"RANGE","fields":[{"name":"start","type":"int"}]} | a range
          """)
  void whatIsNoColumnIsRefusedByName(String type, String title) {
    assertThatThrownBy(() -> columns(record(field("v", type))))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "has a schema that has the column v, which is "
                + title
                + "; no column can be made of it: write plain values, records of them, or arrays of"
                + " plain values");
  }

  @Test
  void aTypeThatContainsItselfIsRefused() {
    assertThatThrownBy(() -> columns(record(field("next", "[\"null\",\"R\"]"))))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "has a schema that has the type R, which contains itself; write rows of plain columns");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          | has the type null, which is no text
          {"type":"record" | is no JSON
          "string" | is a string, not a record
          {"type":"array","items":"int"} | is an array, not a record
          ["null","int"] | is a union, not a record
          {"type":"record","name":"R"} | has the record R without "fields"
          {"type":"record","fields":[]} | has a named type without "name"
          {"type":"record","name":"R","fields":[]} | has no columns that could have a value
          {"type":"record","name":"R","fields":[{"name":"a","type":"null"}]} | has no columns that could
          {"type":"record","name":"R","fields":[{"name":"a"}]} | has the field a without "type"
          {"type":"record","name":"R","fields":[{"name":"a","type":[]}]} | has a union of no types
          {"type":"record","name":"R","fields":[{"name":"a","type":["int",["int"]]}]} | a union in a union
          {"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]} | has the column a twice
          {"type":"record","name":"R","fields":[{"name":"__row","type":"int"}]} | starts with __
          {"type":"record","name":"R","fields":[{"name":"a","type":7}]} | has the type 7, which is no text
          {"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F"}}]} | without a size
          {"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"R","size":1}}]} | defines the type R twice
          """)
  void aSchemaThatIsNoneIsRefused(String schema, String message) {
    assertThatThrownBy(() -> columns(schema == null ? "" : schema))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("has a schema that ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"precision\":0,\"scale\":0",
        "\"precision\":3,\"scale\":5",
        "\"precision\":40,\"scale\":0",
        "\"scale\":0"
      })
  void aDecimalThatCannotBeIsItsBytes(String limits) {
    String type =
        "{\"type\":\"fixed\",\"name\":\"D\",\"size\":16,\"logicalType\":\"decimal\","
            + limits
            + "}";
    AvroProgram.Column column = AvroFile.program(record(field("d", type))).columns().getFirst();
    assertThat(column.look()).isTrue();
  }

  @Test
  void aLogicalTypeOfAnotherTypeDoesNotCount() {
    String type = "{\"type\":\"string\",\"logicalType\":\"date\"}";
    AvroProgram.Column column = AvroFile.program(record(field("d", type))).columns().getFirst();
    assertThat(column).isEqualTo(new AvroProgram.Column("d", Numbers.TEXT, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"JSON", "GEOGRAPHY"})
  void bigQuerysOtherTypesAreTheTextsThatTheyLookLike(String sqlType) {
    String type = "{\"type\":\"string\",\"sqlType\":\"" + sqlType + "\"}";
    AvroProgram.Column column = AvroFile.program(record(field("v", type))).columns().getFirst();
    assertThat(column).isEqualTo(new AvroProgram.Column("v", Numbers.TEXT, false));
  }

  @Test
  void onlyBytesAndUnionsNeedALook() {
    assertThat(AvroRows.declare(AvroFile.program(record(field("a", "\"int\""))), new Kinds()))
        .isTrue();
    assertThat(AvroRows.declare(AvroFile.program(record(field("a", "\"bytes\""))), new Kinds()))
        .isFalse();
    assertThat(
            AvroRows.declare(
                AvroFile.program(record(field("a", "[\"int\",\"long\"]"))), new Kinds()))
        .isTrue();
    assertThat(
            AvroRows.declare(
                AvroFile.program(record(field("a", "[\"int\",\"string\"]"))), new Kinds()))
        .isFalse();
  }

  @Test
  void recordsThatDoubleAtEachLevelAreRefused() {
    StringBuilder fields = new StringBuilder(field("f0", nested()));
    String previous = "S";
    for (int i = 1; i < 60; i++) {
      String own = "T" + i;
      String both =
          "{\"type\":\"record\",\"name\":\""
              + own
              + "\",\"fields\":["
              + field("l", "\"" + previous + "\"")
              + ","
              + field("r", "\"" + previous + "\"")
              + "]}";
      fields.append(',').append(field("f" + i, both));
      previous = own;
    }
    assertThatThrownBy(() -> columns(record(fields.toString())))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("is too large");
  }

  @Test
  void deepRecordsAreRefused() {
    StringBuilder fields = new StringBuilder(field("f0", nested(field("x", "\"int\""))));
    String previous = "S";
    for (int i = 1; i < 70; i++) {
      fields
          .append(',')
          .append(
              field(
                  "f" + i,
                  "{\"type\":\"record\",\"name\":\"T"
                      + i
                      + "\",\"fields\":["
                      + field("l", "\"" + previous + "\"")
                      + "]}"));
      previous = "T" + i;
    }
    assertThatThrownBy(() -> columns(record(fields.toString())))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("nested deeper than 64");
    assertThatThrownBy(() -> columns("[".repeat(100_000))).isInstanceOf(BadInput.class);
  }
}
