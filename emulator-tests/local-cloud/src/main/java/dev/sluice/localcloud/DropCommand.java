package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Uploads files into the inbox, as a person does with any client. */
@Command(
    name = "drop",
    header = "Uploads files, each of which starts a run.",
    description = {
      "Uploads files into the inbox, under the names that the source of the pipeline's spec takes:"
          + " {SPAN} is --span, {VERSION} is --version, and * is the file's own name.",
      "",
      "Each file starts a run. With 'complete: marker' in the spec none does, until --complete"
          + " writes the marker: then one run takes all files of that span and version."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice drop trips.csv --pipeline taxi --wait",
      "  ./sluice drop day1.csv day2.csv --pipeline listings --span 2026-11-01",
      "  ./sluice drop part-*.csv --pipeline sales --span 2026-11-01 --version 2 --complete"
    })
final class DropCommand implements Callable<Integer> {
  /** How long receive-file may take to hear of an object; the local cloud tells it at once. */
  private static final Duration HEARD = Duration.ofMinutes(2);

  private static final long EVERY_MILLIS = 100;

  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The files.")
  private List<Path> files;

  @Option(names = "--pipeline", required = true, paramLabel = "P", description = "Whose they are.")
  private String pipeline;

  @Option(
      names = "--span",
      paramLabel = "S",
      description = "The span they belong to (default: today in UTC).")
  private @Nullable String span;

  @Option(
      names = "--version",
      paramLabel = "V",
      description = "The version of the span, a number, where the spec's source has {VERSION}.")
  private @Nullable Long version;

  @Option(
      names = "--complete",
      description = "Write the marker after the files: the span and version are complete.")
  private boolean complete;

  @Option(names = "--wait", description = "Wait until their runs have ended, and tell how.")
  private boolean wait;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new BadInput(file + " is no file; give a path that exists");
      }
    }
    Addresses addresses = cloud.addresses();
    int failed = 0;
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      DropPlan plan =
          DropPlan.of(
              spec(clients, addresses),
              files,
              span,
              LocalDate.now(ZoneOffset.UTC).toString(),
              version,
              complete);
      if (wait && !plan.starts()) {
        throw new BadInput(
            "no run starts before "
                + plan.source().marker()
                + " is there; add --complete, or leave --wait out");
      }
      List<Map<String, Object>> dropped = new ArrayList<>();
      for (DropPlan.Upload upload : plan.uploads()) {
        StoredObject stored =
            clients
                .objects()
                .write(
                    inbox(addresses, upload.object()),
                    upload.file(),
                    contentType(upload.file()),
                    WriteCondition.anything());
        dropped.add(tell(clients, addresses, plan, stored, upload.starts()));
      }
      if (plan.marker() != null) {
        StoredObject stored =
            clients
                .objects()
                .write(
                    inbox(addresses, plan.marker()),
                    new byte[0],
                    "application/octet-stream",
                    WriteCondition.anything());
        dropped.add(tell(clients, addresses, plan, stored, /* starts= */ true));
      }
      if (wait) {
        Runs runs =
            new Runs(
                clients, addresses.get("SLUICE_DATASET"), json ? line -> {} : System.out::println);
        for (Map<String, Object> entry : dropped) {
          if (entry.containsKey("batch")) {
            String outcome =
                runs.follow(pipeline, String.valueOf(entry.get("batch")), Duration.ofMinutes(30));
            entry.put("state", outcome);
            failed += outcome.equals("success") ? 0 : 1;
          }
        }
      }
      if (json) {
        System.out.println(Json.write(dropped));
      }
    }
    return failed == 0 ? 0 : 1;
  }

  private static ObjectName inbox(Addresses addresses, String object) {
    return ObjectName.of(addresses.get("SLUICE_INBOX"), object);
  }

  private PipelineSpec spec(GoogleClients clients, Addresses addresses) {
    String serving = addresses.get("SLUICE_SERVING");
    ObjectName name = ObjectName.of(serving, "specs/" + pipeline + ".yaml");
    ObjectStore.Loaded found =
        clients
            .objects()
            .load(name)
            .orElseThrow(() -> {
              List<String> known =
                  clients
                      .objects()
                      .list(serving, "specs/")
                      .map(o -> o.name().name().substring("specs/".length()))
                      .filter(o -> o.endsWith(".yaml"))
                      .map(o -> o.substring(0, o.length() - ".yaml".length()))
                      .toList();
              return new BadInput(
                  "there is no pipeline '"
                      + pipeline
                      + "'"
                      + (known.isEmpty()
                          ? "; add its spec to a folder that --pipelines names"
                          : "; did you mean '" + Names.nearest(pipeline, known) + "'?"));
            });
    return PipelineSpec.parse(pipeline, new String(found.bytes(), StandardCharsets.UTF_8));
  }

  /** What became of an object, and its batch where that is known or to be waited for. */
  private Map<String, Object> tell(
      GoogleClients clients,
      Addresses addresses,
      DropPlan plan,
      StoredObject stored,
      boolean starts)
      throws InterruptedException {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("object", stored.name().uri());
    String batch = null;
    if (starts && plan.source().marker() == null && plan.source().spans() == 1) {
      batch =
          Batch.of(
                  pipeline,
                  plan.source().kind(),
                  plan.place().span(),
                  plan.place().version(),
                  List.of(new Source(stored.name().uri(), stored.size(), stored.crc32c())),
                  stored.created())
              .batch();
    } else if (starts && wait) {
      batch = chosen(clients, addresses, stored);
    }
    if (batch != null) {
      entry.put("batch", batch);
    }
    if (!json) {
      System.out.println(
          stored.name().live().uri()
              + (batch != null
                  ? " is batch " + batch
                  : starts ? " starts a batch" : " waits for the marker"));
    }
    return entry;
  }

  /** The batch that receive-file makes of what lies there when it hears of the object. */
  private String chosen(GoogleClients clients, Addresses addresses, StoredObject cause)
      throws InterruptedException {
    ObjectName receipt =
        ObjectName.of(
            addresses.get("SLUICE_ARTIFACTS"), Batch.receipt(pipeline, cause.name().uri()));
    long deadline = System.nanoTime() + HEARD.toNanos();
    while (System.nanoTime() < deadline) {
      ObjectStore.Loaded found = clients.objects().load(receipt).orElse(null);
      if (found != null) {
        return Json.read(found.bytes(), Batch.class, receipt.uri()).batch();
      }
      Thread.sleep(EVERY_MILLIS);
    }
    throw new Unavailable(
        "no batch came of " + cause.name().live().uri() + "; ./sluice status tells what holds it");
  }

  private static String contentType(Path file) {
    return file.toString().endsWith(".csv") ? "text/csv" : "application/octet-stream";
  }
}
