package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.emulators.bigquery.BigQueryEmulator;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.emulators.pubsub.PubSubEmulator;
import dev.sluice.emulators.storage.EventarcDelivery;
import dev.sluice.emulators.storage.StorageEmulator;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.localcloud.dags.Airflow;
import dev.sluice.localcloud.dags.EmbeddedComposer;
import dev.sluice.localcloud.dags.Orchestrator;
import dev.sluice.localcloud.faults.FaultInjector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Emulators and functions in one process. What they hold lies in one folder and survives a restart;
 * everything listens on the loopback address alone.
 */
public final class LocalCloud implements AutoCloseable {
  /** The project's id on this machine. */
  public static final String PROJECT = "sluice-local";

  /** The dataset. */
  public static final String DATASET = "sluice";

  private static final String INBOX = "sluice-local-inbox";
  private static final String ARTIFACTS = "sluice-local-artifacts";
  private static final String SERVING = "sluice-local-serving";

  /** What functions look for to be told of the end, as they have no process of their own here. */
  private static final String SHUTDOWN = "dev.sluice.shutdown";

  private final Options options;
  private final Hosting hosting;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Queue<Runnable> shutdown = new ConcurrentLinkedQueue<>();
  private StorageEmulator storage;
  private EventarcDelivery events;
  private PubSubEmulator pubsub;
  private Orchestrator dags;
  private Addresses addresses;
  private @Nullable ProcessHost processes;

  /**
   * How to start.
   *
   * @param home the checkout
   * @param state the folder of everything that is kept
   * @param pipelines folders of specs, beside the repository's own
   * @param portBase the first port, or 0 for free ones
   * @param webhook where alarms are posted, or ""; its host is the one that they may go to
   * @param console told what a person may want to know, a line at a time
   * @param progress told of every change of a run or a task
   */
  public record Options(
      Home home,
      Path state,
      List<Path> pipelines,
      int portBase,
      String webhook,
      Consumer<String> console,
      Consumer<Progress> progress) {
    public Options {
      pipelines = List.copyOf(pipelines);
      if (portBase != 0 && (portBase < 1024 || portBase > 65_000)) {
        throw new BadInput("--port-base is " + portBase + "; it must lie in [1024, 65000]");
      }
      if (!webhook.isEmpty()) {
        webhookHost(webhook);
      }
    }

    /** {@code host} or {@code host:port} of the webhook, or "". */
    String webhookHost() {
      return webhook.isEmpty() ? "" : webhookHost(webhook);
    }

    private static String webhookHost(String webhook) {
      try {
        URI uri = new URI(webhook);
        if (uri.getHost() != null) {
          return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
        }
      } catch (URISyntaxException e) {
        // Its message repeats the address, which is a secret.
      }
      throw new BadInput("--webhook is no address; write it as https://host/path");
    }
  }

  /**
   * How functions are hosted, and DAGs.
   *
   * @param processes each function in a process of its own, which takes more memory and more time
   *     to start
   * @param faults wires between functions and services that can be cut, or null for none
   * @param containers what those processes are started in, or null for plain ones
   * @param airflow the Python of an environment with Airflow to run the DAGs, or null for the
   *     embedded Composer
   */
  public record Hosting(
      boolean processes,
      @Nullable FaultInjector faults,
      @Nullable Containers containers,
      @Nullable Path airflow) {
    /** Functions hosted so, on the embedded Composer. */
    public Hosting(boolean processes, @Nullable FaultInjector faults) {
      this(processes, faults, /* containers= */ null, /* airflow= */ null);
    }

    /** As deployed: from the zips alone and held to the limits of the manifests. */
    public static Hosting in(Containers containers) {
      return new Hosting(
          /* processes= */ true, /* faults= */ null, containers, /* airflow= */ null);
    }

    /** All in this process, and nothing goes wrong. */
    public static Hosting ofDefaults() {
      return new Hosting(/* processes= */ false, /* faults= */ null);
    }
  }

  @SuppressWarnings("NullAway.Init")
  private LocalCloud(Options options, Hosting hosting) {
    this.options = options;
    this.hosting = hosting;
  }

  /** Starts everything, and returns when all of it answers. */
  public static LocalCloud start(Options options) throws IOException {
    return start(options, Hosting.ofDefaults());
  }

  /** The same with functions hosted in another way. */
  public static LocalCloud start(Options options, Hosting hosting) throws IOException {
    LocalCloud cloud = new LocalCloud(options, hosting);
    try {
      cloud.startAll();
      return cloud;
    } catch (IOException | RuntimeException e) {
      cloud.close();
      throw e;
    }
  }

