package dev.sluice.functions.predict;

import dev.sluice.gcp.Messages;
import dev.sluice.gcp.Messages.Message;
import dev.sluice.gcp.StructuredLog;
import dev.sluice.gcp.StructuredLog.Severity;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Answered rows on their way to topic {@value #TOPIC}. They wait in a buffer until a request finds
 * it full ({@value #FULL_ROWS} rows or 4 MB) or a second old; that request publishes it before it
 * ends, since an instance has a CPU only while it answers. An instance that ends in order publishes
 * the rest; a crash loses what is in the buffer: while Pub/Sub answers that is at most one buffer,
 * the rows of about the last second, or those since the last request.
 *
 * <p>Where Pub/Sub does not take them, requests are answered all the same; rows stay, up to {@value
 * #MOST_ROWS} or 32 MB, then the oldest are dropped and counted in the log, and it is tried again
 * every {@value #RETRY_SECONDS} seconds. A row may arrive twice, with the same {@code prediction}.
 * Safe for use by several threads.
 */
final class PredictionLog {
  /** The topic of answered rows. */
  static final String TOPIC = "sluice-predictions";

  static final int FULL_ROWS = 1_000;
  static final int MOST_ROWS = 20_000;
  static final int RETRY_SECONDS = 5;
  private static final long FULL_BYTES = 4_000_000;
  private static final long MOST_BYTES = 32_000_000;
  private static final long OLD = TimeUnit.SECONDS.toNanos(1);
  private static final long RETRY = TimeUnit.SECONDS.toNanos(RETRY_SECONDS);

  private final Messages messages;
  private final StructuredLog log;
  private final Clock clock;
  private final LongSupplier nanos;
  private final ReentrantLock publishing = new ReentrantLock();

  // All guarded by this.
  private final Deque<Message> rows = new ArrayDeque<>();
  private long bytes;
  private long oldest;
  private long dropped;
  private boolean failing;
  private long failedAt;

  /**
   * @param nanos a time for intervals, as {@link System#nanoTime}
   */
  PredictionLog(Messages messages, StructuredLog log, Clock clock, LongSupplier nanos) {
    this.messages = messages;
    this.log = log;
    this.clock = clock;
    this.nanos = nanos;
  }

  /** The time of an answer, in the microseconds that BigQuery keeps. */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  /** Takes the rows of one answer. */
  synchronized void add(List<Message> answered) {
    if (rows.isEmpty()) {
      oldest = nanos.getAsLong();
    }
    for (Message message : answered) {
      rows.addLast(message);
      bytes += message.data().length;
    }
  }

  /** Publishes where it is time to. Each request calls it at its end. */
  void publishIfDue() {
    boolean mayWait;
    synchronized (this) {
      if (!due()) {
        return;
      }
      // With Pub/Sub well, more rows than the bound only mean that it is slower than we are.
      mayWait = over() && !failing;
    }
    if (mayWait) {
      publishing.lock();
    } else if (!publishing.tryLock()) {
      trim();
      return;
    }
    try {
      boolean publish;
      synchronized (this) {
        publish = due() && !(failing && nanos.getAsLong() - failedAt < RETRY);
      }
      if (publish) {
        publish();
      } else {
        trim();
      }
    } finally {
      publishing.unlock();
    }
  }

  /** Publishes everything: the instance ends. */
  void close() {
    publishing.lock();
    try {
      publish();
      synchronized (this) {
        if (!rows.isEmpty()) {
          log.log(Severity.WARNING, rows.size() + " predictions are lost at shutdown", null);
        }
      }
    } finally {
      publishing.unlock();
    }
  }

  private void publish() {
    List<Message> next = new ArrayList<>();
    try {
      // In parts, so that what follows a failure is all that is sent again.
      for (take(next); !next.isEmpty(); take(next)) {
        messages.publishAll(TOPIC, next);
        next.clear();
        failed(false);
      }
    } catch (RuntimeException e) {
      giveBack(next);
      failed(true);
      log.log(
          Severity.WARNING,
          "predictions could not be published and wait here: " + e.getMessage(),
          e);
    }
    trim();
    long gone;
    synchronized (this) {
      gone = dropped;
      dropped = 0;
    }
    if (gone > 0) {
      log.log(
          Severity.WARNING,
          gone + " predictions were dropped, the oldest first, as topic " + TOPIC + " took none",
          null);
    }
  }

  private synchronized void take(List<Message> next) {
    long size = 0;
    while (!rows.isEmpty() && next.size() < FULL_ROWS && size < FULL_BYTES) {
      Message row = rows.removeFirst();
      size += row.data().length;
      next.add(row);
    }
    bytes -= size;
    oldest = nanos.getAsLong();
  }

  private synchronized void giveBack(List<Message> taken) {
    for (Message row : taken.reversed()) {
      rows.addFirst(row);
      bytes += row.data().length;
    }
  }

  private synchronized void failed(boolean is) {
    failing = is;
    failedAt = nanos.getAsLong();
  }

  private synchronized void trim() {
    while (over()) {
      bytes -= rows.removeFirst().data().length;
      dropped++;
    }
  }

  private synchronized boolean over() {
    return rows.size() > MOST_ROWS || bytes > MOST_BYTES;
  }

  private synchronized boolean due() {
    return !rows.isEmpty()
        && (rows.size() >= FULL_ROWS || bytes >= FULL_BYTES || nanos.getAsLong() - oldest >= OLD);
  }
}
