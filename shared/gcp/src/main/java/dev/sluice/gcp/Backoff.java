package dev.sluice.gcp;

import com.google.api.gax.retrying.RetrySettings;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * How a call that may work later is tried again: waits grow twofold from {@code first} to {@code
 * longest}, each drawn at random up to that size ("full jitter", Brooker 2015), until {@code total}
 * has passed.
 *
 * @param first more than 0
 * @param longest at least {@code first}
 * @param total of all tries together, at least {@code longest}; keep it well under the function's
 *     timeout
 */
public record Backoff(Duration first, Duration longest, Duration total) {
  public Backoff {
    if (first.isNegative()
        || first.isZero()
        || longest.compareTo(first) < 0
        || total.compareTo(longest) < 0) {
      throw new Bug(
          "backoff needs 0 < first <= longest <= total, not "
              + first
              + ", "
              + longest
              + ", "
              + total);
    }
  }

  /** From .5 s up to 8 s, a minute in all. */
  public static Backoff ofDefaults() {
    return new Backoff(Duration.ofMillis(500), Duration.ofSeconds(8), Duration.ofMinutes(1));
  }

  /** The same for Google's clients, which add jitter themselves. */
  RetrySettings settings() {
    return RetrySettings.newBuilder()
        .setInitialRetryDelayDuration(first)
        .setRetryDelayMultiplier(2)
        .setMaxRetryDelayDuration(longest)
        .setInitialRpcTimeoutDuration(total)
        .setMaxRpcTimeoutDuration(total)
        .setRpcTimeoutMultiplier(1)
        .setTotalTimeoutDuration(total)
        .build();
  }

  /** Does the work again while it is {@code Unavailable}, as long as this backoff goes. */
  <T> T retried(Supplier<T> work) {
    long end = System.nanoTime() + total.toNanos();
    for (int attempt = 1; ; attempt++) {
      try {
        return work.get();
      } catch (Unavailable e) {
        if (System.nanoTime() >= end || Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
      pause(attempt, Duration.ZERO);
    }
  }

  /**
   * Waits before try {@code attempt + 1}, at least {@code asked}, even beyond the longest.
   *
   * @param attempt tries so far, from 1
   * @param asked what the server asked for, else zero
   */
  void pause(int attempt, Duration asked) {
    double ceiling =
        Math.min((double) longest.toNanos(), (double) first.toNanos() * Math.pow(2, attempt - 1));
    long nanos = ThreadLocalRandom.current().nextLong((long) ceiling + 1);
    try {
      Thread.sleep(Duration.ofNanos(Math.max(nanos, asked.toNanos())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while waiting for another try; call again", e);
    }
  }
}
