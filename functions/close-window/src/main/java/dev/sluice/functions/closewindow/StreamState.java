package dev.sluice.functions.closewindow;

import dev.sluice.contracts.BadInput;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a pipeline's windows are closed, at {@code <serving>/<pipeline>/stream.json}; changed
 * only over the generation that was read.
 *
 * @param closedUntil every window before it is closed for good
 * @param closing the claim to close what follows, or null where nobody is at it
 */
record StreamState(Instant closedUntil, @Nullable Closing closing) {
  /**
   * A claim, which whoever finds it goes on with.
   *
   * @param until the end of the last window that it closes
   * @param attempt counts from 1; a job that failed is followed by another
   * @param job the id of the attempt's job
   * @param ended when that job's rows were in; null until somebody has seen its end
   * @param startedUntil the runs of every window that starts before it are started; null where none
   *     is known to be
   */
  record Closing(
      Instant until,
      int attempt,
      String job,
      @Nullable Instant ended,
      @Nullable Instant startedUntil) {
    static Closing of(String pipeline, Instant until, int attempt) {
      return new Closing(
          until,
          attempt,
          "close-window_" + pipeline + "_" + until.getEpochSecond() + "_" + attempt,
          null,
          null);
    }

    Closing ended(Instant time) {
      return new Closing(until, attempt, job, time, startedUntil);
    }

    Closing startedUntil(Instant window) {
      return new Closing(until, attempt, job, ended, window);
    }
  }

  StreamState {
    if (closedUntil == null) {
      throw new BadInput("the state of a stream lacks closedUntil");
    }
  }

  StreamState with(@Nullable Closing next) {
    return new StreamState(closedUntil, next);
  }
}
