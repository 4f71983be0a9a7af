package dev.sluice.examples;

/** Bytes that are not what the schema says, so that nothing behind them can be told apart. */
final class AvroDamage extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param reason the end of a sentence about the rows
   */
  AvroDamage(String reason) {
    super(reason, null, false, false);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
