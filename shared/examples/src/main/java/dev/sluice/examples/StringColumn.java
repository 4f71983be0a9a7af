package dev.sluice.examples;

import dev.sluice.contracts.ValueType;
import java.util.List;

/**
 * Text, coded by a dictionary: row {@code r} holds {@code dictionary.get(codes[r])}. A dictionary
 * belongs to one batch; the same text may have another code in the next batch, and an entry may be
 * unused.
 *
 * @param codes length at least {@code validity.rows()}, each a place in {@code dictionary}
 * @param dictionary distinct texts
 */
@SuppressWarnings("ArrayRecordComponent")
public record StringColumn(int[] codes, List<String> dictionary, Validity validity)
    implements Column {
  /** The text of a present row. */
  public String value(int row) {
    return dictionary.get(codes[row]);
  }

  @Override
  public int rows() {
    return validity.rows();
  }

  @Override
  public boolean isMissing(int row) {
    return validity.isMissing(row);
  }

  @Override
  public int missing() {
    return validity.missing();
  }

  @Override
  public ValueType type() {
    return ValueType.STRING;
  }
}
