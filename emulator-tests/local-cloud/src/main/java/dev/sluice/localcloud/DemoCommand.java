package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows all of Sluice on a marketplace that is made up. */
@Command(
    name = "demo",
    header = "Three days of a marketplace: a good one, a broken one, a repaired one.",
    description =
        "Three days of a marketplace on a local cloud of its own: a good day goes live, a broken"
            + " one is held, a good one replaces the first, and requests are answered all along."
            + " Exits 0 only if all of that was so.",
    footer = {"", "Examples:", "  ./sluice demo", "  ./sluice demo --keep"})
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "An empty folder for the demo's cloud (default: one in .state-demo).")
  private @Nullable Path state;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "40000",
      description = "Listings a day (default: ${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Another seed, another marketplace (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--keep", description = "Leave the cloud up at the end, to look around.")
  private boolean keep;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (rows < 2_000 || rows > 1_000_000) {
      throw new BadInput(
          "--rows is " + rows + "; it must lie in [2000, 1000000], or there is little to learn");
    }
    long started = System.nanoTime();
    try (DemoCloud cloud = DemoCloud.claim(Home.find(), state)) {
      return new Demo(cloud, rows, seed, keep, System.out, started).run() ? 0 : 1;
    }
  }
}
