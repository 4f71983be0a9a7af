package dev.sluice.examples;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of another reader in batches of equal size, the last one excepted. Sums of floating
 * point numbers depend on where batches end: so they do not depend on how many files hold the rows.
 * Batches that have the size already pass as they are.
 */
final class EvenReader implements ExampleReader {
  private final ExampleReader in;
  private final int size;
  private final Deque<ExampleBatch> held = new ArrayDeque<>();
  private long heldRows;
  private boolean ended;

  EvenReader(ExampleReader in) {
    this.in = in;
    this.size = BatchBuilder.rowsPerBatch(in.fields().size());
  }

  @Override
  public List<Field> fields() {
    return in.fields();
  }

  @Override
  public @Nullable ExampleBatch next() throws IOException {
    while (heldRows < size && !ended) {
      ExampleBatch batch = in.next();
      if (batch == null) {
        ended = true;
      } else if (batch.rows() > 0) {
        held.add(batch);
        heldRows += batch.rows();
      }
    }
    if (held.isEmpty()) {
      return null;
    }
    List<ExampleBatch> parts = new ArrayList<>();
    int rows = 0;
    while (rows < size && !held.isEmpty()) {
      ExampleBatch batch = held.remove();
      int taken = Math.min(size - rows, batch.rows());
      if (taken < batch.rows()) {
        held.addFirst(batch.select(IntStream.range(taken, batch.rows()).toArray()));
        batch = batch.select(IntStream.range(0, taken).toArray());
      }
      parts.add(batch);
      rows += taken;
    }
    heldRows -= rows;
    return parts.size() == 1 ? parts.getFirst() : join(parts, rows);
  }

  private static ExampleBatch join(List<ExampleBatch> parts, int rows) {
    List<Field> fields = parts.getFirst().fields();
    List<Column> columns = new ArrayList<>(fields.size());
    for (int c = 0; c < fields.size(); c++) {
      int column = c;
      columns.add(joined(parts.stream().map(part -> part.columns().get(column)).toList(), rows));
    }
    return new ExampleBatch(fields, columns, rows);
  }

  /** Columns of one kind, one behind the other. */
  private static Column joined(List<Column> parts, int rows) {
    Validity validity = validity(parts, rows);
    return switch (parts.getFirst()) {
      case IntColumn _ -> {
        long[] values = new long[rows];
        int to = 0;
        for (Column part : parts) {
          System.arraycopy(((IntColumn) part).values(), 0, values, to, part.rows());
          to += part.rows();
        }
        yield new IntColumn(values, validity);
      }
      case FloatColumn _ -> {
        double[] values = new double[rows];
        int to = 0;
        for (Column part : parts) {
          System.arraycopy(((FloatColumn) part).values(), 0, values, to, part.rows());
          to += part.rows();
        }
        yield new FloatColumn(values, validity);
      }
      case StringColumn _ -> texts(parts, rows, validity);
      case ListColumn _ -> {
        int[] offsets = new int[rows + 1];
        List<Column> values = new ArrayList<>();
        int to = 0;
        for (Column part : parts) {
          ListColumn lists = (ListColumn) part;
          for (int r = 0; r < part.rows(); r++, to++) {
            offsets[to + 1] = offsets[to] + lists.length(r);
          }
          values.add(lists.values());
        }
        yield new ListColumn(offsets, joined(values, offsets[rows]), validity);
      }
    };
  }

  private static Column texts(List<Column> parts, int rows, Validity validity) {
    int[] codes = new int[rows];
    Map<String, Integer> known = new HashMap<>();
    List<String> texts = new ArrayList<>();
    int to = 0;
    for (Column part : parts) {
      StringColumn column = (StringColumn) part;
      int[] renamed = new int[column.dictionary().size()];
      for (int r = 0; r < part.rows(); r++, to++) {
        if (!column.isMissing(r)) {
          int code = column.codes()[r];
          if (renamed[code] == 0) {
            String text = column.dictionary().get(code);
            Integer old = known.putIfAbsent(text, texts.size());
            renamed[code] = 1 + (old == null ? texts.size() : old);
            if (old == null) {
              texts.add(text);
            }
          }
          codes[to] = renamed[code] - 1;
        }
      }
    }
    return new StringColumn(codes, List.copyOf(texts), validity);
  }

  private static Validity validity(List<Column> parts, int rows) {
    long[] present = new long[(rows + 63) >> 6];
    int to = 0;
    for (Column part : parts) {
      for (int r = 0; r < part.rows(); r++, to++) {
        if (!part.isMissing(r)) {
          present[to >> 6] |= 1L << to;
        }
      }
    }
    return Validity.of(present, rows);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