  /** What Google's own clients need, by variable. */
  public Map<String, String> environment() {
    return addresses.environment();
  }

  /** Function to url. */
  public Map<String, String> functions() {
    return addresses.functions();
  }

  /** The storage emulator, for faults. */
  public StorageEmulator storage() {
    return storage;
  }

  /** The Pub/Sub emulator, for faults. */
  public PubSubEmulator pubsub() {
    return pubsub;
  }

  /**
   * Ends a function's process at once, where functions have processes; the next call starts one.
   */
  public void kill(String function) {
    if (processes == null) {
      throw new Bug("functions have no processes here, so that none can be killed");
    }
    processes.kill(function);
  }

  /**
   * Ends a function's process in order, where functions have processes; the next call starts one.
   */
  public void stop(String function) throws InterruptedException {
    if (processes == null) {
      throw new Bug("functions have no processes here, so that none can be stopped");
    }
    processes.stop(function);
  }

  /** The time that the processes of functions have had a CPU, those that have ended too. */
  public Duration cpuOfFunctions() {
    return processes == null ? Duration.ZERO : processes.cpu();
  }

  /** Waits until no event, run or message is under way. */
  public boolean awaitIdle(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    for (int quiet = 0; quiet < 2; quiet++) {
      // Twice, as a run may publish and an event may start a run.
      if (!events.awaitIdle(left(deadline))
          || !dags.awaitIdle(left(deadline))
          || !pubsub.awaitIdle(left(deadline))) {
        return false;
      }
    }
    return true;
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
  }

  private void startAll() throws IOException {
    Path state = Files.createDirectories(options.state());
    if (Addresses.isUp(state)) {
      throw new BadInput(
          "a local cloud runs on "
              + state
              + " already; ./sluice down ends it, --state names another");
    }
    System.getProperties().put(SHUTDOWN, shutdown);
    List<FunctionManifest> manifests = options.home().manifests();
    int port = options.portBase();
    int next = port == 0 ? 0 : port + 5;

    events =
        part(
            EventarcDelivery.start(state.resolve("events"), EventarcDelivery.Options.ofDefaults()));
    storage = part(StorageEmulator.start(state.resolve("storage"), port(port, 0), events));
    BigQueryEmulator bigquery =
        part(
            BigQueryEmulator.start(
                state.resolve("bigquery"), port(port, 1), port(port, 4), PROJECT));
    bigquery.createFrom(options.home().tables(), options.home().views(), DATASET);
    pubsub = part(PubSubEmulator.start(state.resolve("pubsub"), port(port, 2), bigquery::insert));
    for (String bucket : List.of(INBOX, ARTIFACTS, SERVING)) {
      storage.ensureBucket(PROJECT, bucket, /* versioning= */ true);
    }

    Map<String, URI> urls = new ConcurrentHashMap<>();
    dags = part(orchestrator(state, port));

    Map<String, String> environment = environment(bigquery);
    FaultInjector faults = hosting.faults() == null ? null : part(hosting.faults());
    List<FunctionHost.Deployment> deployments = new ArrayList<>();
    for (FunctionManifest manifest : manifests) {
      Map<String, String> settings =
          new HashMap<>(
              manifest.settings(placeholders(), Map.of("webhook_url", options.webhook())));
      for (String name :
          List.of(
              "STORAGE_EMULATOR_HOST",
              "PUBSUB_EMULATOR_HOST",
              "BIGQUERY_EMULATOR_HOST",
              "BIGQUERY_STORAGE_EMULATOR_HOST")) {
        settings.put(name, String.valueOf(environment.get(name)));
      }
      settings.put("COMPOSER_USER", "admin");
      settings.put("COMPOSER_PASSWORD", "admin");
      deployments.add(
          new FunctionHost.Deployment(
              manifest,
              FunctionPackage.unpack(
                  manifest.name(), options.home().zip(manifest.name()), state.resolve("packages")),
              faults == null ? settings : faults.between(manifest.name(), settings),
              faults == null && next != 0 ? free(next++) : 0));
    }
    urls.putAll(host(deployments, state));
    if (faults != null) {
      for (FunctionManifest manifest : manifests) {
        boolean events =
            manifest.trigger() instanceof FunctionManifest.Trigger.Storage
                || manifest.trigger() instanceof FunctionManifest.Trigger.PubSub
                || manifest.trigger() instanceof FunctionManifest.Trigger.Schedule;
        URI target = Objects.requireNonNull(urls.get(manifest.name()));
        int front = next == 0 ? 0 : free(next++);
        urls.put(manifest.name(), faults.front(manifest.name(), target, events, front));
      }
    }

    addresses = addresses(environment, urls);
    part(
        SpecStore.start(
            folders(),
            part(new GoogleClients(addresses.cloud())).objects(),
            SERVING,
            dags,
            options.console()));
    Topics.create(pubsub.host(), PROJECT, DATASET, manifests, urls);
    for (FunctionManifest manifest : manifests) {
      if (manifest.trigger() instanceof FunctionManifest.Trigger.Storage) {
        events.route(manifest.name(), INBOX, urls.get(manifest.name()));
      }
    }
    dags.open(urls);
    part(Scheduler.start(manifests, urls, Clock.systemUTC()));
    addresses.write(state);
  }

