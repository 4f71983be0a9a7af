package dev.sluice.validation;

/**
 * What makes ordinary batches differ: their sampling, and the pipeline's between-batch variance.
 *
 * @param prior the part of that variance that is supposed, at least 0
 * @param estimated the part that the history told, at least 0
 * @param degrees of freedom behind the estimate
 * @param batches how many batches the baseline consists of, at least 1
 */
record Noise(double prior, double estimated, double degrees, int batches) {
  /** From so many on, Student's distribution is the normal one. */
  private static final double MANY = 1e4;

  /** Of a variance that is known. */
  static Noise of(double variance, int batches) {
    return new Noise(variance, 0, Double.POSITIVE_INFINITY, batches);
  }

  /** The between-batch variance, see {@link BetweenBatches}. */
  double variance() {
    return prior + estimated;
  }

  /** Rows drawn at random that tell as much about the pipeline as the baseline's do. */
  double before(double rows) {
    return 1 / (1 / rows + variance() / batches);
  }

  /** The same for the batch that is judged. */
  double now(double rows) {
    return 1 / (1 / rows + variance());
  }

  /**
   * A p-value that takes the variance for known, corrected for its being an estimate: as Student's
   * tail at the same score, with Satterthwaite's degrees of freedom (1946, Biometrics Bulletin 2)
   * for the sum of what is known and what is estimated.
   *
   * @param logP natural logarithm of the p-value
   * @param rowsBefore the baseline's rows
   * @param rowsNow the batch's rows
   */
  double allowing(double logP, double rowsBefore, double rowsNow) {
    double guessed = estimated * (1 + 1.0 / batches);
    if (guessed <= 0 || logP >= 0) {
      return logP;
    }
    double known = 1 / rowsBefore + 1 / rowsNow + prior * (1 + 1.0 / batches);
    double share = (known + guessed) / guessed;
    double freedom = degrees * share * share;
    return freedom > MANY ? logP : Significance.logStudent(Significance.score(logP), freedom);
  }
}
