package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.Formats;
import dev.sluice.statistics.TextSummary;
import dev.sluice.statistics.ValueCount;
import dev.sluice.statistics.ValueCounts;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.metadata.v0.Schema;

/** Kinds of anomalies of a given schema that {@link TfdvAnomaliesTest} has no case for. */
class AnomalyKindsTest {
  private static final int ROWS = 20;

  private static List<Anomaly> judged(String schema, DatasetStatistics batch) {
    return new SchemaChecks(
            SchemaText.parse("s.pbtxt", schema),
            /* given= */ true,
            batch,
            null,
            Checks.defaults(),
            Math.log(1e-4))
        .run().stream().map(Draft::anomaly).toList();
  }

  private static Anomaly only(String schema, Table batch) {
    return only(schema, batch.statistics().all());
  }

  private static Anomaly only(String schema, DatasetStatistics batch) {
    List<Anomaly> anomalies = judged(schema, batch);
    assertThat(anomalies).hasSize(1);
    Anomaly anomaly = anomalies.getFirst();
    assertThat(anomaly.edits()).isNotEmpty();
    assertThat(
            judged(
                SchemaText.write(SchemaEdits.apply(SchemaText.parse("s.pbtxt", schema), anomalies)),
                batch))
        .as("after %s", anomaly.edits())
        .isEmpty();
    return anomaly;
  }

  private static Table column(Object even, Object odd) {
    @Nullable Object[] values = new @Nullable Object[ROWS];
    Arrays.setAll(values, i -> i % 2 == 0 ? even : odd);
    return new Table(ROWS).with("x", values);
  }

  @ParameterizedTest
  @CsvSource({
    "BYTES, '', INT, STRING_TYPE_NOW_INT",
    "BYTES, '', FLOAT, STRING_TYPE_NOW_FLOAT",
    "BYTES, string_domain {}, INT, ENUM_TYPE_INT_NOT_STRING",
    "BYTES, string_domain {}, FLOAT, ENUM_TYPE_FLOAT_NOT_STRING",
    "BYTES, bool_domain {}, INT, BOOL_TYPE_INT_NOT_STRING",
    "BYTES, bool_domain {}, FLOAT, BOOL_TYPE_FLOAT_NOT_STRING",
    "BYTES, int_domain {}, INT, INT_TYPE_STRING_EXPECTED",
    "BYTES, int_domain {}, FLOAT, INT_TYPE_NOT_STRING",
    "BYTES, float_domain {}, FLOAT, FLOAT_TYPE_NON_STRING",
    "INT, '', FLOAT, INT_TYPE_INT_EXPECTED",
    "INT, '', STRING, INT_TYPE_NOT_INT_STRING",
    "INT, bool_domain {}, STRING, BOOL_TYPE_STRING_NOT_INT",
    "FLOAT, '', STRING, FLOAT_TYPE_STRING_NOT_FLOAT"
  })
  void aChangeOfTypeHasTheNameOfWhatWasExpected(
      String type, String domain, ValueType now, Kind kind) {
    Table batch =
        switch (now) {
          case INT -> column(0L, 1L);
          case FLOAT -> column(0.5, 1.5);
          case STRING -> column("a", "b");
        };
    String schema = "feature { name: \"x\" type: " + type + " " + domain + " }";
    assertThat(only(schema, batch).kind()).isEqualTo(kind);
  }

  @Test
  void zerosAndOnesThatBecameFloats() {
    assertThat(only("feature { name: \"x\" type: INT bool_domain {} }", column(0.0, 1.0)).kind())
        .isEqualTo(Kind.BOOL_TYPE_FLOAT_NOT_INT);
  }

  private static DatasetStatistics texts(@Nullable Long unique, long invalid) {
    ValueCounts counts =
        new ValueCounts(
            unique, 0, List.of(new ValueCount("a", 10), new ValueCount("b", 10)), 0, null);
    TextSummary text = new TextSummary(1, 1, 1, 0, invalid, 0, Formats.none());
    return new DatasetStatistics(
        "",
        "",
        ROWS,
        List.of(new FeatureStatistics("x", ValueType.STRING, ROWS, 0, counts, null, text)));
  }

  @Test
  void bytesThatAreNoTextHaveNoPlaceInADomainOfTexts() {
    String schema =
        "feature { name: \"x\" type: BYTES string_domain { value: \"a\" value: \"b\" } }";
    Anomaly anomaly = only(schema, texts(2L, 3));
    assertThat(anomaly.kind()).isEqualTo(Kind.ENUM_TYPE_INVALID_UTF8);
    assertThat(anomaly.shortText()).isEqualTo("x holds 3 values that are not UTF-8");
    assertThat(judged("feature { name: \"x\" type: BYTES }", texts(2L, 3))).isEmpty();
    assertThat(judged(schema, texts(2L, 0))).isEmpty();
  }

  @Test
  void distinctValuesThatAreNotKnownAreNotHeldToALimit() {
    String schema = "feature { name: \"x\" type: BYTES unique_constraints { min: 1 max: 1 } }";
    Anomaly anomaly = only(schema, texts(null, 0));
    assertThat(anomaly.kind()).isEqualTo(Kind.FEATURE_TYPE_NO_UNIQUE);
    assertThat(anomaly.severity()).isEqualTo(Severity.WARN);
    assertThat(only(schema, texts(2L, 0)).kind()).isEqualTo(Kind.FEATURE_TYPE_HIGH_UNIQUE);
  }

