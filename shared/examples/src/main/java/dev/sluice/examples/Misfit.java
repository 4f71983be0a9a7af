package dev.sluice.examples;

/**
 * A value that the type of its column, guessed from the first records, has no room for. Not an
 * error: who guessed looks at all records and reads them again.
 */
final class Misfit extends Exception {
  private final String column;

  Misfit(String column) {
    super(column, null, false, false);
    this.column = column;
  }

  /** The column whose type was guessed wrong. */
  String column() {
    return column;
  }
}
