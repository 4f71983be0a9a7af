package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.util.Arrays;
import java.util.Collection;
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
  private final Encoder.OfLists.State list = new Encoder.OfLists.State();

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
      case Encoder.OfLists lists -> {
        begin(column);
        add(column, value);
        end(column);
      }
    }
  }

  /** True where the column takes several values: {@link #begin}, {@code add}, {@link #end}. */
  public boolean takesList(int column) {
    return mapping.encoderOf(column) instanceof Encoder.OfLists;
  }

  /** Starts the list of a column that takes one. */
  public void begin(int column) {
    lists(column).begin(list, features, mapping.startOf(column));
  }

  /** The list's next number; NaN is left out. */
  public void add(int column, double value) {
    lists(column).add(list, value, features, mapping.startOf(column));
  }

  /** The list's next whole number. */
  public void add(int column, long value) {
    lists(column).add(list, value, features, mapping.startOf(column));
  }

  /** The list's next text; in a list of numbers, one that holds a number. */
  public void add(int column, String value) {
    lists(column).add(list, value, features, mapping.startOf(column));
  }

  /** The list's next truth value, as in {@link #setBoolean}. */
  public void add(int column, boolean value) {
    if (lists(column) instanceof Encoder.MultiHot texts) {
      add(column, truth(texts.vocabulary(), value));
    } else {
      add(column, value ? 1L : 0L);
    }
  }

  /**
   * Ends the list; an empty one is missing.
   *
   * @throws BadInput where the model takes lists of one length, and this one has another
   */
  public void end(int column) {
    Encoder.OfLists encoder = lists(column);
    encoder.end(list, features, mapping.startOf(column));
    if (encoder instanceof Encoder.Vector vector
        && list.count() != vector.length()
        && list.count() != 0) {
      throw new BadInput(
          "column '"
              + vector.column()
              + "' got "
              + list.count()
              + " numbers, and the model takes "
              + vector.length()
              + "; send as many, or none");
    }
  }

  private Encoder.OfLists lists(int column) {
    if (mapping.encoderOf(column) instanceof Encoder.OfLists encoder) {
      return encoder;
    }
    throw new Bug("column " + column + " takes one value a row");
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
   * @param value a Number, a String, a Boolean, null for missing, or a collection of these for a
   *     multi-valued column
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
      case Collection<?> values -> setList(name, column, values);
      default ->
          throw new BadInput(
              "column '"
                  + name
                  + "' got a "
                  + value.getClass().getSimpleName()
                  + "; send a number, a text, true, false or null");
    }
  }

  private void setList(String name, int column, Collection<?> values) {
    if (mapping.encoderOf(column) == null) {
      return;
    }
    if (!takesList(column)) {
      throw new BadInput(
          "column '"
              + name
              + "' takes one value a row, and got a list; send a number, a text, true, false or"
              + " null");
    }
    begin(column);
    for (Object value : values) {
      switch (value) {
        case null -> {}
        case Long number -> add(column, number);
        case Integer number -> add(column, number.longValue());
        case Number number -> add(column, number.doubleValue());
        case Boolean truth -> add(column, truth);
        case CharSequence text -> add(column, text.toString());
        default ->
            throw new BadInput(
                "column '"
                    + name
                    + "' got a list with a "
                    + value.getClass().getSimpleName()
                    + "; its elements are numbers, texts, true, false or null");
      }
    }
    end(column);
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
