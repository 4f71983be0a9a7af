package dev.sluice.transform;

import dev.sluice.contracts.BadInput;

/**
 * How one column becomes features. In a multi-valued column a vocabulary is one-hot too, at most
 * 1,000 tokens, with a 1 for each of the row's tokens; log and z-score apply to each number.
 */
public sealed interface FeatureChoice {
  /** Tokens that a vocabulary keeps where nothing else is said. */
  int DEFAULT_TOP_K = 10_000;

  /**
   * A number as it is, in double arithmetic, rounded once to 32 bits at the end; missing stays
   * missing.
   *
   * @param log first {@code sign(x) ln(1 + |x|)}, which zero and negative numbers survive
   * @param zScore then minus the mean and through the population standard deviation of train
   */
  record Numeric(boolean log, boolean zScore) implements FeatureChoice {}

  /**
   * A token's place in the list of train's tokens, the most frequent first, ties by text.
   *
   * @param topK tokens kept, at least 1
   * @param minCount occurrences in train that a token needs, at least 1
   * @param oovBuckets ids behind the last token that unknown tokens share by hash; 0 makes them
   *     missing
   */
  record Vocabulary(int topK, int minCount, int oovBuckets) implements FeatureChoice {
    public Vocabulary {
      range("top_k", topK, 1, 1_000_000);
      range("min_count", minCount, 1, Integer.MAX_VALUE);
      range("oov_buckets", oovBuckets, 0, 1_000_000);
    }

    /** Up to 10,000 tokens, and one id for all that train did not have. */
    public static Vocabulary ofDefaults() {
      return new Vocabulary(DEFAULT_TOP_K, 1, 1);
    }
  }

  /**
   * A feature a token, 1 where the row has it, else 0; all missing where the row has no value.
   *
   * @param topK tokens kept, between 1 and 1,000
   * @param minCount occurrences in train that a token needs, at least 1
   */
  record OneHot(int topK, int minCount) implements FeatureChoice {
    /** Tokens kept at most. */
    public static final int MOST = 1_000;

    /** Tokens kept where nothing else is said. */
    public static final int USUAL = 100;

    public OneHot {
      range("top_k", topK, 1, MOST);
      range("min_count", minCount, 1, Integer.MAX_VALUE);
    }

    /** The 100 most frequent tokens. */
    public static OneHot ofDefaults() {
      return new OneHot(USUAL, 1);
    }
  }

  /** Not a feature. */
  record Exclude() implements FeatureChoice {}

  private static void range(String key, int value, int least, int most) {
    if (value < least || value > most) {
      throw new BadInput(
          "key '" + key + "' is " + value + "; it must lie between " + least + " and " + most);
    }
  }
}
