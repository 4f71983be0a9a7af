package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;

/**
 * A column's name and what its values are.
 *
 * @param repeated true where a row may have several values: a {@link ListColumn}
 * @param base64 true where the texts of a {@code STRING} column are base64 of bytes that are not
 *     UTF-8, such as images
 */
public record Field(String name, ValueType type, boolean repeated, boolean base64) {
  /** 1-based row in the source object, an {@code INT} column that is never a feature. */
  public static final String ROW = "__row";

  /** The source object's full name, a {@code STRING} column that is never a feature. */
  public static final String SOURCE = "__source";

  /** A column of one value a row. */
  public Field(String name, ValueType type) {
    this(name, type, /* repeated= */ false, /* base64= */ false);
  }

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
