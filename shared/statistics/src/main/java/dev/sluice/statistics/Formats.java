package dev.sluice.statistics;

import java.util.List;

/**
 * The shapes of a feature's texts: {@code A} for an upper-case letter, {@code a} for a lower-case
 * one, {@code 9} for a digit, other characters as they are, so that {@code AB-1234} has the format
 * {@code AA-9999}.
 *
 * @param top the most frequent formats, most frequent first and then by format, at most {@link
 *     #MOST_KEPT}
 * @param error no frequency in {@code top} is further than this from the true one, and no format
 *     that occurs more often is left out (up to the limit); 0 where exact
 */
public record Formats(List<FormatCount> top, long error) {
  /** Formats that are kept. */
  public static final int MOST_KEPT = 50;

  public Formats {
    top = List.copyOf(top);
  }

  /** Of no texts. */
  public static Formats none() {
    return new Formats(List.of(), 0);
  }
}
