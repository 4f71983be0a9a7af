package dev.sluice.statistics;

/**
 * How a number changes from a row to the next one with a value, counted within the pieces in which
 * rows are read, so that pieces may be put together in any order.
 *
 * @param up rows with more than the row before
 * @param down rows with less
 * @param same rows with as much
 */
public record Steps(long up, long down, long same) {
  /** True where the number never falls and mostly rises, as a running number does. */
  public boolean rising() {
    return down == 0 && up > same;
  }

  /** True where the number never rises and mostly falls. */
  public boolean falling() {
    return up == 0 && down > same;
  }
}
