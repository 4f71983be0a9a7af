package dev.sluice.functions.predict;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Has requests with large bodies wait for one another. One takes some times its size in memory, and
 * an instance that answers eighty at once would not hold eighty of the largest; whoever may call
 * could end it so. Small ones never wait.
 */
final class LargeBodies {
  /** More than what some thousand rows take. */
  static final int BYTES = 512 << 10;

  static final int AT_ONCE = 2;

  private final Semaphore turns = new Semaphore(AT_ONCE, /* fair= */ true);
  private final Duration patience;

  LargeBodies(Duration patience) {
    this.patience = patience;
  }

  /** Waits for a turn, which must be given back. */
  void enter() {
    try {
      if (turns.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new Refusal(
        503,
        AT_ONCE
            + " requests of more than "
            + (BYTES >> 10)
            + " KB are being answered; ask again later, or send fewer instances at a time");
  }

  void leave() {
    turns.release();
  }
}
