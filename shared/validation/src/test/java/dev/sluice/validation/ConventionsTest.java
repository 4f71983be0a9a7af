package dev.sluice.validation;

import static dev.sluice.validation.Marketplace.listings;
import static dev.sluice.validation.Marketplace.validate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConventionsTest {
  private static final String[] FIRST = {
    "Anna", "Bo", "Chloé", "Dmitri", "Eve", "Jean-Luc", "Mary Ann", "O'Neil", "Li", "Zoë"
  };
  private static final String[] LAST = {
    "Smith", "García", "von Berg", "McDonald", "Li", "D'Souza", "Ng", "Kowalska", "Brown", "Rossi"
  };

  private interface Text {
    String of(Random random, int row);
  }

  private static Table table(int rows, long seed, Text text) {
    Random random = new Random(seed);
    @Nullable Object[] values = new @Nullable Object[rows];
    for (int i = 0; i < rows; i++) {
      values[i] = text.of(random, i);
    }
    return new Table(rows).with("sku", values);
  }

  /** Products that come again, as the most popular ones do. */
  private static String product(Random random) {
    int number = (int) Math.min(2_999, Math.abs(random.nextGaussian()) * 600);
    return String.format(
        Locale.ROOT, "%s-%04d", "ABCDEF".substring(number % 5, number % 5 + 2), number);
  }

  private static Table products(long seed) {
    return table(4_000, seed, (random, row) -> product(random));
  }

  private static Table respelled(Table table, int from, UnaryOperator<String> how) {
    Table out = table.copy();
    for (int i = from; i < table.rows(); i++) {
      out.column("sku")[i] = how.apply(String.valueOf(table.column("sku")[i]));
    }
    return out;
  }

  private static Anomaly only(Table base, Table batch) {
    List<Anomaly> telling =
        validate(base, batch).anomalies().stream()
            .filter(anomaly -> anomaly.severity() != Severity.INFO)
            .toList();
    assertThat(telling).as("anomalies").hasSize(1);
    return telling.getFirst();
  }

  @Test
  void productNumbersThatLoseTheirHyphenAreTheOldOnesOneToOne() {
    Anomaly anomaly = only(products(1), respelled(products(2), 0, value -> value.replace("-", "")));
    assertThat(anomaly.kind()).isEqualTo(Kind.FORMAT_CHANGED);
    assertThat(anomaly.severity()).isEqualTo(Severity.FAIL);
    assertThat(anomaly.shortText())
        .isEqualTo(
            "sku is written in another way: AA-9999 -> AA9999 in 100 % of its values, the old"
                + " values without punctuation");
    assertThat(anomaly.longText())
        .contains("Before: AA-9999 as 'AB-0", "Now: AA9999 as 'AB0", "0 % -> 100 %", "one to one")
        .contains("in all parts of the file alike");
    assertThat(anomaly.firstRow()).isEqualTo(1);
  }

  @Test
  void aPartOfTheFileShowsItsShareTenthByTenth() {
    Anomaly anomaly =
        only(products(1), respelled(products(2), 2_800, value -> value.replace("-", "")));
    assertThat(anomaly.longText())
        .contains("Tenth by tenth of the rows, in per cent: 0, 0, 0, 0, 0, 0, 0, 100, 100, 100.");
    assertThat(anomaly.firstRow()).isEqualTo(2_801);
  }

  @Test
  void onePercentIsEnoughForAWarning() {
    Table batch = products(2);
    for (int i = 0; i < 4_000; i += 100) {
      batch.column("sku")[i] = String.valueOf(batch.column("sku")[i]).replace("-", "");
    }
    Anomaly anomaly = only(products(1), batch);
    assertThat(anomaly.kind()).isEqualTo(Kind.FORMAT_CHANGED);
    assertThat(anomaly.severity()).isEqualTo(Severity.WARN);
  }

  @ParameterizedTest
  @CsvSource({
    "lower, the old values in small letters",
    "prefix, the old values with 'P/' before them",
    "slash, the old values in another case or with other punctuation",
  })
  void theRespellingIsNamed(String how, String words) {
    UnaryOperator<String> respelling =
        switch (how) {
          case "lower" -> value -> value.toLowerCase(Locale.ROOT);
          case "prefix" -> value -> "P/" + value;
          default -> value -> value.replace('-', '/');
        };
    assertThat(only(products(1), respelled(products(2), 0, respelling)).shortText())
        .endsWith(words);
  }

  @Test
  void zerosThatAreLostAreNamed() {
    Table base = table(4_000, 1, (random, row) -> "K" + padded(random));
    Table batch = table(4_000, 2, (random, row) -> "K" + Integer.parseInt(padded(random)));
    assertThat(only(base, batch).shortText())
        .startsWith("sku is written in another way: A99999 -> A999 in ")
        .endsWith(", the old values without leading zeros");
  }

  private static String padded(Random random) {
    return String.format(Locale.ROOT, "%05d", (int) Math.abs(random.nextGaussian() * 500));
  }

  @Test
  void codesThatBecomeNumbersTellWhatTheyLost() {
    Table base = products(1);
    Table batch = products(2);
    for (int i = 0; i < 4_000; i++) {
      String value = String.valueOf(batch.column("sku")[i]);
      batch.column("sku")[i] = Long.valueOf(value.substring(3));
    }
    Anomaly anomaly = only(base, batch);
    assertThat(anomaly.kind()).isEqualTo(Kind.STRING_TYPE_NOW_INT);
    assertThat(anomaly.longText())
        .contains("They are the old values without all but digits, and leading zeros: '");
  }

  @Test
  void numbersThatBecomeCodesTellWhatTheyGot() {
    Table numbers = new Table(4_000).with("sku", new @Nullable Object[4_000]);
    Table codes = numbers.copy();
    Random random = new Random(1);
    for (int i = 0; i < 4_000; i++) {
      long number = 1_000 + (long) Math.abs(random.nextGaussian() * 600);
      numbers.column("sku")[i] = number;
      codes.column("sku")[(i * 7) % 4_000] = "P-" + number;
    }
    Anomaly anomaly = only(numbers, codes);
    assertThat(anomaly.kind()).isEqualTo(Kind.INT_TYPE_NOT_INT_STRING);
    assertThat(anomaly.longText()).contains("They are the old values with 'P-' before them");
  }

  @Test
  void valuesOfADomainInAnotherCaseAreOneStory() {
    Table base = listings(4_000, 1);
    Table batch = listings(4_000, 2);
    for (int i = 0; i < 4_000; i++) {
      batch.column("category")[i] =
          String.valueOf(batch.column("category")[i]).toUpperCase(Locale.ROOT);
    }
    List<Anomaly> telling =
        validate(base, batch).anomalies().stream()
            .filter(anomaly -> anomaly.feature().equals("category"))
            .filter(anomaly -> anomaly.severity() == Severity.FAIL)
            .toList();
    assertThat(telling).hasSize(1);
    assertThat(telling.getFirst().longText())
        .contains("They are the old values in capitals: 'books' -> 'BOOKS'; 6 of 6 known values");
  }

  @Test
  void newProductsThatWereNeverSeenAreTakenByTheirShape() {
    Table base = table(3_000, 1, (random, row) -> "AB-" + (100_000 + row));
    Table batch = table(3_000, 2, (random, row) -> "AB" + (200_000 + row));
    Anomaly anomaly = only(base, batch);
    assertThat(anomaly.kind()).isEqualTo(Kind.FORMAT_CHANGED);
    assertThat(anomaly.longText())
        .contains("By their shape they are the old values without punctuation");
  }

  @Test
  void datesInAnotherOrderAreTold() {
    Table base = table(3_000, 1, (random, row) -> "2026-11-" + (10 + random.nextInt(20)));
    Table batch = table(3_000, 2, (random, row) -> (10 + random.nextInt(20)) + ".11.2026");
    assertThat(validate(base, batch).anomalies())
        .filteredOn(anomaly -> anomaly.kind() == Kind.FORMAT_CHANGED)
        .singleElement()
        .satisfies(
            anomaly -> assertThat(anomaly.longText()).contains("as times written in another way"));
  }

  @Test
  void aNumberThatGrowsByADigitIsNoChangeOfTheConvention() {
    Table base = table(2_000, 1, (random, row) -> "S" + (7_500 + row));
    Table batch = table(2_000, 2, (random, row) -> "S" + (9_500 + row));
    Validation validation = validate(base, batch);
    assertThat(validation.outcome()).isEqualTo(Outcome.PASS);
    assertThat(validation.anomalies())
        .filteredOn(anomaly -> anomaly.kind() == Kind.FORMAT_CHANGED)
        .singleElement()
        .satisfies(anomaly -> {
          assertThat(anomaly.severity()).isEqualTo(Severity.INFO);
          assertThat(anomaly.longText()).contains("counted up");
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "products",
        "names",
        "sentences",
        "uuids",
        "hex",
        "phones",
        "short ids",
        "amounts",
        "urls"
      })
  void cleanTextsHaveNoNewConvention(String kind) {
    for (int seed = 1; seed <= 12; seed++) {
      Table base = table(2_000, 100 + seed, (random, row) -> text(kind, random, row));
      Table batch = table(2_000, 200 + seed, (random, row) -> text(kind, random, 2_000 + row));
      assertThat(validate(base, batch).anomalies())
          .as("%s, seed %d", kind, seed)
          .extracting(Anomaly::kind)
          .doesNotContain(Kind.FORMAT_CHANGED);
    }
  }

  private static String text(String kind, Random random, int row) {
    return switch (kind) {
      case "products" -> product(random);
      case "names" ->
          FIRST[random.nextInt(10)]
              + (random.nextInt(5) == 0 ? " " + (char) ('A' + random.nextInt(26)) + "." : "")
              + " "
              + LAST[random.nextInt(10)];
      case "sentences" -> {
        StringBuilder text = new StringBuilder("It");
        for (int i = random.nextInt(12); i >= 0; i--) {
          text.append(random.nextInt(6) == 0 ? ", " : " ").append(LAST[random.nextInt(10)]);
        }
        yield text.append(random.nextInt(3) == 0 ? "!" : ".").toString();
      }
      case "uuids" -> new java.util.UUID(random.nextLong(), random.nextLong()).toString();
      case "hex" -> Long.toHexString(random.nextLong());
      case "phones" ->
          "+"
              + (1 + random.nextInt(99))
              + " "
              + (100 + random.nextInt(99_900))
              + "-"
              + random.nextInt(10_000);
      case "short ids" -> "S" + random.nextInt(5_000);
      case "amounts" ->
          String.format(Locale.ROOT, "$%,.2f", 10 * Math.exp(2 * random.nextGaussian()));
      default -> "https://x.example/" + LAST[random.nextInt(10)] + "?p=" + row;
    };
  }

  @Test
  void aNewNameIsNoNewConvention() {
    Table base = table(3_000, 1, (random, row) -> "Brand " + LAST[random.nextInt(10)]);
    Table batch =
        table(
            3_000,
            2,
            (random, row) -> random.nextInt(20) == 0 ? "H&M" : "Brand " + LAST[random.nextInt(10)]);
    assertThat(validate(base, batch).anomalies())
        .extracting(Anomaly::kind)
        .doesNotContain(Kind.FORMAT_CHANGED);
  }
}
