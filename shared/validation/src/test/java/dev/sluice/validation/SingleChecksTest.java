package dev.sluice.validation;

import static dev.sluice.validation.Marketplace.listings;
import static dev.sluice.validation.Marketplace.measured;
import static dev.sluice.validation.Marketplace.validate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What single figures, pairs of columns and the batches before tell. */
class SingleChecksTest {
  private static final Table BASE = listings(4_000, 1);

  private static Anomaly only(Validation validation, Kind kind) {
    List<Anomaly> found =
        validation.anomalies().stream().filter(anomaly -> anomaly.kind() == kind).toList();
    assertThat(found).as("%s in %s", kind, validation.reasons()).hasSize(1);
    return found.getFirst();
  }

  private static Table with(Table table, String column, int every, Object value) {
    Table changed = table.copy();
    for (int i = 0; i < table.rows(); i += every) {
      changed.column(column)[i] = value;
    }
    return changed;
  }

  @Test
  void aCleanBatchHasNoneOfThem() {
    Validation validation = validate(BASE, listings(4_000, 2));
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
    assertThat(validation.comparisons())
        .isNotEmpty()
        .allSatisfy(comparison -> assertThat(comparison.p()).isBetween(0.0, 1.0));
  }

  @ParameterizedTest
  @CsvSource({"40, WARN", "400, FAIL"})
  void rowsThatRepeatAreFoundByTheirShare(int copies, Severity severity) {
    Table batch = listings(4_000, 2);
    int[] rows = new int[4_000 + copies];
    Arrays.setAll(rows, i -> i < 4_000 ? i : i - 4_000);
    Anomaly anomaly = only(validate(BASE, batch.take(rows)), Kind.ROWS_REPEATED);
    assertThat(anomaly.severity()).isEqualTo(severity);
    assertThat(anomaly.shortText()).contains("before 0 %");
    assertThat(anomaly.firstRow()).isEqualTo(4_001);
  }

  @Test
  void rowsThatAlwaysRepeatAreNoAnomaly() {
    Table few = new Table(1_000).with("x", repeated(1_000));
    assertThat(validate(few, few).anomalies()).isEmpty();
  }

  private static @Nullable Object[] repeated(int rows) {
    @Nullable Object[] values = new @Nullable Object[rows];
    Arrays.setAll(values, i -> (Object) (long) (i % 7));
    return values;
  }

  @Test
  void aNumberThatManyRowsShareIsNamedWithItsFirstRow() {
    Table batch = with(listings(4_000, 2), "price_usd", 40, 47.11);
    Anomaly anomaly = only(validate(BASE, batch), Kind.VALUE_SPIKE);
    assertThat(anomaly.feature()).isEqualTo("price_usd");
    assertThat(anomaly.severity()).isEqualTo(Severity.WARN);
    assertThat(anomaly.shortText()).contains("is 47.11 in 2.5 % of the values, before in 0.0");
    assertThat(anomaly.firstRow()).isEqualTo(1);
  }

  @Test
  void aNumberThatWasAsCommonIsNoSpike() {
    Table before = with(BASE, "price_usd", 40, 47.11);
    Table batch = with(listings(4_000, 2), "price_usd", 40, 47.11);
    assertThat(validate(before, batch).outcome()).isEqualTo(Outcome.PASS);
  }

  /** Times of some weeks, most by day, moved by hours. */
  private static Table times(long seed, int shift, boolean oneHour) {
    Random random = new Random(seed);
    int rows = 4_000;
    @Nullable Object[] at = new @Nullable Object[rows];
    for (int i = 0; i < rows; i++) {
      double hour = oneHour ? 9 : Math.floorMod((long) (14 + 4 * random.nextGaussian()), 24);
      long day = 19_700L + 30L * Math.floorMod(seed, 100) + random.nextInt(28);
      at[i] = day * 86_400 + (long) (3_600 * (hour + shift)) + random.nextInt(3_600);
    }
    return new Table(rows).with("at", at);
  }

  @ParameterizedTest
  @CsvSource({"5, 5 hours late", "-6, 6 hours early", "12, 12 hours late"})
  void aClockThatIsOffIsFoundWithItsHours(int shift, String words) {
    Anomaly anomaly =
        only(validate(times(1, 0, false), times(2, shift, false)), Kind.CLOCK_SHIFTED);
    assertThat(anomaly.feature()).isEqualTo("at");
    assertThat(anomaly.shortText()).contains(words);
  }

