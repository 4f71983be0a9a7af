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
        "Starts a run: of the newest batch that has not passed, of a span's newest or of --batch. A"
            + " batch's run that failed is resumed; one that succeeded stays, unless --again or"
            + " --force starts another, or --repeat does it once more.",
    footer = {
      "",
      "Examples:",
      "  ./sluice trigger taxi --wait",
      "  ./sluice trigger taxi --span 2026-11-01",
      "  ./sluice trigger taxi --batch b-0123456789abcdef0123 --again"
    })
final class TriggerCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);

  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Option(names = "--batch", paramLabel = "B", description = "The batch.")
  private @Nullable String batch;

  @Option(names = "--span", paramLabel = "S", description = "The span whose newest batch to take.")
  private @Nullable String span;

  @Option(
      names = "--again",
      description =
          "Start another run of the batch, on what stands now: the spec, the live model. It takes"
              + " what is made already.")
  private boolean again;

  @Option(
      names = "--repeat",
      description =
          "Repeat the batch's own run where it succeeded, on what it was pinned to: what it made is"
              + " found, and told to BigQuery anew.")
  private boolean repeat;

  @Option(
      names = "--force",
      description = "Start another run that takes nothing of what is there: each stage works anew.")
  private boolean force;

  @Option(
      names = "--option",
      paramLabel = "NAME=VALUE",
      description = "A parameter of every call of the run; may be repeated.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(names = "--wait", description = "Wait until the run has ended, and tell how.")
  private boolean wait;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if ((again || repeat) && batch == null) {
      throw new BadInput(
          (again ? "--again starts another run" : "--repeat repeats the run")
              + " of one batch; name it with --batch");
    }
    if (repeat && (again || force || !options.isEmpty())) {
      throw new BadInput(
          "--repeat repeats a run as it was; --again, --force and --option start another one, so"
              + " leave it out");
    }
    if (batch != null && span != null) {
      throw new BadInput("--batch and --span both say what the run is of; give one of them");
    }
    String run = run(STAMP.format(Instant.now()));
    Map<String, Object> conf = new LinkedHashMap<>();
    if (batch != null) {
      conf.put("batch", batch);
    }
    if (span != null) {
      conf.put("span", span);
    }
    if (force) {
      conf.put("force", true);
    }
    if (!options.isEmpty()) {
      conf.put("options", options);
    }
    Addresses addresses = cloud.addresses();
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      TriggerOutcome outcome =
          repeat
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
            new Runs(
                    clients,
                    addresses.get("SLUICE_DATASET"),
                    json ? line -> {} : System.out::println)
                .follow(pipeline, run, Duration.ofMinutes(30));
        answer.put("state", end);
      }
      if (json) {
        System.out.println(Json.write(answer));
      }
      return end.equals("success") ? 0 : 1;
    }
  }

  /** The batch's own run where nothing asks for another one. */
  private String run(String stamp) {
    if (batch == null) {
      return "manual-" + stamp;
    }
    if (force) {
      return batch + "--force-" + stamp;
    }
    return again || !options.isEmpty() ? batch + "--again-" + stamp : batch;
  }
}
