package dev.sluice.contracts;

import org.jspecify.annotations.Nullable;

/**
 * What can go wrong, by what the caller can do about it. The message says what was wrong, where
 * (object, line, column, field) and what to do; entry points map {@link #status} to HTTP.
 */
public abstract sealed class SluiceException extends RuntimeException
    permits BadInput, Conflict, Unavailable, Bug {
  private static final long serialVersionUID = 1L;

  SluiceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The HTTP status that says the same to a caller. */
  public abstract int status();

  /** True where the same call may succeed later with nothing changed. */
  public abstract boolean retryable();
}
