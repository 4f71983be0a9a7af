package dev.sluice.statistics;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of the BigQuery table {@code associations}. */
public final class AssociationRows {
  private AssociationRows() {}

  /**
   * The row of one pair, column by column; {@code value} is null where it is not defined.
   *
   * @param split {@code ""}, as associations are of all rows
   */
  public static Map<String, @Nullable Object> of(
      String pipeline, String batch, String split, Association association) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("pipeline", pipeline);
    row.put("batch", batch);
    row.put("split", split);
    row.put("a", association.a());
    row.put("b", association.b());
    row.put("measure", association.measure().name());
    row.put("value", Double.isFinite(association.value()) ? association.value() : null);
    row.put("rows", association.rows());
    row.put("error", association.error());
    return row;
  }
}
