package dev.sluice.validation;

import dev.sluice.statistics.TimeSummary;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A clock or a time zone that is off: the hours of the day of a feature's times, compared as a
 * circle. The shift is the one that lies nearest to the profile before by Jensen-Shannon; it counts
 * where turning the profile back leaves at most half of the divergence. Constant cost.
 *
 * @param shift hours from -11 to 12 by which the times moved
 * @param distance total variation between the two profiles, 0 to 1
 * @param left the same once the shift is undone
 * @param logP natural logarithm of the chance that profiles of one pipeline differ as much
 */
record Clock(int shift, double distance, double left, double logP) {
  private static final int HOURS = 24;
  private static final double DAY = 86_400;

  /** A batch of fewer hours covers a part of the day by nature. */
  private static final int MOST_OF_A_DAY = 20;

  /** Null where there is nothing to compare: days without hours, or a part of a day. */
  static @Nullable Clock compare(
      @Nullable TimeSummary old, @Nullable TimeSummary now, Noise noise) {
    if (old == null || now == null || !isWhole(old) || !isWhole(now)) {
      return null;
    }
    double[] before = shares(old.hours());
    double[] after = shares(now.hours());
    int best = 0;
    double least = Distances.jensenShannon(before, after);
    double unshifted = least;
    for (int shift = 1; shift < HOURS; shift++) {
      double divergence = Distances.jensenShannon(before, turned(after, shift));
      if (divergence < least) {
        least = divergence;
        best = shift;
      }
    }
    boolean explains = least <= unshifted / 2;
    int shift = !explains ? 0 : best > HOURS / 2 ? best - HOURS : best;
    double[] counts1 = Distances.scaled(before, noise.before((double) old.count()));
    double[] counts2 = Distances.scaled(after, noise.now((double) now.count()));
    int used = 0;
    for (int h = 0; h < HOURS; h++) {
      used += counts1[h] + counts2[h] > 0 ? 1 : 0;
    }
    return new Clock(
        shift,
        variation(before, after),
        variation(before, turned(after, Math.floorMod(shift, HOURS))),
        Significance.logChiSquared(Distances.pearsonStatistic(counts1, counts2), used - 1));
  }

  private static boolean isWhole(TimeSummary times) {
    return times.hours().size() == HOURS
        && times.count() > 0
        && times.latest() - times.earliest() >= DAY
        && times.hours().stream().filter(count -> count > 0).count() >= MOST_OF_A_DAY;
  }

  private static double[] shares(List<Long> counts) {
    double[] shares = new double[HOURS];
    double sum = 0;
    for (int h = 0; h < HOURS; h++) {
      shares[h] = counts.get(h);
      sum += shares[h];
    }
    return Distances.scaled(shares, 1 / sum);
  }

  /** The profile as it was before its times moved by so many hours. */
  private static double[] turned(double[] shares, int shift) {
    double[] turned = new double[HOURS];
    for (int h = 0; h < HOURS; h++) {
      turned[h] = shares[(h + shift) % HOURS];
    }
    return turned;
  }

  private static double variation(double[] a, double[] b) {
    double sum = 0;
    for (int h = 0; h < HOURS; h++) {
      sum += Math.abs(a[h] - b[h]);
    }
    return sum / 2;
  }
}
