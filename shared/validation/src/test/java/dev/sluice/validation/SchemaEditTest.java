package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.validation.SchemaEdit.AddFeature;
import dev.sluice.validation.SchemaEdit.AddValues;
import dev.sluice.validation.SchemaEdit.AllowInfinity;
import dev.sluice.validation.SchemaEdit.AllowNan;
import dev.sluice.validation.SchemaEdit.ChangeType;
import dev.sluice.validation.SchemaEdit.Comparator;
import dev.sluice.validation.SchemaEdit.DeprecateFeature;
import dev.sluice.validation.SchemaEdit.DeprecateJoined;
import dev.sluice.validation.SchemaEdit.Distance;
import dev.sluice.validation.SchemaEdit.LeaveOut;
import dev.sluice.validation.SchemaEdit.LowerPresence;
import dev.sluice.validation.SchemaEdit.RaiseThreshold;
import dev.sluice.validation.SchemaEdit.RemoveDomain;
import dev.sluice.validation.SchemaEdit.RemoveUnique;
import dev.sluice.validation.SchemaEdit.TakeIn;
import dev.sluice.validation.SchemaEdit.WidenGrowth;
import dev.sluice.validation.SchemaEdit.WidenRange;
import dev.sluice.validation.SchemaEdit.WidenRows;
import dev.sluice.validation.SchemaEdit.WidenUnique;
import dev.sluice.validation.SchemaEdit.WidenValueCount;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.Schema;

class SchemaEditTest {
  private static final Schema SCHEMA =
      SchemaText.parse(
          "shop.pbtxt",
          """
          feature {
            name: "toy"
            type: BYTES
            domain: "toys"
            presence { min_fraction: 1 min_count: 100 }
            shape { dim { size: 1 } }
            unique_constraints { min: 2 max: 3 }
            drift_comparator { infinity_norm { threshold: 0.01 } }
            in_environment: "TRAINING"
            in_environment: "SERVING"
          }
          feature { name: "age" type: INT int_domain { min: 3 max: 99 } value_count { min: 1 max: 1 } }
          feature {
            name: "price"
            type: FLOAT
            float_domain { min: 0.5 max: 10 disallow_nan: true disallow_inf: true }
          }
          string_domain { name: "toys" value: "car" value: "doll" }
          weighted_feature {
            name: "heavy"
            feature { step: "toy" }
            weight_feature { step: "price" }
          }
          dataset_constraints {
            num_examples_drift_comparator {
              min_fraction_threshold: 0.5
              max_fraction_threshold: 2
            }
            min_examples_count: 10
            max_examples_count: 20
          }
          """);

  private static final AddFeature NEW =
      new AddFeature(
          "colour",
          "feature { name: \"colour\" type: BYTES domain: \"toys\" }"
              + " string_domain { name: \"toys\" value: \"red\" }");

