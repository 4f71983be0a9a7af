package dev.sluice.contracts;

import org.jspecify.annotations.Nullable;

/** What was sent can never work: the same call fails again until somebody changes it. */
public final class BadInput extends SluiceException {
  private static final long serialVersionUID = 1L;

  public BadInput(String message) {
    this(message, null);
  }

  public BadInput(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int status() {
    return 422;
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
