package dev.sluice.validation;

/** How much an anomaly weighs, lightest first. */
public enum Severity {
  /** Worth knowing; changes nothing. */
  INFO,
  /** The batch goes on, and people are told. */
  WARN,
  /** The batch is held. */
  FAIL;

  /** The lighter of the two. */
  public Severity atMost(Severity cap) {
    return compareTo(cap) <= 0 ? this : cap;
  }
}
