package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.metadata.v0.AnomalyInfo;
import org.tensorflow.metadata.v0.Schema;

/**
 * The same schemas and data sets that tensorflow-data-validation 1.16.1 judged, see {@code
 * src/test/python/tfdv_anomalies.py}: the same verdict by feature, and the same kinds. TFDV has one
 * name for a change of type where Sluice says which.
 */
class TfdvAnomaliesTest {
  /** TFDV's older names of what it now calls UNEXPECTED_DATA_TYPE. */
  private static final Set<String> TYPES =
      Set.of(
          "BOOL_TYPE_FLOAT_NOT_INT",
          "BOOL_TYPE_FLOAT_NOT_STRING",
          "BOOL_TYPE_INT_NOT_STRING",
          "BOOL_TYPE_STRING_NOT_INT",
          "ENUM_TYPE_FLOAT_NOT_STRING",
          "ENUM_TYPE_INT_NOT_STRING",
          "FLOAT_TYPE_NON_STRING",
          "FLOAT_TYPE_STRING_NOT_FLOAT",
          "INT_TYPE_INT_EXPECTED",
          "INT_TYPE_NOT_INT_STRING",
          "INT_TYPE_NOT_STRING",
          "INT_TYPE_STRING_EXPECTED",
          "STRING_TYPE_NOW_FLOAT",
          "STRING_TYPE_NOW_INT");

  record Case(JsonObject json) {
    private String text(String member) {
      return json.get(member).getAsString();
    }

    @Nullable BatchStatistics statistics(String member) {
      Table table = table(member);
      return table == null ? null : new BatchStatistics(table.statistics().all(), List.of());
    }

    @Nullable Table table(String member) {
      JsonElement columns = json.get(member);
      if (columns == null) {
        return null;
      }
      Map<String, @Nullable Object[]> values = new TreeMap<>();
      columns
          .getAsJsonObject()
          .asMap()
          .forEach((name, column) -> values.put(name, column(column.getAsJsonArray())));
      Table table = new Table(values.values().iterator().next().length);
      values.forEach(table::with);
      return table;
    }

    private static @Nullable Object[] column(JsonArray array) {
      @Nullable Object[] values = new @Nullable Object[array.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(array.get(i));
      }
      return values;
    }

    private static @Nullable Object value(JsonElement json) {
      if (json.isJsonNull()) {
        return null;
      }
      if (json.isJsonArray()) {
        List<Object> list = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray()) {
          Object value = value(element);
          if (value != null) {
            list.add(value);
          }
        }
        return list;
      }
      if (json.isJsonObject()) {
        return Double.valueOf(json.getAsJsonObject().get("float").getAsString());
      }
      JsonPrimitive one = json.getAsJsonPrimitive();
      String text = one.getAsString();
      if (one.isString()) {
        return text;
      }
      return text.contains(".") ? (Object) Double.valueOf(text) : (Object) Long.valueOf(text);
    }

    Map<String, Set<String>> expected(String member) {
      Map<String, Set<String>> expected = new TreeMap<>();
      json.getAsJsonObject(member)
          .asMap()
          .forEach((feature, kinds) -> {
            Set<String> names = new TreeSet<>();
            kinds.getAsJsonArray().forEach(kind -> names.add(kind.getAsString()));
            expected.put(feature, names);
          });
      return expected;
    }
  }

  static Stream<Arguments> cases() throws IOException {
    try (InputStream in = TfdvAnomaliesTest.class.getResourceAsStream("tfdv-anomalies.json")) {
      JsonObject all =
          JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
              .getAsJsonObject();
      List<Arguments> cases = new ArrayList<>();
      for (JsonElement one : all.getAsJsonArray("cases")) {
        Case found = new Case(one.getAsJsonObject());
        cases.add(Arguments.of(found.text("name"), found));
      }
      return cases.stream();
    }
  }

  private static List<Anomaly> judged(Case one, Schema schema) {
    BatchStatistics baseline = one.statistics("baseline");
    Table table = one.table("batch");
    return new DataValidator()
            .validate(
                new ValidationInput(
                    one.statistics("batch"),
                    baseline == null ? List.of() : List.of(baseline),
                    List.of(),
                    null,
                    schema,
                    /* schemaGiven= */ true,
                    Checks.defaults(),
                    null,
                    Set.of(),
                    columns -> table.reader(),
                    one.json().has("environment")
                        ? one.text("environment")
                        : SchemaInference.TRAINING,
                    one.statistics("serving")))
            .anomalies()
            .stream()
            .filter(anomaly -> anomaly.severity() != Severity.INFO)
            .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void theVerdictIsTfdvs(String name, Case one) {
    if (one.json().has("refused")) {
      assertThatThrownBy(() -> SchemaText.parse("taxi.pbtxt", one.text("schema")))
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("taxi.pbtxt, line ")
          .hasMessageContaining(one.text("refused"));
      return;
    }
    Map<String, Set<String>> found = new TreeMap<>();
    for (Anomaly anomaly : judged(one, SchemaText.parse("taxi.pbtxt", one.text("schema")))) {
      found
          .computeIfAbsent(anomaly.feature(), feature -> new TreeSet<>())
          .add(anomaly.kind().name());
    }
    if (one.json().has("sluice")) {
      assertThat(found).as(one.text("why")).isEqualTo(one.expected("sluice"));
      return;
    }
    found.replaceAll((feature, kinds) -> {
      Set<String> names = new TreeSet<>();
      kinds.forEach(kind -> names.add(TYPES.contains(kind) ? "UNEXPECTED_DATA_TYPE" : kind));
      return names;
    });
    Map<String, Set<String>> expected = one.expected("tfdv");
    // INT_TYPE_NOT_INT_STRING and FLOAT_TYPE_STRING_NOT_FLOAT are also of numbers written as text.
    expected.replaceAll((feature, kinds) -> {
      Set<String> names = new TreeSet<>();
      kinds.forEach(kind -> names.add(TYPES.contains(kind) ? "UNEXPECTED_DATA_TYPE" : kind));
      return names;
    });
    assertThat(found).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void afterItsEditsTheBatchIsAccepted(String name, Case one) {
    if (one.json().has("refused")) {
      return;
    }
    Schema schema = SchemaText.parse("taxi.pbtxt", one.text("schema"));
    Schema edited = SchemaEdits.apply(schema, judged(one, schema));
    // Nothing to compare with is no fault of the schema.
    assertThat(judged(one, edited))
        .filteredOn(anomaly -> anomaly.kind() != Kind.COMPARATOR_CONTROL_DATA_MISSING)
        .isEmpty();
    assertThat(SchemaText.parse("edited.pbtxt", SchemaText.write(edited))).isEqualTo(edited);
  }

  static Stream<Arguments> measured() throws IOException {
    return cases().filter(arguments -> ((Case) arguments.get()[1]).json().has("measured"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("measured")
  void distancesAreTfdvs(String name, Case one) {
    List<Anomaly> anomalies = judged(one, SchemaText.parse("taxi.pbtxt", one.text("schema")));
    double error = one.json().get("within").getAsDouble();
    double tfdv = one.json().getAsJsonObject("measured").get("x").getAsDouble();
    assertThat(anomalies)
        .singleElement()
        .satisfies(anomaly -> assertThat(anomaly.measured()).isCloseTo(tfdv, within(error)));
  }

  @Test
  void everyKindOfTfdvIsOneOfItsTypes() {
    for (Kind kind : Kind.values()) {
      assertThat(kind.type() == AnomalyInfo.Type.CUSTOM_VALIDATION)
          .isNotEqualTo(kind.type().name().equals(kind.name()));
    }
  }
}
