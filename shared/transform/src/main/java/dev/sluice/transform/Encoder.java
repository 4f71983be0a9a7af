package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What turns one raw column into features, fitted on train. Batches and single rows take the same
 * methods, so a row gives the same bits in training and in serving. NaN is missing.
 */
public sealed interface Encoder {
  /** The raw column it reads. */
  String column();

  /** The names of the features it gives, in order. */
  List<String> features();

  /** How many features it gives. */
  default int width() {
    return 1;
  }

  /** Writes the features of a number to {@code out[at..]}. */
  void encode(double value, float[] out, int at);

  /** Writes the features of a text to {@code out[at..]}. */
  void encode(String value, float[] out, int at);

  /** As {@link #encode(double, float[], int)} for a whole number. */
  default void encode(long value, float[] out, int at) {
    encode((double) value, out, at);
  }

  /**
   * A number.
   *
   * @param mean subtracted after the logarithm, 0 without z-score
   * @param stdDev divided by, positive, 1 without z-score
   * @param fill the mean of train's raw values, for models that cannot take a missing value
   */
  record Numeric(String column, boolean log, double mean, double stdDev, double fill)
      implements Encoder {
    /** Beyond this a tree's bin borders overflow 32 bits. */
    private static final double LARGEST = 1e30;

    public Numeric {
      if (!(stdDev > 0) || !Double.isFinite(mean) || !Double.isFinite(stdDev)) {
        throw new BadInput(
            "column "
                + column
                + ": mean "
                + mean
                + " and std_dev "
                + stdDev
                + " must be finite and std_dev positive");
      }
    }

    @Override
    public List<String> features() {
      return List.of(column);
    }

    @Override
    public void encode(double value, float[] out, int at) {
      // StrictMath: the same bits on every machine, interpreted or compiled.
      double x = log ? Math.copySign(StrictMath.log1p(Math.abs(value)), value) : value;
      double scaled = (x - mean) / stdDev;
      out[at] = (float) Math.max(-LARGEST, Math.min(LARGEST, scaled));
    }

    @Override
    public void encode(String value, float[] out, int at) {
      String text = value.strip();
      if (text.isEmpty()) {
        out[at] = Float.NaN;
        return;
      }
      encode(number(text), out, at);
    }

    /** The number of a text that is not blank. */
    double number(String value) {
      try {
        return Double.parseDouble(value.strip());
      } catch (NumberFormatException e) {
        throw new BadInput(
            "column '"
                + column
                + "' holds numbers, but got the text '"
                + abbreviate(value)
                + "'; send a number or leave it out",
            e);
      }
    }
  }

  /**
   * A token's id.
   *
   * @param oovBuckets ids from {@code vocabulary.size()} on for unknown tokens; 0: they are missing
   */
  record Categorical(String column, Vocabulary vocabulary, int oovBuckets) implements Encoder {
    @Override
    public List<String> features() {
      return List.of(column);
    }

    @Override
    public void encode(double value, float[] out, int at) {
      if (Double.isNaN(value)) {
        out[at] = Float.NaN;
      } else {
        encode(Tokens.of(value), out, at);
      }
    }

    @Override
    public void encode(long value, float[] out, int at) {
      encode(Tokens.of(value), out, at);
    }

    @Override
    public void encode(String value, float[] out, int at) {
      int id = vocabulary.id(value);
      if (id >= 0) {
        out[at] = id;
      } else if (value.isEmpty() || oovBuckets == 0) {
        out[at] = Float.NaN;
      } else {
        // String.hashCode is fixed by the language, so a token's bucket never moves.
        out[at] = vocabulary.size() + Math.floorMod(value.hashCode(), oovBuckets);
      }
    }
  }

  /** A feature a token, 1 for the row's own and 0 for the others. */
  record OneHot(String column, Vocabulary vocabulary) implements Encoder {
    @Override
    public int width() {
      return vocabulary.size();
    }

    @Override
    public List<String> features() {
      List<String> names = new ArrayList<>();
      for (String token : vocabulary.tokens()) {
        names.add(column + "=" + token);
      }
      return names;
    }

    @Override
    public void encode(double value, float[] out, int at) {
      if (Double.isNaN(value)) {
        encode("", out, at);
      } else {
        encode(Tokens.of(value), out, at);
      }
    }

    @Override
    public void encode(long value, float[] out, int at) {
      encode(Tokens.of(value), out, at);
    }

    @Override
    public void encode(String value, float[] out, int at) {
      int id = vocabulary.id(value);
      float others = id < 0 && value.isEmpty() ? Float.NaN : 0;
      for (int i = 0; i < vocabulary.size(); i++) {
        out[at + i] = i == id ? 1 : others;
      }
    }
  }

  /**
   * What turns the list of a multi-valued column into features: {@link #begin}, {@link #add} for
   * each value, {@link #end}. A column of one value a row is taken as lists of one.
   */
  sealed interface OfLists extends Encoder {
    /** A list that is being added up; used again for the next. */
    final class State {
      private int count;
      private double sum;
      private double min;
      private double max;

      /** Values added, missing ones left out. */
      int count() {
        return count;
      }
    }

