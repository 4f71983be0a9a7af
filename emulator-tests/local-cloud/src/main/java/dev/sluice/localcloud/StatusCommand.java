package dev.sluice.localcloud;

import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.localcloud.dags.AirflowApi;
import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells what runs, what is live and what came last. */
@Command(
    name = "status",
    header = "Tells what runs, what is live and what came last.",
    description = "Tells the addresses, the live versions, the newest batches and alarms.",
    footer = {"", "Examples:", "  ./sluice status", "  ./sluice status --json"})
final class StatusCommand implements Callable<Integer> {
  @Mixin private CloudOption cloud;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Addresses addresses = cloud.addresses();
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      var facts = clients.facts(addresses.get("SLUICE_DATASET"));
      List<Map<String, @Nullable Object>> models =
          facts.query(
              "SELECT pipeline, version, state, batch FROM models ORDER BY pipeline, version",
              Map.of());
      List<Map<String, @Nullable Object>> batches =
          facts.query(
              "SELECT pipeline, batch, span, uri, `rows`, rejected_rows, state, reason FROM"
                  + " batches ORDER BY received_at DESC LIMIT 10",
              Map.of());
      List<Map<String, @Nullable Object>> alarms =
          facts.query(
              "SELECT pipeline, severity, subject, text FROM alarms ORDER BY `at` DESC LIMIT 3",
              Map.of());
      if (json) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("functions", addresses.functions());
        all.put("environment", addresses.environment());
        all.put("models", models);
        all.put("batches", batches);
        all.put("alarms", alarms);
        System.out.println(Json.write(all));
        return 0;
      }
      System.out.println("predict  " + addresses.get("PREDICT_URL"));
      System.out.println("inbox    gs://" + addresses.get("SLUICE_INBOX"));
      String airflow = addresses.environment().get(Addresses.AIRFLOW);
      if (airflow != null) {
        System.out.println("airflow  " + airflow + " (" + health(airflow) + ")");
      }
      table("models", models);
      table("batches", batches);
      table("alarms", alarms);
    }
    return 0;
  }

  private static String health(String airflow) {
    try (AirflowApi api = new AirflowApi(URI.create(airflow))) {
      List<String> unhealthy = api.unhealthy();
      return unhealthy.isEmpty() ? "healthy" : "not healthy: " + String.join(", ", unhealthy);
    } catch (Unavailable e) {
      return "does not answer";
    }
  }

  private static void table(String name, List<Map<String, @Nullable Object>> rows) {
    System.out.println();
    System.out.println(name + (rows.isEmpty() ? ": none" : ""));
    for (Map<String, @Nullable Object> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (Object value : row.values()) {
        line.append(value == null ? "-" : value).append("  ");
      }
      System.out.println(line.toString().stripTrailing());
    }
  }
}
