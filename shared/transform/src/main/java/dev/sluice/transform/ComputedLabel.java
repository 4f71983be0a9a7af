package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import java.util.List;

/** A label that an expression gives, for those who only measure it. Safe for several threads. */
public final class ComputedLabel {
  private final LabelExpression expression;

  private ComputedLabel(LabelExpression expression) {
    this.expression = expression;
  }

  /**
   * @param name the label's name, for errors
   * @param expression in the Common Expression Language
   * @param fields the columns that it may use
   * @throws BadInput saying what does not compile and at which line and column
   */
  public static ComputedLabel of(String name, String expression, List<Field> fields) {
    return new ComputedLabel(LabelExpression.compile(name, expression, fields));
  }

  /**
   * The labels of a batch that has those columns: 1, 0, NaN for none; a number a row.
   *
   * @throws BadInput where a row with all values cannot be evaluated, naming the row
   */
  public float[] labels(ExampleBatch batch) {
    return expression.labels(batch);
  }
}
