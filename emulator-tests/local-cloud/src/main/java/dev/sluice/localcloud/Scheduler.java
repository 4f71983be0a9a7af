package dev.sluice.localcloud;

import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Calls the functions whose trigger is a schedule, as Cloud Scheduler does: an empty POST at each
 * minute that the cron line means, and none while the last one is under way. What an answer says
 * changes nothing, as the next call comes anyway. Each line has a thread of its own.
 *
 * <p>The finest line, each minute, is called each second here: nobody wants to wait for a minute at
 * a desk, and a function that may be called at any time must not care.
 */
final class Scheduler implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

  private final Clock clock;
  private final HttpClient client;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  private Scheduler(Clock clock) {
    this.clock = clock;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
  }

  /**
   * Starts a clock for each function with a schedule.
   *
   * @param urls where functions answer
   */
  static Scheduler start(List<FunctionManifest> manifests, Map<String, URI> urls, Clock clock) {
    Scheduler scheduler = new Scheduler(clock);
    for (FunctionManifest manifest : manifests) {
      if (manifest.trigger() instanceof FunctionManifest.Trigger.Schedule trigger) {
        Cron cron = Cron.parse(trigger.cron());
        URI url = URI.create(String.valueOf(urls.get(manifest.name())));
        scheduler.threads.add(
            Thread.ofVirtual()
                .name("schedule-" + manifest.name())
                .start(() -> scheduler.run(manifest, cron, url)));
      }
    }
    return scheduler;
  }

  /** When the next call is due after that time. */
  static Instant next(Cron cron, Instant after) {
    if (cron.eachMinute()) {
      return after.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
    }
    Instant minute = after.truncatedTo(ChronoUnit.MINUTES);
    do {
      minute = minute.plus(1, ChronoUnit.MINUTES);
    } while (!cron.matches(minute.atZone(ZoneOffset.UTC)));
    return minute;
  }

  private void run(FunctionManifest manifest, Cron cron, URI url) {
    try {
      while (true) {
        Duration wait = Duration.between(clock.instant(), next(cron, clock.instant()));
        if (closing.await(wait.toMillis() + 1, TimeUnit.MILLISECONDS)) {
          return;
        }
        call(manifest, url);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void call(FunctionManifest manifest, URI url) throws InterruptedException {
    try {
      int status =
          client
              .send(
                  HttpRequest.newBuilder(url)
                      .timeout(manifest.timeout())
                      .header("User-Agent", "Google-Cloud-Scheduler")
                      .POST(HttpRequest.BodyPublishers.noBody())
                      .build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode();
      if (status / 100 != 2) {
        LOG.log(System.Logger.Level.DEBUG, "{0} answered {1}", manifest.name(), status);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "no answer from " + manifest.name(), e);
    }
  }

  @Override
  public void close() {
    closing.countDown();
    client.shutdownNow();
    threads.forEach(Thread::interrupt);
  }
}