  @Test
  void limitsOfImagesAndTokensAreSaidNotToBeChecked() {
    String image = "feature { name: \"x\" type: BYTES image_domain { %s } }";
    Table batch = column("a", "b");
    assertThat(only(image.formatted("max_image_byte_size: 9"), batch).kind())
        .isEqualTo(Kind.STATS_NOT_AVAILABLE);
    assertThat(judged(image.formatted(""), batch.statistics().all())).isEmpty();
  }

  @Test
  void aComparatorOfAColumnThatTheBatchLeavesEmptySaysSo() {
    Schema schema =
        SchemaText.parse(
            "s.pbtxt",
            "feature { name: \"x\" type: BYTES"
                + " drift_comparator { infinity_norm { threshold: 0.1 } } }");
    DatasetStatistics full = column("a", "b").statistics().all();
    DatasetStatistics empty =
        new Table(ROWS).with("x", new @Nullable Object[ROWS]).statistics().all();
    List<Draft> drafts =
        new Comparators(schema, SchemaEdit.Comparator.DRIFT, "TRAINING", empty, full).run();
    assertThat(drafts)
        .extracting(draft -> draft.anomaly().kind())
        .containsExactly(Kind.COMPARATOR_TREATMENT_DATA_MISSING);
    assertThat(new Comparators(schema, SchemaEdit.Comparator.DRIFT, "TRAINING", full, full).run())
        .isEmpty();
  }

  private static Table joined(int values, int others, Object other) {
    @Nullable Object[] value = new @Nullable Object[ROWS];
    @Nullable Object[] beside = new @Nullable Object[ROWS];
    Arrays.fill(value, 0, values, List.of("a", "b"));
    Arrays.fill(beside, 0, others, other);
    return new Table(ROWS).with("value", value).with("beside", beside);
  }

  @ParameterizedTest
  @CsvSource({
    "18, 20, 2, MISSING_VALUE",
    "20, 17, 2, MISSING_%s",
    "20, 20, 3, LENGTH_MISMATCH",
  })
  void columnsOfAJoinedFeatureGoTogether(int values, int others, int length, String kind) {
    String columns =
        "feature { name: \"value\" type: BYTES } feature { name: \"beside\" type: INT }";
    String sparse =
        columns
            + " sparse_feature { name: \"s\" index_feature { name: \"beside\" }"
            + " value_feature { name: \"value\" } }";
    String weighted =
        columns
            + " weighted_feature { name: \"w\" feature { step: \"value\" }"
            + " weight_feature { step: \"beside\" } }";
    Object lengths = List.of(1L, 2L, 3L).subList(0, length);
    Table batch = joined(values, others, lengths);
    assertThat(only(sparse, batch).kind().name())
        .isEqualTo("SPARSE_FEATURE_" + kind.formatted("INDEX"));
    assertThat(only(weighted, batch).kind().name())
        .isEqualTo("WEIGHTED_FEATURE_" + kind.formatted("WEIGHT"));
    Table fits = joined(ROWS, ROWS, List.of(1L, 2L));
    assertThat(judged(sparse, fits.statistics().all())).isEmpty();
    assertThat(judged(weighted, fits.statistics().all())).isEmpty();
  }

  @Test
  void aColumnMayBeLeftOutOfServing() {
    Schema schema =
        SchemaText.parse(
            "s.pbtxt",
            """
            default_environment: "TRAINING"
            default_environment: "SERVING"
            feature { name: "x" type: BYTES }
            feature { name: "sold" type: INT presence { min_fraction: 1 } }
            """);
    DatasetStatistics batch = column("a", "b").statistics().all();
    Anomaly anomaly = serving(schema, batch).getFirst();
    assertThat(anomaly.kind()).isEqualTo(Kind.SCHEMA_MISSING_COLUMN);
    assertThat(anomaly.edits()).containsExactly(new SchemaEdit.LeaveOut("sold", "SERVING"));
    Schema edited = SchemaEdits.apply(schema, List.of(anomaly));
    assertThat(serving(edited, batch)).isEmpty();
    assertThat(judged(SchemaText.write(edited), batch)).isNotEmpty();
  }

  private static List<Anomaly> serving(Schema schema, DatasetStatistics batch) {
    return new SchemaChecks(
            schema, true, batch, null, Checks.defaults(), Math.log(1e-4), SchemaInference.SERVING)
        .run().stream().map(Draft::anomaly).toList();
  }

  @Test
  void theInferredSchemaLetsServingDoWithoutTheLabel() {
    Table listings = Marketplace.listings(500, 1);
    Schema schema = SchemaInference.infer(listings.statistics().all(), Set.of("sold"));
    DatasetStatistics batch = listings.without("sold").statistics().all();
    assertThat(serving(schema, batch)).isEmpty();
    assertThat(
            new SchemaChecks(schema, false, batch, null, Checks.defaults(), Math.log(1e-4)).run())
        .extracting(draft -> draft.anomaly().kind())
        .containsExactly(Kind.SCHEMA_MISSING_COLUMN);
  }

  @Test
  void gapsThatDriftFindsAreOfferedAsPresence() {
    Table batch = Marketplace.nullFrom(Marketplace.listings(2_000, 3), "category", 1_001);
    Validation validation = Marketplace.validate(Marketplace.listings(2_000, 1), batch);
    assertThat(Marketplace.of(validation, Severity.FAIL))
        .filteredOn(anomaly -> anomaly.kind() == Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT)
        .singleElement()
        .satisfies(anomaly ->
            assertThat(anomaly.edits())
                .containsExactly(new SchemaEdit.LowerPresence("category", 0.5, null)));
  }
}
