package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole way with faults: whatever breaks, the same artifacts and one live model, or a failure
 * that says so and can be resumed. {@code -Dsluice.faults.rounds=50} goes more rounds, {@code
 * -Dsluice.faults.seed=7} begins at another seed; {@code ./sluice bench chaos} takes both.
 */
final class FaultsTest {
  private static final int ROUNDS = Integer.getInteger("sluice.faults.rounds", 6);
  private static final long SEED = Long.getLong("sluice.faults.seed", 1);

  @Test
  void everyFunctionRunsFromItsOwnZipAndFaultsLeaveTheSameModel(@TempDir Path folder)
      throws Exception {
    List<String> failures = new ArrayList<>();
    try (FaultRounds rounds = FaultRounds.start(folder)) {
      // First without faults: a library that a zip lacks shows here.
      System.out.printf(
          Locale.ROOT,
          "without faults, each function a new process: %.1f s%n",
          rounds.calm().toMillis() / 1000.0);
      rounds.calmTables();
      for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
        try {
          FaultRounds.Round round = rounds.round(seed);
          System.out.printf(
              Locale.ROOT,
              "seed %d: %d faults injected, %d resumes, %.1f s%n",
              seed,
              round.injected().size(),
              round.resumes(),
              round.took().toMillis() / 1000.0);
        } catch (AssertionError e) {
          System.out.println(e.getMessage());
          failures.add(String.valueOf(e.getMessage()));
        }
      }
    }
    assertThat(failures).isEmpty();
  }
}