  private Orchestrator orchestrator(Path state, int port) throws IOException {
    Path python = hosting.airflow();
    return python == null
        ? new EmbeddedComposer(
            state.resolve("composer"),
            port(port, 3),
            options.home()::readOperations,
            options.progress())
        : Airflow.start(
            python,
            options.home(),
            state.resolve("airflow"),
            port == 0 ? anyFree() : free(port + 3),
            options.console(),
            options.progress());
  }

  private Map<String, URI> host(List<FunctionHost.Deployment> deployments, Path state)
      throws IOException {
    if (!hosting.processes()) {
      return part(FunctionHost.start(deployments, state)).urls();
    }
    ProcessHost host =
        part(ProcessHost.start(deployments, options.home(), state, hosting.containers()));
    processes = host;
    pubsub.findBy(host::find);
    if (hosting.faults() != null) {
      hosting.faults().onKill(host::kill);
    }
    return host.urls();
  }

  private List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    folders.add(options.home().pipelines());
    folders.addAll(options.pipelines());
    return folders;
  }

  private Map<String, String> placeholders() {
    return Map.of(
        "artifacts_bucket", ARTIFACTS,
        "composer_url", dags.uri().toString(),
        "dataset", DATASET,
        "inbox_bucket", INBOX,
        "project", PROJECT,
        "serving_bucket", SERVING,
        "webhook_hosts", options.webhookHost());
  }

  private Map<String, String> environment(BigQueryEmulator bigquery) {
    Map<String, String> out = new HashMap<>();
    out.put("GOOGLE_CLOUD_PROJECT", PROJECT);
    out.put("STORAGE_EMULATOR_HOST", storage.baseUrl());
    out.put("PUBSUB_EMULATOR_HOST", pubsub.host());
    out.put("BIGQUERY_EMULATOR_HOST", bigquery.baseUrl());
    out.put("BIGQUERY_STORAGE_EMULATOR_HOST", bigquery.storageHost());
    out.put("COMPOSER_URL", dags.uri().toString());
    if (hosting.airflow() != null) {
      out.put(Addresses.AIRFLOW, dags.uri().toString());
    }
    out.put("SLUICE_INBOX", INBOX);
    out.put("SLUICE_ARTIFACTS", ARTIFACTS);
    out.put("SLUICE_SERVING", SERVING);
    out.put("SLUICE_DATASET", DATASET);
    return out;
  }

  private static Addresses addresses(Map<String, String> environment, Map<String, URI> urls) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("PREDICT_URL", String.valueOf(urls.get("predict")));
    Map<String, String> functions = new HashMap<>();
    urls.forEach((name, url) -> functions.put(name, url.toString()));
    return new Addresses(ProcessHandle.current().pid(), all, functions);
  }

  private int port(int base, int offset) throws IOException {
    return base == 0 ? 0 : free(base + offset);
  }

  /** For a server that has to be told its port. */
  private static int anyFree() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  /** A server may share a port that is taken and hear nothing, so it is tried first. */
  private int free(int port) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return port;
    } catch (IOException e) {
      throw new BadInput(
          "port "
              + port
              + " is taken; end what uses it, or name other ports with --port-base (leave it out"
              + " for free ones)",
          e);
    }
  }

  private <T extends AutoCloseable> T part(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public void close() {
    CountDownLatch told = new CountDownLatch(shutdown.size());
    for (Runnable function : shutdown) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              function.run();
            } finally {
              told.countDown();
            }
          });
    }
    try {
      told.await(10, TimeUnit.SECONDS);
      if (pubsub != null) {
        pubsub.awaitIdle(Duration.ofSeconds(2));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (dags instanceof Airflow airflow) {
      // Before the functions: a task whose call is cut off uses up a try.
      parts.remove(airflow);
      parts.push(airflow);
    }
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        options.console().accept("while stopping: " + e.getMessage());
      }
    }
    System.getProperties().remove(SHUTDOWN);
    try {
      if (addresses != null) {
        Addresses.remove(options.state());
      }
    } catch (IOException e) {
      options.console().accept("while stopping: " + e.getMessage());
    }
  }
}
