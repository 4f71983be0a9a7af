package dev.sluice.contracts;

import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A batch's place in time: span first, then version, then when it was received, so that a late run
 * of an old batch never replaces what a newer one brought.
 *
 * @param version null before every number
 */
public record Order(String span, @Nullable Long version, Instant receivedAt)
    implements Comparable<Order> {
  /**
   * Spans by their text; those of digits alone as numbers, before all others, so that 10 follows 9.
   */
  public static final Comparator<String> SPANS = Order::spans;

  private static final Comparator<Order> NATURAL =
      Comparator.comparing(Order::span, SPANS)
          .thenComparing(Order::version, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(Order::receivedAt);

  /** A place without version. */
  public Order(String span, Instant receivedAt) {
    this(span, null, receivedAt);
  }

  /** The batch's place. */
  public static Order of(Batch batch) {
    return new Order(batch.span(), batch.version(), batch.receivedAt());
  }

  @Override
  public int compareTo(Order other) {
    return NATURAL.compare(this, other);
  }

  private static int spans(String a, String b) {
    boolean number = isNumber(a);
    if (number != isNumber(b)) {
      return number ? -1 : 1;
    }
    if (number) {
      String x = a.replaceFirst("^0+", "");
      String y = b.replaceFirst("^0+", "");
      int byValue =
          x.length() == y.length() ? x.compareTo(y) : Integer.compare(x.length(), y.length());
      if (byValue != 0) {
        return byValue;
      }
    }
    return a.compareTo(b);
  }

  private static boolean isNumber(String span) {
    return !span.isEmpty() && span.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
