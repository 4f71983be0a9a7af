package dev.sluice.contracts;

import org.jspecify.annotations.Nullable;

/** Sluice itself is wrong: an invariant of its own does not hold. */
public final class Bug extends SluiceException {
  private static final long serialVersionUID = 1L;

  public Bug(String message) {
    this(message, null);
  }

  public Bug(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int status() {
    return 500;
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
