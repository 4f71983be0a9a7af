package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class FormatCountsTest {
  @Test
  void formats_areCountedWithTheFirstTextOfEach() {
    FormatCounts counts = new FormatCounts();
    counts.add("ZZ-1", 2);
    counts.add("AB-7", 1);
    counts.add("x", 1);

    assertThat(counts.result())
        .isEqualTo(
            new Formats(
                List.of(new FormatCount("AA-9", 3, "AB-7"), new FormatCount("a", 1, "x")), 0));
  }

  @Test
  void theFirstText_isKeptByItsBeginning() {
    FormatCounts counts = new FormatCounts();
    counts.add("9".repeat(3000), 1);
    counts.add("1" + "9".repeat(5000), 1);

    assertThat(counts.result().top())
        .singleElement()
        .satisfies(format -> assertThat(format.example()).hasSize(256).startsWith("19"));
  }

  @Test
  void moreFormatsThanTheLimit_becomeCoarse() {
    FormatCounts counts = new FormatCounts();
    for (int i = 0; i <= FormatCounts.LIMIT; i++) {
      counts.add(separated(i), 2);
    }
    counts.add("AB-1234", 1);

    Formats formats = counts.result();

    assertThat(formats.coarse()).isTrue();
    assertThat(formats.error()).isZero();
    assertThat(formats.top())
        .containsExactly(
            new FormatCount("9…-9…-…", 2L * (FormatCounts.LIMIT + 1), separated(0)),
            new FormatCount("A…-9…", 1, "AB-1234"));
  }

  /** Lengths of digits that make a format of their own for each number. */
  private static String separated(int i) {
    return ("1".repeat(i % 13 + 1) + "-" + "1".repeat(i / 13 % 13 + 1) + "-")
        + "1".repeat(i / 169 + 1);
  }

  @Test
  void asManyFormatsAsTheLimit_stayFine() {
    FormatCounts counts = new FormatCounts();
    for (int i = 0; i < FormatCounts.LIMIT; i++) {
      counts.add(separated(i), 1);
    }

    assertThat(counts.result().coarse()).isFalse();
    assertThat(counts.result().top()).hasSize(Formats.MOST_KEPT);
  }

  @Test
  void whereEvenCoarseFormatsAreTooMany_nothingIsSaidAndTheErrorIsAllTexts() {
    FormatCounts counts = new FormatCounts();
    for (int i = 0; i <= FormatCounts.LIMIT; i++) {
      counts.add("" + (char) ('\u2190' + i % 100) + (char) ('\u2190' + 100 + i / 100), 3);
    }
    counts.add("AB", 1);

    assertThat(counts.result())
        .isEqualTo(new Formats(List.of(), 3L * (FormatCounts.LIMIT + 1) + 1, /* coarse= */ true));
  }
}
