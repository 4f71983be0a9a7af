package dev.sluice.localcloud;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which local cloud is meant. */
final class StateOption {
  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "The folder of the local cloud's state (default: .state in the checkout).")
  private @Nullable Path state;

  Path folder() {
    Path given = state;
    return (given == null ? Home.find().defaultState() : given).toAbsolutePath().normalize();
  }
}
