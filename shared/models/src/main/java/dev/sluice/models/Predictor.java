package dev.sluice.models;

import dev.sluice.contracts.BadInput;
import dev.sluice.transform.FeatureMatrix;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.RowEncoder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mapping and the model that learned through it: raw rows in, the probability of the positive
 * class out, as the trees give it. Immutable and safe for use by several threads; a caller keeps
 * one {@link RowEncoder} for its rows, and then nothing is allocated.
 */
public final class Predictor {
  private final Mapping mapping;
  private final TreeModel model;

  /**
   * @throws BadInput where the model learned from other features than the mapping gives
   */
  public Predictor(Mapping mapping, TreeModel model) {
    if (!NativeNames.of(mapping.features()).equals(model.features())) {
      throw new BadInput(
          "the model takes "
              + model.features().size()
              + " features and the mapping gives "
              + mapping.features().size()
              + ", or their names differ; take both from the same version");
    }
    this.mapping = mapping;
    this.model = model;
  }

  /** Raw columns, their types and the label. */
  public Mapping mapping() {
    return mapping;
  }

  /** The trees. */
  public TreeModel model() {
    return model;
  }

  /** A buffer for one caller's rows, to be used again. */
  public RowEncoder newRow() {
    return mapping.newRow();
  }

  /** The probability for the row that was set. */
  public float predict(RowEncoder row) {
    return model.predict(row.features());
  }

  /**
   * The probability for a raw row; absent columns are missing.
   *
   * @throws BadInput for an unknown column or a value that does not fit
   */
  public float predict(Map<String, ? extends @Nullable Object> row) {
    RowEncoder encoder = newRow();
    encoder.setAll(row);
    return predict(encoder);
  }

  /** The probability for each row of a batch that the mapping made. */
  public float[] predict(FeatureMatrix matrix) {
    return model.predict(matrix);
  }
}
