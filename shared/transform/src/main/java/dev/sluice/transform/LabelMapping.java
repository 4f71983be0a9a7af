package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import org.jspecify.annotations.Nullable;

/**
 * What is learned, and what train showed of it.
 *
 * @param name the label's name: a column, or what the expression gives
 * @param expression a CEL expression, or null where the label is a column
 * @param negative the value that counts as 0, {@code false} for an expression
 * @param positive the value that counts as 1, {@code true} for an expression
 * @param negatives rows of train with the negative value
 * @param positives rows of train with the positive value
 * @param missing rows of train without a label; they are not learned from
 */
public record LabelMapping(
    String name,
    @Nullable String expression,
    String negative,
    String positive,
    long negatives,
    long positives,
    long missing) {

  /** As for features, NaN is missing. */
  static boolean isMissing(Column column, int row) {
    return column.isMissing(row)
        || (column instanceof FloatColumn floats && Double.isNaN(floats.values()[row]));
  }

  /** The canonical text of a label's value: whole numbers have no fraction. */
  static String text(Column column, int row) {
    return switch (column) {
      case IntColumn ints -> Tokens.of(ints.values()[row]);
      case FloatColumn floats -> Tokens.of(floats.values()[row]);
      case StringColumn text -> text.value(row);
      case ListColumn _ -> throw new Bug("a label of several values a row");
    };
  }

  /** Labels of a plain column: 1, 0, NaN where missing. */
  float[] ofColumn(Column column, ExampleBatch batch) {
    if (column instanceof ListColumn) {
      throw ListColumn.refused(name, "be the label");
    }
    float[] out = new float[batch.rows()];
    for (int i = 0; i < out.length; i++) {
      if (isMissing(column, i)) {
        out[i] = Float.NaN;
        continue;
      }
      String value = text(column, i);
      if (value.equals(positive)) {
        out[i] = 1;
      } else if (!value.equals(negative)) {
        throw new BadInput(
            "label column '"
                + name
                + "' holds '"
                + value
                + "' in "
                + LabelExpression.place(batch, i)
                + ", besides '"
                + negative
                + "' and '"
                + positive
                + "' that it was learned from; correct the row or the label");
      }
    }
    return out;
  }
}
