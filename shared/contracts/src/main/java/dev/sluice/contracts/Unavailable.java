package dev.sluice.contracts;

import org.jspecify.annotations.Nullable;

/** Something we call is away or busy; the same call may succeed later. */
public final class Unavailable extends SluiceException {
  private static final long serialVersionUID = 1L;

  public Unavailable(String message) {
    this(message, null);
  }

  public Unavailable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int status() {
    return 503;
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
