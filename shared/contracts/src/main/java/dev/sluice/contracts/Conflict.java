package dev.sluice.contracts;

import org.jspecify.annotations.Nullable;

/** Somebody else changed the same thing first; read it again before another try. */
public final class Conflict extends SluiceException {
  private static final long serialVersionUID = 1L;

  public Conflict(String message) {
    this(message, null);
  }

  public Conflict(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int status() {
    return 409;
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
