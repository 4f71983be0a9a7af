package dev.sluice.validation;

import static dev.sluice.validation.Marketplace.listings;
import static dev.sluice.validation.Marketplace.validate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Outcome;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.statistics.Association;
import dev.sluice.statistics.Relations;
import dev.sluice.statistics.Repeats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SurprisingRowsTest {
  private static final Table BASE = listings(4_000, 1);

  private static List<SurprisingRow> rows(Table base, Table batch, @Nullable Relations relations) {
    SurprisingRows look =
        new SurprisingRows(batch.statistics().all(), List.of(base.statistics().all()), relations);
    RowPass.over(columns -> batch.reader(), List.of(look));
    return look.rows();
  }

  private static List<SurprisingRow> rows(Table batch) {
    return rows(BASE, batch, null);
  }

  @Test
  void aRowOfOddValuesComesFirstWithWhatWasUsual() {
    Table batch = listings(4_000, 2);
    batch.column("price_usd")[700] = 1e7;
    batch.column("category")[700] = "submarines";
    batch.column("rating")[700] = null;
    SurprisingRow first = rows(batch).getFirst();
    assertThat(first.row()).isEqualTo(701);
    assertThat(first.source()).isEqualTo("inbox/day.csv");
    assertThat(first.reasons())
        .extracting(SurprisingRow.Reason::feature)
        .containsExactlyInAnyOrder("price_usd", "category", "rating");
    assertThat(first.reasons())
        .extracting(SurprisingRow.Reason::text)
        .anySatisfy(text ->
            assertThat(text).startsWith("category is 'submarines'; usual: 'books', 'garden', "))
        .anySatisfy(text -> assertThat(text).startsWith("rating is missing; usual: "));
  }

  @Test
  void ofValuesAsFrequentTheFirstByNameAreTheUsualOnes() {
    Object[] letters = new Object[260];
    Arrays.setAll(letters, i -> String.valueOf((char) ('a' + i % 26)));
    Object[] odd = letters.clone();
    odd[7] = "submarine";
    Table base = new Table(260).with("letter", letters);
    assertThat(rows(base, new Table(260).with("letter", odd), null).getFirst().reasons())
        .extracting(SurprisingRow.Reason::text)
        .containsExactly("letter is 'submarine'; usual: 'a', 'b', 'c' (p 0.004)");
  }

  @Test
  void theFartherOutTheMoreSurprising() {
    Table batch = listings(4_000, 2);
    batch.column("price_usd")[10] = 1e6;
    batch.column("price_usd")[20] = 1e9;
    assertThat(rows(batch)).extracting(SurprisingRow::row).startsWith(21L).contains(11L);
  }

  @Test
  void ordinaryRowsAreFarLessSurprising() {
    double most = rows(listings(4_000, 2)).getFirst().surprise();
    Table batch = listings(4_000, 2);
    batch.column("price_usd")[10] = -5e6;
    batch.column("category")[10] = "??";
    batch.column("stock")[10] = 1_000_000L;
    assertThat(rows(batch).getFirst().surprise()).isGreaterThan(most + 3);
  }

  @Test
  void twentyRowsAreKeptTheLeastLikelyFirst() {
    assertThat(rows(listings(4_000, 2)))
        .hasSize(20)
        .isSortedAccordingTo((a, b) -> Double.compare(b.surprise(), a.surprise()));
  }

  @Test
  void theOrderOfReadingDoesNotMatter() {
    Table batch = listings(3_000, 2);
    ExampleBatch whole = batch.batch();
    int[] backwards = new int[3_000];
    Arrays.setAll(backwards, i -> 2_999 - i);
    SurprisingRows forward = look(batch);
    SurprisingRows reverse = look(batch);
    forward.look(placed(whole));
    ExampleBatch turned = whole.select(backwards);
    for (int from = 0; from < 3_000; from += 500) {
      int start = from;
      int[] some = new int[500];
      Arrays.setAll(some, i -> start + i);
      reverse.look(placed(turned.select(some)));
    }
    assertThat(reverse.rows()).isEqualTo(forward.rows());
  }

  private static SurprisingRows look(Table batch) {
    return new SurprisingRows(batch.statistics().all(), List.of(BASE.statistics().all()), null);
  }

  private static RowLook.Rows placed(ExampleBatch batch) {
    return new RowLook.Rows(
        batch, (IntColumn) batch.column("__row"), (StringColumn) batch.column("__source"));
  }

  @Test
  void featuresThatSayTheSameCountOnce() {
    Table base = twins(1);
    Table batch = twins(2);
    batch.column("a")[5] = 900.0;
    batch.column("b")[5] = 900.0;
    Relations same =
        new Relations(
            2_000,
            new Repeats(2_000, 0),
            List.of(new Association("a", "b", Association.Measure.PEARSON, 0.999, 2_000, 0)));
    SurprisingRow apart = rows(base, batch, null).getFirst();
    SurprisingRow together = rows(base, batch, same).getFirst();
    assertThat(apart.row()).isEqualTo(6);
    assertThat(apart.reasons()).hasSize(2);
    assertThat(together.reasons()).hasSize(1);
    assertThat(together.surprise()).isLessThan(0.6 * apart.surprise());
  }

  private static Table twins(long seed) {
    Random random = new Random(seed);
    @Nullable Object[] a = new @Nullable Object[2_000];
    Arrays.setAll(a, i -> random.nextGaussian());
    return new Table(2_000).with("a", a).with("b", a.clone());
  }

  @Test
  void columnsThatMoveOnByNatureSurpriseNobody() {
    assertThat(rows(listings(4_000, 6)))
        .flatExtracting(SurprisingRow::reasons)
        .extracting(SurprisingRow.Reason::feature)
        .doesNotContain("listing_id", "listed_at");
  }

  @Test
  void theyAreInTheValidationAndWeighNothing() {
    Table batch = listings(4_000, 2);
    batch.column("price_usd")[700] = 1e7;
    Validation validation = validate(BASE, batch);
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
    assertThat(validation.surprising()).hasSize(20);
    assertThat(validation.surprising().getFirst().row()).isEqualTo(701);
    assertThat(
            Validation.fromJson(validation.toJson(), validation.schema(), "validation.json")
                .surprising())
        .isEqualTo(validation.surprising());
    assertThat(validation.surprising().getFirst().toRow("shop", "r1", "b1").keySet())
        .containsExactly("pipeline", "run", "batch", "uri", "row", "surprise", "reasons");
  }

  @Test
  void aRecordOfAnOlderVersionHasNone() {
    byte[] older =
        "{\"outcome\": \"PASS\", \"reasons\": [], \"anomalies\": []}"
            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertThat(
            Validation.fromJson(
                    older,
                    org.tensorflow.metadata.v0.Schema.getDefaultInstance(),
                    "validation.json")
                .surprising())
        .isEmpty();
  }

  @Test
  void aBatchTooSmallToTellNamesNoRow() {
    List<SurprisingRow> none = new ArrayList<>(validate(BASE, listings(12, 5)).surprising());
    assertThat(none).isEmpty();
  }
}
