package dev.sluice.emulators.pubsub;

import java.util.concurrent.Semaphore;

/**
 * How many pushes a subscription has out at once. As Pub/Sub's slow start, it grows while they are
 * acknowledged and shrinks while they are not, between a few and what a function's server takes.
 */
final class PushWindow {
  private static final int LEAST = 16;
  private static final int MOST = 160;

  private final Permits permits = new Permits();
  private int size = LEAST;

  private static final class Permits extends Semaphore {
    private static final long serialVersionUID = 1L;

    Permits() {
      super(LEAST);
    }

    void fewer(int by) {
      reducePermits(by);
    }
  }

  /** Waits for room; returns how much there is now, at least 1, all of which is then taken. */
  int acquire() throws InterruptedException {
    permits.acquire();
    return 1 + permits.drainPermits();
  }

  /** Gives back room that was not used. */
  void unused(int count) {
    permits.release(count);
  }

  /** A push has ended. */
  synchronized void ended(boolean acknowledged) {
    if (acknowledged && size < MOST) {
      size++;
      permits.release(2);
    } else if (!acknowledged && size > LEAST) {
      int less = Math.min(size - LEAST, size / 8 + 1);
      size -= less;
      permits.fewer(less);
      permits.release();
    } else {
      permits.release();
    }
  }
}