  static Stream<Arguments> edits() {
    return Stream.of(
        edit(
            NEW,
            "add feature colour of type STRING",
            "feature { name: \"colour\" type: BYTES string_domain { value: \"red\" } }"),
        edit(new DeprecateFeature("age"), "deprecate feature age", "lifecycle_stage: DEPRECATED"),
        edit(
            new LeaveOut("toy", "SERVING"),
            "leave toy out of environment SERVING",
            "not_in_environment: \"SERVING\" in_environment: \"TRAINING\""),
        edit(
            new ChangeType("age", FeatureType.FLOAT),
            "make age of type FLOAT",
            "name: \"age\" value_count { min: 1 max: 1 } type: FLOAT float_domain { min: 3.0 max:"
                + " 99.0 }"),
        edit(
            new ChangeType("toy", FeatureType.INT),
            "make toy of type INT",
            "type: INT presence { min_fraction: 1.0 min_count: 100 }"),
        edit(
            new AddValues("toy", List.of("kite", "car")),
            "add 'kite', 'car' to the domain of toy",
            "string_domain { name: \"toys\" value: \"car\" value: \"doll\" value: \"kite\" }"),
        edit(
            new WidenRange("age", -1.0, null),
            "allow age down to -1",
            "int_domain { min: -1 max: 99 }"),
        edit(
            new WidenRange("price", 0.1, 4_096.0),
            "allow price down to 0.1 and up to 4096",
            "float_domain { min: 0.099999994 max: 4096.0"),
        edit(new AllowNan("price"), "allow NaN in price", "max: 10.0 disallow_inf: true }"),
        edit(
            new AllowInfinity("price"),
            "allow infinities in price",
            "max: 10.0 disallow_nan: true }"),
        edit(
            new RemoveDomain("age"),
            "remove the domain of age",
            "feature { name: \"age\" value_count { min: 1 max: 1 } type: INT }"),
        edit(
            new LowerPresence("toy", 0.93, null),
            "lower presence.min_fraction to 0.93 of toy",
            "presence { min_fraction: 0.93 min_count: 100 }"),
        edit(
            new LowerPresence("toy", null, 7L),
            "lower presence.min_count to 7 of toy",
            "presence { min_fraction: 1.0 min_count: 7 }"),
        edit(
            new WidenValueCount("toy", 1, 3L),
            "allow 1 to 3 values a row in toy",
            "value_count { min: 1 max: 3 }"),
        edit(
            new WidenUnique("toy", 2, 9),
            "allow 2 to 9 distinct values in toy",
            "unique_constraints { min: 2 max: 9 }"),
        edit(
            new RaiseThreshold("toy", Comparator.DRIFT, Distance.INFINITY_NORM, 0.07),
            "raise drift_comparator.infinity_norm of toy to 0.07",
            "infinity_norm { threshold: 0.07 }"),
        edit(
            new RemoveUnique("toy"),
            "remove the unique_constraints of toy",
            "threshold: 0.01 } } shape { dim { size: 1 } } } feature"),
        edit(
            new TakeIn("price", "SERVING"),
            "take price into environment SERVING",
            "disallow_inf: true } in_environment: \"SERVING\""),
        edit(
            new DeprecateJoined("heavy"),
            "deprecate the joined feature heavy",
            "weight_feature { step: \"price\" } lifecycle_stage: DEPRECATED"),
        edit(
            new WidenGrowth(0.25, null),
            "allow batches of down to 0.25 times the rows before",
            "{ min_fraction_threshold: 0.25 max_fraction_threshold: 2.0 }"),
        edit(
            new WidenGrowth(null, 3.5),
            "allow batches of up to 3.5 times the rows before",
            "{ min_fraction_threshold: 0.5 max_fraction_threshold: 3.5 }"),
        edit(
            new WidenRows(3L, null),
            "allow batches of 3 and more rows",
            "min_examples_count: 3 max_examples_count: 20 }"),
        edit(
            new WidenRows(null, 40L),
            "allow batches of up to 40 rows",
            "min_examples_count: 10 max_examples_count: 40 }"));
  }

  private static Arguments edit(SchemaEdit edit, String text, String after) {
    return Arguments.of(edit, text, after);
  }

  private static String flat(Schema schema) {
    return SchemaText.write(schema).replaceAll("\\s+", " ");
  }

  @ParameterizedTest
  @MethodSource("edits")
  void anEditSaysWhatItDoesAndDoesIt(SchemaEdit edit, String text, String after) {
    assertThat(edit.text()).isEqualTo(text);
    assertThat(flat(SCHEMA)).doesNotContain(after);
    assertThat(flat(edit.apply(SCHEMA))).contains(after);
  }

  @ParameterizedTest
  @MethodSource("edits")
  void madeTwiceItChangesNothingMore(SchemaEdit edit) {
    Schema once = edit.apply(SCHEMA);
    assertThat(edit.apply(once)).isEqualTo(once);
  }

  @ParameterizedTest
  @MethodSource("edits")
  void jsonRoundTrips(SchemaEdit edit) {
    String json = Json.write(new Holder(List.of(edit)));
    assertThat(Json.read(json, Holder.class, "edits").edits()).containsExactly(edit);
  }

  private record Holder(List<SchemaEdit> edits) {}

  @Test
  void everyKindOfEditIsTested() {
    Set<String> tested = new TreeSet<>();
    edits().forEach(arguments -> tested.add(arguments.get()[0].getClass().getSimpleName()));
    assertThat(Arrays.stream(SchemaEdit.class.getPermittedSubclasses()).map(Class::getSimpleName))
        .containsExactlyInAnyOrderElementsOf(tested);
  }

