package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import java.util.ArrayList;
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
      try {
        encode(Double.parseDouble(text), out, at);
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

  private static String abbreviate(String value) {
    return value.length() <= 60 ? value : value.substring(0, 60) + "...";
  }
}
