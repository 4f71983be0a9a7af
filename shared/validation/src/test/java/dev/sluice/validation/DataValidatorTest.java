package dev.sluice.validation;

import static dev.sluice.validation.Marketplace.listings;
import static dev.sluice.validation.Marketplace.notConverted;
import static dev.sluice.validation.Marketplace.nullFrom;
import static dev.sluice.validation.Marketplace.validate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.Outcome;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Statistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.metadata.v0.AnomalyInfo;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.Schema;

class DataValidatorTest {
  private static final Table BASE = listings(4_000, 1);
  private static final Noise EXACT = Noise.of(/* variance= */ 0, /* batches= */ 1);

  private static Anomaly only(Validation validation) {
    List<Anomaly> failures = Marketplace.of(validation, Severity.FAIL);
    assertThat(failures).as("failures").hasSize(1);
    return failures.getFirst();
  }

  private static Validation first(Table table) {
    var statistics = table.statistics();
    return new DataValidator()
        .validate(
            new ValidationInput(
                new BatchStatistics(statistics.all(), statistics.allGroups()),
                List.of(),
                List.of(),
                null,
                null,
                false,
                Checks.defaults(),
                "sold",
                Set.of(),
                null));
  }

  private static Validation given(Schema schema, Table table) {
    var statistics = table.statistics();
    return new DataValidator()
        .validate(
            new ValidationInput(
                new BatchStatistics(statistics.all(), statistics.allGroups()),
                List.of(),
                List.of(),
                null,
                schema,
                true,
                Checks.defaults(),
                null,
                Set.of(),
                columns -> table.reader()));
  }

  private static @Nullable Object[] filled(int rows, Object value) {
    @Nullable Object[] values = new @Nullable Object[rows];
    Arrays.fill(values, value);
    return values;
  }

  @Test
  void theFirstBatchMakesTheSchemaAndPasses() {
    Validation validation = first(BASE);
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
    assertThat(validation.anomalies()).isEmpty();
    assertThat(validation.schema().getFeatureCount()).isEqualTo(11);
  }

