package dev.sluice.contracts;

import java.time.Instant;
import java.util.Comparator;

/**
 * A batch's place in time: span first, then when it was received, so that a late run of an old
 * batch never replaces what a newer one brought.
 */
public record Order(String span, Instant receivedAt) implements Comparable<Order> {
  private static final Comparator<Order> NATURAL =
      Comparator.comparing(Order::span).thenComparing(Order::receivedAt);

  /** The batch's place. */
  public static Order of(Batch batch) {
    return new Order(batch.span(), batch.receivedAt());
  }

  @Override
  public int compareTo(Order other) {
    return NATURAL.compare(this, other);
  }
}
