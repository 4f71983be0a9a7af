package dev.sluice.validation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A feature's new distribution beside the old one, alarm or not: every distance, the shape, and how
 * likely the new one is where nothing changed. A figure that does not apply is null.
 *
 * @param feature the column
 * @param slice {@code column=value} of a group that moved, '' for all rows
 * @param against what it is compared with: {@link #BASELINE} or {@link #LIVE}
 * @param aspect MISSING, NUMBERS or TEXTS
 * @param rowsBefore rows on the old side
 * @param rowsAfter rows on the new side
 * @param lInfinity largest change of a bin's share, 0 to 1
 * @param jensenShannon divergence in bits, 0 to 1
 * @param kolmogorovSmirnov largest gap of the cumulative shares, 0 to 1; of numbers
 * @param populationStability index over ten bins of the old (.1 is small, .25 large)
 * @param wasserstein first Wasserstein distance in the feature's unit; of numbers
 * @param chiSquared Pearson's statistic of two samples, sampling noise and between-batch variance
 *     taken into account
 * @param p how often chance alone differs as much in this comparison, 0 to 1
 * @param ordinary how often an ordinary batch differs as much in any of its comparisons, 0 to 1
 * @param shape of numbers, one entry an aspect
 */
public record Comparison(
    String feature,
    String slice,
    String against,
    String aspect,
    long rowsBefore,
    long rowsAfter,
    @Nullable Double lInfinity,
    @Nullable Double jensenShannon,
    @Nullable Double kolmogorovSmirnov,
    @Nullable Double populationStability,
    @Nullable Double wasserstein,
    @Nullable Double chiSquared,
    double p,
    double ordinary,
    List<ShapeChange> shape) {
  /** The batches that passed before. */
  public static final String BASELINE = "baseline";

  /** The batch that the live model learned from. */
  public static final String LIVE = "live";

  public Comparison {
    shape = List.copyOf(shape);
  }

  /** Of a move. */
  static Comparison of(Move move, String against, double family) {
    @Nullable Double lInfinity = null;
    @Nullable Double stability = null;
    @Nullable Double wasserstein = null;
    @Nullable Double chiSquared = null;
    List<ShapeChange> shape = List.of();
    double[][] shares = shares(move);
    if (shares != null && shares[0].length > 1) {
      lInfinity = Distances.lInfinity(shares[0], shares[1]);
      stability = Distances.populationStability(shares[0], shares[1]);
      chiSquared =
          Distances.pearsonStatistic(
              Distances.scaled(shares[0], move.rowsBefore()),
              Distances.scaled(shares[1], move.rowsAfter()));
    }
    if (move.aspect() == Move.Aspect.NUMBERS) {
      Shape before = move.before().needShape();
      Shape after = move.after().needShape();
      wasserstein = before.wasserstein(after);
      shape = ShapeChange.of(before, after, move.rowsBefore(), move.rowsAfter());
    }
    boolean values = move.aspect() != Move.Aspect.MISSING;
    return new Comparison(
        move.feature(),
        move.group().isEmpty() ? "" : move.group() + "=" + move.value(),
        against,
        move.aspect().name(),
        move.before().rows(),
        move.after().rows(),
        finite(lInfinity),
        values ? (Double) move.divergence() : null,
        move.aspect() == Move.Aspect.NUMBERS ? (Double) move.effect() : null,
        finite(stability),
        finite(wasserstein),
        finite(chiSquared),
        Math.exp(move.logP()),
        Wording.ordinary(move.logP(), family),
        shape);
  }

  private static double @Nullable [][] shares(Move move) {
    return switch (move.aspect()) {
      case MISSING ->
          new double[][] {
            {move.before().missingShare(), 1 - move.before().missingShare()},
            {move.after().missingShare(), 1 - move.after().missingShare()}
          };
      case NUMBERS -> move.before().needShape().sharedBins(move.after().needShape());
      case TEXTS -> {
        double[][] counts =
            Frequencies.alignForTest(move.before().needTexts(), move.after().needTexts());
        yield new double[][] {
          Distances.scaled(counts[0], 1.0 / move.before().needTexts().n()),
          Distances.scaled(counts[1], 1.0 / move.after().needTexts().n())
        };
      }
    };
  }

  private static @Nullable Double finite(@Nullable Double value) {
    return value == null || !Double.isFinite(value) ? null : value;
  }

  /** The row of BigQuery's table {@code comparisons}, without {@code updated_at}. */
  public Map<String, @Nullable Object> toRow(String pipeline, String run, String batch) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("pipeline", pipeline);
    row.put("run", run);
    row.put("batch", batch);
    row.put("feature", feature);
    row.put("slice", slice);
    row.put("against", against);
    row.put("aspect", aspect);
    row.put("rows_before", rowsBefore);
    row.put("rows_after", rowsAfter);
    row.put("l_infinity", lInfinity);
    row.put("jensen_shannon", jensenShannon);
    row.put("kolmogorov_smirnov", kolmogorovSmirnov);
    row.put("population_stability", populationStability);
    row.put("wasserstein", wasserstein);
    row.put("chi_squared", chiSquared);
    row.put("p", p);
    row.put("ordinary", ordinary);
    row.put(
        "shape",
        shape.stream()
            .map(change -> {
              Map<String, @Nullable Object> one = new LinkedHashMap<>();
              one.put("aspect", change.aspect());
              one.put("before", change.before());
              one.put("before_low", change.beforeLow());
              one.put("before_high", change.beforeHigh());
              one.put("after", change.after());
              one.put("after_low", change.afterLow());
              one.put("after_high", change.afterHigh());
              one.put("words", change.words());
              return one;
            })
            .toList());
    return row;
  }
}