  @Test
  void anEmptyColumnInTheFirstBatchIsSaidAndPasses() {
    Table table = BASE.copy().with("colour", new @Nullable Object[4_000]);
    Validation validation = first(table);
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
    assertThat(validation.anomalies())
        .extracting(Anomaly::shortText)
        .containsExactly("colour has no value in any row");
    assertThat(validate(table, table).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void fewRowsAreUnknownAndTheNumberIsStated() {
    assertThat(first(listings(12, 5)).outcome()).isEqualTo(Outcome.UNKNOWN);
    Validation validation = validate(BASE, listings(12, 5));
    assertThat(validation.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(validation.reasons().getFirst())
        .isEqualTo("too few rows to tell: the batch has 12, the checks need 30");
    assertThat(validate(listings(12, 5), BASE).reasons().getFirst())
        .contains("the baseline has 12");
  }

  @Test
  void oneRowAndNoRowsAreJudgedWithoutACrash() {
    assertThat(validate(BASE, listings(1, 5)).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(validate(BASE, listings(0, 5)).outcome()).isEqualTo(Outcome.FAIL);
  }

  @Test
  void pricesThatWereNotConvertedAreFoundInTheirCurrency() {
    Table batch = notConverted(listings(4_000, 2), "JPY", 150);
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.feature()).isEqualTo("price_usd");
    assertThat(anomaly.slice()).isEqualTo("currency=JPY");
    assertThat(anomaly.kind()).isEqualTo(Kind.GROUP_MOVED);
    assertThat(anomaly.shortText())
        .matches(
            "price_usd moved only where currency=JPY \\([\\d,]+ rows, [\\d.]+ %\\): median"
                + " [\\d.,]+ -> [\\d.,]+, factor 1[2-9]\\d; the other 13 currencies"
                + " stayed");
    assertThat(anomaly.longText()).contains("near the rate of JPY to the dollar");
    double highest = 0;
    for (int i = 0; i < BASE.rows(); i++) {
      if ("JPY".equals(BASE.column("currency")[i])) {
        highest = Math.max(highest, (Double) BASE.column("price_usd")[i]);
      }
    }
    int row = Math.toIntExact(anomaly.firstRow()) - 1;
    assertThat(batch.column("currency")[row]).isEqualTo("JPY");
    assertThat((Double) batch.column("price_usd")[row]).isGreaterThan(highest);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void twoPercentInYenAreEnough(long seed) {
    Table base = rare(6_000, seed, 0.02);
    Table batch = notConverted(rare(6_000, 100 + seed, 0.02), "JPY", 150);
    Anomaly anomaly = only(validate(base, batch));
    assertThat(anomaly.feature()).isEqualTo("price_usd");
    assertThat(anomaly.slice()).isEqualTo("currency=JPY");
  }

  /** Listings of which just that share is in yen. */
  private static Table rare(int rows, long seed, double yen) {
    Table table = listings(rows, seed, 0);
    Random random = new Random(seed);
    for (int i = 0; i < rows; i++) {
      if (random.nextDouble() < yen) {
        table.column("currency")[i] = "JPY";
      }
    }
    return table;
  }

  @Test
  void pricesInYenThatAreConvertedPass() {
    assertThat(validate(BASE, notConverted(listings(4_000, 2), "JPY", 1)).outcome())
        .isEqualTo(Outcome.PASS);
  }

  @Test
  void aFactorInAllGroupsIsTheColumnsOwn() {
    Table batch = listings(4_000, 2);
    for (int i = 0; i < batch.rows(); i++) {
      batch.column("price_usd")[i] = 100 * (Double) batch.column("price_usd")[i];
    }
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.slice()).isEmpty();
    assertThat(anomaly.kind()).isEqualTo(Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH);
    assertThat(anomaly.shortText()).startsWith("price_usd moved: median ");
  }

  @ParameterizedTest
  @CsvSource({"1", "2401", "3801"})
  void valuesThatTurnNullAreFoundWithTheRowWhereItBegins(int row) {
    Anomaly anomaly = only(validate(BASE, nullFrom(listings(4_000, 3), "brand", row)));
    assertThat(anomaly.feature()).isEqualTo("brand");
    assertThat(anomaly.kind().name()).startsWith("FEATURE_TYPE_");
    assertThat(anomaly.firstRow()).isBetween(Math.max(1L, row - 2L), (long) row);
    assertThat(anomaly.shortText()).contains(" % -> ");
    assertThat(anomaly.longText()).contains("to the end 100 % of");
  }

  @Test
  void nullsSpreadOverTheFileHaveNoFirstRow() {
    Table batch = listings(4_000, 3);
    Random random = new Random(3);
    for (int i = 0; i < batch.rows(); i++) {
      if (random.nextDouble() < 0.2) {
        batch.column("brand")[i] = null;
      }
    }
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.firstRow()).isNull();
    assertThat(anomaly.longText()).contains("spread over the rows");
  }

  @Test
  void aSharpBreakFailsEvenInAColumnThatOftenIsEmpty() {
    Table base = oftenEmpty(20_000, 1);
    assertThat(validate(base, oftenEmpty(20_000, 2)).outcome()).isEqualTo(Outcome.PASS);
    Anomaly anomaly = only(validate(base, nullFrom(oftenEmpty(20_000, 2), "note", 19_001)));
    assertThat(anomaly.feature()).isEqualTo("note");
    assertThat(anomaly.firstRow()).isBetween(18_990L, 19_001L);
  }

  private static Table oftenEmpty(int rows, long seed) {
    Random random = new Random(seed);
    @Nullable Object[] note = new @Nullable Object[rows];
    Arrays.setAll(note, i -> random.nextDouble() < 0.35 ? null : "n" + random.nextInt(9));
    return new Table(rows).with("note", note);
  }

  @Test
  void numbersThatBecomeNanCountAsMissing() {
    Table batch = listings(4_000, 3);
    for (int i = 3_000; i < 4_000; i++) {
      batch.column("rating")[i] = Double.NaN;
    }
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.kind()).isEqualTo(Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT);
    assertThat(anomaly.firstRow()).isEqualTo(3_001);
    assertThat(anomaly.longText()).contains("NaN or infinite: 1,000 rows, before 0 rows");
  }

  @Test
  void nullsInOneGroupNameTheGroup() {
    Table batch = listings(4_000, 3);
    for (int i = 0; i < batch.rows(); i++) {
      if ("music".equals(batch.column("category")[i])) {
        batch.column("rating")[i] = null;
      }
    }
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.feature()).isEqualTo("rating");
    assertThat(anomaly.slice()).isEqualTo("category=music");
    assertThat(anomaly.shortText()).contains("0 % -> 100 %", "the other 5 categories");
  }

