package dev.sluice.benchmarks;

import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.Messages;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.LocalCloud;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows a second from Pub/Sub into windows, through the whole local cloud with each function in a
 * process of its own: a tenth of the rows is there twice, half of these as another message of the
 * same id and half as the same message delivered again, and {@code receive-rows} is killed
 * half-way. Counts at the end what was lost and what was counted twice.
 */
public final class StreamBench {
  private static final String PIPELINE = "bench";
  private static final String SUBSCRIPTION =
      "projects/" + LocalCloud.PROJECT + "/subscriptions/receive-rows";
  private static final int TICKS_A_SECOND = 50;
  private static final int WARM_UP_SECONDS = 10;

  private final int rate;
  private final int seconds;
  private final boolean kill;
  private final Random random = new Random(7);
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLongArray millis = new AtomicLongArray(120_000);
  private volatile long lastAcknowledged;
  private long rows;

  private StreamBench(int rate, int seconds, boolean kill) {
    this.rate = rate;
    this.seconds = seconds;
    this.kill = kill;
  }

  /** Runs it; the last line is JSON. */
  public static void main(String[] arguments) throws Exception {
    int rate = 5_000;
    int seconds = 120;
    boolean kill = true;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--rate" -> rate = Integer.parseInt(arguments[++i]);
        case "--seconds" -> seconds = Integer.parseInt(arguments[++i]);
        case "--no-kill" -> kill = false;
        default -> {
          System.err.println("bench: stream takes --rate N, --seconds N and --no-kill");
          System.exit(2);
        }
      }
    }
    Path folder = Files.createTempDirectory("sluice-stream-");
    boolean sound;
    try {
      sound = new StreamBench(rate, seconds, kill).run(folder);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
    System.exit(sound ? 0 : 1);
  }

  private boolean run(Path folder) throws IOException, InterruptedException {
    Path pipelines = Files.createDirectories(folder.resolve("pipelines"));
    Files.writeString(
        pipelines.resolve(PIPELINE + ".yaml"),
        "label: sold\nsource: {stream: {window: 10s, allowed_lateness: 2s}}\n");
    LocalCloud.Options options =
        new LocalCloud.Options(
            Home.find(),
            folder.resolve("state"),
            List.of(pipelines),
            /* portBase= */ 0,
            /* webhook= */ "",
            line -> {},
            change -> {});
    try (LocalCloud cloud =
            LocalCloud.start(
                options, new LocalCloud.Hosting(/* processes= */ true, /* faults= */ null));
        GoogleClients clients = clients(cloud)) {
      // What becomes of the batches is another benchmark's.
      clients.composer().pause(PIPELINE);
      publish(cloud, clients.messages(), WARM_UP_SECONDS, false);
      drain(cloud);
      long warm = rows;
      cloud.pubsub().observe(SUBSCRIPTION, message -> acknowledged(message.getPublishTime()));
      long cpu = cpu(cloud);
      long started = System.nanoTime();
      publish(cloud, clients.messages(), seconds, kill);
      drain(cloud);
      double took = (lastAcknowledged - started) / 1e9;
      double cores = (cpu(cloud) - cpu) / 1e9 / took;
      return report(clients, rows - warm, took, cores);
    }
  }

  private static GoogleClients clients(LocalCloud cloud) {
    Map<String, String> environment = cloud.environment();
    return new GoogleClients(
        CloudConfiguration.from(
            name -> name.matches("COMPOSER_(USER|PASSWORD)") ? "admin" : environment.get(name)));
  }

  private void acknowledged(com.google.protobuf.Timestamp published) {
    long sent = published.getSeconds() * 1_000 + published.getNanos() / 1_000_000;
    long took = System.currentTimeMillis() - sent;
    millis.incrementAndGet((int) Math.clamp(took, 0, millis.length() - 1L));
    lastAcknowledged = System.nanoTime();
  }

  /** CPU time of this process, where the emulators are, and of the functions', in nanoseconds. */
  private static long cpu(LocalCloud cloud) {
    long own =
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            ? system.getProcessCpuTime()
            : 0;
    return own + cloud.cpuOfFunctions().toNanos();
  }

  private void publish(LocalCloud cloud, Messages topic, int duration, boolean killHalfWay)
      throws InterruptedException {
    Semaphore underWay = new Semaphore(8);
    long start = System.nanoTime();
    int ticks = duration * TICKS_A_SECOND;
    try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int tick = 0; tick < ticks; tick++) {
        long wait = start + tick * 1_000_000_000L / TICKS_A_SECOND - System.nanoTime();
        if (wait > 0) {
          TimeUnit.NANOSECONDS.sleep(wait);
        }
        if (killHalfWay && tick == ticks / 2) {
          var _ = senders.submit(() -> cloud.kill("receive-rows"));
        }
        List<Messages.Message> batch = batch(rate / TICKS_A_SECOND);
        cloud.pubsub().duplicateNext(SUBSCRIPTION, batch.size() / 20);
        underWay.acquire();
        var _ =
            senders.submit(() -> {
              try {
                topic.publishAll("sluice-rows", batch);
                messages.addAndGet(batch.size());
              } catch (RuntimeException e) {
                refused.addAndGet(batch.size());
                System.err.println("not published: " + e.getMessage());
              } finally {
                underWay.release();
              }
            });
      }
    }
  }

  private List<Messages.Message> batch(int size) {
    List<Messages.Message> out = new ArrayList<>(size + size / 20);
    for (int i = 0; i < size; i++) {
      out.add(message(rows++));
    }
    for (int i = 0; i < size / 20; i++) {
      out.add(message(Math.max(0, rows - 1 - random.nextInt(20_000))));
    }
    return out;
  }

  private static Messages.Message message(long row) {
    String json =
        String.format(
            Locale.ROOT,
            "{\"sale\":%d,\"price\":%d.%02d,\"brand\":\"brand-%d\",\"country\":\"%s\",\"views\":%d,"
                + "\"returned\":%b,\"seller\":\"seller-%d\",\"sold\":%b}",
            row,
            row % 200,
            row % 100,
            row % 50,
            row % 3 == 0 ? "DE" : "FR",
            row % 1000,
            row % 17 == 0,
            row % 5000,
            row % 2 == 0);
    return new Messages.Message(
        json.getBytes(StandardCharsets.UTF_8),
        Map.of("pipeline", PIPELINE, "id", Long.toString(row)));
  }

  private static void drain(LocalCloud cloud) throws InterruptedException {
    for (int i = 0; i < 600 && cloud.pubsub().pending(SUBSCRIPTION) > 0; i++) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private boolean report(GoogleClients clients, long measured, double took, double cores)
      throws InterruptedException {
    long counted = 0;
    long ids = 0;
    long windows = 0;
    for (int i = 0; i < 120 && ids < rows; i++) {
      TimeUnit.MILLISECONDS.sleep(500);
      Map<String, @Nullable Object> row =
          one(
              clients,
              "SELECT COUNT(*) AS counted, COUNT(DISTINCT id) AS ids,"
                  + " COUNT(DISTINCT window_start) AS windows FROM sluice.window_rows"
                  + " WHERE pipeline = 'bench'");
      counted = number(row, "counted");
      ids = number(row, "ids");
      windows = number(row, "windows");
    }
    long stored =
        number(
            one(
                clients,
                "SELECT COUNT(*) AS stored FROM sluice.stream_rows WHERE pipeline = 'bench'"),
            "stored");
    long lost = rows - ids;
    long doubled = counted - ids;
    System.out.printf(
        Locale.ROOT,
        "%,d rows published as %,d messages%s, stored %,d times, counted in %d windows%n",
        rows,
        messages.get(),
        refused.get() == 0 ? "" : " (" + refused.get() + " not published)",
        stored,
        windows);
    System.out.printf(
        Locale.ROOT,
        "%,.0f rows a second over %.1f s; from publish to stored p50 %d ms, p99 %d ms, the longest"
            + " %d ms; %.2f cores%n",
        measured / took,
        took,
        quantile(.5),
        quantile(.99),
        quantile(1),
        cores);
    System.out.printf(Locale.ROOT, "lost %d, doubled %d%n", lost, doubled);
    System.out.printf(
        Locale.ROOT,
        "{\"rows\":%d,\"rows_per_second\":%.0f,\"p50_ms\":%d,\"p99_ms\":%d,\"max_ms\":%d,"
            + "\"cores\":%.2f,\"lost\":%d,\"doubled\":%d}%n",
        rows,
        measured / took,
        quantile(.5),
        quantile(.99),
        quantile(1),
        cores,
        lost,
        doubled);
    return lost == 0 && doubled == 0;
  }

  private static Map<String, @Nullable Object> one(GoogleClients clients, String sql) {
    return clients.facts(LocalCloud.DATASET).query(sql, Map.of()).getFirst();
  }

  private static long number(Map<String, @Nullable Object> row, String column) {
    return row.get(column) instanceof Long value ? value : 0;
  }

  private long quantile(double q) {
    long all = 0;
    for (int i = 0; i < millis.length(); i++) {
      all += millis.get(i);
    }
    long rank = Math.max(1, (long) Math.ceil(q * all));
    for (int i = 0; i < millis.length(); i++) {
      rank -= millis.get(i);
      if (rank <= 0) {
        return i;
      }
    }
    return millis.length();
  }
}
