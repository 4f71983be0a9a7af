package dev.sluice.transform;

/** The text of a number where it is taken as a token, the same in training and in serving. */
final class Tokens {
  /** Above this, not every whole number is a double. */
  private static final double EXACT = 9.007199254740992E15;

  private Tokens() {}

  static String of(long value) {
    return Long.toString(value);
  }

  /** Whole numbers without a fraction, so that 3, 3.0 and "3" are one token. */
  static String of(double value) {
    return value == Math.rint(value) && Math.abs(value) <= EXACT
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
