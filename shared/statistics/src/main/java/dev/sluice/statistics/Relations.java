package dev.sluice.statistics;

import java.util.List;

/**
 * What is known of all rows across features.
 *
 * @param rows examples described
 * @param repeats rows that are equal
 * @param associations by measure, then in the order of the columns
 */
public record Relations(long rows, Repeats repeats, List<Association> associations) {
  public Relations {
    associations = List.copyOf(associations);
  }
}
