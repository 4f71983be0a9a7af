package dev.sluice.transform;

import dev.sluice.contracts.ValueType;
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

  /** A multi-valued column of texts or numbers; an empty list is missing. */
  Batches lists(String name, List<?>... rows) {
    int[] offsets = new int[rows.length + 1];
    long[] words = new long[rows.length / 64 + 1];
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < rows.length; i++) {
      all.addAll(rows[i]);
      offsets[i + 1] = all.size();
      words[i / 64] |= rows[i].isEmpty() ? 0 : 1L << (i % 64);
    }
    Batches values = new Batches();
    if (all.stream().allMatch(value -> value instanceof Long)) {
      values.ints(name, all.toArray(Long[]::new));
    } else if (all.stream().allMatch(value -> value instanceof Double)) {
      values.floats(name, all.toArray(Double[]::new));
    } else {
      values.strings(name, all.toArray(String[]::new));
    }
    Column flat = values.columns.getFirst();
    fields.add(new Field(name, flat.type(), /* repeated= */ true, /* base64= */ false));
    columns.add(new ListColumn(offsets, flat, Validity.of(words, rows.length)));
    this.rows = rows.length;
    return this;
  }

  /** A column of bytes that are no text. */
  Batches base64(String name, String... values) {
    strings(name, values);
    fields.set(
        fields.size() - 1,
        new Field(name, ValueType.STRING, /* repeated= */ false, /* base64= */ true));
    return this;
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
