package dev.sluice.statistics;

/**
 * What only text has. Lengths are in Unicode code points; NaN or 0 where there are no values.
 *
 * @param avgLength mean length
 * @param minLength of the shortest text
 * @param maxLength of the longest text
 * @param numbers values that read as numbers
 * @param invalidUtf8 values whose bytes are no UTF-8
 * @param damaged values that were decoded with a wrong encoding on their way, as {@code Ã©} for
 *     {@code é}, or hold the replacement character U+FFFD
 * @param formats the shapes of the values
 */
public record TextSummary(
    double avgLength,
    int minLength,
    int maxLength,
    long numbers,
    long invalidUtf8,
    long damaged,
    Formats formats) {
  /** Of which lengths alone are known. */
  public TextSummary(double avgLength, int minLength, int maxLength) {
    this(avgLength, minLength, maxLength, 0, 0, 0, Formats.none());
  }
}
