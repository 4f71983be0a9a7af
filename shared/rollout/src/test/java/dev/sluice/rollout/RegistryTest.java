package dev.sluice.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceKind;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryTest {
  private static final Order FIRST = new Order("2026-11-01", Instant.parse("2026-11-01T01:00:00Z"));
  private static final Order SECOND =
      new Order("2026-11-02", Instant.parse("2026-11-01T00:00:00Z"));

  private static Registry two() {
    return Registry.EMPTY
        .register("aa", "gs://a/m/aa/", "gs://a/t/aa/", "b-1", FIRST, /* sha256= */ null)
        .register("bb", "gs://a/m/bb/", "gs://a/t/bb/", "b-2", SECOND, /* sha256= */ null);
  }

  @Test
  void register_numbersModelsFromOne() {
    assertThat(two().versions()).extracting(Registry.Version::number).containsExactly(1, 2);
  }

  @Test
  void register_knownFingerprintKeepsItsNumber() {
    Registry again =
        two().register("aa", "gs://a/m/aa/", "gs://a/t/aa/", "b-3", SECOND, /* sha256= */ null);
    assertThat(again).isEqualTo(two());
  }

  @Test
  void release_laterBatchReplacesEarlier() {
    Registry registry = two().release(1, FIRST).release(2, SECOND);
    assertThat(registry.live()).isEqualTo(2);
  }

  @Test
  void release_earlierBatchNeverReplacesLater() {
    Registry registry = two().release(2, SECOND);
    assertThat(registry.isSuperseded(FIRST)).isTrue();
    assertThat(registry.release(1, FIRST).live()).isEqualTo(2);
  }

  @Test
  void release_oldModelChosenByLaterBatchIsAsNewAsThatBatch() {
    Registry registry = two().release(1, SECOND);
    assertThat(registry.live()).isEqualTo(1);
    assertThat(registry.isSuperseded(FIRST)).isTrue();
  }

  @Test
  void release_marksWhatServedForGood() {
    Registry registry = two().release(1, FIRST).release(2, SECOND);
    assertThat(registry.versions())
        .extracting(Registry.Version::served)
        .containsExactly(true, true);
    assertThat(two().versions()).extracting(Registry.Version::served).containsExactly(false, false);
  }

  @Test
  void release_unknownVersionIsRefused() {
    assertThatThrownBy(() -> two().release(3, SECOND))
        .isInstanceOf(BadInput.class)
        .hasMessage("there is no version 3; versions 1 to 2 exist");
  }

  private static Order day(int day) {
    return new Order(String.format("2026-11-%02d", day), Instant.parse("2026-12-01T00:00:00Z"));
  }

  private static Registry.Judged judged(int day, Outcome outcome) {
    return new Registry.Judged(
        "b-" + day,
        day(day),
        outcome,
        "gs://a/s/" + day + "/",
        outcome.blesses() ? "gs://a/c/" + day + "/" : null,
        "gs://a/n/" + day + "/",
        null);
  }

  private static Registry.Judged accepted(int day) {
    return new Registry.Judged(
        "b-" + day,
        day(day),
        Outcome.WARN,
        "gs://a/s/" + day + "/",
        "gs://a/c/accepted/",
        "gs://a/n/" + day + "/",
        new Acceptance("ann", "a new market", Instant.EPOCH, "gs://a/n/" + day + "/"));
  }

  private static Registry after(Registry.Judged... judged) {
    Registry registry = Registry.EMPTY;
    for (Registry.Judged one : judged) {
      registry = registry.judged(one, null);
    }
    return registry;
  }

  private static Batch batch(int day, String span) {
    return new Batch(
        "b-" + day,
        "p",
        SourceKind.FILES,
        span,
        null,
        List.of(new Source("gs://i/p/a.csv#1", 1, "")),
        day(day).receivedAt());
  }

  private static List<String> names(List<Registry.Judged> batches) {
    return batches.stream().map(Registry.Judged::batch).toList();
  }

  @Test
  void judged_onlyWhatPassesBecomesTheBaseline() {
    Registry.Judged passed = judged(1, Outcome.PASS);
    Registry registry =
        after(passed, judged(2, Outcome.WARN), judged(3, Outcome.UNKNOWN), judged(4, Outcome.FAIL));
    assertThat(registry.baseline()).isEqualTo(passed);
    assertThat(names(registry.batches())).containsExactly("b-3", "b-2", "b-1");
    assertThat(names(registry.held())).containsExactly("b-4");
  }

  @Test
  void judged_theBaselineMovesForwardsOnly() {
    assertThat(after(judged(2, Outcome.PASS), judged(1, Outcome.PASS)).baseline())
        .isEqualTo(judged(2, Outcome.PASS));
  }

  @Test
  void judged_whatGoesOnIsHeldNoMore() {
    Registry registry = after(judged(1, Outcome.FAIL), judged(1, Outcome.PASS));
    assertThat(registry.held()).isEmpty();
    assertThat(registry.baseline()).isEqualTo(judged(1, Outcome.PASS));
  }

  @Test
  void judged_whatPassedStaysTheBaselineWhereItFailsLater() {
    Registry registry = after(judged(1, Outcome.PASS), judged(1, Outcome.FAIL));
    assertThat(registry.baseline()).isEqualTo(judged(1, Outcome.PASS));
    assertThat(names(registry.held())).containsExactly("b-1");
  }

  @Test
  void judged_whatIsAcceptedIsABaselineAndIsNotHeldAgainByAnOlderCall() {
    Registry registry = after(judged(1, Outcome.PASS), judged(2, Outcome.FAIL), accepted(2));
    assertThat(registry.baseline()).isEqualTo(accepted(2));
    assertThat(registry.held()).isEmpty();
    assertThat(registry.judged(judged(2, Outcome.FAIL), null)).isEqualTo(registry);
    assertThat(registry.judged(judged(2, Outcome.WARN), null)).isEqualTo(registry);
  }

  @Test
  void judged_whatAnAcceptedRunDoesNotTakeIsHeldToBeAcceptedAgain() {
    Registry registry = after(accepted(2));
    Registry.Judged again =
        new Registry.Judged(
            "b-2", day(2), Outcome.FAIL, "gs://s/", null, "gs://n/", accepted(2).accepted());
    assertThat(names(registry.judged(again, null).held())).containsExactly("b-2");
    assertThat(registry.judged(again, null).baseline()).isEqualTo(accepted(2));
  }

  @Test
  void accept_makesAHeldBatchTheBaseline() {
    Registry registry = after(judged(1, Outcome.PASS), judged(2, Outcome.FAIL));
    Registry done = registry.accept(accepted(2), null);
    assertThat(done.baseline()).isEqualTo(accepted(2));
    assertThat(done.held()).isEmpty();
    assertThat(names(done.batches())).containsExactly("b-2", "b-1");
  }

  @Test
  void accept_makesABatchThatWentOnTheBaselineOfTheNext() {
    Registry registry = after(judged(1, Outcome.PASS), judged(2, Outcome.WARN));
    assertThat(names(registry.before(batch(3, "2026-11-03")))).containsExactly("b-1");
    Registry done = registry.accept(accepted(2), null);
    assertThat(done.baseline()).isEqualTo(accepted(2));
    assertThat(done.before(batch(3, "2026-11-03")))
        .containsExactly(accepted(2), judged(1, Outcome.PASS));
    assertThat(done.judged(judged(2, Outcome.WARN), null)).isEqualTo(done);
  }

  @Test
  void accept_changesNothingWhereThereIsNothingToAccept() {
    Registry registry = after(judged(1, Outcome.WARN), judged(2, Outcome.PASS));
    assertThat(registry.accept(accepted(2), null)).isEqualTo(registry);
    assertThat(registry.accept(accepted(3), null)).isEqualTo(registry);
    Registry done = registry.accept(accepted(1), "gs://a/c/edited/");
    assertThat(done.accept(accepted(1), "gs://a/c/again/")).isEqualTo(done);
  }

  @Test
  void acceptable_isWhatIsHeldOrWentOnWithoutAPass() {
    Registry registry =
        after(
            judged(1, Outcome.PASS),
            judged(2, Outcome.WARN),
            judged(3, Outcome.UNKNOWN),
            judged(4, Outcome.FAIL),
            accepted(5));
    assertThat(registry.acceptable("b-2")).contains(judged(2, Outcome.WARN));
    assertThat(registry.acceptable("b-3")).contains(judged(3, Outcome.UNKNOWN));
    assertThat(registry.acceptable("b-4")).contains(judged(4, Outcome.FAIL));
    assertThat(registry.acceptable("b-1")).isEmpty();
    assertThat(registry.acceptable("b-5")).isEmpty();
    assertThat(registry.acceptable("b-6")).isEmpty();
  }

  @Test
  void acceptable_isWhatHoldsABatchThatWentOnBefore() {
    Registry registry = after(judged(1, Outcome.WARN), judged(1, Outcome.FAIL));
    assertThat(registry.acceptable("b-1")).contains(judged(1, Outcome.FAIL));
  }

  @Test
  void accept_whereALaterBatchPassedThatStaysTheBaselineWithTheSchemaThatWasWritten() {
    Registry registry = after(judged(2, Outcome.FAIL), judged(3, Outcome.PASS));
    Registry done = registry.accept(accepted(2), "gs://a/c/edited/");
    assertThat(done.baseline()).isEqualTo(judged(3, Outcome.PASS).withSchema("gs://a/c/edited/"));
    assertThat(done.wentOn("b-2")).contains(accepted(2));
  }

  @Test
  void judged_aRepeatedCallChangesNothing() {
    Registry registry = after(judged(1, Outcome.PASS), judged(2, Outcome.FAIL));
    assertThat(registry.judged(judged(2, Outcome.FAIL), null)).isEqualTo(registry);
    assertThat(registry.judged(judged(1, Outcome.PASS), null)).isEqualTo(registry);
  }

  @Test
  void judged_keepsTheNewestOfASortAndWhatAVersionOrTheSpecNeeds() {
    Registry registry =
        after(judged(1, Outcome.PASS), judged(2, Outcome.PASS), judged(3, Outcome.PASS))
            .register("aa", "gs://a/m/aa/", "gs://a/t/aa/", "b-1", day(1), /* sha256= */ null);
    for (int n = 0; n < Registry.KEPT; n++) {
      Order later = new Order("2027-" + (100 + n), Instant.EPOCH);
      for (Outcome outcome : List.of(Outcome.PASS, Outcome.WARN, Outcome.FAIL)) {
        registry =
            registry.judged(
                new Registry.Judged(
                    "l-" + outcome + n, later, outcome, "gs://s/", "gs://c/", null, null),
                "b-3");
      }
    }
    assertThat(registry.batches()).hasSize(2 * Registry.KEPT + 2);
    assertThat(registry.wentOn("b-1")).isPresent();
    assertThat(registry.wentOn("b-2")).isEmpty();
    assertThat(registry.wentOn("b-3")).isPresent();
    assertThat(registry.held()).hasSize(Registry.KEPT);
  }

  private static final Registry WEEKS =
      after(
          judged(1, Outcome.PASS),
          judged(2, Outcome.PASS),
          judged(7, Outcome.WARN),
          judged(8, Outcome.PASS),
          judged(9, Outcome.PASS));

  @Test
  void baselines_lastIsTheNewestThatPassed() {
    assertThat(names(WEEKS.baselines(new BaselineRule.Last(), batch(15, "2026-11-15"))))
        .containsExactly("b-9");
  }

  @Test
  void baselines_weekdayIsTheNewestOfTheSameDayOfTheWeek() {
    assertThat(names(WEEKS.baselines(new BaselineRule.Weekday(), batch(15, "2026-11-15"))))
        .containsExactly("b-8");
    assertThat(names(WEEKS.baselines(new BaselineRule.Weekday(), batch(16, "20261116T07"))))
        .containsExactly("b-9");
  }

  @Test
  void baselines_weekdayIsTheNewestWhereNoneIsOfThatDayOrTheSpanIsNoDate() {
    // Day 7 was a Saturday, but it did not pass.
    assertThat(names(WEEKS.baselines(new BaselineRule.Weekday(), batch(14, "2026-11-14"))))
        .containsExactly("b-9");
    assertThat(names(WEEKS.baselines(new BaselineRule.Weekday(), batch(14, "2026-13-14"))))
        .containsExactly("b-9");
    assertThat(names(WEEKS.baselines(new BaselineRule.Weekday(), batch(14, "s9"))))
        .containsExactly("b-9");
  }

  @Test
  void baselines_rollingAreTheNewestThatPassed() {
    assertThat(names(WEEKS.baselines(new BaselineRule.Rolling(3), batch(15, "2026-11-15"))))
        .containsExactly("b-9", "b-8", "b-2");
    assertThat(names(WEEKS.baselines(new BaselineRule.Rolling(30), batch(15, "2026-11-15"))))
        .hasSize(4);
  }

  @Test
  void baselines_pinnedIsThatOne() {
    assertThat(names(WEEKS.baselines(new BaselineRule.Pinned("b-7"), batch(15, "2026-11-15"))))
        .containsExactly("b-7");
  }

  @Test
  void baselines_pinnedBatchThatIsNotKnownIsRefused() {
    assertThatThrownBy(
            () -> WEEKS.baselines(new BaselineRule.Pinned("b-77"), batch(15, "2026-11-15")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "the spec pins batch 'b-77' as the baseline, which is not known to have gone on; name"
                + " one of the batches that passed, such as b-9");
  }

  @Test
  void baselines_aBatchThatIsJudgedAgainMeetsWhatItMetTheFirstTime() {
    assertThat(names(WEEKS.baselines(new BaselineRule.Last(), batch(8, "2026-11-08"))))
        .containsExactly("b-2");
    assertThat(names(WEEKS.before(batch(9, "2026-11-09")))).containsExactly("b-8", "b-2", "b-1");
  }

  @Test
  void baselines_whatComesBeforeAllMeetsWhatCameAfter() {
    assertThat(names(WEEKS.baselines(new BaselineRule.Last(), batch(0, "2026-10-31"))))
        .containsExactly("b-9");
  }

  @Test
  void baselines_thereIsNoneBeforeAnythingPassed() {
    Registry registry = after(judged(1, Outcome.WARN), judged(2, Outcome.FAIL));
    assertThat(registry.baselines(new BaselineRule.Rolling(3), batch(3, "2026-11-03"))).isEmpty();
    assertThat(registry.baseline()).isNull();
  }

  @Test
  void trainedOn_isTheLiveModelsBatchHoweverItWasJudged() {
    Registry registry =
        after(judged(1, Outcome.WARN), judged(2, Outcome.PASS))
            .register("aa", "gs://a/m/aa/", "gs://a/t/aa/", "b-1", day(1), /* sha256= */ null);
    assertThat(registry.trainedOn()).isEmpty();
    assertThat(registry.release(1, day(1)).trainedOn()).contains(judged(1, Outcome.WARN));
  }

  @Test
  void json_roundTrips() {
    Registry registry =
        two()
            .release(2, SECOND)
            .judged(judged(1, Outcome.PASS), null)
            .judged(judged(3, Outcome.FAIL), null)
            .judged(accepted(2), null);
    assertThat(Json.read(Json.write(registry), Registry.class, "registry")).isEqualTo(registry);
    assertThat(Json.read("{}", Registry.class, "registry")).isEqualTo(Registry.EMPTY);
  }

  @Test
  void json_aRegistryOfOneBaselineIsRead() {
    Registry old =
        Json.read(
            """
            {"versions": [], "baseline": {"batch": "b-1",
             "order": {"span": "2026-11-01", "receivedAt": "2026-12-01T00:00:00Z"},
             "statistics": "gs://a/s/1/", "schema": "gs://a/c/1/"}}
            """,
            Registry.class,
            "registry");
    Registry.Judged passed =
        new Registry.Judged("b-1", day(1), Outcome.PASS, "gs://a/s/1/", "gs://a/c/1/", null, null);
    assertThat(old.baseline()).isEqualTo(passed);
    assertThat(old.batches()).containsExactly(passed);
  }

  @Test
  void json_liveVersionThatDoesNotExistIsABug() {
    assertThatThrownBy(() -> Json.read("{\"versions\":[],\"live\":4}", Registry.class, "registry"))
        .hasMessageContaining("version 4 is live, but there are 0");
  }
}
