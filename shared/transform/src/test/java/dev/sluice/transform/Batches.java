package dev.sluice.transform;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches from plain Java values; null is missing. */
final class Batches {
  private final List<Field> fields = new ArrayList<>();
  private final List<Column> columns = new ArrayList<>();
  private int rows;

  static Batches of() {
    return new Batches();
  }

  Batches ints(String name, @Nullable Long... values) {
    long[] out = new long[values.length];
    for (int i = 0; i < out.length; i++) {
      Long value = values[i];
      out[i] = value == null ? -99 : value;
    }
    return add(name, ValueType.INT, new IntColumn(out, validity(values)), values.length);
  }

  Batches floats(String name, @Nullable Double... values) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      Double value = values[i];
      out[i] = value == null ? -99.5 : value;
    }
    return add(name, ValueType.FLOAT, new FloatColumn(out, validity(values)), values.length);
  }

  Batches strings(String name, @Nullable String... values) {
    List<String> dictionary = new ArrayList<>(List.of("unused"));
    int[] codes = new int[values.length];
    for (int i = 0; i < codes.length; i++) {
      String value = values[i];
      if (value != null) {
        int at = dictionary.indexOf(value);
        if (at < 0) {
          at = dictionary.size();
          dictionary.add(value);
        }
        codes[i] = at;
      }
    }
    return add(
        name,
        ValueType.STRING,
        new StringColumn(codes, dictionary, validity(values)),
        values.length);
  }

  ExampleBatch batch() {
    return new ExampleBatch(fields, columns, rows);
  }

  static ExampleReader reader(ExampleBatch... batches) {
    Iterator<ExampleBatch> all = List.of(batches).iterator();
    return new ExampleReader() {
      @Override
      public List<Field> fields() {
        return batches[0].fields();
      }

      @Override
      public @Nullable ExampleBatch next() {
        return all.hasNext() ? all.next() : null;
      }

      @Override
      public void close() {}
    };
  }

  private Batches add(String name, ValueType type, Column column, int length) {
    fields.add(new Field(name, type));
    columns.add(column);
    rows = length;
    return this;
  }

  private static Validity validity(@Nullable Object[] values) {
    long[] words = new long[values.length / 64 + 1];
    for (int i = 0; i < values.length; i++) {
      if (values[i] != null) {
        words[i / 64] |= 1L << (i % 64);
      }
    }
    return Validity.of(words, values.length);
  }
}
