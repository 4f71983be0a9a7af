package dev.sluice.stages;

import dev.sluice.contracts.Fact;
import dev.sluice.gcp.StructuredLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells of a long call while it is under way: a line in the log and a row in table {@code
 * stage_runs}, not more often than every two seconds. What cannot be told is no reason to fail.
 */
final class Progress {
  private static final Duration EVERY = Duration.ofSeconds(2);

  private final Platform platform;
  private final StructuredLog log;
  private final Fact running;
  private final Instant started;
  private Instant told;

  /**
   * @param running the row that says that the call has begun
   */
  Progress(Platform platform, StructuredLog log, Fact running, Instant started) {
    this.platform = platform;
    this.log = log;
    this.running = running;
    this.started = started;
    this.told = started;
  }

  void at(long rows, long bytes, long total) {
    Clock clock = platform.clock();
    Instant now = clock.instant();
    if (Duration.between(told, now).compareTo(EVERY) < 0) {
      return;
    }
    told = now;
    double seconds = Duration.between(started, now).toMillis() / 1000.0;
    double speed = bytes / 1e6 / seconds;
    @Nullable Double share = total <= 0 ? null : Math.min(1, (double) bytes / total);
    Map<String, @Nullable Object> values = new LinkedHashMap<>(running.values());
    values.put("rows_read", rows);
    values.put("bytes_read", bytes);
    values.put("share_done", share);
    values.put("megabytes_per_second", speed);
    log.info(
        String.format(
            Locale.ROOT,
            "%s: %,d rows, %,.0f MB at %.0f MB/s%s",
            values.get("operation"),
            rows,
            bytes / 1e6,
            speed,
            share == null ? "" : String.format(Locale.ROOT, ", %.0f %% done", share * 100)));
    try {
      platform.report(List.of(new Fact(running.table(), running.key(), values)));
    } catch (RuntimeException e) {
      log.warning(
          "how far " + values.get("operation") + " is could not be told: " + e.getMessage());
    }
  }
}
