package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Outcome;
import dev.sluice.statistics.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.Schema;

/** Multi-valued features held to a schema and to a baseline. */
class ListsTest {
  private static final int ROWS = 2_000;

  private static @Nullable Object[] rows(int rows, IntFunction<@Nullable Object> value) {
    @Nullable Object[] values = new @Nullable Object[rows];
    for (int i = 0; i < rows; i++) {
      values[i] = value.apply(i);
    }
    return values;
  }

  /** Tags from a list of six, one to three a row, and vectors of four numbers. */
  private static Table table(long seed) {
    Random random = new Random(seed);
    return new Table(ROWS)
        .with(
            "tags",
            rows(
                ROWS,
                i -> {
                  List<String> tags = new ArrayList<>();
                  for (int n = 1 + random.nextInt(3); n > 0; n--) {
                    tags.add("tag" + random.nextInt(6));
                  }
                  return random.nextInt(10) == 0 ? null : tags;
                }))
        .with(
            "vector",
            rows(
                ROWS,
                i ->
                    List.of(
                        random.nextGaussian(),
                        random.nextGaussian(),
                        random.nextGaussian(),
                        random.nextGaussian())))
        .with("plain", rows(ROWS, i -> random.nextBoolean() ? "yes" : "no"));
  }

  private static Schema inferred(Table table) {
    return SchemaInference.infer(table.statistics().all(), Set.of());
  }

  private static Feature feature(Schema schema, String name) {
    return schema.getFeatureList().stream()
        .filter(feature -> feature.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Validation validate(Table base, Table batch) {
    return validate(base, batch, inferred(base), /* given= */ false);
  }

  private static Validation validate(Table base, Table batch, Schema schema, boolean given) {
    Statistics before = base.statistics();
    Statistics now = batch.statistics();
    return new DataValidator()
        .validate(
            new ValidationInput(
                new BatchStatistics(now.all(), now.allGroups()),
                List.of(new BatchStatistics(before.all(), before.allGroups())),
                List.of(),
                null,
                schema,
                given,
                Checks.defaults(),
                null,
                Set.of(),
                columns -> batch.reader()));
  }

  private static Anomaly only(Validation validation) {
    assertThat(validation.anomalies())
        .filteredOn(anomaly -> anomaly.severity() != Severity.INFO)
        .hasSize(1);
    return validation.anomalies().getFirst();
  }

  @Test
  void theSchemaHoldsListsToAtLeastOneValueAndVectorsToTheirLength() {
    Schema schema = inferred(table(1));
    assertThat(feature(schema, "tags").getValueCount().getMin()).isEqualTo(1);
    assertThat(feature(schema, "tags").getValueCount().hasMax()).isFalse();
    assertThat(feature(schema, "tags").getDomain()).isEqualTo("tags");
    assertThat(feature(schema, "vector").getValueCount().getMin()).isEqualTo(4);
    assertThat(feature(schema, "vector").getValueCount().getMax()).isEqualTo(4);
    assertThat(feature(schema, "vector").getPresence().getMinFraction()).isEqualTo(1);
    assertThat(feature(schema, "vector").hasShape()).isFalse();
  }

  @Test
  void listsLikeThoseBeforePass() {
    Validation validation = validate(table(1), table(2));
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void aSingleValuedFeatureThatBecomesMultiValuedFailsWithItsFirstRow() {
    Table batch = table(2);
    @Nullable Object[] plain = batch.column("plain").clone();
    for (int i = 0; i < ROWS; i++) {
      plain[i] = i < 700 ? List.of("yes") : List.of("yes", "no");
    }
    batch.with("plain", plain);
    Validation validation = validate(table(1), batch);
    assertThat(validation.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(validation.anomalies())
        .filteredOn(anomaly -> anomaly.kind() == Kind.FEATURE_TYPE_HIGH_NUMBER_VALUES)
        .singleElement()
        .satisfies(anomaly -> {
          assertThat(anomaly.shortText())
              .isEqualTo(
                  "plain became multi-valued: up to 2 values a row, the schema asks for exactly 1");
          assertThat(anomaly.firstRow()).isEqualTo(701);
          assertThat(anomaly.longText()).contains("First such row: '[yes, no]' in row 701");
        });
  }

  @Test
  void aVectorOfAnotherLengthFails() {
    Table batch = table(2);
    batch.column("vector")[1_234] = List.of(.5, .5, .5);
    Anomaly anomaly = only(validate(table(1), batch));
    assertThat(anomaly.kind()).isEqualTo(Kind.FEATURE_TYPE_LOW_NUMBER_VALUES);
    assertThat(anomaly.severity()).isEqualTo(Severity.FAIL);
    assertThat(anomaly.shortText())
        .isEqualTo("vector has as few as 3 values a row, the schema asks for exactly 4");
    assertThat(anomaly.firstRow()).isEqualTo(1_235);
  }

  @Test
  void aSchemasLimitsHoldToTheLetter() {
    Schema.Builder schema = inferred(table(1)).toBuilder();
    schema.getFeatureBuilderList().stream()
        .filter(feature -> feature.getName().equals("tags"))
        .forEach(feature -> feature.getValueCountBuilder().setMin(1).setMax(2));
    Anomaly anomaly = only(validate(table(1), table(1), schema.build(), /* given= */ true));
    assertThat(anomaly.shortText())
        .isEqualTo("tags has up to 3 values a row, the schema asks for 1 to 2");
    assertThat(validate(table(1), table(1), inferred(table(1)), /* given= */ true).outcome())
        .isEqualTo(Outcome.PASS);
  }

  @Test
  void aMultiValuedFeatureThatHasOneValueInEveryRowPasses() {
    Table base = table(1);
    Table batch = table(2);
    @Nullable Object[] first = batch.column("tags").clone();
    for (int i = 0; i < ROWS; i++) {
      first[i] = first[i] instanceof List<?> tags ? tags.getFirst() : null;
    }
    batch.with("tags", first);
    assertThat(validate(base, batch).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void driftLooksAtTheValuesOfAllLists() {
    Table batch = table(2);
    Random random = new Random(9);
    for (int i = 0; i < ROWS; i++) {
      batch.column("vector")[i] =
          List.of(2 + random.nextGaussian(), 2 + random.nextGaussian(), 2.0, 2.0);
    }
    Anomaly anomaly = only(validate(table(1), batch));
    assertThat(anomaly.feature()).isEqualTo("vector");
    assertThat(anomaly.kind()).isEqualTo(Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH);
    assertThat(anomaly.firstRow()).isNotNull();
  }

  @Test
  void aTagThatNobodyKnowsIsFoundWithItsRow() {
    Table batch = table(2);
    for (int i = 900; i < 1_500; i++) {
      batch.column("tags")[i] = List.of("tag1", "spam");
    }
    Validation validation = validate(table(1), batch);
    assertThat(validation.anomalies())
        .filteredOn(anomaly -> anomaly.kind() == Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES)
        .singleElement()
        .satisfies(anomaly -> {
          assertThat(anomaly.severity()).isEqualTo(Severity.FAIL);
          assertThat(anomaly.firstRow()).isEqualTo(901);
          assertThat(anomaly.longText()).contains("'[tag1, spam]'");
        });
  }

  @Test
  void listsThatStopComingAreFoundWhereItBegins() {
    Table batch = table(2);
    for (int i = 1_500; i < ROWS; i++) {
      batch.column("tags")[i] = null;
    }
    Anomaly anomaly = only(validate(table(1), batch));
    assertThat(anomaly.feature()).isEqualTo("tags");
    assertThat(anomaly.firstRow()).isBetween(1_498L, 1_501L);
  }
}
