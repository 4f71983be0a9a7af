package dev.sluice.stages;

import dev.sluice.contracts.Bug;
import org.jspecify.annotations.Nullable;

/**
 * What became of a batch's rows, each figure counted where it arises: {@code rows} by the readers,
 * {@code rejected} by who kept them, {@code train} and {@code eval} by the files' writers.
 *
 * @param rows read
 * @param train null, as {@code eval}, where no examples were written
 */
public record RowCounts(long rows, long rejected, @Nullable Long train, @Nullable Long eval) {
  public RowCounts {
    if (train != null && eval != null && rows != rejected + train + eval) {
      throw new Bug(
          "rows were lost or doubled: "
              + rows
              + " were read, "
              + rejected
              + " rejected, "
              + train
              + " written to train and "
              + eval
              + " to eval");
    }
  }

  /** The rows of a batch that was held before examples were written. */
  public static RowCounts held(long rows, long rejected) {
    return new RowCounts(rows, rejected, null, null);
  }
}
