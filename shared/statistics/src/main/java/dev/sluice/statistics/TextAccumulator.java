package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import dev.sluice.examples.StringColumn;
import java.util.List;

/** The statistics of text: rows are counted by their code, then a batch's codes by their text. */
final class TextAccumulator implements FeatureAccumulator {
  private final TextCounts values;
  private long count;
  private long missing;
  private long codePoints;
  private int shortest = Integer.MAX_VALUE;
  private int longest;

  TextAccumulator(int exactValues) {
    values = new TextCounts(exactValues);
  }

  @Override
  public ValueType type() {
    return ValueType.STRING;
  }

  @Override
  public void add(Column column) {
    if (!(column instanceof StringColumn strings)) {
      throw new Bug("statistics of STRING were given a column of " + column.type());
    }
    List<String> dictionary = strings.dictionary();
    int[] codes = strings.codes();
    int[] rows = new int[dictionary.size()];
    int n = strings.rows();
    if (strings.missing() == 0) {
      for (int r = 0; r < n; r++) {
        rows[codes[r]]++;
      }
    } else if (strings.missing() < n) {
      for (int r = 0; r < n; r++) {
        if (!strings.isMissing(r)) {
          rows[codes[r]]++;
        }
      }
    }
    for (int code = 0; code < rows.length; code++) {
      if (rows[code] > 0) {
        String value = dictionary.get(code);
        int length = value.codePointCount(0, value.length());
        codePoints += (long) length * rows[code];
        shortest = Math.min(shortest, length);
        longest = Math.max(longest, length);
        values.add(value, rows[code]);
      }
    }
    count += n - strings.missing();
    missing += strings.missing();
  }

  @Override
  public void merge(FeatureAccumulator other) {
    if (!(other instanceof TextAccumulator that)) {
      throw new Bug("statistics of STRING cannot take in those of " + other.type());
    }
    values.merge(that.values);
    count += that.count;
    missing += that.missing;
    codePoints += that.codePoints;
    shortest = Math.min(shortest, that.shortest);
    longest = Math.max(longest, that.longest);
  }

  @Override
  public FeatureStatistics result(Field field) {
    TextSummary text =
        count == 0
            ? new TextSummary(Double.NaN, 0, 0)
            : new TextSummary((double) codePoints / count, shortest, longest);
    return new FeatureStatistics(
        field.name(), ValueType.STRING, count, missing, values.result(), null, text);
  }
}
