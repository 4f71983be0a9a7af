package dev.sluice.localcloud;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.localcloud.accept.Acceptor;
import dev.sluice.localcloud.accept.Acceptor.Already;
import dev.sluice.localcloud.accept.Acceptor.Done;
import dev.sluice.localcloud.accept.Acceptor.Found;
import dev.sluice.localcloud.accept.Acceptor.Pending;
import dev.sluice.localcloud.accept.Acceptor.States;
import dev.sluice.stages.Platform;
import dev.sluice.validation.Anomaly;
import dev.sluice.validation.SchemaEdit;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Accepts a batch that is held, or that went on and is no baseline. */
@Command(
    name = "accept",
    header = "Accepts a batch that the checks of its data object to.",
    description =
        "Shows what the checks object to in a batch and which edits of the schema allow it; writes"
            + " them as a new version of the schema with author and reason, makes the batch a"
            + " baseline, and starts a run of it that goes on. A batch that went on with WARN or"
            + " UNKNOWN is taken where --batch names it, and needs no run. Accepting it again changes"
            + " nothing.",
    footer = {
      "",
      "Examples:",
      "  ./sluice accept listings --dry-run",
      "  ./sluice accept listings --reason 'kites are a new category' --wait",
      "  ./sluice accept listings --batch b-5b2f --reason 'rating is a new column'"
    })
final class AcceptCommand implements Callable<Integer> {
  private static final String STANDING =
      """
      SELECT batch, state, reason FROM batches
      WHERE pipeline = @pipeline AND batch = @batch
      """;

  private static final String NEWEST_BLOCKED =
      """
      SELECT batch, state, reason FROM batches
      WHERE pipeline = @pipeline AND state = 'BLOCKED'
      ORDER BY span DESC, received_at DESC LIMIT 1
      """;

  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline.")
  private String pipeline;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "The batch, held or not (default: the newest that is held).")
  private @Nullable String batch;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why it is right; stands in the schema, the record and the alarm.")
  private @Nullable String reason;

  @Option(
      names = "--author",
      paramLabel = "NAME",
      description = "Who says so (default: the account's name).")
  private @Nullable String author;

  @Option(names = "--dry-run", description = "Show what would be accepted, and change nothing.")
  private boolean dryRun;

  @Option(names = "--wait", description = "Wait until the run has ended, and tell how.")
  private boolean wait;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    String why = reason;
    if (!dryRun && (why == null || why.isBlank())) {
      throw new BadInput(
          "accept needs --reason TEXT, why the batch is right; --dry-run shows what holds it");
    }
    Addresses addresses = cloud.addresses();
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      Facts facts = clients.facts(addresses.get("SLUICE_DATASET"));
      Platform platform = addresses.platform(clients, facts);
      Acceptor acceptor = new Acceptor(platform, (p, b) -> standing(facts, p, b));
      Found found = acceptor.find(pipeline, batch);
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("batch", found.judged().batch());
      Acceptance acceptance;
      switch (found) {
        case Already already -> {
          acceptance = already.acceptance();
          answer.put("accepted", "before");
          say(
              "batch "
                  + found.judged().batch()
                  + " was accepted by "
                  + acceptance.author()
                  + " at "
                  + acceptance.at()
                  + ": "
                  + acceptance.reason());
        }
        case Pending pending -> {
          show(pending, answer);
          if (dryRun || why == null) {
            acceptance = null;
            answer.put("accepted", "no");
          } else {
            String who = author == null ? System.getProperty("user.name") : author;
            Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            acceptance = told(acceptor.accept(pending, who, why, now), answer);
            answer.put("accepted", "now");
          }
        }
      }
      int status = 0;
      if (!dryRun && acceptance != null) {
        if (found.held()) {
          Runs runs = new Runs(clients, addresses.get("SLUICE_DATASET"), this::say);
          status = run(acceptor, runs, found.judged().batch(), acceptance, answer);
        } else {
          say("it went on by itself, so no run is started; it counts from the next batch on");
        }
      }
      if (json) {
        out().println(Json.write(answer));
      }
      return status;
    }
  }

  private void show(Pending pending, Map<String, Object> answer) {
    Outcome outcome = pending.judged().outcome();
    say(
        "batch "
            + pending.judged().batch()
            + (pending.held() ? " is held:" : " went on with " + outcome + ":"));
    if (outcome == Outcome.UNKNOWN) {
      say("  " + pending.reasons().getFirst());
      say("  (what is compared with fewer rows than checks.min_rows is UNKNOWN, too)");
    }
    for (Anomaly anomaly : pending.anomalies()) {
      say("  " + anomaly.severity() + " " + anomaly.longText());
    }
    List<String> edits = pending.edits().stream().map(SchemaEdit::text).toList();
    if (edits.isEmpty()) {
      say("the schema allows it already; accepting makes it a baseline of the batches to come");
    } else {
      say("what makes the schema allow it:");
      edits.forEach(edit -> say("  " + edit));
    }
    answer.put("verdict", outcome.name());
    answer.put("anomalies", pending.anomalies().stream().map(Anomaly::shortText).toList());
    answer.put("edits", edits);
  }

  private Acceptance told(Done done, Map<String, Object> answer) {
    say("schema " + done.schema() + " is the new version");
    answer.put("schema", done.schema());
    if (done.file() != null) {
      answer.put("file", done.file().uri());
      answer.put("changes", done.changes());
      say(
          done.file().uri()
              + " is written anew. Make the same change in the file beside the spec, which would"
              + " bring the old schema back when it is put up again:");
      done.changes().forEach(line -> say("  " + line));
    }
    return done.acceptance();
  }

  private int run(
      Acceptor acceptor,
      Runs runs,
      String accepted,
      Acceptance acceptance,
      Map<String, Object> answer)
      throws InterruptedException {
    TriggerOutcome outcome = acceptor.start(pipeline, accepted, acceptance);
    String run = Acceptor.run(accepted, acceptance);
    answer.put("run", run);
    answer.put("outcome", outcome.name());
    say("run " + run + " of " + pipeline + ": " + outcome);
    if (!wait) {
      return 0;
    }
    String end = runs.follow(pipeline, run, Duration.ofMinutes(30));
    answer.put("state", end);
    return end.equals("success") ? 0 : 1;
  }

  private static Optional<States.Standing> standing(
      Facts facts, String pipeline, @Nullable String batch) {
    return facts
        .query(
            batch == null ? NEWEST_BLOCKED : STANDING,
            batch == null
                ? Map.of("pipeline", pipeline)
                : Map.of("pipeline", pipeline, "batch", batch))
        .stream()
        .findFirst()
        .map(row ->
            new States.Standing(
                String.valueOf(row.get("batch")),
                String.valueOf(row.get("state")),
                row.get("reason") instanceof String text ? text : null));
  }

  private void say(String line) {
    if (!json) {
      out().println(line);
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