  @Test
  void jsonNamesTheEdit() {
    assertThat(Json.write(new Holder(List.of(new AddValues("toy", List.of("kite"))))))
        .isEqualTo(
            "{\"edits\":[{\"edit\":\"AddValues\",\"feature\":\"toy\",\"values\":[\"kite\"]}]}");
    assertThatThrownBy(
            () -> Json.read("{\"edits\":[{\"edit\":\"Magic\"}]}", Holder.class, "x.json"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.json")
        .hasMessageContaining("one of AddFeature, AddValues")
        .hasMessageContaining("Magic");
  }

  @Test
  void anEditNeverTakesBack() {
    for (SchemaEdit edit :
        List.of(
            new WidenRange("age", 5.0, 50.0),
            new WidenRange("price", 1.0, 2.0),
            new WidenUnique("toy", 3, 3),
            new WidenRows(15L, 15L),
            new WidenGrowth(0.9, 1.1),
            new TakeIn("toy", "SERVING"),
            new RaiseThreshold("toy", Comparator.DRIFT, Distance.INFINITY_NORM, 0.001))) {
      assertThat(edit.apply(SCHEMA)).isEqualTo(SCHEMA);
    }
  }

  @Test
  void anEditOfADomainThatIsGoneChangesNothing() {
    Schema without = new RemoveDomain("toy").apply(new RemoveDomain("price").apply(SCHEMA));
    assertThat(new AddValues("toy", List.of("kite")).apply(without)).isEqualTo(without);
    assertThat(new WidenRange("price", -9.0, 99.0).apply(without)).isEqualTo(without);
    assertThat(new AllowNan("price").apply(without)).isEqualTo(without);
  }

  @Test
  void anEditOfAFeatureThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> new DeprecateFeature("hue").apply(SCHEMA))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "the schema has no feature 'hue', which the edit is about; it has toy, age, price");
    assertThatThrownBy(() -> new AddFeature("hue", "feature { name: \"colour\" }"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("the definition of 'hue' must hold that feature and no other");
  }

  @Test
  void aVersionSaysWhenWhoWhyAndWhat() {
    Schema first =
        SchemaEdits.signed(
            SCHEMA, "ana", "kites\nare sold", Instant.parse("2026-11-01T08:00:00Z"), List.of(NEW));
    Schema second =
        SchemaEdits.signed(
            first, "ben", "age is meant", Instant.parse("2026-11-02T08:00:00Z"), List.of());
    assertThat(second.getAnnotation().getCommentList())
        .containsExactly(
            "2026-11-01T08:00:00Z ana: kites are sold (add feature colour of type STRING)",
            "2026-11-02T08:00:00Z ben: age is meant");
    assertThatThrownBy(() -> SchemaEdits.signed(SCHEMA, "ana", " ", Instant.EPOCH, List.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("needs an author and a reason, and has author 'ana', reason ' '");
  }

  @Test
  void anAnomalyCarriesItsEdits() {
    Anomaly anomaly = anomaly(Severity.FAIL, new AddValues("toy", List.of("kite")));
    assertThat(anomaly.longText())
        .isEqualTo("Long. If it is meant: add 'kite' to the domain of toy.");
    assertThat(anomaly.toRow("shop", "r1", "b1").get("edits"))
        .isEqualTo(List.of("add 'kite' to the domain of toy"));
    assertThat(Json.read(Json.write(anomaly), Anomaly.class, "x")).isEqualTo(anomaly);
  }

  @Test
  void anAnomalyOfAnOlderVersionHasNoEdits() {
    String older =
        """
        {"feature":"toy","slice":"","kind":"GROUP_GONE","severity":"WARN","shortText":"short",
        "longText":"Long.","measured":1,"threshold":0}
        """;
    assertThat(Json.read(older, Anomaly.class, "x").edits()).isEmpty();
  }

  @Test
  void informationChangesNoSchema() {
    Anomaly grave = anomaly(Severity.FAIL, new AddValues("toy", List.of("kite")));
    Anomaly light = anomaly(Severity.INFO, new RemoveDomain("age"));
    assertThat(SchemaEdits.apply(SCHEMA, List.of(grave, light, grave)))
        .isEqualTo(new AddValues("toy", List.of("kite")).apply(SCHEMA));
  }

  private static Anomaly anomaly(Severity severity, SchemaEdit... edits) {
    return Anomaly.of(
            "toy", Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES, severity, "short", "Long.", 1, 0)
        .withEdits(Arrays.asList(edits));
  }
}