  @Test
  void ofTwoHundredCleanBatchesAtMostTwoFail() {
    int[] sizes = {100, 200, 400, 1_000, 2_000};
    List<Statistics> drawn = new ArrayList<>();
    for (int i = 0; i < 29; i++) {
      drawn.add(
          listings(sizes[i % 5], 3_000 + i)
              .statistics(GroupOptions.by(List.of("currency", "category"))));
    }
    int failed = 0;
    int warned = 0;
    for (int i = 0; i < 200; i++) {
      Validation validation = compare(drawn.get(i % 29), drawn.get((i + 1 + i / 29) % 29));
      failed += validation.outcome() == Outcome.FAIL ? 1 : 0;
      warned += validation.outcome() == Outcome.WARN ? 1 : 0;
    }
    assertThat(failed).as("failed").isLessThanOrEqualTo(2);
    assertThat(warned).as("warned").isLessThanOrEqualTo(4);
  }

  private static Validation compare(Statistics old, Statistics now) {
    return new DataValidator()
        .validate(
            new ValidationInput(
                new BatchStatistics(now.all(), now.allGroups()),
                List.of(new BatchStatistics(old.all(), old.allGroups())),
                List.of(),
                null,
                SchemaInference.infer(old.all(), Set.of()),
                /* schemaGiven= */ false,
                Checks.defaults(),
                "sold",
                Set.of(),
                null));
  }

  @Test
  void aMillionRowsDoNotMakeNoiseAnAlarm() {
    // Shares and quantiles that differ by far more than noise does at that size, and by little.
    assertThat(numbers(1_000_000, 0).severity(Thresholds.defaults())).isEqualTo(Severity.INFO);
    Move small = numbers(1_000_000, 0.1);
    assertThat(small.logP()).isLessThan(-1000);
    assertThat(small.severity(Thresholds.defaults())).isEqualTo(Severity.INFO);
    assertThat(numbers(1_000_000, 1.5).severity(Thresholds.defaults())).isEqualTo(Severity.FAIL);
    Move missing =
        Move.missing("x", "", "", cell(1_000_000, 20_000, 0), cell(1_000_000, 21_500, 0), EXACT);
    assertThat(missing.logP()).isLessThan(-20);
    assertThat(missing.severity(Thresholds.defaults())).isEqualTo(Severity.INFO);
  }

  private static Move numbers(long n, double shift) {
    return Move.numbers("x", "", "", cell(n, 0, 0), cell(n, 0, shift), EXACT);
  }

  /** Logistic quantiles, moved. */
  private static Cell cell(long rows, long missing, double shift) {
    double[] points = new double[257];
    for (int i = 0; i < points.length; i++) {
      double p = (i + 0.5) / points.length;
      points[i] = Math.log(p / (1 - p)) / 1.8 + shift;
    }
    return new Cell(rows, missing, 0, Shape.ofQuantiles(points, rows - missing, 1e-3), null);
  }

  @Test
  void runningNumbersTimesAndIdentifiersMoveOn() {
    Validation validation = validate(listings(4_000, 1), listings(4_000, 2));
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
    assertThat(Marketplace.of(validation, Severity.INFO))
        .filteredOn(anomaly -> anomaly.kind() == Kind.MOVES_ON)
        .extracting(Anomaly::feature)
        .contains("listing_id", "listed_at");
  }

  @Test
  void aWholeNumberInAWrongUnitDoesNotPassAsARunningNumber() {
    Table base = new Table(300).with("cents", draws(300, 1, 1));
    Table batch = new Table(300).with("cents", draws(300, 2, 150));
    assertThat(only(validate(base, batch)).feature()).isEqualTo("cents");
    assertThat(validate(base, new Table(300).with("cents", draws(300, 2, 1))).outcome())
        .isEqualTo(Outcome.PASS);
  }

  private static @Nullable Object[] draws(int rows, long seed, long factor) {
    Random random = new Random(seed);
    @Nullable Object[] values = new @Nullable Object[rows];
    Arrays.setAll(values, i -> factor * (long) (3_000 * Math.exp(0.8 * random.nextGaussian())));
    return values;
  }

  @Test
  void monthsOfAPartOfTheYearMoveOnAndHoursOfWholeDaysDoNot() {
    Table may = new Table(480).with("month", filled(480, 5L)).with("hour", hours(480, 0));
    Table june = new Table(480).with("month", filled(480, 6L)).with("hour", hours(480, 0));
    assertThat(validate(may, june).outcome()).isEqualTo(Outcome.PASS);
    Table stuck = june.copy().with("hour", hours(480, 12));
    assertThat(validate(may, stuck).outcome()).isEqualTo(Outcome.FAIL);
  }

