package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Divides rows into train and eval by a hash of what they say, so that equal rows never straddle,
 * rows that are added move none, and the order of rows, columns and files does not matter. A row
 * says its columns that are not empty, by name, as {@code name=value} in the text of the source;
 * or, with a key, the key's value alone, as far as the row has one. XXH64 into {@value #BUCKETS}
 * buckets.
 *
 * <p>A column that is added with values changes what the rows say: only with a key do they then
 * stay where they were.
 *
 * @param evalBuckets of the {@value #BUCKETS}, those that go to eval
 * @param key the column that decides alone, or null
 */
public record Splits(int evalBuckets, @Nullable String key) {
  /** The finest step of a fraction is one over this. */
  public static final int BUCKETS = 10_000;

  private static final double DEFAULT_EVAL = .2;

  public Splits {
    if (evalBuckets <= 0 || evalBuckets >= BUCKETS) {
      throw new BadInput(
          "eval gets "
              + evalBuckets
              + " of "
              + BUCKETS
              + " buckets; give it at least 1 and leave at least 1 to train");
    }
  }

  /** A fifth of the rows for eval. */
  public static Splits ofDefaults() {
    return of(DEFAULT_EVAL);
  }

  /**
   * Splits by the row itself.
   *
   * @param evalFraction above 0 and below 1
   */
  public static Splits of(double evalFraction) {
    if (!(evalFraction > 0 && evalFraction < 1)) {
      throw new BadInput("the eval fraction is " + evalFraction + "; it must lie between 0 and 1");
    }
    return new Splits((int) Math.round(evalFraction * BUCKETS), null);
  }

  /** The same fractions, decided by one column; rows without a value there by themselves. */
  public Splits byKey(@Nullable String column) {
    return new Splits(evalBuckets, column);
  }

  /** The split of a text, by its hash. */
  Split of(byte[] text, int from, int to) {
    long bucket = Long.remainderUnsigned(XxHash64.hash(text, from, to), BUCKETS);
    return bucket < evalBuckets ? Split.EVAL : Split.TRAIN;
  }

  /** Decides the rows of one source, whose columns stand in its own order. */
  Decider decider(List<String> columns) {
    return new Decider(columns);
  }

  /** Reads the current record of a scanner. */
  final class Decider {
    private static final byte END = 0x1f;

    private final int keyField;
    private final int[] order;
    private final byte[][] labels;
    private byte[] text = new byte[1024];

    private Decider(List<String> columns) {
      keyField = key == null ? -1 : columns.indexOf(key);
      order =
          IntStream.range(0, columns.size())
              .boxed()
              .sorted(Comparator.comparing(columns::get))
              .mapToInt(Integer::intValue)
              .toArray();
      labels = new byte[columns.size()][];
      for (int c = 0; c < labels.length; c++) {
        labels[c] = (columns.get(c) + "=").getBytes(UTF_8);
      }
    }

    Split split(CsvScanner row) {
      byte[] b = row.bytes();
      if (keyField >= 0 && row.end(keyField) > row.start(keyField)) {
        return of(b, row.start(keyField), row.end(keyField));
      }
      int length = 0;
      for (int field : order) {
        int from = row.start(field);
        int size = row.end(field) - from;
        if (size > 0) {
          byte[] label = labels[field];
          int needed = length + label.length + size + 1;
          if (needed > text.length) {
            text = Arrays.copyOf(text, Math.max(needed, text.length * 2));
          }
          System.arraycopy(label, 0, text, length, label.length);
          System.arraycopy(b, from, text, length + label.length, size);
          text[needed - 1] = END;
          length = needed;
        }
      }
      return of(text, 0, length);
    }
  }
}
