package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.floats;
import static dev.sluice.statistics.Columns.ints;
import static dev.sluice.statistics.Columns.statistics;
import static dev.sluice.statistics.Columns.strings;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TimesTest {
  @ParameterizedTest
  @CsvSource({
    "2026-11-01T12:30:00Z, 2026-11-01T12:30:00Z",
    "2026-11-01t12:30:00z, 2026-11-01T12:30:00Z",
    "2026-11-01 12:30:00.25, 2026-11-01T12:30:00.25Z",
    "2026-11-01 12:30, 2026-11-01T12:30:00Z",
    "2026-11-01T00:30:00+01:00, 2026-10-31T23:30:00Z",
    "2026-11-01T23:30:00 -0100, 2026-11-02T00:30:00Z",
    "2026-11-01 12:30:00 UTC, 2026-11-01T12:30:00Z",
    "2016-12-31T23:59:60Z, 2016-12-31T23:59:59Z",
    "2026/11/1 7:05, 2026-11-01T07:05:00Z",
    "1.11.2026 7:05:09, 2026-11-01T07:05:09Z",
    "11/01/2026 07:05:09 PM, 2026-11-01T19:05:09Z",
    "11/01/2026 12:05:09 AM, 2026-11-01T00:05:09Z",
    "1969-12-31T23:00:00Z, 1969-12-31T23:00:00Z",
  })
  void aTextOfDayAndTime_isAnInstant(String text, Instant instant) {
    TimeSummary times = times(statistics(strings(text)));

    assertThat(times.earliest()).isEqualTo(instant.toEpochMilli() / 1000.0);
    assertThat(times.latest()).isEqualTo(times.earliest());
    assertThat(times.hours().get(instant.atOffset(ZoneOffset.UTC).getHour())).isEqualTo(1);
    assertThat(times.weekdays().get(instant.atOffset(ZoneOffset.UTC).getDayOfWeek().getValue() - 1))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-01, 2026-11-01",
    "2026-11, 2026-11-01",
    "2024-02-29, 2024-02-29",
    "2026/1/31, 2026-01-31",
    "31.1.2026, 2026-01-31",
    "1/31/2026, 2026-01-31",
    "31/01/2026, 2026-01-31",
    "31-01-2026, 2026-01-31",
    "02/01/2026, 2026-02-01",
    "02.01.2026, 2026-01-02",
  })
  void aTextOfADay_hasNoHour(String text, LocalDate day) {
    TimeSummary times = times(statistics(strings(text)));

    assertThat(times.earliest()).isEqualTo(day.toEpochDay() * 86_400.0);
    assertThat(times.hours()).isEmpty();
    assertThat(times.weekdays().get(day.getDayOfWeek().getValue() - 1)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-13-01",
        "2025-02-29",
        "2026-1-1",
        "32.1.2026",
        "2026-11-01T25:00",
        "2026-11-01Z",
        "2026-11-01T12:30:00+1",
        "2026-11-01 12:30:00 ",
        "2026-11-01T12:30:00.Z",
        "1234-11-01",
        "555-1234",
        "12:30:00",
        "11/01/2026 13:05 PM",
        "2026-11-01_12:30",
        "1.2.3.4567",
        "10.11.12"
      })
  void otherTexts_areNoTimes(String text) {
    assertThat(statistics(strings(text)).times()).isNull();
  }

  @Test
  void theOrderOfDayAndMonth_isThatOfTheColumn() {
    TimeSummary times = times(statistics(strings("03/02/2026", "13/02/2026", "04/02/2026")));

    assertThat(times.count()).isEqualTo(3);
    assertThat(times.latest()).isEqualTo(LocalDate.of(2026, 2, 13).toEpochDay() * 86_400.0);
    assertThat(times.earliest()).isEqualTo(LocalDate.of(2026, 2, 3).toEpochDay() * 86_400.0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 1000, 1_000_000, 1_000_000_000})
  void numbersSince1970_areTimesInEachUnit(long unit) {
    long noon = Instant.parse("2026-11-01T12:00:00Z").getEpochSecond();
    TimeSummary times = times(statistics(ints(noon * unit, null, (noon + 3600) * unit)));

    assertThat(times.count()).isEqualTo(2);
    assertThat(times.earliest()).isEqualTo((double) noon);
    assertThat(times.latest()).isEqualTo(noon + 3600.0);
    assertThat(times.hours().subList(12, 14)).containsExactly(1L, 1L);
    assertThat(times.weekdays().getLast()).isEqualTo(2);
    assertThat(times(statistics(floats((double) (noon * unit), null))).count()).isEqualTo(1);
  }

  @Test
  void numbersOfTheCalendar_areDays() {
    TimeSummary times = times(statistics(ints(20261101L, 20260228L)));

    assertThat(times.earliest()).isEqualTo(LocalDate.of(2026, 2, 28).toEpochDay() * 86_400.0);
    assertThat(times.latest()).isEqualTo(LocalDate.of(2026, 11, 1).toEpochDay() * 86_400.0);
    assertThat(times.hours()).isEmpty();
  }

  @Test
  void otherNumbers_areNoTimes() {
    assertThat(statistics(ints(20261301L, 20260229L)).times()).isNull();
    assertThat(statistics(ints(1L, 2L, 1_400_000_000L)).times()).isNull();
    assertThat(statistics(floats(20261101.5)).times()).isNull();
    assertThat(statistics(ints((Long) null)).times()).isNull();
  }

  @Test
  void aFewOtherValues_doNotHideTheTimes() {
    Long[] values = LongStream.range(0, 20).mapToObj(i -> 1_400_000_000L + i).toArray(Long[]::new);
    values[3] = 0L;
    values[4] = -1L;

    assertThat(times(statistics(ints(values))).count()).isEqualTo(18);
    values[5] = 999L;
    assertThat(statistics(ints(values)).times()).isNull();
  }

  @Test
  void daysOfTheCalendar_areThoseOfJavaTime() {
    LocalDate first = LocalDate.of(1799, 12, 30);
    for (int i = 0; i < 147_000; i += 7) {
      LocalDate day = first.plusDays(i);
      assertThat(TimeTally.day(day.getYear(), day.getMonthValue(), day.getDayOfMonth()))
          .isEqualTo(day.toEpochDay());
    }
  }

  @Test
  void steps_areCountedBetweenRowsWithAValue() {
    assertThat(statistics(ints(1L, null, 3L, 3L, 2L, 9L)).steps()).isEqualTo(new Steps(2, 1, 1));
    assertThat(statistics(floats(2.0, Double.NaN, 1.0, null)).steps())
        .isEqualTo(new Steps(0, 1, 0));
    assertThat(statistics(ints(5L), ints(7L)).steps()).isEqualTo(new Steps(0, 0, 0));
    assertThat(statistics(strings("a", "b")).steps()).isNull();
  }

  @Test
  void stepsOfHugeNumbers_areExact() {
    long huge = 1L << 60;
    assertThat(statistics(ints(huge, huge + 1, huge)).steps()).isEqualTo(new Steps(1, 1, 0));
  }

  @Test
  void aRunningNumber_isRisingAndAnyOtherIsNot() {
    Long[] running = LongStream.range(0, 50).boxed().toArray(Long[]::new);
    assertThat(steps(statistics(ints(running))).rising()).isTrue();
    running[10] = 1L;
    assertThat(steps(statistics(ints(running))).rising()).isFalse();
  }

  private static Steps steps(FeatureStatistics statistics) {
    Steps steps = statistics.steps();
    if (steps == null) {
      throw new AssertionError(statistics + " has no steps");
    }
    return steps;
  }

  private static TimeSummary times(FeatureStatistics statistics) {
    TimeSummary times = statistics.times();
    if (times == null) {
      throw new AssertionError(statistics + " has no times");
    }
    return times;
  }
}
