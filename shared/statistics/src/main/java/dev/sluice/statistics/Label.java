package dev.sluice.statistics;

import dev.sluice.examples.ExampleBatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a model is to learn, with which the mutual information of each feature is measured.
 *
 * @param name a column, or the name of what is computed
 * @param computed gives 1, 0, or NaN for none, a number a row; null where the label is a column. A
 *     {@code BadInput} of it leaves the mutual information out, with a note
 */
public record Label(String name, @Nullable Function<ExampleBatch, float[]> computed) {
  /** A column. */
  public static Label column(String name) {
    return new Label(name, null);
  }
}
