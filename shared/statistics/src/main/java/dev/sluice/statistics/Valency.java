package dev.sluice.statistics;

import dev.sluice.contracts.Bug;

/**
 * How many values the rows of a multi-valued feature have, rows without any left out; as
 * tensorflow-metadata's {@code min_num_values}, {@code max_num_values} and {@code tot_num_values}.
 *
 * @param min fewest values of a row, 0 where no row has any
 * @param max most values of a row, 0 where no row has any
 * @param total values of all rows
 */
public record Valency(long min, long max, long total) {
  public Valency {
    if (min < 0 || max < min || total < max) {
      throw new Bug("a valency of " + min + " to " + max + " values and " + total + " in all");
    }
  }

  /** One value in each of so many rows. */
  static Valency single(long rows) {
    long one = Math.min(1, rows);
    return new Valency(one, one, rows);
  }
}
