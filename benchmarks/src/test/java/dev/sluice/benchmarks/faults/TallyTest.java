package dev.sluice.benchmarks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TallyTest {
  private static final Batch FILE =
      Batch.of("new", Table.parse("new", "price,currency\n1,JPY\n2,JPY\n3,USD\n"));

  private static Tally tally(Truth truth, Found... alarms) {
    return Tally.of(Scene.of(FILE, FILE, truth), List.of(alarms));
  }

  private static Found at(String feature) {
    return at(feature, "", null);
  }

  private static Found at(String feature, String slice, @Nullable Long row) {
    return new Found(feature, slice, false, row, "");
  }

  @Test
  void anAlarmAtTheBrokenFeatureFindsIt() {
    Tally tally = tally(Truth.of("price"), at("price"));

    assertThat(tally.recall()).isEqualTo(1);
    assertThat(tally.precision()).isEqualTo(1);
  }

  @Test
  void anAlarmAtAnotherFeatureFindsNothingAndIsFalse() {
    Tally tally = tally(Truth.of("price"), at("currency"));

    assertThat(tally.alarmed()).isEqualTo(1);
    assertThat(tally.recall()).isZero();
    assertThat(tally.precision()).isZero();
  }

  @Test
  void aFeatureThatTheFaultCarriedAlongIsNeitherRightNorFalse() {
    Tally tally =
        tally(Truth.of("price").carrying(Set.of("currency")), at("price"), at("currency"));

    assertThat(tally.alarms()).isEqualTo(1);
    assertThat(tally.precision()).isEqualTo(1);
    assertThat(tally(Truth.of("price"), at("price"), at("currency")).precision()).isEqualTo(0.5);
  }

  @Test
  void aFeatureNamedTwiceIsOneAlarm() {
    assertThat(tally(Truth.of("price"), at("price"), at("price")).alarms()).isEqualTo(1);
  }

  @Test
  void theGroupIsRightWhereItsRowsAre() {
    BitSet yen = new BitSet();
    yen.set(0, 2);
    Truth truth = Truth.of("price").in(yen);

    assertThat(tally(truth, at("price", "currency=JPY", null)).rightSlices()).isEqualTo(1);
    assertThat(tally(truth, at("price", "currency=USD", null)).rightSlices()).isZero();
    assertThat(tally(truth, at("currency", "currency=JPY", null)).rightSlices()).isZero();
  }

  @Test
  void theRowIsRightOnlyWhereItIsTheSame() {
    Truth truth = Truth.of("price").from(2);

    assertThat(tally(truth, at("price", "", 2L)).rightRecords()).isEqualTo(1);
    assertThat(tally(truth, at("price", "", 3L)).rightRecords()).isZero();
  }

  @Test
  void anyAlarmOnACleanFileIsFalse() {
    Tally tally = tally(Truth.CLEAN, new Found("price", "", true, null, ""));

    assertThat(tally.alarmed()).isEqualTo(1);
    assertThat(tally.held()).isEqualTo(1);
    assertThat(tally.trueAlarms()).isZero();
    assertThat(tally(Truth.CLEAN).alarmed()).isZero();
  }

  @Test
  void talliesAddUp() {
    Tally both = tally(Truth.of("price"), at("price")).plus(tally(Truth.of("price")));

    assertThat(both.cases()).isEqualTo(2);
    assertThat(both.recall()).isEqualTo(0.5);
  }
}