  /** Rows of one day go together: a month's weekdays are those of the days that a batch holds. */
  @Test
  void theWeekdaysOfAMonthMoveOnAndPricesInItDoNot() {
    assertThat(validate(calendar(1, 1), calendar(2, 1)).outcome()).isEqualTo(Outcome.PASS);
    assertThat(only(validate(calendar(1, 1), calendar(2, 9))).slice()).isEqualTo("start_month=3");
  }

  private static Table calendar(long seed, double factor) {
    Random random = new Random(seed);
    int rows = 6_000;
    @Nullable Object[] month = new @Nullable Object[rows];
    @Nullable Object[] day = new @Nullable Object[rows];
    @Nullable Object[] price = new @Nullable Object[rows];
    for (int i = 0; i < rows; i++) {
      // Two days of each month, and each has a weekday of its own.
      int date = random.nextInt(24);
      month[i] = (long) (1 + date / 2);
      day[i] = Math.floorMod(date * 31L + (seed * 7_919) * (date / 2 + 1), 7);
      price[i] = Math.exp(random.nextGaussian()) * (month[i].equals(3L) ? factor : 1);
    }
    return new Table(rows)
        .with("start_month", month)
        .with("start_weekday", day)
        .with("price", price);
  }

  @Test
  void aNumberOfDaysIsNoPartOfADateAndIsCompared() {
    Table base = new Table(400).with("shipping_days", hours(400, 0));
    Table slow = new Table(400).with("shipping_days", hours(400, 23));
    assertThat(validate(base, base).outcome()).isEqualTo(Outcome.PASS);
    assertThat(only(validate(base, slow)).feature()).isEqualTo("shipping_days");
  }

  /** All hours, each as often; a clock that stands at noon for half of them where asked. */
  private static @Nullable Object[] hours(int rows, int stuck) {
    @Nullable Object[] hours = new @Nullable Object[rows];
    Arrays.setAll(hours, i -> stuck > 0 && i >= rows / 3 ? (long) stuck : (long) (i % 24));
    return hours;
  }

  @Test
  void aMissingColumnFailsAndANewOneWarns() {
    Table batch =
        listings(4_000, 2).without("rating").with("stars", listings(4_000, 2).column("rating"));
    Validation validation = validate(BASE, batch);
    assertThat(only(validation).kind()).isEqualTo(Kind.SCHEMA_MISSING_COLUMN);
    assertThat(only(validation).longText()).contains("'stars' instead (renamed?)");
    assertThat(Marketplace.of(validation, Severity.WARN))
        .extracting(Anomaly::kind)
        .containsExactly(Kind.SCHEMA_NEW_COLUMN);
  }

