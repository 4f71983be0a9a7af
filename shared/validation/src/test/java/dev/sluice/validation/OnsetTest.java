package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnsetTest {
  private static Onset.Rows rows(int n, double usual, int from, int to, long seed) {
    Random random = new Random(seed);
    Onset.Rows rows = new Onset.Rows();
    // Backwards, as the order in which rows arrive must not matter.
    for (int row = n; row >= 1; row--) {
      rows.add(row, (row >= from && row <= to) || random.nextDouble() < usual);
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 500, 5_000, 9_500, 9_950})
  void aBreakToTheEndIsFoundToTheRow(int from) {
    Onset start = Onset.find(rows(10_000, 0, from, 10_000, from), 0);
    assertThat(start).isNotNull();
    assertThat(start.first()).isEqualTo(from);
    assertThat(start.toTheEnd()).isTrue();
  }

  @Test
  void usualGapsBeforeTheBreakMoveItByARowOrTwoAtMost() {
    int exact = 0;
    for (int seed = 0; seed < 50; seed++) {
      Onset start = Onset.find(rows(10_000, 0.02, 6_001, 10_000, seed), 0.02);
      assertThat(start).isNotNull();
      assertThat(start.first()).isBetween(5_998L, 6_001L);
      exact += start.first() == 6_001 ? 1 : 0;
    }
    assertThat(exact).isGreaterThanOrEqualTo(45);
  }

  @Test
  void aBreakThatEndsIsBounded() {
    Onset start = Onset.find(rows(10_000, 0.01, 3_000, 3_499, 7), 0.01);
    assertThat(start).isNotNull();
    assertThat(start.first()).isBetween(2_998L, 3_000L);
    assertThat(start.last()).isBetween(3_499L, 3_501L);
    assertThat(start.toTheEnd()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.4})
  void gapsThatAreSpreadEvenlyBeginNowhere(double share) {
    for (int seed = 0; seed < 30; seed++) {
      assertThat(Onset.find(rows(5_000, share, 0, 0, seed), share / 2)).isNull();
    }
  }

  @Test
  void aHandfulOfGapsIsNoBreak() {
    assertThat(Onset.find(rows(10_000, 0, 9_997, 10_000, 1), 0)).isNull();
  }
}
