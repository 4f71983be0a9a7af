package dev.sluice.validation;

import static dev.sluice.validation.Marketplace.listings;
import static dev.sluice.validation.Marketplace.nullFrom;
import static dev.sluice.validation.Marketplace.validate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Outcome;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocatorTest {
  private static final Table BASE = listings(4_000, 1);

  private static List<Anomaly> failures(Table batch) {
    return Marketplace.of(validate(BASE, batch), Severity.FAIL);
  }

  private static Anomaly only(Table batch) {
    List<Anomaly> failures = failures(batch);
    assertThat(failures).as("failures").hasSize(1);
    return failures.getFirst();
  }

  @Test
  void fieldsThatBreakTogetherAreOneStoryThatOneLeads() {
    Table batch = listings(4_000, 2);
    for (String column : List.of("brand", "rating", "stock")) {
      batch = nullFrom(batch, column, 3_001);
    }
    List<Anomaly> failures = failures(batch);
    assertThat(failures).extracting(Anomaly::feature).containsExactly("brand", "rating", "stock");
    assertThat(failures.get(0).longText())
        .contains("At the same row broke stock and rating: one story.");
    assertThat(failures.get(1).longText())
        .contains("It is one story with brand, which broke at the same row.");
  }

  @Test
  void fieldsThatBreakApartAreStoriesOfTheirOwn() {
    Table batch = nullFrom(nullFrom(listings(4_000, 2), "brand", 3_001), "rating", 2_001);
    assertThat(failures(batch))
        .hasSize(2)
        .allSatisfy(anomaly -> assertThat(anomaly.longText()).doesNotContain("one story"));
  }

  @Test
  void theMomentIsToldWhereRowsAreInNoOrderOfTime() {
    Table inOrder = listings(4_000, 2);
    Table batch = inOrder.copy();
    long moment = 0;
    for (int i = 3_000; i < 4_000; i++) {
      batch.column("rating")[i] = null;
      moment = moment == 0 ? (Long) batch.column("listed_at")[i] : moment;
    }
    Anomaly anomaly = only(shuffled(batch, 5));
    assertThat(anomaly.feature()).isEqualTo("rating");
    assertThat(anomaly.longText())
        .contains("It begins at " + TimeAxis.words(moment) + " in listed_at (row ");
    assertThat(anomaly.longText()).contains("in the file they are not in that order");
    assertThat(anomaly.firstRow()).isNotNull();
  }

  @Test
  void gapsThatAreSpreadOverTimeHaveNoMoment() {
    Table batch = listings(4_000, 2);
    Random random = new Random(7);
    for (int i = 0; i < 4_000; i++) {
      if (random.nextDouble() < 0.25) {
        batch.column("rating")[i] = null;
      }
    }
    Anomaly anomaly = only(shuffled(batch, 5));
    assertThat(anomaly.firstRow()).isNull();
    assertThat(anomaly.longText())
        .contains("It begins nowhere: the gaps are spread over the rows, such as row ");
  }

  private static Table shuffled(Table table, long seed) {
    Random random = new Random(seed);
    double[] keys = random.doubles(table.rows()).toArray();
    Integer[] places = new Integer[table.rows()];
    Arrays.setAll(places, i -> i);
    Arrays.sort(places, Comparator.comparingDouble((Integer place) -> keys[place]));
    return table.take(Arrays.stream(places).mapToInt(Integer::intValue).toArray());
  }

  @Test
  void theSourceThatBrokeIsNamedAndTheRowWhereItDid() {
    Table base = withFeeds(listings(8_000, 1), 1);
    Table batch = withFeeds(listings(8_000, 2), 2);
    int first = 0;
    for (int i = 4_000; i < 8_000; i++) {
      if ("feed-41".equals(batch.column("feed")[i])) {
        batch.column("rating")[i] = null;
        first = first == 0 ? i + 1 : first;
      }
    }
    Anomaly anomaly = Marketplace.of(validate(base, batch), Severity.FAIL).getFirst();
    assertThat(anomaly.feature()).isEqualTo("rating");
    assertThat(anomaly.firstRow()).isEqualTo(first);
    assertThat(anomaly.slice() + anomaly.longText()).contains("feed=feed-41");
    assertThat(anomaly.longText()).contains("to the end 100 % of");
  }

  /** Of 200 feeds, too many to be groups, one has many rows. */
  private static Table withFeeds(Table table, long seed) {
    Random random = new Random(seed);
    @Nullable Object[] feeds = new @Nullable Object[table.rows()];
    Arrays.setAll(feeds, i -> "feed-" + (random.nextDouble() < 0.1 ? 41 : random.nextInt(200)));
    return table.with("feed", feeds);
  }

  @Test
  void gapsOfNoSourceInParticularNameNone() {
    Table batch = nullFrom(withFeeds(listings(8_000, 2), 2), "rating", 6_001);
    Anomaly anomaly =
        Marketplace.of(validate(withFeeds(listings(8_000, 1), 1), batch), Severity.FAIL).getFirst();
    assertThat(anomaly.firstRow()).isEqualTo(6_001);
    assertThat(anomaly.longText()).doesNotContain("feed=", "of the broken rows have");
  }

  @ParameterizedTest
  @CsvSource({"rating, 3801", "price_usd, 2001", "category, 3201", "rating, 1"})
  void aValueThatIsStuckFromARowOnIsFoundThere(String column, int row) {
    Table batch = listings(4_000, 2);
    @Nullable Object stuck = batch.column(column)[row - 1];
    for (int i = row - 1; i < 4_000; i++) {
      batch.column(column)[i] = stuck;
    }
    Anomaly anomaly = only(batch);
    assertThat(anomaly.feature()).isEqualTo(column);
    assertThat(anomaly.kind()).isEqualTo(Kind.VALUE_STUCK);
    assertThat(anomaly.firstRow()).isBetween(Math.max(1, row - 3L), (long) row);
    assertThat(anomaly.longText()).contains("to the end 100 % of", "have this value");
  }

  @Test
  void aCommonValueThatIsStuckAtTheEndIsFoundThoughItsShareHardlyRose() {
    Table batch = listings(4_000, 2);
    for (int i = 3_800; i < 4_000; i++) {
      batch.column("currency")[i] = "USD";
    }
    Anomaly anomaly =
        validate(BASE, batch).anomalies().stream()
            .filter(one -> one.kind() == Kind.VALUE_STUCK)
            .findFirst()
            .orElseThrow();
    assertThat(anomaly.feature()).isEqualTo("currency");
    assertThat(anomaly.severity()).isEqualTo(Severity.FAIL);
    assertThat(anomaly.firstRow()).isBetween(3_795L, 3_801L);
  }

  @Test
  void aClockThatStandsIsFoundThoughTimesMoveOn() {
    Table batch = listings(4_000, 2);
    for (int i = 3_500; i < 4_000; i++) {
      batch.column("listed_at")[i] = batch.column("listed_at")[3_499];
    }
    Anomaly anomaly = only(batch);
    assertThat(anomaly.kind()).isEqualTo(Kind.VALUE_STUCK);
    assertThat(anomaly.firstRow()).isEqualTo(3_500);
  }

  @Test
  void rowsThatAreSortedByAColumnAreNotStuck() {
    Table batch = listings(4_000, 2);
    Integer[] places = new Integer[4_000];
    Arrays.setAll(places, i -> i);
    Arrays.sort(
        places, Comparator.comparing((Integer i) -> String.valueOf(batch.column("category")[i])));
    int[] sorted = Arrays.stream(places).mapToInt(Integer::intValue).toArray();
    // Some more books than before, so that they are looked at.
    Table more = batch.take(sorted);
    for (int i = 0; i < 4_000; i++) {
      if ("garden".equals(more.column("category")[i]) && i % 2 == 0) {
        more.column("category")[i] = "books";
      }
    }
    Table again = more.copy();
    Integer[] order = new Integer[4_000];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order, Comparator.comparing((Integer i) -> String.valueOf(again.column("category")[i])));
    Table file = again.take(Arrays.stream(order).mapToInt(Integer::intValue).toArray());
    assertThat(validate(BASE, file).anomalies())
        .extracting(Anomaly::kind)
        .doesNotContain(Kind.VALUE_STUCK);
  }

  @Test
  void aValueThatIsOftenerInAllPartsIsNotStuck() {
    Table batch = listings(4_000, 2);
    for (int i = 0; i < 4_000; i += 12) {
      batch.column("category")[i] = "music";
    }
    assertThat(validate(BASE, batch).anomalies())
        .extracting(Anomaly::kind)
        .doesNotContain(Kind.VALUE_STUCK);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0", "-1.0", "999.0"})
  void aDefaultThatReplacesValuesFailsAsMissingOnesDo(String value) {
    Table batch = listings(4_000, 2);
    Random random = new Random(1);
    for (int i = 0; i < 4_000; i++) {
      if (random.nextDouble() < 0.06) {
        batch.column("rating")[i] = Double.valueOf(value);
      }
    }
    Anomaly anomaly = only(batch);
    assertThat(anomaly.feature()).isEqualTo("rating");
    assertThat(anomaly.kind()).isEqualTo(Kind.DEFAULT_FOR_VALUE);
    assertThat(anomaly.longText()).contains("spread over the rows, such as row");
  }

  @Test
  void aNumberThatWasThereBeforeIsNoDefault() {
    Table base = listings(4_000, 1);
    Table batch = listings(4_000, 2);
    for (int i = 0; i < 4_000; i += 400) {
      base.column("stock")[i] = 999L;
    }
    for (int i = 0; i < 4_000; i += 60) {
      batch.column("stock")[i] = 999L;
    }
    assertThat(validate(base, batch).anomalies())
        .extracting(Anomaly::kind)
        .doesNotContain(Kind.DEFAULT_FOR_VALUE);
  }

  @Test
  void cleanBatchesHaveNothingStuck() {
    for (int seed = 10; seed < 30; seed++) {
      assertThat(validate(BASE, listings(4_000, seed)).outcome()).isEqualTo(Outcome.PASS);
    }
  }

  @Test
  void rowsToLookAtAreNamedForAMixThatTurned() {
    Table batch = listings(4_000, 2);
    for (int i = 0; i < 4_000; i += 2) {
      batch.column("category")[i] = "toys";
    }
    assertThat(only(batch).longText()).contains("Rows to look at: row 1 'toys', row ");
  }

  @Test
  void severalBadValuesAreNamedWithTheirRows() {
    Table batch = listings(4_000, 2);
    batch.column("rating")[41] = "n/a";
    batch.column("rating")[99] = "?";
    assertThat(only(batch).longText())
        .contains("First value that is no number: 'n/a' in row 42. Also: row 100 '?'.");
  }
}
