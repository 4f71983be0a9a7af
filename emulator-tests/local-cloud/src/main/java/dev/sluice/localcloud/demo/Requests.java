package dev.sluice.localcloud.demo;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A steady stream of prediction requests, one row each, over a few connections that stay open. Each
 * request has a time at which it is due, and its latency counts from there: a server that stalls is
 * not spared the requests that would have come meanwhile (no coordinated omission). Safe for use by
 * several threads.
 */
public final class Requests implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * What became of the requests.
   *
   * @param sent all of them
   * @param failed those that were not answered by 200 and a probability within {@code PATIENCE}
   * @param firstFailure what was wrong with the first of these, or null
   * @param median latency, zero where none was sent
   * @param p99 the latency that one in a hundred exceeds
   */
  public record Tally(
      long sent, long failed, @Nullable String firstFailure, Duration median, Duration p99) {}

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final URI uri;
  private final List<byte[]> bodies;
  private final long intervalNanos;
  private final long startedNanos = System.nanoTime();
  private final AtomicLong next = new AtomicLong();
  private final List<Thread> workers = new ArrayList<>();
  private volatile boolean open = true;

  // Guarded by this.
  private long[] latencies = new long[4096];
  private int sent;
  private long failed;
  private @Nullable String firstFailure;

  private Requests(URI uri, List<byte[]> bodies, int perSecond) {
    if (perSecond < 1 || perSecond > 10_000) {
      throw new BadInput("requests a second are " + perSecond + "; they must lie in [1, 10000]");
    }
    if (bodies.isEmpty()) {
      throw new BadInput("there is nothing to ask; give at least one request body");
    }
    this.uri = uri;
    this.bodies = List.copyOf(bodies);
    this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
  }

  /**
   * Starts asking, until closed.
   *
   * @param uri of a predict method of TensorFlow Serving's protocol
   * @param bodies asked in turn, again from the first
   */
  public static Requests start(URI uri, List<byte[]> bodies, int perSecond) {
    Requests requests = new Requests(uri, bodies, perSecond);
    for (int i = 0; i < CONNECTIONS; i++) {
      requests.workers.add(Thread.ofVirtual().name("requests-" + i).start(requests::work));
    }
    return requests;
  }

  private void work() {
    while (open) {
      long number = next.getAndIncrement();
      long due = startedNanos + number * intervalNanos;
      while (open && System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      if (open) {
        String failure = ask(bodies.get((int) (number % bodies.size())));
        count(System.nanoTime() - due, failure);
      }
    }
  }

  private @Nullable String ask(byte[] body) {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() != 200
          ? "status " + response.statusCode() + ": " + response.body()
          : isProbability(response.body()) ? null : "no probability: " + response.body();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static boolean isProbability(String body) {
    try {
      double value =
          JsonParser.parseString(body)
              .getAsJsonObject()
              .getAsJsonArray("predictions")
              .get(0)
              .getAsDouble();
      return value >= 0 && value <= 1;
    } catch (JsonParseException
        | IllegalStateException
        | NullPointerException
        | UnsupportedOperationException
        | IndexOutOfBoundsException e) {
      return false;
    }
  }

  private synchronized void count(long nanos, @Nullable String failure) {
    if (sent == latencies.length) {
      latencies = Arrays.copyOf(latencies, 2 * sent);
    }
    latencies[sent++] = nanos;
    if (failure != null) {
      failed++;
      firstFailure = firstFailure == null ? failure : firstFailure;
    }
  }

  /** What became of the requests that have ended so far. */
  public synchronized Tally tally() {
    long[] sorted = Arrays.copyOf(latencies, sent);
    Arrays.sort(sorted);
    return new Tally(sent, failed, firstFailure, rank(sorted, 0.5), rank(sorted, 0.99));
  }

  private static Duration rank(long[] sorted, double share) {
    return sorted.length == 0
        ? Duration.ZERO
        : Duration.ofNanos(sorted[(int) Math.ceil(share * sorted.length) - 1]);
  }

  /** Sends no more, and waits until the last has been answered. */
  @Override
  public void close() {
    open = false;
    try {
      for (Thread worker : workers) {
        LockSupport.unpark(worker);
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
