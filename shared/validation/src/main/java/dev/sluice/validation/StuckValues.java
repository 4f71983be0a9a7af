package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.NumberSummary;
import dev.sluice.statistics.ValueCount;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.FirstRows.ValueStarts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values that occur more often than chance explains (Fisher's exact test, Bonferroni over the
 * values of all features). Where such a value turns out to begin at a row and to stay, it is stuck,
 * as a sensor or a counter is that no longer counts. One that was never there and is what systems
 * write when they know nothing (0, -1, 999, 1970-01-01, 'unknown') stands for missing values
 * wherever it is. Linear in the values that statistics keep.
 */
final class StuckValues {
  /** Values of a feature that are looked for. */
  private static final int MOST_VALUES = 2;

  private static final double LEAST_RISE = 0.0025;
  private static final long FEWEST = 10;

  /** A value that nearly all rows had cannot tell that it is stuck. */
  private static final double COMMON = 0.8;

  /** Where values move on by nature, only such fine ones tell. */
  private static final double FINE = 0.05;

  private static final long MANY = 100;

  /** A value that may have become more frequent: a run of it to the end of the file tells. */
  private static final double SUSPECT = Math.log(0.2);

  private static final int SECONDS_A_DAY = 86_400;

  private static final Set<String> TEXTS =
      Set.of(
          "",
          "0",
          "-1",
          "na",
          "n/a",
          "#n/a",
          "nan",
          "null",
          "none",
          "nil",
          "unknown",
          "undefined",
          "unspecified",
          "missing",
          "default",
          "tbd",
          "-",
          "--",
          "?",
          "1970-01-01",
          "1900-01-01",
          "0001-01-01",
          "0000-00-00",
          "9999-12-31",
          "1970-01-01 00:00:00",
          "1970-01-01t00:00:00",
          "1970-01-01t00:00:00z");
  private static final Set<String> NUMBERS =
      Set.of(
          "0",
          "-1",
          "-9",
          "-99",
          "99",
          "-999",
          "999",
          "-9999",
          "9999",
          "99999",
          "-99999",
          "999999",
          "2147483647",
          "-2147483648");

  private final DatasetStatistics batch;
  private final List<DatasetStatistics> before;
  private final Checks checks;
  private final double logAlpha;

  /**
   * @param before what to compare with, taken together; not empty
   */
  StuckValues(DatasetStatistics batch, List<DatasetStatistics> before, Checks checks) {
    this.batch = batch;
    this.before = before;
    this.checks = checks;
    int values = batch.features().stream().mapToInt(f -> f.values().top().size()).sum();
    this.logAlpha = Math.log(checks.rate(Checks.Part.VALUES) / Math.max(1, values));
  }

  /** Each with the search that tells whether it is stuck. */
  List<Draft> run() {
    List<Draft> drafts = new ArrayList<>();
    for (FeatureStatistics now : batch.features()) {
      FeatureStatistics old = before.getFirst().feature(now.name());
      if (old != null && !now.repeated() && isText(now) == isText(old)) {
        ValueShares shares =
            ValueShares.of(before.stream().filter(one -> hasType(one, now)).toList(), now.name());
        if (shares.n() > 0 && tells(old, now, shares)) {
          add(drafts, now, old, shares);
        }
      }
    }
    return drafts;
  }

  private static boolean isText(FeatureStatistics feature) {
    return feature.type() == ValueType.STRING;
  }

  private static boolean hasType(DatasetStatistics one, FeatureStatistics now) {
    FeatureStatistics feature = one.feature(now.name());
    return feature != null && isText(feature) == isText(now);
  }

  /**
   * Days, months and the like repeat in all rows of a batch; a fine clock or a counter does not.
   */
  private static boolean tells(FeatureStatistics old, FeatureStatistics now, ValueShares shares) {
    if (Nature.movesOn(old, now) == null && Nature.time(old) == null) {
      return true;
    }
    Long unique = old.values().unique();
    return unique != null
        && unique >= MANY
        && shares.largest() <= FINE
        && old.values().top().stream().anyMatch(value -> !isDay(old, value.value()));
  }