  @Test
  void timesOfTheSameHoursAndOfOneHourAreNotOff() {
    assertThat(validate(times(1, 0, false), times(2, 0, false)).outcome()).isEqualTo(Outcome.PASS);
    assertThat(validate(times(1, 0, true), times(2, 5, true)).anomalies())
        .noneMatch(anomaly -> anomaly.kind() == Kind.CLOCK_SHIFTED);
  }

  @Test
  void damagedTextsAreFoundInManyDifferentOnes() {
    Table base = titles(1, "Café crème ");
    assertThat(validate(base, titles(2, "Café crème ")).outcome()).isEqualTo(Outcome.PASS);
    Anomaly anomaly = only(validate(base, titles(2, "CafÃ© crÃ¨me ")), Kind.TEXT_DAMAGED);
    assertThat(anomaly.feature()).isEqualTo("title");
    assertThat(anomaly.severity()).isEqualTo(Severity.FAIL);
  }

  private static Table titles(long seed, String some) {
    Random random = new Random(seed);
    @Nullable Object[] title = new @Nullable Object[2_000];
    Arrays.setAll(
        title, i -> (i % 20 == 0 ? some : "Café crème ") + "no " + random.nextInt(1_000_000));
    return new Table(2_000).with("title", title);
  }

  /**
   * Two columns that go together, one alike that does not, and a label that goes with the first.
   */
  private static Table pairs(long seed) {
    Random random = new Random(seed);
    int rows = 4_000;
    @Nullable Object[] a = new @Nullable Object[rows];
    @Nullable Object[] b = new @Nullable Object[rows];
    @Nullable Object[] c = new @Nullable Object[rows];
    @Nullable Object[] d = new @Nullable Object[rows];
    @Nullable Object[] sold = new @Nullable Object[rows];
    for (int i = 0; i < rows; i++) {
      double x = random.nextGaussian();
      a[i] = x;
      b[i] = 0.8 * x + 0.6 * random.nextGaussian();
      c[i] = random.nextGaussian();
      d[i] = 0.8 * x + 0.6 * random.nextGaussian();
      sold[i] = random.nextDouble() < 1 / (1 + Math.exp(-2 * x)) ? 1L : 0L;
    }
    return new Table(rows).with("a", a).with("b", b).with("c", c).with("d", d).with("sold", sold);
  }

  private static Table shuffled(Table table, String column) {
    Table changed = table.copy();
    List<@Nullable Object> values = new ArrayList<>(Arrays.asList(table.column(column)));
    Collections.shuffle(values, new Random(9));
    for (int i = 0; i < table.rows(); i++) {
      changed.column(column)[i] = values.get(i);
    }
    return changed;
  }

  @Test
  void aColumnOfOtherRowsIsFoundThoughItLooksAsBefore() {
    Validation validation = validate(pairs(1), shuffled(pairs(2), "b"));
    Anomaly anomaly = only(validation, Kind.CORRELATION_CHANGED);
    assertThat(anomaly.feature()).isEqualTo("b");
    assertThat(anomaly.shortText()).contains("rank correlation with a +0.7", "-> ");
  }

  @Test
  void labelsOfOtherRowsAreFoundThoughTheirShareStays() {
    Anomaly anomaly = only(validate(pairs(1), shuffled(pairs(2), "sold")), Kind.LABEL_CHANGED);
    assertThat(anomaly.feature()).isEqualTo("sold");
  }

