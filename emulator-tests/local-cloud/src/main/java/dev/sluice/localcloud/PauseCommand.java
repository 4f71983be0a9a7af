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

/** Holds a pipeline's runs back. */
@Command(
    name = "pause",
    header = "Holds a pipeline's runs back.",
    description =
        "Holds back the runs of a pipeline: batches are still received and their"
            + " runs wait, in order, until ./sluice unpause. What is under way in a run"
            + " ends, and nothing more of it begins. The live model goes on answering.",
    footer = {"", "Examples:", "  ./sluice pause taxi"})
final class PauseCommand implements Callable<Integer> {
  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    try (GoogleClients clients = new GoogleClients(cloud.addresses().cloud())) {
      clients.composer().pause(pipeline);
    }
    System.out.println(
        json
            ? Json.write(Map.of("pipeline", pipeline, "paused", true))
            : "pipeline " + pipeline + " is paused: its runs wait");
    return 0;
  }
}
