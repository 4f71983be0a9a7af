package dev.sluice.examples;

import dev.sluice.contracts.Bug;

/**
 * A stretch of an object's bytes. The records that begin in it are its own, however far the last
 * one reaches, so that stretches side by side have every record once.
 *
 * @param from the first byte, from 0
 * @param to after the last byte; {@link Long#MAX_VALUE} for the object's end
 */
record Stretch(long from, long to) {
  /** The whole object. */
  static final Stretch WHOLE = new Stretch(0, Long.MAX_VALUE);

  Stretch {
    if (from < 0 || to < from) {
      throw new Bug("no stretch goes from " + from + " to " + to);
    }
  }
}
