package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.TriggerOutcome;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Starts or resumes a run. */
@Command(
    name = "trigger",
    header = "Starts or resumes a run.",
    description =
        "Starts a run: of the newest batch that has not passed, or of --batch. A batch's run that"
            + " failed is resumed; one that succeeded stays, unless --force starts another.",
    footer = {
      "",
      "Examples:",
      "  ./sluice trigger taxi --wait",
      "  ./sluice trigger taxi --batch b-0123456789abcdef0123 --force"
    })
final class TriggerCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);

  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Option(names = "--batch", paramLabel = "B", description = "The batch.")
  private @Nullable String batch;

  @Option(names = "--force", description = "Start another run, whatever became of the last.")
  private boolean force;

  @Option(
      names = "--again",
      description =
          "Repeat the batch's run, where it succeeded: what it made is found, and told to BigQuery"
              + " anew.")
  private boolean again;

  @Option(names = "--wait", description = "Wait until the run has ended, and tell how.")
  private boolean wait;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (force && batch == null) {
      throw new BadInput("--force starts another run of one batch; name it with --batch");
    }
    if (again && (batch == null || force)) {
      throw new BadInput(
          "--again repeats the run of one batch; name it with --batch, without --force");
    }
    String stamp = STAMP.format(Instant.now());
    String run = batch == null ? "manual-" + stamp : force ? batch + "--force-" + stamp : batch;
    try (GoogleClients clients = new GoogleClients(cloud.addresses().cloud())) {
      Map<String, String> conf = batch == null ? Map.of() : Map.of("batch", batch);
      TriggerOutcome outcome =
          again
              ? clients.composer().repeat(pipeline, run, conf)
              : clients.composer().trigger(pipeline, run, conf);
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("run", run);
      answer.put("outcome", outcome.name());
      if (!json) {
        System.out.println("run " + run + " of " + pipeline + ": " + outcome);
      }
      String end = "success";
      if (wait) {
        end =
            new Runs(clients, json ? line -> {} : System.out::println)
                .follow(pipeline, run, Duration.ofMinutes(30));
        answer.put("state", end);
      }
      if (json) {
        System.out.println(Json.write(answer));
      }
      return end.equals("success") ? 0 : 1;
    }
  }
}
