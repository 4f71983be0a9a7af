package dev.sluice.statistics;

import dev.sluice.contracts.Bug;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the present values of a feature repeat. NaN and infinities do not take part.
 *
 * @param unique distinct values; null where not known
 * @param uniqueError relative standard error of {@code unique}; 0 where it is exact
 * @param top the most frequent values, most frequent first and then by text, at most {@link
 *     #MOST_KEPT}; all of them where {@code unique} is no more than that and {@code topError} is 0
 * @param topError no frequency in {@code top} is further than this from the true one, and no value
 *     that occurs more often than twice this is left out (up to the limit); 0 where exact
 * @param entropy Shannon's, in nats (the default of scipy.stats.entropy); null where the counts of
 *     all values are not known or there are no values
 */
public record ValueCounts(
    @Nullable Long unique,
    double uniqueError,
    List<ValueCount> top,
    long topError,
    @Nullable Double entropy) {
  /** Entries of {@code top} kept, as many as tensorflow-data-validation keeps ranks. */
  public static final int MOST_KEPT = 1000;

  public ValueCounts {
    if (unique != null && unique < 0) {
      throw new Bug("unique is " + unique + "; a count is at least 0");
    }
    top = List.copyOf(top);
  }

  /** The most frequent value, the first by text or number among equals; null where not known. */
  public @Nullable String mode() {
    return top.isEmpty() ? null : top.getFirst().value();
  }

  /** True where {@code top} holds every distinct value with its exact frequency. */
  public boolean complete() {
    return unique != null && uniqueError == 0 && topError == 0 && unique == top.size();
  }
}
