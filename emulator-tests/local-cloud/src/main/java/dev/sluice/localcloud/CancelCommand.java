package dev.sluice.localcloud;

import dev.sluice.contracts.Json;
import dev.sluice.gcp.GoogleClients;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ends a run before it has ended by itself. */
@Command(
    name = "cancel",
    header = "Ends a run.",
    description =
        "Ends a run as failed: what is under way is stopped, what has not begun is skipped, and"
            + " finish-run records it. The live model stays. ./sluice trigger with the run's batch"
            + " goes on with what it had not done.",
    footer = {"", "Examples:", "  ./sluice cancel taxi b-0123456789abcdef0123"})
final class CancelCommand implements Callable<Integer> {
  @Mixin private CloudOption cloud;

  @Parameters(index = "0", paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Parameters(
      index = "1",
      paramLabel = "RUN",
      description = "The run, as drop, trigger and ./sluice status name it.")
  private String run;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    try (GoogleClients clients = new GoogleClients(cloud.addresses().cloud())) {
      clients.composer().cancel(pipeline, run);
    }
    System.out.println(
        json
            ? Json.write(Map.of("pipeline", pipeline, "run", run, "state", "failed"))
            : "run " + run + " of " + pipeline + " is cancelled");
    return 0;
  }
}
