package dev.sluice.contracts;

/** What a gate says of a batch or a model. */
public enum Outcome {
  /** As good as expected; goes on. */
  PASS,
  /** Goes on, and a person should look. */
  WARN,
  /** Held: nothing after the gate sees it. */
  FAIL,
  /** Too little to tell; goes on, and moves no baseline. */
  UNKNOWN;

  /** True where the gate gives a blessing. */
  public boolean blesses() {
    return this != FAIL;
  }
}
