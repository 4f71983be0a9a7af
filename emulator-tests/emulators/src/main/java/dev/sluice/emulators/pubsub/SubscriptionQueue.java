package dev.sluice.emulators.pubsub;

import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.Subscription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one subscription that are not yet acknowledged.
 *
 * <p>All of them stand in one order of time: a fresh one is due at once, a leased one when its ack
 * deadline passes, a refused one when its backoff does. Whatever is due may be leased. Publishing,
 * leasing and acknowledging cost O(log n), and each is on disk before it returns.
 */
final class SubscriptionQueue implements AutoCloseable {
  private static final int DEFAULT_MAX_ATTEMPTS = 5;
  private static final Duration DEFAULT_RETENTION = Duration.ofDays(7);
  private static final Duration DELIVERY_BACKOFF = Duration.ofMillis(100);
  private static final Duration LONGEST_DELIVERY_BACKOFF = Duration.ofSeconds(60);
  private static final Duration DEAD_LETTER_RETRY = Duration.ofSeconds(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Journal journal;
  private final DeadLetters deadLetters;
  private final Map<String, Waiting> byId = new HashMap<>();
  private final TreeSet<Waiting> byTime =
      new TreeSet<>(Comparator.<Waiting>comparingLong(w -> w.due).thenComparingLong(w -> w.number));
  private Subscription config;
  private long configVersion;
  private long numbers;
  private int duplicates;
  private java.util.function.Consumer<PubsubMessage> observer = message -> {};
  private boolean closed;

  /** Takes messages whose delivery attempts are used up. */
  @FunctionalInterface
  interface DeadLetters {
    /** Returns false if the message could not be forwarded now. */
    boolean forward(Subscription from, PubsubMessage message, int attempts, String error)
        throws IOException;
  }

  /** One who leases, with a limit to what is out at once. */
  static final class Consumer {
    private final int limit;
    private int outstanding;

    Consumer(int limit) {
      this.limit = limit;
    }
  }

  /** A message handed out; {@code attempt} counts from 1. */
  record Leased(PubsubMessage message, int attempt, String ackId) {}

  private static final class Waiting {
    final PubsubMessage message;
    final long number;
    int attempts;
    int lease;
    long due;
    @Nullable Consumer consumer;
    boolean leased;
    String error = "";

    Waiting(PubsubMessage message, int attempts, long number, long due) {
      this.message = message;
      this.attempts = attempts;
      this.number = number;
      this.due = due;
    }
  }

  SubscriptionQueue(Subscription config, Path journalFile, DeadLetters deadLetters)
      throws IOException {
    this.config = config;
    this.deadLetters = deadLetters;
    Map<String, Journal.Entry> entries = new LinkedHashMap<>();
    this.journal = Journal.open(journalFile, entries);
    long now = System.nanoTime();
    for (Journal.Entry entry : entries.values()) {
      add(new Waiting(entry.message(), entry.attempts(), numbers++, now));
    }
  }

  private void add(Waiting waiting) {
    byId.put(waiting.message.getMessageId(), waiting);
    byTime.add(waiting);
  }

  Subscription config() {
    lock.lock();
    try {
      return config;
    } finally {
      lock.unlock();
    }
  }

  void configure(Subscription changedConfig) {
    lock.lock();
    try {
      config = changedConfig;
      configVersion++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void publish(List<PubsubMessage> messages) throws IOException {
    lock.lock();
    try {
      journal.messages(messages);
      long now = System.nanoTime();
      for (PubsubMessage message : messages) {
        add(new Waiting(message, 0, numbers++, now));
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets the next acknowledgements be lost, so that their messages are delivered once more. */
  void duplicateNext(int times) {
    lock.lock();
    try {
      duplicates += times;
    } finally {
      lock.unlock();
    }
  }

  /** Has this called with each message that is acknowledged; it must be quick. */
  void observe(java.util.function.Consumer<PubsubMessage> acknowledged) {
    lock.lock();
    try {
      observer = acknowledged;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands out what is due, or waits for it.
   *
   * @param max at most so many messages, at least 1
   * @param wait how long to wait for the first
   * @param deadline when an unacknowledged message is due again
   * @return empty when the wait is over, the subscription was changed or closed
   */
  List<Leased> lease(Consumer consumer, int max, Duration wait, Duration deadline)
      throws InterruptedException, IOException {
    List<Leased> batch = new ArrayList<>();
    List<Waiting> exhausted = new ArrayList<>();
    long giveUp = System.nanoTime() + wait.toNanos();
    lock.lockInterruptibly();
    try {
      long version = configVersion;
      while (!closed && version == configVersion) {
        long now = System.nanoTime();
        while (batch.size() < max
            && consumer.outstanding < consumer.limit
            && !byTime.isEmpty()
            && byTime.first().due - now <= 0) {
          Waiting next = byTime.pollFirst();
          if (expired(next)) {
            remove(next);
          } else if (exhausted(next)) {
            release(next);
            next.due = now + DEAD_LETTER_RETRY.toNanos();
            byTime.add(next);
            exhausted.add(next);
          } else if (next.leased && backoff(next.attempts).isPositive()) {
            release(next);
            next.due = now + backoff(next.attempts).toNanos();
            byTime.add(next);
          } else {
            release(next);
            next.attempts++;
            next.lease++;
            next.leased = true;
            next.consumer = consumer;
            consumer.outstanding++;
            next.due = now + deadline.toNanos();
            byTime.add(next);
            batch.add(new Leased(next.message, next.attempts, ackId(next)));
          }
        }
        if (!batch.isEmpty()) {
          journal.attempts(batch.stream().map(leased -> leased.message().getMessageId()).toList());
        }
        if (!batch.isEmpty() || !exhausted.isEmpty() || giveUp - now <= 0) {
          break;
        }
        long until = giveUp - now;
        if (!byTime.isEmpty() && consumer.outstanding < consumer.limit) {
          until = Math.min(until, byTime.first().due - now);
        }
        changed.awaitNanos(Math.max(until, 1));
      }
    } finally {
      lock.unlock();
    }
    forward(exhausted);
    return batch;
  }

  private static String ackId(Waiting waiting) {
    return waiting.message.getMessageId() + ":" + waiting.lease;
  }

  private void release(Waiting waiting) {
    waiting.leased = false;
    if (waiting.consumer != null) {
      waiting.consumer.outstanding--;
      waiting.consumer = null;
      changed.signalAll();
    }
  }

  private boolean expired(Waiting waiting) {
    long seconds = config.getMessageRetentionDuration().getSeconds();
    Duration retention = seconds > 0 ? Duration.ofSeconds(seconds) : DEFAULT_RETENTION;
    long published = Times.instant(waiting.message.getPublishTime()).toEpochMilli();
    return System.currentTimeMillis() - published > retention.toMillis();
  }

  private boolean exhausted(Waiting waiting) {
    if (config.getDeadLetterPolicy().getDeadLetterTopic().isEmpty()) {
      return false;
    }
    int max = config.getDeadLetterPolicy().getMaxDeliveryAttempts();
    return waiting.attempts >= (max == 0 ? DEFAULT_MAX_ATTEMPTS : max);
  }

  /** The wait before another delivery, after so many. */
  private Duration backoff(int attempts) {
    Duration first = pulled() ? Duration.ZERO : DELIVERY_BACKOFF;
    Duration longest = LONGEST_DELIVERY_BACKOFF;
    if (config.hasRetryPolicy()) {
      RetryPolicy policy = config.getRetryPolicy();
      first =
          policy.hasMinimumBackoff()
              ? duration(policy.getMinimumBackoff())
              : Duration.ofSeconds(10);
      longest =
          policy.hasMaximumBackoff()
              ? duration(policy.getMaximumBackoff())
              : Duration.ofMinutes(10);
    }
    Duration wait = first;
    for (int i = 1; i < attempts && wait.compareTo(longest) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(longest) < 0 ? wait : longest;
  }

  private static Duration duration(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  boolean pulled() {
    Subscription now = config();
    return now.getPushConfig().getPushEndpoint().isEmpty() && !now.hasBigqueryConfig();
  }

  /** Acknowledges; an id that is no longer known is ignored, as its message is gone. */
  void acknowledge(String ackId) throws IOException {
    lock.lock();
    try {
      Waiting waiting = byId.get(messageId(ackId));
      if (waiting == null) {
        return;
      }
      observer.accept(waiting.message);
      if (duplicates > 0) {
        duplicates--;
        waiting.attempts--;
        reschedule(waiting, Duration.ZERO);
        return;
      }
      byTime.remove(waiting);
      remove(waiting);
    } finally {
      lock.unlock();
    }
  }

  private void remove(Waiting waiting) throws IOException {
    release(waiting);
    byId.remove(waiting.message.getMessageId());
    journal.gone(waiting.message);
    journal.compactIfWorthwhile(
        () -> byTime.stream().map(w -> new Journal.Entry(w.message, w.attempts)).iterator());
    changed.signalAll();
  }

  private void reschedule(Waiting waiting, Duration wait) {
    byTime.remove(waiting);
    release(waiting);
    waiting.due = System.nanoTime() + wait.toNanos();
    byTime.add(waiting);
    changed.signalAll();
  }

  /** Moves a deadline; zero refuses the message. An id of an earlier lease is ignored. */
  void modifyDeadline(String ackId, Duration deadline) throws IOException {
    if (deadline.isZero()) {
      refuse(ackId, "");
      return;
    }
    lock.lock();
    try {
      Waiting waiting = byId.get(messageId(ackId));
      if (waiting != null && waiting.leased && ackId(waiting).equals(ackId)) {
        byTime.remove(waiting);
        waiting.due = System.nanoTime() + deadline.toNanos();
        byTime.add(waiting);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The delivery failed: the message is due again after the backoff, or goes to the dead. */
  void refuse(String ackId, String error) throws IOException {
    List<Waiting> exhausted = new ArrayList<>();
    lock.lock();
    try {
      Waiting waiting = byId.get(messageId(ackId));
      if (waiting != null && waiting.leased && ackId(waiting).equals(ackId)) {
        waiting.error = error;
        boolean last = exhausted(waiting);
        reschedule(waiting, last ? DEAD_LETTER_RETRY : backoff(waiting.attempts));
        if (last) {
          exhausted.add(waiting);
        }
      }
    } finally {
      lock.unlock();
    }
    forward(exhausted);
  }

  /** Forwards messages whose last lease has run out; for subscriptions that nobody pulls now. */
  void forwardExhausted() throws IOException {
    List<Waiting> exhausted = new ArrayList<>();
    lock.lock();
    try {
      long now = System.nanoTime();
      for (Waiting waiting : byTime) {
        if (waiting.due - now > 0 || closed) {
          break;
        }
        if (exhausted(waiting)) {
          exhausted.add(waiting);
        }
      }
      for (Waiting waiting : exhausted) {
        reschedule(waiting, DEAD_LETTER_RETRY);
      }
    } finally {
      lock.unlock();
    }
    forward(exhausted);
  }

  /** Outside the lock, as the other topic's subscriptions have locks of their own. */
  private void forward(List<Waiting> exhausted) throws IOException {
    for (Waiting waiting : exhausted) {
      if (deadLetters.forward(config(), waiting.message, waiting.attempts, waiting.error)) {
        lock.lock();
        try {
          if (byId.containsKey(waiting.message.getMessageId())) {
            byTime.remove(waiting);
            remove(waiting);
          }
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private static String messageId(String ackId) {
    int colon = ackId.indexOf(':');
    return colon < 0 ? ackId : ackId.substring(0, colon);
  }

  /** Waits until nothing is left to deliver; false if the time is over first. */
  boolean awaitEmpty(long deadlineNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!byId.isEmpty() && !closed) {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a change of the configuration, or for a while. */
  void awaitChange() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long version = configVersion;
      while (version == configVersion && !closed) {
        changed.await(1, TimeUnit.HOURS);
      }
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return byId.size();
    } finally {
      lock.unlock();
    }
  }

  boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      journal.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }
}
