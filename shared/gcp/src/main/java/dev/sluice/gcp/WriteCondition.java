package dev.sluice.gcp;

import dev.sluice.contracts.Bug;

/** What must hold of the object's name for a write to happen. */
public sealed interface WriteCondition {

  /** Write over whatever is there: the last writer wins. */
  record Anything() implements WriteCondition {}

  /** Write only where no object is: the first writer wins. */
  record IfAbsent() implements WriteCondition {}

  /** Write only over this generation: compare and swap. */
  record IfGeneration(long generation) implements WriteCondition {
    public IfGeneration {
      if (generation < 1) {
        throw new Bug(
            "generation is " + generation + "; it is at least 1 (use ifAbsent for a first write)");
      }
    }
  }

  static WriteCondition anything() {
    return new Anything();
  }

  static WriteCondition ifAbsent() {
    return new IfAbsent();
  }

  static WriteCondition ifGeneration(long generation) {
    return new IfGeneration(generation);
  }
}
