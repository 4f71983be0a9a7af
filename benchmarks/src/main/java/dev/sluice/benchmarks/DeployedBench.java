package dev.sluice.benchmarks;

import com.google.gson.Gson;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.localcloud.Containers;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.LocalCloud;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A large file through every function as it is deployed, each held to its manifest's memory and
 * CPU: what each took of its memory, and whether the file became a live model. Then how long a
 * function that has no instance takes to its first answer.
 */
public final class DeployedBench {
  private static final String PIPELINE = "bench";
  private static final int COLD_STARTS = 5;

  private DeployedBench() {}

  /** Runs it; the last line is JSON. */
  public static void main(String[] arguments) throws Exception {
    int rows = 1_500_000;
    Containers.Heap heap = Containers.Heap.QUARTER;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--rows" -> rows = Integer.parseInt(arguments[++i]);
        case "--hinted" -> heap = Containers.Heap.HINTED;
        default -> {
          System.err.println("bench: deployed takes --rows N and --hinted");
          System.exit(2);
        }
      }
    }
    Path folder = Files.createTempDirectory("sluice-deployed-");
    boolean sound;
    try {
      sound = run(folder, rows, heap);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
    System.exit(sound ? 0 : 1);
  }

  private static boolean run(Path folder, int rows, Containers.Heap heap) throws Exception {
    Path pipelines = Files.createDirectories(folder.resolve("pipelines"));
    Files.writeString(
        pipelines.resolve(PIPELINE + ".yaml"),
        "label: sold\ngroup_by: [category, tier, region]\nexclude: [listing_id]\n");
    Path file = folder.resolve("listings.csv");
    Listings.write(file, rows);
    LocalCloud.Options options =
        new LocalCloud.Options(
            Home.find(),
            folder.resolve("state"),
            List.of(pipelines),
            /* portBase= */ 0,
            /* webhook= */ "",
            line -> {},
            change -> {});
    try (Containers containers = new Containers(heap);
        LocalCloud cloud = LocalCloud.start(options, LocalCloud.Hosting.in(containers));
        GoogleClients clients = clients(cloud);
        HttpClient http = HttpClient.newHttpClient()) {
      long started = System.nanoTime();
      drop(cloud, clients, file);
      cloud.awaitIdle(Duration.ofMinutes(30));
      double took = (System.nanoTime() - started) / 1e9;
      String state = state(clients);
      System.out.printf(
          Locale.ROOT,
          "%,d rows, %,d MB, heap %s: the batch is %s after %.0f s%n",
          rows,
          Files.size(file) / 1_000_000,
          heap == Containers.Heap.QUARTER ? "a quarter" : "seven tenths",
          state,
          took);
      Map<String, List<Containers.Instance>> used = new LinkedHashMap<>();
      for (Containers.Instance instance : containers.instances()) {
        used.computeIfAbsent(instance.function(), _ -> new ArrayList<>()).add(instance);
      }
      Map<String, Duration> cold = new LinkedHashMap<>();
      for (FunctionManifest manifest : Home.find().manifests()) {
        cold.put(manifest.name(), coldStart(cloud, http, manifest.name()));
      }
      boolean over = report(used, cold);
      return !over && state.equals("LIVE");
    }
  }

  private static void drop(LocalCloud cloud, GoogleClients clients, Path file) {
    ObjectName name =
        ObjectName.of(
            String.valueOf(cloud.environment().get("SLUICE_INBOX")),
            PIPELINE + "/2026-01-01/listings.csv");
    clients.objects().write(name, file, "text/csv", WriteCondition.anything());
  }

  private static String state(GoogleClients clients) {
    List<Map<String, @Nullable Object>> rows =
        clients
            .facts(LocalCloud.DATASET)
            .query("SELECT state FROM sluice.batches WHERE pipeline = 'bench'", Map.of());
    return rows.isEmpty() ? "unknown" : String.valueOf(rows.getFirst().get("state"));
  }

  /** The median time from a call that finds no instance to its answer. */
  private static Duration coldStart(LocalCloud cloud, HttpClient http, String function)
      throws IOException, InterruptedException {
    URI url = URI.create(String.valueOf(cloud.functions().get(function)));
    List<Duration> times = new ArrayList<>();
    for (int i = 0; i < COLD_STARTS; i++) {
      cloud.stop(function);
      long started = System.nanoTime();
      http.send(request(function, url), HttpResponse.BodyHandlers.discarding());
      times.add(Duration.ofNanos(System.nanoTime() - started));
    }
    times.sort(Comparator.naturalOrder());
    return times.get(COLD_STARTS / 2);
  }

  /** A prediction; of the others anything that is answered by the function's own code. */
  private static HttpRequest request(String function, URI url) {
    if (!function.equals("predict")) {
      return HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.ofString("{}")).build();
    }
    @Nullable Object[] values = Listings.values(new Random(1), 1);
    Map<String, Object> row = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      if (value != null) {
        row.put(Listings.names()[i], value);
      }
    }
    return HttpRequest.newBuilder(url.resolve("/v1/models/" + PIPELINE + ":predict"))
        .header("Content-Type", "application/json")
        .POST(
            HttpRequest.BodyPublishers.ofString(
                new Gson().toJson(Map.of("instances", List.of(row)))))
        .build();
  }

  /** Whether some function took more than its memory. */
  private static boolean report(
      Map<String, List<Containers.Instance>> used, Map<String, Duration> cold) {
    boolean over = false;
    Map<String, Object> json = new LinkedHashMap<>();
    System.out.println("function          memory   most MB   killed  instances   cold start ms");
    for (Map.Entry<String, Duration> entry : cold.entrySet()) {
      List<Containers.Instance> instances = used.getOrDefault(entry.getKey(), List.of());
      long most = 0;
      long limit = 0;
      int killed = 0;
      for (Containers.Instance instance : instances) {
        most = Math.max(most, instance.peakBytes());
        limit = instance.limitBytes();
        killed += instance.overLimit() ? 1 : 0;
      }
      over |= killed > 0;
      System.out.printf(
          Locale.ROOT,
          "%-15s %6d Mi %9d %8d %10d %15d%n",
          entry.getKey(),
          limit >> 20,
          most / 1_000_000,
          killed,
          instances.size(),
          entry.getValue().toMillis());
      json.put(
          entry.getKey(),
          Map.of(
              "most_bytes", most, "killed", killed, "cold_start_ms", entry.getValue().toMillis()));
    }
    System.out.println(new Gson().toJson(json));
    return over;
  }

  private static GoogleClients clients(LocalCloud cloud) {
    Map<String, String> environment = cloud.environment();
    return new GoogleClients(
        CloudConfiguration.from(
            name -> name.matches("COMPOSER_(USER|PASSWORD)") ? "admin" : environment.get(name)));
  }
}
