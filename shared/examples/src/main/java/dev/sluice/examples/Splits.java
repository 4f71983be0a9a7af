package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Divides rows into train and eval by what they say alone, so that rows that are added move none,
 * and the order of rows, columns and files, their format and their cut do not matter.
 */
public sealed interface Splits permits Splits.ByHash, Splits.ByTime, Splits.ByColumn {
  /** Marks the rows of a batch that go to eval. */
  boolean[] eval(ExampleBatch batch);

  /** The column that it needs, or null. */
  @Nullable String column();

  /** A fifth of the rows for eval, by the row itself. */
  static ByHash ofDefaults() {
    return of(ByHash.DEFAULT_EVAL);
  }

  /**
   * Splits by the row itself.
   *
   * @param evalFraction above 0 and below 1
   */
  static ByHash of(double evalFraction) {
    if (!(evalFraction > 0 && evalFraction < 1)) {
      throw new BadInput("the eval fraction is " + evalFraction + "; it must lie between 0 and 1");
    }
    return new ByHash((int) Math.round(evalFraction * ByHash.BUCKETS), null);
  }

  /**
   * By a hash of the row's values, or of one column's: equal rows never straddle, nor does what has
   * the same key. Each value that is present enters with its column's name, in no order: whole
   * numbers as such, also where they stand in a text or with a fraction of 0, other numbers rounded
   * to 32 bits, and texts by their bytes. So a row stays where it is when another row turns its
   * column into text, and the same table splits alike in every format. A key's value enters without
   * the column's name; rows without one are split by themselves.
   *
   * <p>A column that is added with values changes what the rows say: only with a key do they then
   * stay where they were.
   *
   * @param evalBuckets of the {@value #BUCKETS}, those that go to eval
   * @param column the key, or null
   */
  record ByHash(int evalBuckets, @Nullable String column) implements Splits {
    /** The finest step of a fraction is one over this. */
    public static final int BUCKETS = 10_000;

    private static final double DEFAULT_EVAL = .2;

    public ByHash {
      if (evalBuckets <= 0 || evalBuckets >= BUCKETS) {
        throw new BadInput(
            "eval gets "
                + evalBuckets
                + " of "
                + BUCKETS
                + " buckets; give it at least 1 and leave at least 1 to train");
      }
    }

    /** The same fractions, decided by one column; null for the whole row. */
    public ByHash byKey(@Nullable String key) {
      return new ByHash(evalBuckets, key);
    }

    @Override
    public boolean[] eval(ExampleBatch batch) {
      if (column != null && batch.column(column) instanceof ListColumn) {
        throw ListColumn.refused(column, "be the key of a split");
      }
      long[] hashes = RowHashes.of(batch, column);
      boolean[] eval = new boolean[batch.rows()];
      for (int r = 0; r < eval.length; r++) {
        eval[r] = Long.remainderUnsigned(hashes[r], BUCKETS) < evalBuckets;
      }
      return eval;
    }
  }

  /**
   * By time: what is not before a moment is eval; a row without a time is train.
   *
   * @param column numbers, compared as numbers, or texts in ISO 8601, compared as times (UTC where
   *     they name no offset)
   * @param from the first moment of eval, in the same form
   */
  record ByTime(String column, String from) implements Splits {
    @Override
    public boolean[] eval(ExampleBatch batch) {
      return new TimeSplit(column, from).eval(batch);
    }
  }

  /**
   * As a column says; a row without a value there is train.
   *
   * @param evalValues the values that mean eval, at least one
   */
  record ByColumn(String column, Set<String> evalValues) implements Splits {
    public ByColumn {
      evalValues = Set.copyOf(evalValues);
      if (evalValues.isEmpty()) {
        throw new BadInput("no value of column " + column + " means eval; name at least one");
      }
    }

    @Override
    public boolean[] eval(ExampleBatch batch) {
      boolean[] eval = new boolean[batch.rows()];
      Column given = batch.column(column);
      if (given instanceof StringColumn texts) {
        boolean[] ofCode = new boolean[texts.dictionary().size()];
        for (int code = 0; code < ofCode.length; code++) {
          ofCode[code] = evalValues.contains(texts.dictionary().get(code));
        }
        for (int r = 0; r < eval.length; r++) {
          eval[r] = !texts.isMissing(r) && ofCode[texts.codes()[r]];
        }
      } else if (given instanceof IntColumn ints) {
        for (int r = 0; r < eval.length; r++) {
          eval[r] = !ints.isMissing(r) && evalValues.contains(Long.toString(ints.values()[r]));
        }
      } else if (given instanceof ListColumn) {
        throw ListColumn.refused(column, "say the split");
      } else if (given != null) {
        throw new BadInput(
            "column "
                + column
                + " says the split, but its values are neither texts nor whole numbers");
      }
      return eval;
    }
  }
}
