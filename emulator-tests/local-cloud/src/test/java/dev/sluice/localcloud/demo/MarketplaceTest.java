package dev.sluice.localcloud.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarketplaceTest {
  private static final LocalDate DAY = LocalDate.parse("2026-11-01");
  private static final int ROWS = 40_000;
  private static final List<Listing> GOOD = listings(Marketplace.day(DAY, 1, ROWS));

  @Test
  void theSameSeedAndDayGiveTheSameBytes() throws IOException {
    assertThat(csv(Marketplace.day(DAY, 1, 500))).isEqualTo(csv(Marketplace.day(DAY, 1, 500)));
    assertThat(csv(Marketplace.day(DAY, 2, 500))).isNotEqualTo(csv(Marketplace.day(DAY, 1, 500)));
    assertThat(csv(Marketplace.day(DAY.plusDays(1), 1, 500)))
        .isNotEqualTo(csv(Marketplace.day(DAY, 1, 500)));
  }

  @Test
  void aRowDoesNotDependOnHowManyThereAre() {
    assertThat(Marketplace.day(DAY, 1, 7).listing(7).values())
        .isEqualTo(Marketplace.day(DAY, 1, ROWS).listing(7).values());
  }

  @Test
  void theFileHasAHeaderAndARowAListing() throws IOException {
    List<String> lines = csv(Marketplace.day(DAY, 1, 300)).lines().toList();
    assertThat(lines).hasSize(301);
    assertThat(lines.getFirst()).isEqualTo(String.join(",", Marketplace.COLUMNS));
    assertThat(lines).allMatch(line -> line.split(",", -1).length == Marketplace.COLUMNS.size());
  }

  @Test
  void countriesComeInTheirShares() {
    assertThat(Market.ALL).hasSize(14);
    assertThat(Market.ALL.stream().mapToDouble(Market::share).sum()).isCloseTo(1, within(1e-9));
    for (Market market : Market.ALL) {
      // Listings follow sellers, of whom some have many.
      assertThat(share(GOOD, l -> market.country().equals(l.value("country"))))
          .as(market.country())
          .isCloseTo(market.share(), within(0.02));
    }
  }

  @Test
  void eachCountryHasOneCurrencyAndEachCurrencyOneRate() {
    Map<Object, List<Object>> currencies =
        GOOD.stream()
            .collect(
                Collectors.groupingBy(
                    l -> text(l, "country"),
                    Collectors.mapping(
                        l -> text(l, "currency"),
                        Collectors.collectingAndThen(
                            Collectors.toSet(), set -> List.copyOf(set)))));
    assertThat(currencies).hasSize(14).allSatisfy((country, all) -> assertThat(all).hasSize(1));
    assertThat(Market.ALL.stream().collect(Collectors.groupingBy(Market::currency)).values())
        .hasSize(12)
        .allMatch(all -> all.stream().map(Market::rate).distinct().count() == 1);
  }

  @Test
  void pricesAreConvertedAtTheRate() {
    for (Listing listing : GOOD) {
      double rate = Market.rate(text(listing, "currency"));
      assertThat(number(listing, "price_usd"))
          .isCloseTo(number(listing, "price") * rate, within(0.00501));
    }
  }

  @Test
  void anAmountLooksAsThatCountryWritesIt() {
    assertThat(market("US").cents(20.3)).isEqualTo(1_999);
    assertThat(market("JP").cents(33.5)).isEqualTo(498_000);
    assertThat(market("IN").cents(6)).isEqualTo(49_900);
  }

  @Test
  void brandsAreSomeHundredsAndUnevenlyKnown() {
    Map<String, Long> brands =
        GOOD.stream()
            .filter(l -> l.value("brand") != null)
            .collect(Collectors.groupingBy(l -> text(l, "brand"), Collectors.counting()));
    List<Long> counts = brands.values().stream().sorted(Comparator.reverseOrder()).toList();
    assertThat(brands.size()).isBetween(250, 400);
    assertThat(counts.get(0)).isGreaterThan(10 * counts.get(counts.size() / 2));
  }

  @Test
  void someValuesAreMissingAndPricesHaveALongTail() {
    assertThat(share(GOOD, l -> l.value("brand") == null)).isBetween(0.02, 0.04);
    assertThat(share(GOOD, l -> l.value("rating") == null)).isBetween(0.05, 0.15);
    assertThat(share(GOOD, l -> l.value("price_usd") == null)).isZero();
    double[] prices = GOOD.stream().mapToDouble(l -> number(l, "price_usd")).sorted().toArray();
    assertThat(prices[ROWS - 1]).isGreaterThan(50 * prices[ROWS / 2]);
    assertThat(GOOD.stream().filter(l -> l.value("product_number") != null))
        .allMatch(l -> text(l, "product_number").matches("[A-Z]{2}-[1-9][0-9]{3}"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 42})
  void theBestPossibleAucLeavesAModelAboutPointEightFive(long seed) {
    List<Listing> listings = listings(Marketplace.day(DAY, seed, ROWS));
    assertThat(auc(listings, Listing::probability)).isBetween(0.84, 0.88);
    assertThat(share(listings, Listing::sold)).isBetween(0.25, 0.45);
    // No single column gives it away.
    assertThat(auc(listings, l -> -Math.log(number(l, "price_usd")))).isBetween(0.55, 0.75);
  }

  @Test
  void theLabelIsDrawnFromTheProbability() {
    double expected = GOOD.stream().mapToDouble(Listing::probability).average().orElseThrow();
    assertThat(share(GOOD, Listing::sold)).isCloseTo(expected, within(0.01));
  }

  @Test
  void yenThatAreNotConvertedAreInEveryYenRowAndNowhereElse() {
    List<Listing> broken = listings(Marketplace.day(DAY, 1, ROWS, Fault.yenNotConverted()));
    for (int i = 0; i < ROWS; i++) {
      boolean yen = text(GOOD.get(i), "currency").equals("JPY");
      assertThat(changed(GOOD.get(i), broken.get(i)))
          .isEqualTo(yen ? List.of("price_usd") : List.of());
      if (yen) {
        assertThat(broken.get(i).value("price_usd")).isEqualTo(broken.get(i).value("price"));
      }
    }
  }

  @Test
  void brandIsLostFromTheMiddleOnAndNothingElseIs() {
    List<Listing> broken = listings(Marketplace.day(DAY, 1, ROWS, Fault.brandLostFromTheMiddle()));
    assertThat(new Fault.LostFrom("brand", 0.5).firstRow(ROWS)).isEqualTo(20_001);
    for (int i = 0; i < ROWS; i++) {
      boolean lost = i >= 20_000 && GOOD.get(i).value("brand") != null;
      assertThat(changed(GOOD.get(i), broken.get(i)))
          .isEqualTo(lost ? List.of("brand") : List.of());
    }
  }

  @Test
  void aRequestIsTheRawRowWithoutLabelAndMissingValues() {
    Listing listing =
        GOOD.stream().filter(l -> l.value("rating") == null).findFirst().orElseThrow();
    assertThat(listing.request())
        .doesNotContainKeys("sold", "rating")
        .containsEntry("country", text(listing, "country"))
        .containsKeys("listing_id", "price", "price_usd");
  }

  @Test
  void nonsenseIsRefusedWithTheRange() {
    assertThatThrownBy(() -> Marketplace.day(DAY, 1, 0))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("0 rows; it needs at least 1");
    assertThatThrownBy(() -> Marketplace.day(DAY, 1, 5).listing(6))
        .hasMessageContaining("row is 6; the day has rows 1 to 5");
    assertThatThrownBy(() -> new Fault.NotConverted("XYZ")).hasMessageContaining("'XYZ'");
    assertThatThrownBy(() -> new Fault.LostFrom("colour", 0.5)).hasMessageContaining("'colour'");
    assertThatThrownBy(() -> new Fault.LostFrom("brand", 1.5)).hasMessageContaining("[0, 1]");
  }

  private static List<Listing> listings(Marketplace.Day day) {
    return IntStream.rangeClosed(1, day.rows()).mapToObj(day::listing).toList();
  }

  private static String csv(Marketplace.Day day) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    day.writeCsv(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Market market(String country) {
    return Market.ALL.stream().filter(m -> m.country().equals(country)).findFirst().orElseThrow();
  }

  private static String text(Listing listing, String column) {
    return String.valueOf(listing.value(column));
  }

  private static double number(Listing listing, String column) {
    return listing.value(column) instanceof BigDecimal number ? number.doubleValue() : Double.NaN;
  }

  private static double share(List<Listing> listings, Predicate<Listing> which) {
    return (double) listings.stream().filter(which).count() / listings.size();
  }

  private static List<String> changed(Listing before, Listing after) {
    List<String> columns = new ArrayList<>();
    for (String column : Marketplace.COLUMNS) {
      if (!java.util.Objects.equals(before.value(column), after.value(column))) {
        columns.add(column);
      }
    }
    return columns;
  }

  /** The share of pairs, a sold and an unsold one, that the score puts in order. */
  private static double auc(List<Listing> listings, Function<Listing, Double> score) {
    List<Listing> sorted = listings.stream().sorted(Comparator.comparing(score)).toList();
    double ranks = 0;
    long sold = 0;
    for (int i = 0; i < sorted.size(); i++) {
      if (sorted.get(i).sold()) {
        ranks += i + 1;
        sold++;
      }
    }
    long unsold = sorted.size() - sold;
    return (ranks - sold * (sold + 1) / 2.0) / ((double) sold * unsold);
  }
}
