package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.validation.Family.Bins;
import dev.sluice.validation.Family.Groups;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FamilyTest {
  private static final int ROWS = 6_000;
  private static final double[] EDGES = {-1, -.5, 0, .5, 1};

  /**
   * @param different columns drawn by themselves, the others being copies of them
   */
  private static double tests(int columns, int different) {
    Random random = new Random(3);
    Table table = new Table(ROWS);
    List<Bins> bins = new ArrayList<>();
    for (int c = 0; c < columns; c++) {
      String name = "x" + c;
      @Nullable Object[] values = new @Nullable Object[ROWS];
      for (int i = 0; i < ROWS; i++) {
        values[i] =
            c < different ? (Object) random.nextGaussian() : table.column("x" + c % different)[i];
      }
      table.with(name, values);
      bins.add(new Bins(name, EDGES, null, /* compared= */ true));
    }
    return Family.effectiveTests(
        names -> table.reader(), ROWS, bins, List.of(), /* least= */ 30, columns);
  }

  @Test
  void independentComparisonsCountOneByOne() {
    assertThat(tests(40, 40)).isBetween(28.0, 40.0);
  }

  @Test
  void copiesOfAColumnCountOnce() {
    assertThat(tests(40, 4)).isBetween(2.5, 6.0);
  }

  @Test
  void aSingleComparisonIsOne() {
    assertThat(tests(1, 1)).isEqualTo(1);
  }

  @Test
  void groupsThatAreTooSmallInTheSampleCountAsTheOthersDo() {
    Random random = new Random(4);
    @Nullable Object[] values = new @Nullable Object[ROWS];
    @Nullable Object[] group = new @Nullable Object[ROWS];
    for (int i = 0; i < ROWS; i++) {
      values[i] = random.nextGaussian();
      group[i] = random.nextDouble() < .99 ? "common" : "rare";
    }
    Table table = new Table(ROWS).with("x", values).with("g", group);
    double tests =
        Family.effectiveTests(
            names -> table.reader(),
            ROWS,
            List.of(new Bins("x", EDGES, null, /* compared= */ true)),
            List.of(new Groups("g", List.of("common", "rare"))),
            /* least= */ 30,
            /* tests= */ 3);
    // Whole and common group are nearly one comparison; the rare group could not be looked at.
    assertThat(tests).isBetween(1.0, 2.5);
  }

  @Test
  void theAnswerIsTheSameEachTime() {
    assertThat(tests(10, 5)).isEqualTo(tests(10, 5));
  }
}
