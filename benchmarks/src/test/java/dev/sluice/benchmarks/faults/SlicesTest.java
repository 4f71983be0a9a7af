package dev.sluice.benchmarks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

final class SlicesTest {
  private final Slices slices =
      new Slices(
          Table.parse(
              "t.csv",
              "currency,country,place\nJPY,JP,\"Ueno, Tokyo\"\nJPY,JP,Osaka\nUSD,US,Reno\nUSD,JP,Osaka\n"));

  private static BitSet rows(int... rows) {
    BitSet set = new BitSet();
    for (int row : rows) {
      set.set(row);
    }
    return set;
  }

  @Test
  void aGroupMeansItsRows() {
    assertThat(slices.means("currency=JPY", rows(0, 1))).isTrue();
  }

  @Test
  void aGroupOfOtherRowsIsWrong() {
    assertThat(slices.means("currency=USD", rows(0, 1))).isFalse();
    assertThat(slices.means("country=JP", rows(0, 1))).isFalse();
  }

  @Test
  void allRowsAreNoGroup() {
    assertThat(slices.means("", rows(0, 1))).isFalse();
  }

  @Test
  void groupsBesideEachOtherMeanTheRowsOfAll() {
    assertThat(slices.means("place=Ueno, Tokyo, place=Reno", rows(0, 2))).isTrue();
  }

  @Test
  void groupsWithinEachOtherMeanTheRowsOfBoth() {
    assertThat(slices.means("country=JP and currency=USD", rows(3))).isTrue();
    assertThat(slices.means("country=JP and currency=USD", rows(0, 1, 3))).isFalse();
  }
}