  private static boolean isDay(FeatureStatistics feature, String value) {
    if (feature.type() == ValueType.STRING) {
      double seconds = TimeAxis.parse(value);
      return !Double.isNaN(seconds) && value.indexOf(':') < 0;
    }
    return Nature.time(feature) != null && Double.parseDouble(value) % SECONDS_A_DAY == 0;
  }

  private record Risen(ValueCount value, String key, long before, double rise, boolean sure) {}

  private void add(
      List<Draft> drafts, FeatureStatistics now, FeatureStatistics old, ValueShares shares) {
    long n = now.valueCount();
    List<Risen> risen = new ArrayList<>();
    for (ValueCount value : now.values().top()) {
      String key = ValueShares.key(now.type(), value.value());
      long frequency = value.frequency() - now.values().topError();
      long was = shares.atMost(key);
      double rise = (double) frequency / n - (double) was / shares.n();
      if (frequency >= FEWEST && rise >= LEAST_RISE && (double) was / shares.n() < COMMON) {
        double logP = Significance.logFisher(was, shares.n(), frequency, n);
        if (logP <= SUSPECT) {
          risen.add(new Risen(value, key, was, rise, logP <= logAlpha));
        }
      }
    }
    risen.sort(Comparator.comparing(Risen::sure).thenComparingDouble(Risen::rise).reversed());
    risen.stream().limit(MOST_VALUES).map(one -> draft(now, old, shares, one)).forEach(drafts::add);
  }

  private Draft draft(
      FeatureStatistics now, FeatureStatistics old, ValueShares shares, Risen risen) {
    String name = now.name();
    double share = (double) risen.value().frequency() / now.valueCount();
    double was = (double) risen.before() / shares.n();
    boolean placeholder =
        risen.sure() && !shares.counts().containsKey(risen.key()) && isPlaceholder(old, risen);
    double effect = Distances.cohenH(was, share);
    Thresholds.Floor floor = checks.of(name).missing();
    String value = Wording.quoted(risen.value().value());
    String text =
        name
            + (placeholder
                ? " has the default " + value + " for a value in "
                : " is " + value + " in ")
            + Wording.percent(share)
            + " of its values, before "
            + (shares.counts().containsKey(risen.key()) || shares.unlisted() == 0
                ? Wording.percent(was)
                : "at most " + Wording.percent(was));
    return new Draft(
        Anomaly.of(
            name,
            placeholder ? Kind.DEFAULT_FOR_VALUE : Kind.VALUE_STUCK,
            placeholder ? floor.severity(effect) : Severity.INFO,
            text,
            text
                + ". Look at what writes "
                + name
                + " upstream ("
                + (placeholder
                    ? "a lookup that fails, a new default"
                    : "a reading that is repeated, a variable that is not set again")
                + "); if it is meant, lower the severity of "
                + name
                + " under checks in the spec. (Cohen's h "
                + Wording.number(effect)
                + ", threshold "
                + Wording.number(floor.fail())
                + ".)",
            effect,
            floor.fail()),
        new ValueStarts(
            name,
            Rows.ALL,
            risen.value().value(),
            was,
            equalNeighbours(now, risen.value()),
            /* toTheEnd= */ !risen.sure()));
  }

  /** Of numbers, only what lies beyond all that was there before is taken for a default. */
  private static boolean isPlaceholder(FeatureStatistics old, Risen risen) {
    @Nullable NumberSummary numbers = old.numbers();
    if (numbers == null) {
      return TEXTS.contains(risen.key().strip().toLowerCase(Locale.ROOT));
    }
    double value = Double.parseDouble(risen.key());
    return NUMBERS.contains(risen.key()) && (value < numbers.min() || value > numbers.max());
  }

  private static double equalNeighbours(FeatureStatistics now, ValueCount value) {
    double others = Math.max(1, now.valueCount() - value.frequency());
    double chance = 0;
    for (ValueCount other : now.values().top()) {
      if (!other.value().equals(value.value())) {
        chance += (other.frequency() / others) * (other.frequency() / others);
      }
    }
    return Math.min(1, chance);
  }
}