    /** Starts a list. */
    default void begin(State state, float[] out, int at) {
      state.count = 0;
      Arrays.fill(out, at, at + width(), Float.NaN);
    }

    /** Adds a number; NaN is no value. */
    void add(State state, double value, float[] out, int at);

    /** Adds a text; an empty one is no value. */
    void add(State state, String value, float[] out, int at);

    /** As {@link #add(State, double, float[], int)} for a whole number. */
    default void add(State state, long value, float[] out, int at) {
      add(state, (double) value, out, at);
    }

    /** Ends the list; without any value its features are missing. */
    void end(State state, float[] out, int at);

    @Override
    default void encode(double value, float[] out, int at) {
      State state = new State();
      begin(state, out, at);
      add(state, value, out, at);
      end(state, out, at);
    }

    @Override
    default void encode(long value, float[] out, int at) {
      State state = new State();
      begin(state, out, at);
      add(state, value, out, at);
      end(state, out, at);
    }

    @Override
    default void encode(String value, float[] out, int at) {
      State state = new State();
      begin(state, out, at);
      add(state, value, out, at);
      end(state, out, at);
    }
  }

  /** A feature a token, 1 where the list has it, else 0; unknown tokens are left out. */
  record MultiHot(String column, Vocabulary vocabulary) implements OfLists {
    @Override
    public int width() {
      return vocabulary.size();
    }

    @Override
    public List<String> features() {
      return new OneHot(column, vocabulary).features();
    }

    @Override
    public void begin(State state, float[] out, int at) {
      state.count = 0;
      Arrays.fill(out, at, at + width(), 0);
    }

    @Override
    public void add(State state, double value, float[] out, int at) {
      if (!Double.isNaN(value)) {
        add(state, Tokens.of(value), out, at);
      }
    }

    @Override
    public void add(State state, long value, float[] out, int at) {
      add(state, Tokens.of(value), out, at);
    }

    @Override
    public void add(State state, String value, float[] out, int at) {
      if (!value.isEmpty()) {
        state.count++;
        int id = vocabulary.id(value);
        if (id >= 0) {
          out[at + id] = 1;
        }
      }
    }

    @Override
    public void end(State state, float[] out, int at) {
      if (state.count == 0) {
        Arrays.fill(out, at, at + width(), Float.NaN);
      }
    }
  }

  /**
   * A list of numbers that is always as long, such as an embedding: a feature a place. A list of
   * another length is missing.
   *
   * @param scale what each number goes through, one for all places
   * @param length values of a list, 1 to {@value #LONGEST}
   */
  record Vector(Numeric scale, int length) implements OfLists {
    /** Longer lists are summed up. */
    public static final int LONGEST = 64;

    public Vector {
      if (length < 1 || length > LONGEST) {
        throw new BadInput(
            "column "
                + scale.column()
                + ": a vector of "
                + length
                + " numbers; it may have 1 to "
                + LONGEST);
      }
    }

    @Override
    public String column() {
      return scale.column();
    }

    @Override
    public int width() {
      return length;
    }

    @Override
    public List<String> features() {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < length; i++) {
        names.add(column() + "." + i);
      }
      return names;
    }

    @Override
    public void add(State state, double value, float[] out, int at) {
      if (state.count < length) {
        scale.encode(value, out, at + state.count);
      }
      state.count++;
    }

    @Override
    public void add(State state, String value, float[] out, int at) {
      if (!value.isBlank()) {
        add(state, scale.number(value), out, at);
      }
    }

    @Override
    public void end(State state, float[] out, int at) {
      if (state.count != length) {
        Arrays.fill(out, at, at + length, Float.NaN);
      }
    }
  }

  /**
   * A list of numbers that varies in length: its mean, its least and its greatest number, and how
   * many there are.
   *
   * @param scale what mean, least and greatest go through
   */
  record Summary(Numeric scale) implements OfLists {
    private static final List<String> PARTS = List.of("mean", "min", "max", "count");

    @Override
    public String column() {
      return scale.column();
    }

    @Override
    public int width() {
      return PARTS.size();
    }

    @Override
    public List<String> features() {
      return PARTS.stream().map(part -> column() + "." + part).toList();
    }

    @Override
    public void add(State state, double value, float[] out, int at) {
      if (Double.isNaN(value)) {
        return;
      }
      boolean first = state.count++ == 0;
      state.sum = first ? value : state.sum + value;
      state.min = first ? value : Math.min(state.min, value);
      state.max = first ? value : Math.max(state.max, value);
    }

    @Override
    public void add(State state, String value, float[] out, int at) {
      if (!value.isBlank()) {
        add(state, scale.number(value), out, at);
      }
    }

    @Override
    public void end(State state, float[] out, int at) {
      if (state.count > 0) {
        scale.encode(state.sum / state.count, out, at);
        scale.encode(state.min, out, at + 1);
        scale.encode(state.max, out, at + 2);
        out[at + 3] = state.count;
      }
    }
  }

  private static String abbreviate(String value) {
    return value.length() <= 60 ? value : value.substring(0, 60) + "...";
  }
}
