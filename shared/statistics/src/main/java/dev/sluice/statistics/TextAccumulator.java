package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import dev.sluice.examples.StringColumn;
import java.util.List;

/**
 * The statistics of text: rows are counted by their code, then each text of a batch is looked at
 * once, however often it occurs. Texts that stand for bytes have no format.
 */
final class TextAccumulator implements FeatureAccumulator {
  private final boolean base64;
  private final TextCounts values;
  private final FormatCounts formats = new FormatCounts();
  private final TextTimes times = new TextTimes();
  private long count;
  private long missing;
  private long codePoints;
  private int shortest = Integer.MAX_VALUE;
  private int longest;
  private long numbers;
  private long invalidUtf8;
  private long damaged;

  TextAccumulator(boolean base64, int exactValues) {
    this.base64 = base64;
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
        addTraits(value, rows[code]);
      }
    }
    count += n - strings.missing();
    missing += strings.missing();
  }

  private void addTraits(String value, long occurrences) {
    int traits = TextTraits.of(value, base64);
    if (traits != 0) {
      numbers += (traits & TextTraits.NUMBER) != 0 ? occurrences : 0;
      invalidUtf8 += (traits & TextTraits.INVALID_UTF8) != 0 ? occurrences : 0;
      damaged += (traits & TextTraits.DAMAGED) != 0 ? occurrences : 0;
    }
    if (!base64) {
      formats.add(value, occurrences);
      times.add(value, occurrences);
    }
  }

  @Override
  public void merge(FeatureAccumulator other) {
    if (!(other instanceof TextAccumulator that)) {
      throw new Bug("statistics of STRING cannot take in those of " + other.type());
    }
    values.merge(that.values);
    formats.merge(that.formats);
    times.merge(that.times);
    count += that.count;
    missing += that.missing;
    codePoints += that.codePoints;
    shortest = Math.min(shortest, that.shortest);
    longest = Math.max(longest, that.longest);
    numbers += that.numbers;
    invalidUtf8 += that.invalidUtf8;
    damaged += that.damaged;
  }

  @Override
  public FeatureStatistics result(Field field) {
    TextSummary text =
        new TextSummary(
            count == 0 ? Double.NaN : (double) codePoints / count,
            count == 0 ? 0 : shortest,
            longest,
            numbers,
            invalidUtf8,
            damaged,
            formats.result());
    return new FeatureStatistics(
        field.name(),
        ValueType.STRING,
        count,
        missing,
        values.result(),
        /* numbers= */ null,
        text,
        /* lists= */ null,
        times.result(count),
        /* steps= */ null);
  }
}
