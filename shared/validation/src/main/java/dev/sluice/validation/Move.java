package dev.sluice.validation;

import org.jspecify.annotations.Nullable;

/**
 * One feature before and after in the same set of rows, under one aspect: how far it moved, and how
 * likely noise alone moves it as far.
 *
 * @param group the column whose value makes the group, '' for all rows
 * @param value of that column; null for the small groups pooled
 * @param effect on the aspect's scale, signed for MISSING (positive: more missing)
 * @param divergence Jensen-Shannon in bits, 0 for MISSING
 * @param noise what {@code effect} is about, in size, where nothing moved
 * @param logP natural logarithm of the p-value
 * @param rowsBefore rows drawn at random that the old values are worth, see {@link Noise}
 * @param rowsAfter the same of the new ones
 */
record Move(
    String feature,
    Aspect aspect,
    String group,
    @Nullable String value,
    Cell before,
    Cell after,
    double effect,
    double divergence,
    double noise,
    double logP,
    double rowsBefore,
    double rowsAfter) {
  private static final double MOST_ERROR = 0.02;

  /** What of a feature is compared. */
  enum Aspect {
    /** Share of rows without a value; Cohen's h. */
    MISSING,
    /** Distribution of numbers; Kolmogorov-Smirnov distance. */
    NUMBERS,
    /** Shares of texts; L-infinity. */
    TEXTS
  }

  static Move missing(
      String feature, String group, @Nullable String value, Cell before, Cell after, Noise noise) {
    double was = noise.before(before.rows());
    double is = noise.now(after.rows());
    return new Move(
        feature,
        Aspect.MISSING,
        group,
        value,
        before,
        after,
        Distances.cohenH(before.missingShare(), after.missingShare()),
        0,
        Math.sqrt(1 / was + 1 / is),
        noise.allowing(
            Significance.logFisher(
                Math.round(was * before.missingShare()),
                Math.round(was),
                Math.round(is * after.missingShare()),
                Math.round(is)),
            before.rows(),
            after.rows()),
        was,
        is);
  }

  static Move numbers(
      String feature, String group, @Nullable String value, Cell before, Cell after, Noise noise) {
    Shape a = before.needShape();
    Shape b = after.needShape();
    double was = noise.before((double) a.n());
    double is = noise.now((double) b.n());
    double distance = a.kolmogorovSmirnov(b);
    double[][] bins = a.sharedBins(b);
    double logKolmogorov = Significance.logKolmogorov(distance, was, is);
    double divergence = 0;
    double logShares = 0;
    // Shares of bins say nothing where a rank may be off by much of a bin.
    if (bins[0].length > 1 && Math.max(a.error(), b.error()) <= MOST_ERROR) {
      divergence = Distances.jensenShannon(bins[0], bins[1]);
      logShares = logSameShares(Distances.scaled(bins[0], was), Distances.scaled(bins[1], is));
    }
    return new Move(
        feature,
        Aspect.NUMBERS,
        group,
        value,
        before,
        after,
        distance,
        divergence,
        0.87 * Math.sqrt(1 / was + 1 / is),
        noise.allowing(
            Math.min(0, Math.log(2) + Math.min(logKolmogorov, logShares)),
            (double) a.n(),
            (double) b.n()),
        was,
        is);
  }

  static Move texts(
      String feature, String group, @Nullable String value, Cell before, Cell after, Noise noise) {
    double[][] counts = Frequencies.alignForTest(before.needTexts(), after.needTexts());
    double rowsBefore = (double) before.needTexts().n();
    double rowsAfter = (double) after.needTexts().n();
    double was = noise.before(rowsBefore);
    double is = noise.now(rowsAfter);
    return new Move(
        feature,
        Aspect.TEXTS,
        group,
        value,
        before,
        after,
        Distances.lInfinity(counts[0], counts[1]),
        Distances.jensenShannon(counts[0], counts[1]),
        0.5 * Math.sqrt(1 / was + 1 / is),
        noise.allowing(
            logSameShares(
                Distances.scaled(counts[0], was / rowsBefore),
                Distances.scaled(counts[1], is / rowsAfter)),
            rowsBefore,
            rowsAfter),
        was,
        is);
  }

  private static double logSameShares(double[] before, double[] after) {
    int bins = 0;
    for (int i = 0; i < before.length; i++) {
      bins += before[i] + after[i] > 0 ? 1 : 0;
    }
    // Far in the tail G overstates values that vanish and Pearson's those that appear: the smaller
    // of the two stays on the safe side of the exact probability.
    double statistic =
        Math.min(Distances.gStatistic(before, after), Distances.pearsonStatistic(before, after));
    return Significance.logChiSquared(statistic, bins - 1);
  }

  /**
   * The part of the rows that is concerned, beyond what noise alone shows: on a scale on which a
   * group that is one half broken counts half as much.
   */
  double excess() {
    if (aspect != Aspect.MISSING) {
      return Math.max(0, Math.abs(effect) - noise);
    }
    double is = after.missingShare();
    double share = Math.max(is, before.missingShare());
    return Math.max(
        0, Math.abs(is - before.missingShare()) - noise * Math.sqrt(share * (1 - share)));
  }

  /** What the effect weighs by its size alone, significance aside. */
  Severity severity(Thresholds thresholds) {
    if (aspect == Aspect.MISSING) {
      return missingSeverity(thresholds);
    }
    if (!group.isEmpty()) {
      return thresholds.groupDistance().severity(effect);
    }
    Severity byDistance = thresholds.distance().severity(effect);
    Severity byDivergence = thresholds.divergence().severity(divergence);
    return byDistance.compareTo(byDivergence) >= 0 ? byDistance : byDivergence;
  }

  private Severity missingSeverity(Thresholds thresholds) {
    double was = before.missingShare();
    double is = after.missingShare();
    if (effect < 0) {
      // Gaps that close break nothing, but something fills them now.
      return -effect >= thresholds.missing().fail() && was - is >= 0.05
          ? Severity.WARN
          : Severity.INFO;
    }
    Thresholds.Floor floor = group.isEmpty() ? thresholds.missing() : thresholds.groupMissing();
    Severity severity = floor.severity(effect);
    boolean large = is - was >= 0.01 && (is >= 1.5 * was || effect >= 0.5);
    if (is - was < 0.0025) {
      return Severity.INFO;
    }
    return large ? severity : severity.atMost(Severity.WARN);
  }
}
