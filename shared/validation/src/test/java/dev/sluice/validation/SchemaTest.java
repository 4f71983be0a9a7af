package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
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
        .hasMessageContaining("s.pbtxt, line 3, column 3")
        .hasMessageContaining("typ");
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
}
