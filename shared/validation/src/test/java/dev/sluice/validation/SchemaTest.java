package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.TimeDomain;

class SchemaTest {
  private final Schema schema =
      SchemaInference.infer(Marketplace.listings(2000, 1).statistics().all(), Set.of("sold"));

  private Feature feature(String name) {
    return schema.getFeatureList().stream()
        .filter(feature -> feature.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void typesPresenceAndShapeAreAsTfdvInfersThem() {
    assertThat(feature("price_usd").getType()).isEqualTo(FeatureType.FLOAT);
    assertThat(feature("price_usd").getPresence().getMinFraction()).isEqualTo(1);
    assertThat(feature("price_usd").getShape().getDim(0).getSize()).isEqualTo(1);
    assertThat(feature("stock").getType()).isEqualTo(FeatureType.INT);
    assertThat(feature("stock").getPresence().hasMinFraction()).isFalse();
    assertThat(feature("stock").getPresence().getMinCount()).isEqualTo(1);
    assertThat(feature("stock").getValueCount().getMax()).isEqualTo(1);
  }

  @Test
  void textThatRepeatsHasADomainAndAnIdentifierHasNone() {
    assertThat(feature("category").getDomain()).isEqualTo("category");
    assertThat(schema.getStringDomainList())
        .filteredOn(domain -> domain.getName().equals("category"))
        .singleElement()
        .satisfies(domain ->
            assertThat(domain.getValueList())
                .containsExactly("books", "garden", "home", "music", "pets", "toys"));
    assertThat(feature("seller_id").hasDomain()).isFalse();
  }

  @Test
  void timesAreKnownAsSuch() {
    assertThat(feature("listed_at").getTimeDomain().getIntegerFormat())
        .isEqualTo(TimeDomain.IntegerTimeFormat.UNIX_SECONDS);
    @Nullable Object[] days = {"2026-01-01", "2026-01-02", "2026-01-02", "2026-01-01"};
    Schema dated =
        SchemaInference.infer(new Table(4).with("day", days).statistics().all(), Set.of());
    assertThat(dated.getFeature(0).getTimeDomain().getStringFormat()).isEqualTo("%Y-%m-%d");
    assertThat(dated.getFeature(0).hasDomain()).isFalse();
  }

  @Test
  void theLabelNeedNotBeThereAtServing() {
    assertThat(feature("sold").getNotInEnvironmentList()).containsExactly("SERVING");
    assertThat(feature("stock").getNotInEnvironmentList()).isEmpty();
    assertThat(schema.getDefaultEnvironmentList()).containsExactly("TRAINING", "SERVING");
  }

  @Test
  void anEmptyColumnBindsNobody() {
    Schema inferred =
        SchemaInference.infer(
            new Table(3).with("x", new @Nullable Object[3]).statistics().all(), Set.of());
    assertThat(inferred.getFeature(0).getPresence().hasMinCount()).isTrue();
    assertThat(inferred.getFeature(0).getPresence().getMinCount()).isZero();
  }

  @Test
  void textRoundTrips() {
    String text = SchemaText.write(schema);
    assertThat(SchemaText.parse("schema.pbtxt", text)).isEqualTo(schema);
    assertThat(SchemaText.write(SchemaText.parse("schema.pbtxt", text))).isEqualTo(text);
  }

  @Test
  void aTfxFileIsReadAsItIs() {
    Schema parsed =
        SchemaText.parse(
            "taxi.pbtxt",
            """
            feature {
              name: "payment_type"
              type: BYTES
              domain: "payment_type"
              presence { min_fraction: 1.0 min_count: 1 }
              shape { dim { size: 1 } }
              drift_comparator { infinity_norm { threshold: 0.01 } }
            }
            string_domain { name: "payment_type" value: "Cash" value: "Credit Card" }
            """);
    assertThat(parsed.getFeature(0).getDriftComparator().getInfinityNorm().getThreshold())
        .isEqualTo(0.01);
  }

  @Test
  void anErrorNamesLineAndField() {
    assertThatThrownBy(
            () -> SchemaText.parse("s.pbtxt", "feature {\n  name: \"a\"\n  typ: INT\n}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith(
            "s.pbtxt, line 3, column 3: typ is no field of Feature; did you mean type? (at \"typ:"
                + " INT\")");
    assertThatThrownBy(
            () -> SchemaText.parse("s.pbtxt", "feature {\n  name: \"a\"\n  type: INTEGER\n}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("INTEGER");
  }

  @Test
  void aSchemaThatContradictsItselfIsRefused() {
    assertThatThrownBy(() ->
            SchemaText.parse(
                "s.pbtxt", "feature {\n  name: \"a\"\n}\nfeature {\n  name: \"a\"\n}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 4")
        .hasMessageContaining("line 1");
    assertThatThrownBy(
            () -> SchemaText.parse("s.pbtxt", "feature { name: \"a\" domain: \"colours\" }"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("\"colours\"");
    assertThatThrownBy(() -> SchemaText.parse("s.pbtxt", "\nfeature { type: INT }"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2: feature 1 has no name");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "presence { min_fraction: 1.5 }| line 5: presence.min_fraction of feature \"b\" is 1.5;",
        "value_count { min: 3 max: 2 }| line 5: value_count.max of feature \"b\" is 2, less than",
        "value_count { min: -3 }| line 5: value_count.min of feature \"b\" is -3;",
        "shape { dim { size: 0 } }| line 5: shape.dim.size of feature \"b\" is 0;",
        "domain: \"hue\"| line 5: domain of feature \"b\" is \"hue\", which the schema does not",
        "type: STRUCT| line 5: type of feature \"b\" is STRUCT; batches are flat tables",
        "struct_domain { feature { name: \"c\" } }| line 5: struct_domain of feature \"b\" is given;",
        "int_domain { min: 2 max: 1 }| line 5: int_domain.max of feature \"b\" is 1, less than min 2",
        "float_domain { min: 2 max: 1 }| line 5: float_domain.max of feature \"b\" is 1, less than",
        "unique_constraints { min: 2 max: 1 }| line 5: unique_constraints.max of feature \"b\" is 1,",
        "bool_domain { true_value: \"y\" false_value: \"y\" }| line 5: bool_domain.false_value of",
        "distribution_constraints { min_domain_mass: 0.5 }| line 5: distribution_constraints of",
        "drift_comparator { infinity_norm { threshold: -1 } }| line 5: drift_comparator.infinity_norm",
      })
  void aLimitThatNothingCanMeetIsRefusedWithItsLine(String field, String message) {
    String text = "feature {\n  name: \"a\"\n}\nfeature { name: \"b\"\n  " + field + "\n}\n";
    assertThatThrownBy(() -> SchemaText.parse("s.pbtxt", text))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("s.pbtxt, " + message.strip());
  }

  @Test
  void rowsAtLeastAndAtMostMustAgree() {
    String text = "dataset_constraints {\n  min_examples_count: 2\n  max_examples_count: 1\n}\n";
    assertThatThrownBy(() -> SchemaText.parse("s.pbtxt", text))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(
            "line 3: dataset_constraints.max_examples_count of the schema is 1, less than");
  }

  @Test
  void aNestedFeatureThatIsNotInUseIsLeftAlone() {
    assertThat(
            SchemaText.parse(
                    "s.pbtxt", "feature { name: \"a\" type: STRUCT lifecycle_stage: DISABLED }")
                .getFeatureCount())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"sparse_feature", "weighted_feature"})
  void aJoinedFeatureNeedsANameOfItsOwn(String kind) {
    String text = "feature { name: \"a\" }\n" + kind + " { name: \"%s\" }";
    assertThatThrownBy(() -> SchemaText.parse("s.pbtxt", text.formatted("a")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2: " + kind + " of the schema is named \"a\" like another");
    assertThat(SchemaText.parse("s.pbtxt", text.formatted("b")).getFeatureCount()).isEqualTo(1);
  }

  @Test
  void switchesOfOlderTfxAreLeftAlone() {
    assertThat(
            SchemaText.parse(
                    "s.pbtxt",
                    "generate_legacy_feature_spec: true\nfeature { name: \"a\" }\n"
                        + "represent_variable_length_as_sparse: false\n"
                        + "represent_variable_length_as_ragged: true\n")
                .getFeatureCount())
        .isEqualTo(1);
    assertThatThrownBy(() -> SchemaText.parse("s.pbtxt", "\ngenerate_legacy_spec: true\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2");
  }
}
