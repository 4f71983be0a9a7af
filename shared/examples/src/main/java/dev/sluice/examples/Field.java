package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;

/** A column's name and the type of its values. */
public record Field(String name, ValueType type) {
  /** 1-based row in the source object, an {@code INT} column that is never a feature. */
  public static final String ROW = "__row";

  /** The source object's full name, a {@code STRING} column that is never a feature. */
  public static final String SOURCE = "__source";

  public Field {
    if (name.isEmpty()) {
      throw new BadInput("a column has an empty name; give every column a name in the header");
    }
  }

  /** True for {@code __row} and {@code __source}, which tell where an example came from. */
  public boolean isProvenance() {
    return name.equals(ROW) || name.equals(SOURCE);
  }
}
