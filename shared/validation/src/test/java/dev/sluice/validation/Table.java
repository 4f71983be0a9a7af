package dev.sluice.validation;

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
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A small table of nullable values or lists, typed by what they are, as a batch of examples. */
final class Table {
  private final Map<String, @Nullable Object[]> columns = new LinkedHashMap<>();
  private final int rows;

  Table(int rows) {
    this.rows = rows;
  }

  int rows() {
    return rows;
  }

  Table with(String name, @Nullable Object[] values) {
    columns.put(name, values);
    return this;
  }

  Table without(String name) {
    Table table = copy();
    table.columns.remove(name);
    return table;
  }

  Table copy() {
    Table table = new Table(rows);
    columns.forEach((name, values) -> table.columns.put(name, values.clone()));
    return table;
  }

  @Nullable Object[] column(String name) {
    return columns.get(name);
  }

  Table take(int[] chosen) {
    Table table = new Table(chosen.length);
    columns.forEach((name, values) -> {
      @Nullable Object[] taken = new @Nullable Object[chosen.length];
      for (int i = 0; i < chosen.length; i++) {
        taken[i] = values[chosen[i]];
      }
      table.columns.put(name, taken);
    });
    return table;
  }

  ExampleBatch batch() {
    List<Field> fields = new ArrayList<>();
    List<Column> made = new ArrayList<>();
    columns.forEach((name, values) -> {
      Column column = column(values);
      fields.add(new Field(name, column.type(), column instanceof ListColumn, /* base64= */ false));
      made.add(column);
    });
    long[] places = new long[rows];
    Arrays.setAll(places, i -> i + 1L);
    fields.add(new Field(Field.ROW, ValueType.INT));
    made.add(new IntColumn(places, Validity.all(rows)));
    fields.add(new Field(Field.SOURCE, ValueType.STRING));
    made.add(new StringColumn(new int[rows], List.of("inbox/day.csv"), Validity.all(rows)));
    return new ExampleBatch(fields, made, rows);
  }

  private static Column lists(@Nullable Object[] values) {
    int[] offsets = new int[values.length + 1];
    long[] present = new long[(values.length + 63) / 64];
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof List<?> list && !list.isEmpty()) {
        all.addAll(list);
        present[i >> 6] |= 1L << (i & 63);
      }
      offsets[i + 1] = all.size();
    }
    return new ListColumn(offsets, column(all.toArray()), Validity.of(present, values.length));
  }

  private static Column column(@Nullable Object[] values) {
    if (Arrays.stream(values).anyMatch(value -> value instanceof List)) {
      return lists(values);
    }
    long[] present = new long[(values.length + 63) / 64];
    ValueType type = ValueType.INT;
    boolean any = false;
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      if (value != null) {
        any = true;
        present[i >> 6] |= 1L << (i & 63);
        type =
            value instanceof String || type == ValueType.STRING
                ? ValueType.STRING
                : value instanceof Double ? ValueType.FLOAT : type;
      }
    }
    Validity validity = Validity.of(present, values.length);
    return switch (any ? type : ValueType.STRING) {
      case INT -> {
        long[] longs = new long[values.length];
        for (int i = 0; i < longs.length; i++) {
          longs[i] = values[i] instanceof Number n ? n.longValue() : 0;
        }
        yield new IntColumn(longs, validity);
      }
      case FLOAT -> {
        double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) {
          doubles[i] = values[i] instanceof Number n ? n.doubleValue() : 0;
        }
        yield new FloatColumn(doubles, validity);
      }
      case STRING -> {
        Map<String, Integer> codes = new LinkedHashMap<>();
        codes.put("", 0);
        int[] coded = new int[values.length];
        for (int i = 0; i < coded.length; i++) {
          Object value = values[i];
          coded[i] =
              value == null ? 0 : codes.computeIfAbsent(value.toString(), text -> codes.size());
        }
        yield new StringColumn(coded, List.copyOf(codes.keySet()), validity);
      }
    };
  }

  ExampleReader reader() {
    ExampleBatch all = batch();
    return new ExampleReader() {
      private boolean read;

      @Override
      public List<Field> fields() {
        return all.fields();
      }

      @Override
      public @Nullable ExampleBatch next() {
        boolean before = read;
        read = true;
        return before ? null : all;
      }

      @Override
      public void close() {}
    };
  }

  Statistics statistics() {
    return statistics(GroupOptions.ofDefaults());
  }

  Statistics statistics(GroupOptions groups) {
    try {
      return new StatisticsAnalyzer(groups).analyze(this::reader, () -> empty(reader().fields()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ExampleReader empty(List<Field> fields) {
    return new ExampleReader() {
      @Override
      public List<Field> fields() {
        return fields;
      }

      @Override
      public @Nullable ExampleBatch next() {
        return null;
      }

      @Override
      public void close() {}
    };
  }
}
