package dev.sluice.emulators.bigquery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rows on their way into tables. One thread commits whatever has come together since its last
 * commit: a commit waits for the disk, so its price is paid once for all who wait. What is told of
 * it is told in the order of submission.
 */
final class Appends implements AutoCloseable {
  private static final int MOST_ROWS = 50_000;

  /** Under load commits are this far apart; what comes alone is committed at once. */
  private static final Duration PACE = Duration.ofMillis(4);

  /**
   * Rows for one table; none only keep their turn.
   *
   * @param table as it was when the rows were read, or null where there are none
   * @param rows values in the order of the table's columns
   * @param done told null once they are stored, or why they are not
   */
  record Batch(
      Store.@Nullable Table table,
      List<@Nullable Object[]> rows,
      Consumer<@Nullable RuntimeException> done) {}

  private final Store store;
  private final LinkedBlockingQueue<Batch> waiting = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closed;

  Appends(Store store) {
    this.store = store;
    this.thread = Thread.ofPlatform().daemon().name("bigquery-appends").start(this::run);
  }

  void submit(Batch batch) {
    waiting.add(batch);
  }

  private void run() {
    long last = System.nanoTime() - PACE.toNanos();
    while (!closed || !waiting.isEmpty()) {
      try {
        List<Batch> together = new ArrayList<>();
        Batch first = waiting.take();
        long early = PACE.toNanos() - (System.nanoTime() - last);
        if (early > 0) {
          LockSupport.parkNanos(early);
        }
        int rows = 0;
        for (Batch next = first; next != null; ) {
          together.add(next);
          rows += next.rows().size();
          next = rows < MOST_ROWS ? waiting.poll() : null;
        }
        last = System.nanoTime();
        commit(together);
      } catch (InterruptedException e) {
        // Closing; what waits is still stored.
      }
    }
  }

  /** All at once; where that fails, each alone, so that it is known whose rows do not fit. */
  private void commit(List<Batch> together) {
    try {
      store.stream(together);
    } catch (RuntimeException e) {
      if (together.size() > 1) {
        together.forEach(batch -> commit(List.of(batch)));
      } else {
        tell(together.getFirst(), e);
      }
      return;
    }
    together.forEach(batch -> tell(batch, null));
  }

  private static void tell(Batch batch, @Nullable RuntimeException failure) {
    try {
      batch.done().accept(failure);
    } catch (RuntimeException e) {
      System.getLogger(Appends.class.getName())
          .log(System.Logger.Level.DEBUG, "a writer is gone", e);
    }
  }

  /** Stores what waits, then ends. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
