package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One raw row becomes features, with no allocation once it is made. Values are set one by one;
 * those not set are missing. Columns of the data set that are not features are taken and ignored.
 * Not safe for use by several threads.
 */
public final class RowEncoder {
  private static final List<String> TRUE = List.of("true", "True", "TRUE");
  private static final List<String> FALSE = List.of("false", "False", "FALSE");

  private final Mapping mapping;
  private final float[] features;

  RowEncoder(Mapping mapping) {
    this.mapping = mapping;
    this.features = new float[mapping.features().size()];
    Arrays.fill(features, Float.NaN);
  }

  /** Makes every column missing again. */
  public void reset() {
    Arrays.fill(features, Float.NaN);
  }

  /**
   * The index to pass to the setters.
   *
   * @throws BadInput for a name the data set does not have, with the nearest
   */
  public int column(String name) {
    return mapping.column(name);
  }

  /** NaN is missing. */
  public void setDouble(int column, double value) {
    Encoder encoder = mapping.encoderOf(column);
    if (encoder != null) {
      encoder.encode(value, features, mapping.startOf(column));
    }
  }

  /** A whole number. */
  public void setLong(int column, long value) {
    Encoder encoder = mapping.encoderOf(column);
    if (encoder != null) {
      encoder.encode(value, features, mapping.startOf(column));
    }
  }

  /**
   * A text; for a numeric column, one that holds a number.
   *
   * @throws BadInput where a numeric column gets other text
   */
  public void setString(int column, String value) {
    Encoder encoder = mapping.encoderOf(column);
    if (encoder != null) {
      encoder.encode(value, features, mapping.startOf(column));
    }
  }

  /**
   * A truth value: 1 or 0 in a numeric column, else the text {@code true} or {@code false} in the
   * case that train had.
   */
  public void setBoolean(int column, boolean value) {
    switch (mapping.encoderOf(column)) {
      case null -> {}
      case Encoder.Numeric numeric ->
          numeric.encode(value ? 1L : 0L, features, mapping.startOf(column));
      case Encoder.Categorical text ->
          text.encode(truth(text.vocabulary(), value), features, mapping.startOf(column));
      case Encoder.OneHot text ->
          text.encode(truth(text.vocabulary(), value), features, mapping.startOf(column));
    }
  }

  private static String truth(Vocabulary vocabulary, boolean value) {
    for (String form : value ? TRUE : FALSE) {
      if (vocabulary.id(form) >= 0) {
        return form;
      }
    }
    return value ? "true" : "false";
  }

  /** No value. */
  public void setMissing(int column) {
    Encoder encoder = mapping.encoderOf(column);
    if (encoder != null) {
      int start = mapping.startOf(column);
      Arrays.fill(features, start, start + encoder.width(), Float.NaN);
    }
  }

  /**
   * @param value a Number, a String, a Boolean, or null for missing
   * @throws BadInput for an unknown name or a value of another kind
   */
  public void set(String name, @Nullable Object value) {
    int column = column(name);
    switch (value) {
      case null -> setMissing(column);
      case Long number -> setLong(column, number);
      case Integer number -> setLong(column, number);
      case Number number -> setDouble(column, number.doubleValue());
      case Boolean truth -> setBoolean(column, truth);
      case CharSequence text -> setString(column, text.toString());
      default ->
          throw new BadInput(
              "column '"
                  + name
                  + "' got a "
                  + value.getClass().getSimpleName()
                  + "; send a number, a text, true, false or null");
    }
  }

  /** Sets a whole row; columns it does not name are missing. */
  public void setAll(Map<String, ? extends @Nullable Object> row) {
    reset();
    row.forEach(this::set);
  }

  /** The features so far: this encoder's own buffer, valid until the next call of a setter. */
  public float[] features() {
    return features;
  }
}
