package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.examples.Field;
import java.util.List;

/** Whether a label can be had of columns, told without their values. */
public final class LabelCheck {
  private LabelCheck() {}

  /**
   * @param columns what the data has
   * @throws BadInput where the expression does not compile over these columns, saying what and
   *     where
   */
  public static void check(PipelineSpec.Label label, List<Field> columns) {
    String expression = label.expression();
    if (expression != null) {
      LabelExpression.compile(label.name(), expression, columns);
    }
  }
}
