package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CronTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/5 * * * *|2026-11-25T10:01:30Z|2026-11-25T10:05:00Z",
        "*/5 * * * *|2026-11-25T10:05:00Z|2026-11-25T10:10:00Z",
        "0 3 * * *|2026-11-25T10:00:00Z|2026-11-26T03:00:00Z",
        "30 6 1,15 * *|2026-11-25T10:00:00Z|2026-12-01T06:30:00Z",
        "0 0 * * 1-5|2026-11-27T10:00:00Z|2026-11-30T00:00:00Z",
        "0 0 * * 7|2026-11-25T10:00:00Z|2026-11-29T00:00:00Z",
        "0 0 13 * 5|2026-11-25T10:00:00Z|2026-11-27T00:00:00Z",
        "10-20/5 * * * *|2026-11-25T10:11:00Z|2026-11-25T10:15:00Z",
        "* * * * *|2026-11-25T10:11:07.5Z|2026-11-25T10:11:08Z"
      })
  void theNextCallIsTheFirstThatTheLineMeans(String line, Instant after, Instant next) {
    assertThat(Scheduler.next(Cron.parse(line), after)).isEqualTo(next);
  }

  @Test
  void aMinuteThatIsNotMeantDoesNotMatch() {
    Cron cron = Cron.parse("5 10 * * *");
    assertThat(cron.matches(Instant.parse("2026-11-25T10:05:59Z").atZone(ZoneOffset.UTC))).isTrue();
    assertThat(cron.matches(Instant.parse("2026-11-25T10:06:00Z").atZone(ZoneOffset.UTC)))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * *|has 4 fields",
        "60 * * * *|'60' is no number, range or step in [0, 59]",
        "* * 0 * *|'0' is no number, range or step in [1, 31]",
        "5-1 * * * *|'5-1' is no number",
        "* * * JAN *|'JAN' is no number",
        "*/0 * * * *|'*/0' is no number"
      })
  void whatIsNoScheduleIsRefused(String line, String reason) {
    assertThatThrownBy(() -> Cron.parse(line))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(reason);
  }
}
