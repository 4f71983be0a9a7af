package dev.sluice.examples;

import org.jspecify.annotations.Nullable;

/**
 * A row that cannot be split into fields or decoded, and why.
 *
 * @param source the object's name
 * @param row 1-based data row, as in {@code __row}
 * @param line 1-based line on which the row starts, the header's line being the first
 * @param byteOffset of the row's first byte in the object
 * @param column where the trouble is, null where it is with the row as a whole
 * @param value the row's raw text, at most {@value #MAX_CHARS} characters
 * @param reason a sentence for people
 */
public record RejectedRow(
    String source,
    long row,
    long line,
    long byteOffset,
    @Nullable String column,
    String value,
    String reason) {
  /** Characters of {@code value} that are kept. */
  public static final int MAX_CHARS = 1000;

  public RejectedRow {
    if (value.length() > MAX_CHARS) {
      int cut = Character.isHighSurrogate(value.charAt(MAX_CHARS - 1)) ? MAX_CHARS - 1 : MAX_CHARS;
      value = value.substring(0, cut);
    }
  }
}
