package dev.sluice.examples;

/** What examples are for. */
public enum Split {
  /** To learn from, early stopping included. */
  TRAIN("train"),
  /** To judge with; never learned from. */
  EVAL("eval");

  private final String label;

  Split(String label) {
    this.label = label;
  }

  /** The name in files, tables and reports. */
  public String label() {
    return label;
  }
}
