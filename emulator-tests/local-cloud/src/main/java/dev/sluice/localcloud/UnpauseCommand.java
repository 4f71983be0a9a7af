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

/** Lets a paused pipeline's runs go on. */
@Command(
    name = "unpause",
    header = "Lets a paused pipeline's runs go on.",
    description = "Lets the runs of a paused pipeline go on, those that waited first.",
    footer = {"", "Examples:", "  ./sluice unpause taxi"})
final class UnpauseCommand implements Callable<Integer> {
  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    try (GoogleClients clients = new GoogleClients(cloud.addresses().cloud())) {
      clients.composer().unpause(pipeline);
    }
    System.out.println(
        json
            ? Json.write(Map.of("pipeline", pipeline, "paused", false))
            : "pipeline " + pipeline + " goes on");
    return 0;
  }
}
