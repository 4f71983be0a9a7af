package dev.sluice.functions.predict;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * Things that one request at a time uses. A thread mostly finds the one it gave back; where another
 * thread with the same slot was faster, a new one is made. Nothing waits, and at most as many are
 * kept as there are slots.
 */
final class Pool<T> {
  private static final int SLOTS = 64;

  private final AtomicReferenceArray<T> slots = new AtomicReferenceArray<>(SLOTS);
  private final Supplier<T> make;

  Pool(Supplier<T> make) {
    this.make = make;
  }

  T take() {
    T kept = slots.getAndSet(slot(), null);
    return kept == null ? make.get() : kept;
  }

  void giveBack(T used) {
    slots.set(slot(), used);
  }

  private static int slot() {
    return (int) (Thread.currentThread().threadId() & (SLOTS - 1));
  }
}
