package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import dev.sluice.examples.StringColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Texts in cells of their own where they are among the {@value #MOST} most frequent of the whole;
 * then come a cell for all others and one for missing rows.
 */
final class PlacedTexts implements Placed {
  static final int MOST = 256;

  private final Field field;
  private final List<String> texts;
  private final boolean complete;
  private final Map<String, Integer> places = new HashMap<>();
  private final Scratch scratch;
  private short[] cellOf = new short[0];
  private int[] codes = new int[0];
  private int[] lengths = new int[0];
  private byte[] traits = new byte[0];
  private boolean anyTraits;

  PlacedTexts(Field field, FeatureStatistics whole, Scratch scratch) {
    this.field = field;
    this.scratch = scratch;
    texts = whole.values().top().stream().limit(MOST).map(ValueCount::value).toList();
    complete = whole.values().complete() && whole.values().top().size() <= MOST;
    for (int i = 0; i < texts.size(); i++) {
      places.put(texts.get(i), i);
    }
  }

  @Override
  public Field field() {
    return field;
  }

  /** The texts that have a cell, most frequent first. */
  List<String> texts() {
    return texts;
  }

  /** True where the whole has no other text. */
  boolean complete() {
    return complete;
  }

  /** The cell of texts that have none of their own. */
  int other() {
    return texts.size();
  }

  @Override
  public int size() {
    return texts.size() + 2;
  }

  @Override
  public short[] cellOf() {
    return cellOf;
  }

  /** The characters of a present row's text. */
  int length(int row) {
    return lengths[codes[row]];
  }

  /** The {@link TextTraits} of a present row's text. */
  int traits(int row) {
    return traits[codes[row]];
  }

  /** True where a text of the batch has any trait. */
  boolean anyTraits() {
    return anyTraits;
  }

  @Override
  public void take(Column column) {
    if (!(column instanceof StringColumn strings)) {
      throw new BadInput(
          "column " + field.name() + " became " + column.type() + " between two readings");
    }
    int rows = strings.rows();
    codes = strings.codes();
    short[] cells = new short[strings.dictionary().size()];
    lengths = new int[cells.length];
    traits = new byte[cells.length];
    anyTraits = false;
    for (int code = 0; code < cells.length; code++) {
      String text = strings.dictionary().get(code);
      Integer place = places.get(TextCounts.key(text));
      cells[code] = place == null ? (short) other() : place.shortValue();
      lengths[code] = text.codePointCount(0, text.length());
      traits[code] = (byte) TextTraits.of(text, field.base64());
      anyTraits |= traits[code] != 0;
    }
    cellOf = scratch.cellOf(rows);
    short missing = (short) missing();
    boolean none = strings.missing() == 0;
    for (int r = 0; r < rows; r++) {
      cellOf[r] = none || !strings.isMissing(r) ? cells[codes[r]] : missing;
    }
  }
}
