package dev.sluice.transform;

import dev.sluice.contracts.ValueType;

/**
 * A column of the data set that a mapping was fitted on.
 *
 * @param type as in train
 * @param repeated true where a row may have several values
 * @param role what became of it
 * @param reason why it is no feature; empty for a feature
 */
public record RawColumn(String name, ValueType type, boolean repeated, Role role, String reason) {
  /** A column of one value a row. */
  public RawColumn(String name, ValueType type, Role role, String reason) {
    this(name, type, /* repeated= */ false, role, reason);
  }

  /** What a raw column is for. */
  public enum Role {
    /** Its value enters the model. */
    FEATURE,
    /** It is what the model learns; a request may carry it, it is not read. */
    LABEL,
    /** It is not used; a request may carry it, it is not read. */
    EXCLUDED
  }
}
