package dev.sluice.localcloud;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.Messages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Publishes rows to the topic, as an application does with Google's client. */
@Command(
    name = "publish",
    header = "Publishes rows, whose windows become batches.",
    description =
        "Publishes each line of a file of JSON objects as a message of topic sluice-rows. A row"
            + " whose id was published before counts once.",
    footer = {
      "",
      "Examples:",
      "  ./sluice publish sales.jsonl --pipeline shop --id order --event-time sold_at",
      "  ./sluice publish sales.jsonl --pipeline shop --wait"
    })
final class PublishCommand implements Callable<Integer> {
  static final String TOPIC = "sluice-rows";

  private static final int AT_ONCE = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  @Mixin private CloudOption cloud;

  @Parameters(paramLabel = "FILE.jsonl", description = "A JSON object a line.")
  private Path file;

  @Option(names = "--pipeline", required = true, paramLabel = "P", description = "Whose they are.")
  private String pipeline;

  @Option(
      names = "--id",
      paramLabel = "COLUMN",
      description = "The column that tells rows apart (default: each message is a row).")
  private @Nullable String id;

  @Option(
      names = "--event-time",
      paramLabel = "COLUMN",
      description = "The column with the time it happened, RFC 3339 (default: now).")
  private @Nullable String eventTime;

  @Option(
      names = "--wait",
      description = "Wait until each row is in a window that has closed, or was refused.")
  private boolean wait;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  /** How rows of the file ended, of those whose end is known. */
  private record Ends(long inWindows, long late, long refused) {
    long all() {
      return inWindows + late + refused;
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    if (!Files.isRegularFile(file)) {
      throw new BadInput(file + " is no file; give a path that exists");
    }
    Addresses addresses = cloud.addresses();
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      Map<String, String> rows = new HashMap<>();
      long started = System.nanoTime();
      long published = publish(clients.messages(), rows);
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("published", published);
      answer.put("rows", rows.size());
      double seconds = (System.nanoTime() - started) / 1e9;
      if (!json) {
        System.out.printf(
            java.util.Locale.ROOT,
            "%,d messages of %,d rows published in %.1f s%n",
            published,
            rows.size(),
            seconds);
      }
      boolean complete = true;
      if (wait) {
        Ends ends = await(clients.facts(addresses.get("SLUICE_DATASET")), rows);
        answer.put("in_windows", ends.inWindows());
        answer.put("late", ends.late());
        answer.put("refused", ends.refused());
        complete = ends.inWindows() == rows.size();
        if (!json) {
          System.out.printf(
              java.util.Locale.ROOT,
              "%,d rows are in windows, %,d came too late, %,d were refused%n",
              ends.inWindows(),
              ends.late(),
              ends.refused());
        }
      }
      if (json) {
        System.out.println(Json.write(answer));
      }
      return complete ? 0 : 1;
    }
  }

  /** Publishes every line; puts each row's id and a message's beside it into {@code rows}. */
  private long publish(Messages messages, Map<String, String> rows) throws IOException {
    List<Messages.Message> waiting = new ArrayList<>();
    long number = 0;
    long published = 0;
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (!line.isBlank()) {
          waiting.add(message(line, number));
        }
        if (waiting.size() == AT_ONCE) {
          published += send(messages, waiting, rows);
        }
      }
    }
    return published + send(messages, waiting, rows);
  }

  private static int send(
      Messages messages, List<Messages.Message> waiting, Map<String, String> rows) {
    List<String> ids = messages.publishAll(TOPIC, waiting);
    for (int i = 0; i < ids.size(); i++) {
      String message = ids.get(i);
      rows.put(waiting.get(i).attributes().getOrDefault("id", message), message);
    }
    waiting.clear();
    return ids.size();
  }

  private Messages.Message message(String line, long number) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put("pipeline", pipeline);
    if (id != null || eventTime != null) {
      JsonObject row = Json.read(line, JsonObject.class, file + " line " + number);
      if (id != null) {
        attributes.put("id", value(row, id, number));
      }
      if (eventTime != null) {
        attributes.put("event_time", value(row, eventTime, number));
      }
    }
    return new Messages.Message(line.getBytes(StandardCharsets.UTF_8), attributes);
  }

  private String value(JsonObject row, String column, long number) {
    JsonElement value = row.get(column);
    if (value == null || !value.isJsonPrimitive() || value.getAsString().isBlank()) {
      throw new BadInput(
          file + " line " + number + " has no value in column '" + column + "'; give it one");
    }
    return value.getAsString();
  }

  private Ends await(Facts facts, Map<String, String> rows) throws InterruptedException {
    Instant end = Instant.now().plus(PATIENCE);
    Ends ends = ends(facts, rows);
    while (ends.all() < rows.size() && Instant.now().isBefore(end)) {
      Thread.sleep(500);
      ends = ends(facts, rows);
    }
    return ends;
  }

  private Ends ends(Facts facts, Map<String, String> rows) {
    long inWindows = 0;
    long late = 0;
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT id, late FROM window_rows WHERE pipeline = @pipeline",
            Map.of("pipeline", pipeline))) {
      if (rows.containsKey(String.valueOf(row.get("id")))) {
        if (Boolean.TRUE.equals(row.get("late"))) {
          late++;
        } else {
          inWindows++;
        }
      }
    }
    long refused =
        facts
            .query(
                "SELECT message_id FROM dead_rows WHERE pipeline = @pipeline",
                Map.of("pipeline", pipeline))
            .stream()
            .filter(row -> rows.containsValue(String.valueOf(row.get("message_id"))))
            .count();
    return new Ends(inWindows, late, refused);
  }
}