  @Test
  void textInANumberFailsAndNamesValueAndRow() {
    Table batch = listings(4_000, 2);
    batch.column("rating")[41] = "n/a";
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.kind()).isEqualTo(Kind.FLOAT_TYPE_STRING_NOT_FLOAT);
    assertThat(anomaly.shortText()).startsWith("rating changed its type: FLOAT -> STRING");
    assertThat(anomaly.longText())
        .startsWith(anomaly.shortText() + ". First value that is no number: 'n/a' in row 42.");
    assertThat(anomaly.firstRow()).isEqualTo(42);
  }

  @Test
  void wholeNumbersThatBecomeFractionsWarnAndWidenTheSchema() {
    Table batch = listings(4_000, 2);
    batch.column("stock")[9] = 1.5;
    Validation validation = validate(BASE, batch);
    assertThat(validation.outcome()).isEqualTo(Outcome.WARN);
    Anomaly anomaly = Marketplace.of(validation, Severity.WARN).getFirst();
    assertThat(anomaly.kind()).isEqualTo(Kind.INT_TYPE_INT_EXPECTED);
    assertThat(anomaly.firstRow()).isEqualTo(10);
    assertThat(validation.schema().getFeatureList())
        .filteredOn(feature -> feature.getName().equals("stock"))
        .singleElement()
        .satisfies(feature -> assertThat(feature.getType()).isEqualTo(FeatureType.FLOAT));
    assertThat(validate(batch, listings(4_000, 2)).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void codesThatLoseTheirLettersFail() {
    Table batch = listings(4_000, 2);
    for (int i = 0; i < batch.rows(); i++) {
      batch.column("seller_id")[i] =
          Long.valueOf(String.valueOf(batch.column("seller_id")[i]).substring(1));
    }
    assertThat(only(validate(BASE, batch)).kind()).isEqualTo(Kind.STRING_TYPE_NOW_INT);
  }

  @Test
  void newValuesOfADomainFailByShareAndWarnBelow() {
    Table some = listings(4_000, 2);
    Table many = some.copy();
    for (int i = 0; i < 4_000; i += 8) {
      many.column("category")[i] = "BOOKS";
    }
    Anomaly anomaly = only(validate(BASE, many));
    assertThat(anomaly.kind()).isEqualTo(Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES);
    assertThat(anomaly.firstRow()).isEqualTo(1);
    assertThat(anomaly.shortText()).contains("'BOOKS', 12.5 %");
    for (int i = 7; i < 4_000; i += 80) {
      some.column("category")[i] = "BOOKS";
    }
    Validation few = validate(BASE, some);
    assertThat(few.outcome()).isEqualTo(Outcome.WARN);
    assertThat(Marketplace.of(few, Severity.WARN))
        .extracting(Anomaly::firstRow)
        .containsExactly(8L);
    Table one = listings(4_000, 2);
    one.column("category")[5] = "BOOKS";
    assertThat(validate(BASE, one).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void aValueThatVanishesFailsByItsShare() {
    Table batch = listings(8_000, 2);
    int[] kept = new int[8_000];
    int size = 0;
    for (int i = 0; i < 8_000; i++) {
      if (!"toys".equals(batch.column("category")[i])) {
        kept[size++] = i;
      }
    }
    Anomaly anomaly = only(validate(BASE, batch.take(Arrays.copyOf(kept, size))));
    assertThat(anomaly.kind()).isEqualTo(Kind.GROUP_GONE);
    assertThat(anomaly.slice()).isEqualTo("category=toys");
  }

  @Test
  void aMixThatTurnsFails() {
    Table batch = listings(4_000, 2);
    for (int i = 0; i < 4_000; i++) {
      if (i % 2 == 0) {
        batch.column("category")[i] = "toys";
      }
    }
    Anomaly anomaly = only(validate(BASE, batch));
    assertThat(anomaly.kind())
        .isIn(Kind.COMPARATOR_L_INFTY_HIGH, Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH);
    assertThat(anomaly.shortText()).contains("'toys'");
  }

  @Test
  void aValueThatIsStuckFails() {
    Table batch = listings(4_000, 2).with("rating", filled(4_000, 4.0));
    assertThat(only(validate(BASE, batch)).feature()).isEqualTo("rating");
    assertThat(validate(batch, batch).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void aColumnThatWasEmptyMayFill() {
    Table base = BASE.copy().with("colour", new @Nullable Object[4_000]);
    Table batch = listings(4_000, 2).with("colour", filled(4_000, 7L));
    assertThat(Marketplace.of(validate(base, batch), Severity.FAIL)).isEmpty();
    Table again = base.copy().with("colour", new @Nullable Object[4_000]);
    assertThat(Marketplace.of(validate(batch, again), Severity.FAIL))
        .extracting(Anomaly::kind)
        .containsExactly(Kind.FEATURE_TYPE_NOT_PRESENT);
  }

  @Test
  void aGivenSchemaHoldsToTheLetter() {
    Schema schema =
        SchemaText.parse(
            "s.pbtxt",
            """
            feature { name: "n" type: INT int_domain { min: 0 max: 9 }
                      presence { min_fraction: 0.9 min_count: 1 } }
            feature { name: "f" type: FLOAT float_domain { disallow_nan: true } }
            feature { name: "c" type: BYTES domain: "c"
                      distribution_constraints { min_domain_mass: 0.9 } }
            feature { name: "absent" type: INT }
            string_domain { name: "c" value: "a" }
            """);
    @Nullable Object[] n = filled(40, 5L);
    @Nullable Object[] f = filled(40, 0.5);
    @Nullable Object[] c = filled(40, "a");
    Table table = new Table(40).with("n", n).with("f", f).with("c", c);
    assertThat(given(schema, table).outcome()).isEqualTo(Outcome.PASS);
    n[3] = 12L;
    for (int i = 20; i < 30; i++) {
      n[i] = null;
    }
    f[7] = Double.NaN;
    for (int i = 30; i < 35; i++) {
      c[i] = "b";
    }
    Validation validation = given(schema, table);
    assertThat(Marketplace.of(validation, Severity.FAIL))
        .extracting(Anomaly::kind)
        .containsExactlyInAnyOrder(
            Kind.INT_TYPE_BIG_INT,
            Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT,
            Kind.FLOAT_TYPE_HAS_NAN,
            Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES);
    assertThat(Marketplace.of(validation, Severity.FAIL))
        .extracting(Anomaly::firstRow)
        .containsExactlyInAnyOrder(4L, 21L, 8L, 31L);
  }

  @Test
  void severitiesAreCappedByFeature() {
    Checks lenient =
        new Checks(
            new BaselineRule.Last(),
            0.005,
            30,
            30,
            Thresholds.defaults(),
            Map.of(),
            Map.of("price_usd", Severity.WARN));
    Table batch = notConverted(listings(4_000, 2), "JPY", 150);
    assertThat(validate(BASE, batch, lenient).outcome()).isEqualTo(Outcome.WARN);
  }

  @Test
  void aLabelThatShiftsWarnsAndOneThatTurnsFails() {
    assertThat(validate(BASE, labels(1_600)).outcome()).isEqualTo(Outcome.WARN);
    assertThat(validate(BASE, labels(4_000)).outcome()).isEqualTo(Outcome.FAIL);
  }

  private static Table labels(int sold) {
    Table batch = listings(4_000, 2);
    for (int i = 0; i < sold; i++) {
      batch.column("sold")[i] = 1L;
    }
    return batch;
  }

  @Test
  void nonsenseInTheChecksIsRefused() {
    assertThatThrownBy(() ->
            new Checks(
                new BaselineRule.Last(), 0, 30, 30, Thresholds.defaults(), Map.of(), Map.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("falseAlarmRate is 0.0");
    assertThatThrownBy(() -> new Thresholds.Floor(0.5, 0.1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("warn 0.5, fail 0.1");
  }

  @Test
  void protoRowsAndJsonSayTheSame() {
    Validation validation = validate(BASE, nullFrom(listings(4_000, 3), "brand", 2_401));
    AnomalyInfo info = validation.toProto().getAnomalyInfoOrThrow("brand");
    assertThat(info.getSeverity()).isEqualTo(AnomalyInfo.Severity.ERROR);
    assertThat(info.getReason(0).getType())
        .isEqualTo(AnomalyInfo.Type.FEATURE_TYPE_LOW_FRACTION_PRESENT);
    assertThat(validation.toProto().getAnomalyInfoMap()).containsOnlyKeys("brand");
    Map<String, @Nullable Object> row = only(validation).toRow("shop", "r1", "b1");
    assertThat(row.keySet())
        .containsExactly(
            "pipeline",
            "run",
            "batch",
            "feature",
            "slice",
            "kind",
            "severity",
            "short_text",
            "long_text",
            "measured",
            "threshold",
            "first_row",
            "edits");
    assertThat(row.get("first_row")).isEqualTo(only(validation).firstRow());
    assertThat(Validation.fromJson(validation.toJson(), validation.schema(), "anomalies.json"))
        .isEqualTo(validation);
    assertThatThrownBy(() -> Validation.fromJson(new byte[] {'{', '}'}, validation.schema(), "a"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("a lacks");
  }

  @Test
  void gapsThatGrowDayByDayAreToldAgainstTheLiveModelsBatch() {
    Table live = gaps(1, 0.02);
    Table before = gaps(2, 0.08);
    Table batch = gaps(3, 0.092);
    Validation validation =
        new DataValidator()
            .validate(
                new ValidationInput(
                    Marketplace.measured(batch.statistics()),
                    List.of(Marketplace.measured(before.statistics())),
                    List.of(),
                    Marketplace.measured(live.statistics()),
                    SchemaInference.infer(before.statistics().all(), Set.of()),
                    /* schemaGiven= */ false,
                    Checks.defaults(),
                    null,
                    Set.of(),
                    columns -> batch.reader()));
    assertThat(validation.outcome()).isEqualTo(Outcome.WARN);
    assertThat(validation.reasons())
        .singleElement()
        .asString()
        .contains("against what the live model learned from, size is missing more often");
  }

  private static Table gaps(long seed, double share) {
    Random random = new Random(seed);
    Object[] sizes = new Object[40_000];
    Arrays.setAll(
        sizes, i -> random.nextDouble() < share ? null : (Object) (long) random.nextInt(50));
    return new Table(sizes.length).with("size", sizes);
  }
}
