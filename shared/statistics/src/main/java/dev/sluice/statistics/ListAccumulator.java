package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.Field;
import dev.sluice.examples.ListColumn;

/**
 * The statistics of a multi-valued feature: how many rows have values and how many, and those of
 * all values one after the other, as tensorflow-data-validation measures it.
 */
final class ListAccumulator implements FeatureAccumulator {
  private final FeatureAccumulator values;
  private final Lengths lengths = new Lengths();
  private long missing;

  ListAccumulator(FeatureAccumulator values) {
    this.values = values;
  }

  /** The lengths of lists. */
  static final class Lengths {
    private long rows;
    private long least = Long.MAX_VALUE;
    private long most;
    private long total;

    void add(long length) {
      rows++;
      least = Math.min(least, length);
      most = Math.max(most, length);
      total += length;
    }

    void merge(Lengths other) {
      rows += other.rows;
      least = Math.min(least, other.least);
      most = Math.max(most, other.most);
      total += other.total;
    }

    /** Lists added. */
    long rows() {
      return rows;
    }

    Valency result() {
      return new Valency(rows == 0 ? 0 : least, most, total);
    }
  }

  /** What gathers the values. */
  FeatureAccumulator values() {
    return values;
  }

  @Override
  public ValueType type() {
    return values.type();
  }

  @Override
  public void add(Column column) {
    if (!(column instanceof ListColumn lists)) {
      throw new Bug("statistics of lists were given a column of one value a row");
    }
    for (int r = 0; r < lists.rows(); r++) {
      if (!lists.isMissing(r)) {
        lengths.add(lists.length(r));
      }
    }
    missing += lists.missing();
    values.add(lists.values());
  }

  @Override
  public void merge(FeatureAccumulator other) {
    if (!(other instanceof ListAccumulator that)) {
      throw new Bug("statistics of lists cannot take in those of one value a row");
    }
    lengths.merge(that.lengths);
    missing += that.missing;
    values.merge(that.values);
  }

  @Override
  public FeatureStatistics result(Field field) {
    return values.result(field).inLists(lengths.rows(), missing, lengths.result());
  }
}
