package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
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
    // Absent from damaged JSON.
    if (repeats == null || associations == null) {
      throw new BadInput("relations need repeats and associations; analyze the batch again");
    }
    associations = List.copyOf(associations);
  }
}
