package dev.sluice.statistics;

import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Columns and batches from literals; null = missing. */
final class Columns {
  private Columns() {}

  static Column floats(@Nullable Double... values) {
    double[] array = new double[values.length];
    for (int i = 0; i < array.length; i++) {
      Double value = values[i];
      // What a missing row holds must not matter.
      array[i] = value == null ? 1e9 : value;
    }
    return new FloatColumn(array, validity(values));
  }

  static Column ints(@Nullable Long... values) {
    long[] array = new long[values.length];
    for (int i = 0; i < array.length; i++) {
      Long value = values[i];
      array[i] = value == null ? Long.MIN_VALUE : value;
    }
    return new IntColumn(array, validity(values));
  }

  static Column strings(@Nullable String... values) {
    Map<String, Integer> dictionary = new LinkedHashMap<>();
    dictionary.put("unused", 0);
    int[] codes = new int[values.length];
    for (int i = 0; i < codes.length; i++) {
      String value = values[i];
      if (value != null) {
        Integer code = dictionary.get(value);
        if (code == null) {
          code = dictionary.size();
          dictionary.put(value, code);
        }
        codes[i] = code;
      }
    }
    return new StringColumn(codes, List.copyOf(dictionary.keySet()), validity(values));
  }

  private static Validity validity(@Nullable Object[] values) {
    long[] words = new long[(values.length + 63) / 64];
    for (int i = 0; i < values.length; i++) {
      if (values[i] != null) {
        words[i >> 6] |= 1L << (i & 63);
      }
    }
    return Validity.of(words, values.length);
  }

  /** Rows {@code from} to {@code to} of a column. */
  static Column slice(Column column, int from, int to) {
    long[] words = new long[(to - from + 63) / 64];
    for (int r = from; r < to; r++) {
      if (!column.isMissing(r)) {
        words[(r - from) >> 6] |= 1L << ((r - from) & 63);
      }
    }
    Validity validity = Validity.of(words, to - from);
    return switch (column) {
      case IntColumn ints -> new IntColumn(Arrays.copyOfRange(ints.values(), from, to), validity);
      case FloatColumn floats ->
          new FloatColumn(Arrays.copyOfRange(floats.values(), from, to), validity);
      case StringColumn strings ->
          new StringColumn(
              Arrays.copyOfRange(strings.codes(), from, to), strings.dictionary(), validity);
      case ListColumn lists -> {
        int[] offsets = Arrays.copyOfRange(lists.offsets(), from, to + 1);
        int first = offsets[0];
        int last = offsets[to - from];
        for (int i = 0; i < offsets.length; i++) {
          offsets[i] -= first;
        }
        yield new ListColumn(offsets, slice(lists.values(), first, last), validity);
      }
    };
  }

  /**
   * Lists over values.
   *
   * @param lengths of the rows' lists, 0 for a missing one
   */
  static Column lists(Column values, int... lengths) {
    int[] offsets = new int[lengths.length + 1];
    long[] words = new long[(lengths.length + 63) / 64];
    for (int i = 0; i < lengths.length; i++) {
      offsets[i + 1] = offsets[i] + lengths[i];
      words[i >> 6] |= lengths[i] > 0 ? 1L << (i & 63) : 0;
    }
    return new ListColumn(offsets, values, Validity.of(words, lengths.length));
  }

  static Field field(String name, Column column) {
    return new Field(name, column.type(), column instanceof ListColumn, /* base64= */ false);
  }

  static FeatureStatistics statistics(Column... columns) {
    FeatureAccumulator accumulator = FeatureAccumulator.of(field("x", columns[0]));
    for (Column column : columns) {
      accumulator.add(column);
    }
    return accumulator.result(field("x", columns[0]));
  }

  static NumberSummary numbers(FeatureStatistics statistics) {
    NumberSummary numbers = statistics.numbers();
    if (numbers == null) {
      throw new AssertionError(statistics + " has no numbers");
    }
    return numbers;
  }

  static TextSummary text(FeatureStatistics statistics) {
    TextSummary text = statistics.text();
    if (text == null) {
      throw new AssertionError(statistics + " has no text");
    }
    return text;
  }

  static FeatureStatistics feature(DatasetStatistics dataset, String name) {
    FeatureStatistics feature = dataset.feature(name);
    if (feature == null) {
      throw new AssertionError(dataset.name() + " has no feature " + name);
    }
    return feature;
  }

  /** A batch of columns by name. */
  static ExampleBatch batch(Map<String, Column> columns) {
    List<Field> fields = new ArrayList<>();
    columns.forEach((name, column) -> fields.add(field(name, column)));
    List<Column> all = List.copyOf(columns.values());
    return new ExampleBatch(fields, all, all.getFirst().rows());
  }

  /** Opens the batches anew each time, cut into pieces of at most {@code rows}. */
  static Supplier<ExampleReader> reader(ExampleBatch whole, int rows) {
    List<ExampleBatch> pieces = new ArrayList<>();
    for (int from = 0; from < whole.rows(); from += rows) {
      int start = from;
      int end = Math.min(from + rows, whole.rows());
      pieces.add(
          new ExampleBatch(
              whole.fields(),
              whole.columns().stream().map(column -> slice(column, start, end)).toList(),
              end - start));
    }
    return () -> new ListReader(whole.fields(), pieces.iterator());
  }

  private record ListReader(List<Field> fields, Iterator<ExampleBatch> batches)
      implements ExampleReader {
    @Override
    public @Nullable ExampleBatch next() {
      return batches.hasNext() ? batches.next() : null;
    }

    @Override
    public void close() {}
  }
}
