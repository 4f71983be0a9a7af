package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Delivers Cloud Storage's "finalized" events to HTTP targets, as Eventarc does for its direct
 * triggers: CloudEvents 1.0 in binary mode, at least once, in no order, again with growing waits
 * until a 2xx or until the retention has passed.
 *
 * <p>An event is on disk before {@link #finalized} returns and leaves it when its target took it,
 * so it survives a restart. Triggers have names because a target's address may differ after one:
 * events wait until their trigger is routed again.
 */
public final class EventarcDelivery implements StorageEmulator.Listener, AutoCloseable {
  private static final Logger LOG = System.getLogger(EventarcDelivery.class.getName());

  private final Path directory;
  private final Options options;
  private final Clock clock = Clock.systemUTC();
  private final HttpClient client;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("eventarc-timer").factory());
  private final Semaphore parallel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Trigger> triggers = new TreeMap<>();
  private final Map<String, Event> pending = new LinkedHashMap<>();
  private boolean closed;

  /**
   * How to deliver.
   *
   * @param parallel calls at once, at least 1
   * @param firstBackoff the wait after the first failure; each further one is twice as long
   * @param lastBackoff the longest wait
   * @param timeout of one call; an event function may take 540 s
   * @param retention how long an event is tried before it is dropped with a log line
   */
  public record Options(
      int parallel,
      Duration firstBackoff,
      Duration lastBackoff,
      Duration timeout,
      Duration retention) {
    public Options {
      if (parallel < 1) {
        throw new IllegalArgumentException("parallel must be at least 1, not " + parallel);
      }
      if (firstBackoff.isNegative() || lastBackoff.compareTo(firstBackoff) < 0) {
        throw new IllegalArgumentException(
            "firstBackoff must be from 0 to lastBackoff, not %s with %s"
                .formatted(firstBackoff, lastBackoff));
      }
      if (!timeout.isPositive() || !retention.isPositive()) {
        throw new IllegalArgumentException(
            "timeout and retention must be over 0, not %s and %s".formatted(timeout, retention));
      }
    }

    /** Eventarc's retention of a day, with waits short enough for one machine. */
    public static Options ofDefaults() {
      return new Options(
          8,
          Duration.ofMillis(200),
          Duration.ofSeconds(10),
          Duration.ofSeconds(540),
          Duration.ofDays(1));
    }
  }

  private record Trigger(String bucket, @Nullable URI target) {}

  /** An event for one trigger; it is kept for the retention from {@code accepted} on. */
  private record Event(
      String id, String trigger, Instant time, Instant accepted, int attempts, JsonObject data) {
    Event retried() {
      return new Event(id, trigger, time, accepted, attempts + 1, data);
    }
  }

  private EventarcDelivery(Path directory, Options options) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.options = options;
    this.parallel = new Semaphore(options.parallel());
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .executor(threads)
            .build();
    Path routes = directory.resolve("triggers.json");
    if (Files.exists(routes)) {
      Json.read(routes)
          .entrySet()
          .forEach(e -> triggers.put(e.getKey(), new Trigger(e.getValue().getAsString(), null)));
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(directory)) {
      files = list.filter(f -> f.toString().endsWith(".event")).sorted().toList();
    }
    for (Path file : files) {
      JsonObject json = Json.read(file);
      Event event =
          new Event(
              json.get("id").getAsString(),
              json.get("trigger").getAsString(),
              Instant.parse(json.get("time").getAsString()),
              Instant.parse(json.get("accepted").getAsString()),
              0,
              json.getAsJsonObject("data"));
      pending.put(event.id(), event);
    }
  }

  /** Opens the events that wait in the directory; each is tried once its trigger is routed. */
  public static EventarcDelivery start(Path stateDir, Options options) throws IOException {
    return new EventarcDelivery(stateDir, options);
  }

  /**
   * Sends a bucket's events to a target under a trigger's name, in place of the name's old route.
   */
  public void route(String trigger, String bucket, URI target) throws IOException {
    lock.lock();
    try {
      triggers.put(trigger, new Trigger(bucket, target));
      saveTriggers();
      for (Event event : pending.values()) {
        if (event.trigger().equals(trigger) && event.attempts() == 0) {
          submit(event);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a trigger and drops the events that wait for it. */
  public void unroute(String trigger) throws IOException {
    lock.lock();
    try {
      triggers.remove(trigger);
      saveTriggers();
      for (Event event : List.copyOf(pending.values())) {
        if (event.trigger().equals(trigger)) {
          forget(event);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void saveTriggers() throws IOException {
    JsonObject json = new JsonObject();
    triggers.forEach((name, trigger) -> json.addProperty(name, trigger.bucket()));
    Json.write(directory.resolve("triggers.json"), json);
  }

  @Override
  public void finalized(ObjectMetadata object) {
    lock.lock();
    try {
      for (Map.Entry<String, Trigger> entry : triggers.entrySet()) {
        if (entry.getValue().bucket().equals(object.bucket())) {
          Event event =
              new Event(
                  UUID.randomUUID().toString(),
                  entry.getKey(),
                  object.timeCreated(),
                  clock.instant(),
                  0,
                  object.toJson("https://www.googleapis.com"));
          save(event);
          pending.put(event.id(), event);
          if (entry.getValue().target() != null) {
            submit(event);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  private void save(Event event) throws IOException {
    JsonObject json = new JsonObject();
    json.addProperty("id", event.id());
    json.addProperty("trigger", event.trigger());
    json.addProperty("time", event.time().toString());
    json.addProperty("accepted", event.accepted().toString());
    json.add("data", event.data());
    Json.write(file(event), json);
  }

  private Path file(Event event) {
    return directory.resolve(event.id() + ".event");
  }

  private void submit(Event event) {
    if (!closed) {
      threads.execute(() -> deliver(event));
    }
  }

  private void deliver(Event event) {
    boolean taken = false;
    try {
      parallel.acquire();
      try {
        URI target = target(event);
        if (target == null) {
          return;
        }
        taken = post(event, target);
      } finally {
        parallel.release();
      }
      if (taken || event.accepted().plus(options.retention()).isBefore(clock.instant())) {
        if (!taken) {
          LOG.log(Level.ERROR, "dropped after " + options.retention() + ": " + event);
        }
        lock.lock();
        try {
          forget(event);
        } finally {
          lock.unlock();
        }
      } else {
        retryLater(event.retried());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.log(Level.ERROR, "cannot update the state of " + event, e);
    }
  }

  private @Nullable URI target(Event event) {
    lock.lock();
    try {
      Trigger trigger = triggers.get(event.trigger());
      return trigger == null || !pending.containsKey(event.id()) ? null : trigger.target();
    } finally {
      lock.unlock();
    }
  }

  private boolean post(Event event, URI target) throws InterruptedException {
    HttpRequest request = request(event, target, options.timeout());
    try {
      int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status < 200 || status > 299) {
        LOG.log(
            Level.WARNING,
            "{0} answered {1} to event {2}, attempt {3}",
            target,
            status,
            event.id(),
            event.attempts() + 1);
      }
      return status >= 200 && status <= 299;
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "no answer from " + target + " to event " + event.id() + ": " + e);
      return false;
    }
  }

  private static HttpRequest request(Event event, URI target, Duration timeout) {
    String bucket = event.data().get("bucket").getAsString();
    String name = event.data().get("name").getAsString();
    return HttpRequest.newBuilder(target)
        .timeout(timeout)
        .header("ce-id", event.id())
        .header("ce-source", "//storage.googleapis.com/projects/_/buckets/" + bucket)
        .header("ce-type", "google.cloud.storage.object.v1.finalized")
        .header("ce-subject", headerValue("objects/" + name))
        .header("ce-specversion", "1.0")
        .header("ce-time", event.time().toString())
        .header("ce-bucket", bucket)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(Json.GSON.toJson(event.data())))
        .build();
  }

  /**
   * Escapes a value as the CloudEvents HTTP binding 1.0 says (section 3.1.3.2): space, quote,
   * percent and all outside U+0021 to U+007E become the escaped bytes of their UTF-8.
   */
  static String headerValue(String value) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (b > 0x20 && b < 0x7f && b != '"' && b != '%') {
        escaped.append((char) b);
      } else {
        escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return escaped.toString();
  }

  private void retryLater(Event event) {
    long millis = options.firstBackoff().toMillis();
    for (int i = 1; i < event.attempts() && millis < options.lastBackoff().toMillis(); i++) {
      millis *= 2;
    }
    millis = Math.min(millis, options.lastBackoff().toMillis());
    long jittered = millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1);
    lock.lock();
    try {
      if (!closed && pending.replace(event.id(), event) != null) {
        var _ = timer.schedule(() -> submit(event), jittered, TimeUnit.MILLISECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  private void forget(Event event) throws IOException {
    Files.deleteIfExists(file(event));
    pending.remove(event.id());
    changed.signalAll();
  }

  /** How many deliveries wait or are under way. */
  public int pending() {
    lock.lock();
    try {
      return pending.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every event has been taken by its target.
   *
   * @return false if some still wait when the time is over
   */
  public boolean awaitIdle(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (!pending.isEmpty()) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Stops; events not yet taken stay on disk. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    timer.shutdownNow();
    client.shutdownNow();
    threads.shutdownNow();
  }
}
