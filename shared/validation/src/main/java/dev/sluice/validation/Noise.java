package dev.sluice.validation;

/**
 * What makes ordinary batches differ: their sampling, and the pipeline's between-batch variance.
 *
 * @param variance see {@link BetweenBatches}, at least 0
 * @param batches how many batches the baseline consists of, at least 1
 */
record Noise(double variance, int batches) {
  /** Rows drawn at random that tell as much about the pipeline as the baseline's do. */
  double before(double rows) {
    return 1 / (1 / rows + variance / batches);
  }

  /** The same for the batch that is judged. */
  double now(double rows) {
    return 1 / (1 / rows + variance);
  }
}
