package dev.sluice.gcp;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value made by the first caller that asks, once, whichever thread that is. */
final class Lazy<T> implements Supplier<T> {
  private final Supplier<T> make;
  private volatile @Nullable T value;

  Lazy(Supplier<T> make) {
    this.make = make;
  }

  @Override
  public T get() {
    T known = value;
    if (known != null) {
      return known;
    }
    synchronized (this) {
      T made = value;
      if (made == null) {
        made = make.get();
        value = made;
      }
      return made;
    }
  }

  /** The value where it was made already; asking does not make it. */
  @Nullable T made() {
    return value;
  }
}