  @Test
  void columnsThatLookAlikeAndWereSwappedAreFoundByTheOthers() {
    Table batch = pairs(2);
    Table swapped = batch.copy().with("b", batch.column("c")).with("c", batch.column("b"));
    Validation validation = validate(pairs(1), swapped);
    assertThat(validation.anomalies())
        .filteredOn(anomaly -> anomaly.kind() == Kind.COLUMNS_SWAPPED)
        .extracting(Anomaly::feature)
        .contains("b");
    assertThat(validate(pairs(1), batch).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void columnsThatLookDifferentAndWereSwappedNameEachOther() {
    Table batch = listings(4_000, 2);
    Table swapped =
        batch
            .copy()
            .with("price_usd", batch.column("rating"))
            .with("rating", batch.column("price_usd"));
    assertThat(validate(BASE, swapped).anomalies())
        .filteredOn(anomaly -> anomaly.kind() == Kind.COLUMNS_SWAPPED)
        .extracting(Anomaly::feature)
        .containsExactly("price_usd", "rating");
  }

  @Test
  void theColumnThatMovedIsNamedAndNotThoseThatDifferInItsGroups() {
    Table batch = listings(4_000, 2);
    Table stuck = batch.copy();
    for (int i = 2_000; i < 4_000; i++) {
      stuck.column("currency")[i] = "USD";
    }
    Validation validation = validate(BASE, stuck);
    assertThat(validation.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(validation.anomalies())
        .filteredOn(anomaly -> anomaly.severity() != Severity.INFO)
        .extracting(Anomaly::feature)
        .containsOnly("currency");
  }

  @Test
  void aSecondColumnThatConfinesTheMoveIsNamed() {
    Table batch = listings(20_000, 2, 0.2);
    for (int i = 0; i < batch.rows(); i++) {
      if ("JPY".equals(batch.column("currency")[i])
          && "books".equals(batch.column("category")[i])
          && batch.column("price_usd")[i] instanceof Double price) {
        batch.column("price_usd")[i] = 150 * price;
      }
    }
    Anomaly anomaly =
        validate(listings(20_000, 1, 0.2), batch).anomalies().stream()
            .filter(found -> found.kind() == Kind.GROUP_MOVED)
            .findFirst()
            .orElseThrow();
    assertThat(anomaly.slice()).isEqualTo("currency=JPY");
    assertThat(anomaly.longText()).contains("Within it only where category=books (");
  }

  private static Validation after(List<Table> before, @Nullable Table live, Table batch) {
    List<BatchStatistics> passed =
        before.stream().map(table -> measured(table.statistics())).toList();
    return new DataValidator()
        .validate(
            new ValidationInput(
                measured(batch.statistics()),
                passed.subList(0, 1),
                passed,
                live == null ? null : measured(live.statistics()),
                SchemaInference.infer(passed.getFirst().whole(), Set.of()),
                /* schemaGiven= */ false,
                Checks.defaults(),
                "sold",
                Set.of(),
                columns -> batch.reader()));
  }

  private static List<Table> days(int days, int rows) {
    List<Table> tables = new ArrayList<>();
    for (int day = 0; day < days; day++) {
      tables.add(listings(rows, 20 + day));
    }
    return tables;
  }

  @Test
  void aBatchOfFarFewerRowsIsToldOnceThereIsAHistory() {
    Anomaly anomaly =
        only(after(days(8, 1_000), null, listings(400, 5)), Kind.DATASET_UNUSUAL_NUM_EXAMPLES);
    assertThat(anomaly.severity()).isEqualTo(Severity.WARN);
    assertThat(anomaly.shortText())
        .isEqualTo("the batch has 400 rows, the 8 before 1,000 on average");
    assertThat(after(days(2, 1_000), null, listings(400, 5)).outcome()).isEqualTo(Outcome.PASS);
    assertThat(after(days(8, 1_000), null, listings(950, 5)).outcome()).isEqualTo(Outcome.PASS);
  }

  private static Table shifted(long seed, double by) {
    Table table = listings(4_000, seed);
    for (int i = 0; i < table.rows(); i++) {
      if (table.column("price_usd")[i] instanceof Double price) {
        table.column("price_usd")[i] = price * Math.exp(by);
      }
    }
    return table;
  }

  @Test
  void aSlowDriftIsToldAgainstWhatTheLiveModelLearnedFrom() {
    List<Table> steps = new ArrayList<>();
    for (int day = 6; day >= 0; day--) {
      steps.add(shifted(30 + day, 0.08 * day));
    }
    Validation without = after(steps, null, shifted(50, 0.56));
    assertThat(without.reasons()).isEmpty();
    Validation validation = after(steps, steps.getLast(), shifted(50, 0.56));
    assertThat(validation.outcome()).isEqualTo(Outcome.WARN);
    assertThat(validation.reasons().getFirst())
        .startsWith("WARN: against what the live model learned from, price_usd moved");
  }

  @Test
  void aFileThatEndsWithinARecordIsTold() {
    Table batch = listings(4_000, 2);
    BatchStatistics base = measured(BASE.statistics());
    ValidationInput input =
        new ValidationInput(
                measured(batch.statistics()),
                List.of(base),
                List.of(),
                null,
                SchemaInference.infer(base.whole(), Set.of()),
                /* schemaGiven= */ false,
                Checks.defaults(),
                "sold",
                Set.of(),
                null)
            .withCutOff(List.of(new ValidationInput.CutOff("p/day/a.csv", 4_001)));
    Anomaly anomaly = only(new DataValidator().validate(input), Kind.SOURCE_CUT_OFF);
    assertThat(anomaly.firstRow()).isEqualTo(4_001);
    assertThat(anomaly.shortText()).isEqualTo("p/day/a.csv ends within a record, row 4,001");
  }
}
