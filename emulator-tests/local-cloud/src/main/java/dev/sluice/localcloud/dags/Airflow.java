package dev.sluice.localcloud.dags;

import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.localcloud.Home;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Real Airflow in place of the embedded Composer: the version of Composer 3, on SQLite, with the
 * DAGs as they are uploaded to Composer. It ends with this process, however that ends.
 */
public final class Airflow implements Orchestrator {
  private static final Duration START = Duration.ofMinutes(4);
  private static final Duration READ = Duration.ofMinutes(1);
  private static final Duration WATCH = Duration.ofSeconds(1);
  private static final long EVERY_MILLIS = 200;

  /** Airflow reads a file again whose time is after its last reading, which may just be ending. */
  private static final Duration AHEAD = Duration.ofSeconds(2);

  /** The one file that Airflow reads; all others come by it. */
  private static final String FILE = "sluice_dags.py";

  private static final String TRAINING = "training";

  private final Path folder;
  private final URI uri;
  private final Consumer<String> console;
  private final Process server;
  private final AirflowApi api;
  private final GoogleClients clients;
  private final AirflowWatch watch;
  private final Set<String> pipelines = ConcurrentHashMap.newKeySet();
  private volatile boolean open;
  private volatile boolean closed;

  private Airflow(
      Path folder, URI uri, Process server, Consumer<String> console, Consumer<Progress> progress) {
    this.folder = folder;
    this.uri = uri;
    this.server = server;
    this.console = console;
    this.api = new AirflowApi(uri);
    this.clients =
        new GoogleClients(
            CloudConfiguration.from(name ->
                switch (name) {
                  case "GOOGLE_CLOUD_PROJECT" -> "local";
                  case "COMPOSER_URL" -> uri.toString();
                  case "COMPOSER_USER", "COMPOSER_PASSWORD" -> AirflowApi.USER;
                  default -> null;
                }));
    this.watch = new AirflowWatch(api, clients.composer(), WATCH, progress);
  }

  /**
   * Begins to start it, which takes a while: {@link #open} waits for it.
   *
   * @param python of an environment with Airflow
   * @param folder of all that it keeps, its logs too
   * @param port a free one
   * @param progress told of every change of a run or a task, within a second or so
   */
  public static Airflow start(
      Path python,
      Home home,
      Path folder,
      int port,
      Consumer<String> console,
      Consumer<Progress> progress)
      throws IOException {
    lay(home, Files.createDirectories(folder.resolve("dags")));
    Process server =
        new ProcessBuilder(
                python.toString(),
                home.airflow().resolve("serve.py").toString(),
                folder.toString(),
                String.valueOf(port))
            .redirectErrorStream(true)
            .start();
    Airflow airflow =
        new Airflow(folder, URI.create("http://127.0.0.1:" + port), server, console, progress);
    Thread.ofVirtual().start(airflow::listen);
    return airflow;
  }

  /** As the DAGs lie in Composer's bucket, with no pipeline yet; code is the checkout's own. */
  private static void lay(Home home, Path dags) throws IOException {
    Path pipelines = Files.createDirectories(dags.resolve("pipelines"));
    try (Stream<Path> former = Files.list(pipelines)) {
      for (Path file : former.toList()) {
        Files.delete(file);
      }
    }
    for (String name : new String[] {"sluice", "operations.yaml", ".airflowignore"}) {
      Path link = dags.resolve(name);
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, home.dags().resolve(name));
    }
    // A copy, as its time is what tells Airflow to read it again.
    Files.copy(home.dags().resolve(FILE), dags.resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
  }

  private void listen() {
    try (BufferedReader lines = server.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        console.accept(line);
      }
      if (!closed) {
        console.accept("airflow: all of it has ended, and no DAG runs any more; start again");
      }
    } catch (IOException e) {
      // Its end is close() already.
    }
  }

  @Override
  public URI uri() {
    return uri;
  }

  @Override
  public void bring(String pipeline, String spec) throws IOException {
    replace(folder.resolve("dags/pipelines/" + pipeline + ".yaml"), spec);
    boolean added = pipelines.add(pipeline);
    readAgain();
    if (open && added) {
      try {
        awaitKnown(pipeline, System.nanoTime() + READ.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unavailable("interrupted while Airflow reads the DAG of " + pipeline, e);
      }
    }
  }

  private void readAgain() throws IOException {
    Files.setLastModifiedTime(
        folder.resolve("dags").resolve(FILE), FileTime.from(Instant.now().plus(AHEAD)));
  }

  @Override
  public void open(Map<String, URI> functions) throws IOException {
    Map<String, String> urls = new TreeMap<>();
    functions.forEach((name, url) -> urls.put(name, url.toString()));
    replace(
        folder.resolve("dags/deployment.json"),
        Json.write(Map.of("functions", urls, "pools", Map.of("train", TRAINING))));
    // It stays open: its end would be Airflow's.
    OutputStream commands = server.getOutputStream();
    commands.write("start\n".getBytes(StandardCharsets.UTF_8));
    commands.flush();
    long deadline = System.nanoTime() + START.toNanos();
    try {
      awaitHealthy(deadline);
      api.pool(TRAINING, 1, "Trainings at a time: each uses all processors");
      for (String pipeline : pipelines) {
        awaitKnown(pipeline, deadline);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while Airflow started", e);
    }
    open = true;
  }

  private void awaitHealthy(long deadline) throws InterruptedException {
    String missing = "it does not answer";
    while (server.isAlive() && System.nanoTime() < deadline) {
      try {
        List<String> unhealthy = api.unhealthy();
        if (unhealthy.isEmpty()) {
          return;
        }
        missing = "not healthy: " + String.join(", ", unhealthy);
      } catch (Unavailable e) {
        missing = String.valueOf(e.getMessage());
      }
      Thread.sleep(EVERY_MILLIS);
    }
    throw new Unavailable(
        "Airflow did not start ("
            + (server.isAlive() ? missing : "it ended with " + server.exitValue())
            + "); the logs in "
            + folder
            + " say why");
  }

  private void awaitKnown(String pipeline, long deadline) throws InterruptedException {
    while (!api.knows(pipeline)) {
      if (System.nanoTime() >= deadline) {
        throw new Unavailable(
            "Airflow has no DAG "
                + pipeline
                + ": "
                + api.importError().orElse("its file was not read yet; dag-processor.log tells"));
      }
      Thread.sleep(EVERY_MILLIS);
    }
  }

  @Override
  public boolean awaitIdle(Duration limit) throws InterruptedException {
    return watch.awaitIdle(limit);
  }

  /** Ends it; what was under way goes on at the next start. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    watch.close();
    clients.close();
    api.close();
    // The end of its input is how it is told, as that comes too where this process is killed.
    server.getOutputStream().close();
    try {
      if (!server.waitFor(20, TimeUnit.SECONDS)) {
        server.destroyForcibly();
      }
    } catch (InterruptedException e) {
      server.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static void replace(Path file, String text) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.writeString(part, text);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
