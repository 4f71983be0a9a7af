package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunsTest {
  @ParameterizedTest(name = "quiet for {0} ms, a look of {1} ms: {2} ms")
  @CsvSource({
    "0, 2, 150",
    "1500, 2, 150",
    "5000, 2, 500",
    "0, 100, 400",
    "60000, 2, 2000",
    "0, 3000, 2000"
  })
  void newsIsLittleLate_andWhoeverAnswersIsLeftTime(long quiet, long look, long pause) {
    assertThat(Runs.pause(Duration.ofMillis(quiet), Duration.ofMillis(look)))
        .isEqualTo(Duration.ofMillis(pause));
  }
}
