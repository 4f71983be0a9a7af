package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
import java.util.List;

/**
 * Which columns make groups.
 *
 * @param columns the columns, STRING or INT; empty = all that have from two to {@code mostValues}
 *     distinct values
 * @param mostValues groups of a column, 2 to 1,000; further values of a column that is named share
 *     a group
 * @param mostColumns columns that are taken without being named, at least 0: STRING before INT, few
 *     values before many
 * @param mostStatistics features times groups that columns not named may add up to, which bounds
 *     memory
 */
public record GroupOptions(
    List<String> columns, int mostValues, int mostColumns, int mostStatistics) {
  public GroupOptions {
    columns = List.copyOf(columns);
    if (mostValues < 2 || mostValues > ValueCounts.MOST_KEPT) {
      throw new BadInput("mostValues is " + mostValues + "; give 2 to " + ValueCounts.MOST_KEPT);
    }
    if (mostColumns < 0 || mostStatistics < 0) {
      throw new BadInput(
          "mostColumns is %d and mostStatistics %d; give at least 0"
              .formatted(mostColumns, mostStatistics));
    }
  }

  /** All columns of 2 to 64 distinct values, at most 16 of them and 20,000 statistics. */
  public static GroupOptions ofDefaults() {
    return by(List.of());
  }

  /** The columns named, at most 64 groups each. */
  public static GroupOptions by(List<String> columns) {
    return new GroupOptions(columns, 64, 16, 20_000);
  }

  /** No groups. */
  public static GroupOptions none() {
    return new GroupOptions(List.of(), 64, 0, 0);
  }
}
