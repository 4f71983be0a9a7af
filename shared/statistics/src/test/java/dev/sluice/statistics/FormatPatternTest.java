package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FormatPatternTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "AB-1234 | AA-9999",
        "ab-1234 | aa-9999",
        "AB1234 | AA9999",
        "AB 1234 | AA 9999",
        "SKU-0042/7 | AAA-9999/9",
        "00123 | 99999",
        "$1,299.00 | $9,999.99",
        "USD | AAA",
        "eur | aaa",
        "B2B | A9A",
        "SW1A 2AA | AA9A 9AA",
        "AB12CD34 | AA99AA99",
        "GB29 NWBK 6016 1331 9268 19 | AA99 AAAA 9999 9999 9999 99",
        "2026-11-01T12:30:00Z | 9999-99-99A99:99:99A",
        "20261101T123000Z | 99999999A999999A",
        "10.0.0.12 | 99.9.9.99",
      })
  void aCode_keepsItsLengths(String text, String format) {
    assertThat(FormatPattern.of(text)).isEqualTo(format);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "+1 (555) 123-4567 | +9 (999) 999-9999",
        "555.123.4567 | 999.999.9999",
        "5551234567 | 9999999999",
      })
  void aPhoneNumber_keepsWhatIsBetweenItsDigits(String text, String format) {
    assertThat(FormatPattern.of(text)).isEqualTo(format);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Bo | Aa…",
        "Anna | Aa…",
        "Anna Lee | Aa…",
        "Anna-Maria Lee | Aa…-Aa…",
        "Lee, Anna | Aa…, Aa…",
        "O'Neill | Aa…",
        "McDonald | Aa…",
        "ANDERSON | A…",
        "blue green | a…",
        "electronics | a…",
        "credit_card | a…_a…",
        "iPhone 15 | aA… 99",
        "Chicago, IL 60601 | Aa…, A… 99999",
        "Straße | Aa…",
        "naïve approach | a…",
      })
  void aWord_hasNoLength(String text, String format) {
    assertThat(FormatPattern.of(text)).isEqualTo(format);
  }

  @Test
  void sentences_areOneFormatWhateverTheirPunctuation() {
    List<String> sentences =
        List.of(
            "The cat sat on the mat.",
            "A cat, which nobody knew, sat (for hours) on that mat!",
            "Great phone - fast shipping; would buy again: 10/10 :)");

    assertThat(sentences.stream().map(FormatPattern::of).distinct()).containsExactly("Aa… …");
    assertThat(FormatPattern.of("it was of no use, so they sent it back")).isEqualTo("a… …");
    assertThat(FormatPattern.of("https://shop.example.com/items/red-shoes")).isEqualTo("a… …");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6f1c2a9e-44b0-4d1e-9c3a-0b7e5f21d8aa | xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        "6F1C2A9E-44B0-4D1E-9C3A-0B7E5F21D8AA | XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX",
        "00:1B:44:11:3A:B7 | XX:XX:XX:XX:XX:XX",
        "d41d8cd98f00b204e9800998ecf8427e | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV | XXXXXXXXXXXXXXXXXXXXXXXXXX",
        "dQw4w9WgXcQ | wwwwwwwwwww",
      })
  void randomKeys_haveOneFormat(String text, String format) {
    assertThat(FormatPattern.of(text)).isEqualTo(format);
  }

  @Test
  void nearlyAllOfManyRandomKeys_haveOneFormat() {
    Random random = new Random(20261125);
    List<String> uuids = new ArrayList<>();
    List<String> hashes = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      byte[] bytes = new byte[32];
      random.nextBytes(bytes);
      uuids.add(UUID.nameUUIDFromBytes(bytes).toString());
      hashes.add(HexFormat.of().formatHex(bytes));
    }

    String uuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    assertThat(share(uuids, uuid)).isGreaterThan(.99);
    assertThat(share(hashes, "x".repeat(64))).isGreaterThan(.999);
  }

  private static double share(List<String> texts, String format) {
    long of = texts.stream().filter(text -> FormatPattern.of(text).equals(format)).count();
    return (double) of / texts.size();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "東京都|c…",
        "東京|c…",
        "Москва|Aa…",
        "МСК-12|AAA-99",
        "١٢٣-٤٥|999-99",
        "5 €|9 €",
        "12\u00a0km|99 aa",
        "ok 👍👍|aa ss",
        "a\u0007b|a␀a",
        " AB|␠AA",
        "AB |AA␠",
      })
  void otherScriptsAndSigns_areRead(String text, String format) {
    assertThat(FormatPattern.of(text)).isEqualTo(format.replace('␠', ' '));
  }

  @Test
  void aCombiningMark_belongsToItsLetter() {
    assertThat(FormatPattern.of("e\u0301te\u0301")).isEqualTo(FormatPattern.of("été"));
  }

  @Test
  void longRuns_areCut() {
    assertThat(FormatPattern.of("9".repeat(20))).isEqualTo("9".repeat(20));
    assertThat(FormatPattern.of("9".repeat(21))).isEqualTo("9…");
    assertThat(FormatPattern.of("A-----B")).isEqualTo("A-…A");
    assertThat(FormatPattern.of("#;".repeat(1000))).hasSize(257).endsWith("…");
  }

  @Test
  void theEmptyText_hasTheEmptyFormat() {
    assertThat(FormatPattern.of("")).isEmpty();
    assertThat(FormatPattern.of(" \t ")).isEqualTo(" ");
  }

  @Test
  void anyText_hasAFormatOfBoundedLength() {
    Random random = new Random(20261125);
    for (int i = 0; i < 20_000; i++) {
      String text =
          IntStream.range(0, random.nextInt(400))
              .map(at ->
                  switch (random.nextInt(6)) {
                    case 0 -> random.nextInt(0x110000);
                    case 1 -> 0xd800 + random.nextInt(0x800);
                    default -> " aB9-'é".charAt(random.nextInt(7));
                  })
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();

      assertThat(FormatPattern.of(text)).hasSizeLessThanOrEqualTo(513);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "AA-9999 | A…-9…",
        "AAA-99999 | A…-9…",
        "Aa…, A… 99999 | Aa…, A……",
        "xxxxxxxx-xxxx | x…-x…",
        "Aa… … | Aa… …",
        "99.9.9.99 | 9….9….…",
      })
  void aCoarseFormat_forgetsLengthsAndTheEnd(String format, String coarse) {
    assertThat(FormatPattern.coarse(format, 4)).isEqualTo(coarse);
  }
}
