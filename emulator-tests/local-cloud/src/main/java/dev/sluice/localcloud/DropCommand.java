package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.Source;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.io.IOException;
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
    description = "Uploads files into the inbox, where each starts a run of its pipeline.",
    footer = {
      "",
      "Examples:",
      "  ./sluice drop trips.csv --pipeline taxi --wait",
      "  ./sluice drop day1.csv day2.csv --pipeline listings --span 2026-11-01"
    })
final class DropCommand implements Callable<Integer> {
  @Mixin private StateOption state;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The files.")
  private List<Path> files;

  @Option(names = "--pipeline", required = true, paramLabel = "P", description = "Whose they are.")
  private String pipeline;

  @Option(
      names = "--span",
      paramLabel = "S",
      description = "The span they belong to (default: today in UTC).")
  private @Nullable String span;

  @Option(names = "--wait", description = "Wait until their runs have ended, and tell how.")
  private boolean wait;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    String folder = span == null ? LocalDate.now(ZoneOffset.UTC).toString() : span;
    Addresses addresses = Addresses.of(state.folder());
    int failed = 0;
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      List<Map<String, Object>> dropped = new ArrayList<>();
      for (Path file : files) {
        if (!Files.isRegularFile(file)) {
          throw new BadInput(file + " is no file; give a path that exists");
        }
        ObjectName name =
            ObjectName.of(
                addresses.get("SLUICE_INBOX"), pipeline + "/" + folder + "/" + file.getFileName());
        StoredObject stored =
            clients.objects().write(name, file, contentType(file), WriteCondition.anything());
        Batch batch =
            Batch.of(
                pipeline,
                folder,
                List.of(new Source(stored.name().uri(), stored.size(), stored.crc32c())),
                stored.created());
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("object", stored.name().uri());
        entry.put("batch", batch.batch());
        dropped.add(entry);
        if (!json) {
          System.out.println(name.uri() + " is batch " + batch.batch());
        }
      }
      if (wait) {
        Runs runs = new Runs(clients, json ? line -> {} : System.out::println);
        for (Map<String, Object> entry : dropped) {
          String outcome =
              runs.follow(pipeline, String.valueOf(entry.get("batch")), Duration.ofMinutes(30));
          entry.put("state", outcome);
          failed += outcome.equals("success") ? 0 : 1;
        }
      }
      if (json) {
        System.out.println(Json.write(dropped));
      }
    }
    return failed == 0 ? 0 : 1;
  }

  private static String contentType(Path file) {
    return file.toString().endsWith(".csv") ? "text/csv" : "application/octet-stream";
  }
}
