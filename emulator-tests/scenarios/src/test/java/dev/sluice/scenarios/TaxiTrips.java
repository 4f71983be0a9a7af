package dev.sluice.scenarios;

import dev.sluice.localcloud.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** 15,002 Chicago taxi trips (City of Chicago open data), which the project does not ship. */
final class TaxiTrips {
  private TaxiTrips() {}

  /**
   * The file that SLUICE_TAXI names, else the one beside the checkout; else the test is skipped.
   */
  static Path find() {
    String given = System.getenv("SLUICE_TAXI");
    Path trips =
        given == null
            ? Home.find().root().resolve("../shared/data/taxi/trips.csv").normalize()
            : Path.of(given);
    Assumptions.assumeTrue(
        Files.isRegularFile(trips),
        () -> "no taxi trips at " + trips + "; SLUICE_TAXI names them elsewhere");
    return trips;
  }
}
