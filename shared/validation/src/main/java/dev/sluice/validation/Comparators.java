package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.Histogram;
import dev.sluice.statistics.NumberSummary;
import dev.sluice.statistics.Quantiles;
import dev.sluice.statistics.ValueCount;
import dev.sluice.statistics.ValueCounts;
import dev.sluice.validation.SchemaEdit.RaiseThreshold;
import dev.sluice.validation.SchemaEdit.WidenGrowth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureComparator;
import org.tensorflow.metadata.v0.HistogramSelection;
import org.tensorflow.metadata.v0.NumericValueComparator;
import org.tensorflow.metadata.v0.Schema;

/**
 * The distances that a schema limits by itself, held to the letter as in TFDV: {@code
 * drift_comparator} to the batch before and {@code skew_comparator} to serving data. Texts are
 * compared value by value (L-infinity, the same over the values of both sides together, and
 * Jensen-Shannon); numbers by the Jensen-Shannon divergence of their histograms, cut at the bounds
 * of both with the values of a bin spread evenly, where TFDV has no L-infinity. Values that are NaN
 * or infinite have bins of their own. Of texts too many to be all known, one that only one side
 * lists is pooled with the rest. Cost: the bins or values of both sides.
 */
final class Comparators {
  /** Bins of equal weight that a histogram of quantiles has. */
  private static final int QUANTILE_BINS = 10;

  private final Schema schema;
  private final SchemaEdit.Comparator which;
  private final Environment environment;
  private final DatasetStatistics batch;
  private final DatasetStatistics control;
  private final Drafts drafts = new Drafts();

  /**
   * @param control the batch before for {@code DRIFT}, serving data for {@code SKEW}
   */
  Comparators(
      Schema schema,
      SchemaEdit.Comparator which,
      String environment,
      DatasetStatistics batch,
      DatasetStatistics control) {
    this.schema = schema;
    this.which = which;
    this.environment = Environment.of(schema, environment);
    this.batch = batch;
    this.control = control;
  }

  /** The limits that are exceeded. */
  List<Draft> run() {
    if (which == SchemaEdit.Comparator.DRIFT) {
      growth(schema.getDatasetConstraints().getNumExamplesDriftComparator());
    }
    for (Feature feature : schema.getFeatureList()) {
      FeatureComparator limits =
          which == SchemaEdit.Comparator.DRIFT
              ? feature.getDriftComparator()
              : feature.getSkewComparator();
      if (SchemaChecks.isInUse(feature) && environment.has(feature) && isLimited(limits)) {
        compare(feature, limits);
      }
    }
    return drafts.all();
  }

  private static boolean isLimited(FeatureComparator limits) {
    return limits.getInfinityNorm().hasThreshold()
        || limits.getJensenShannonDivergence().hasThreshold()
        || limits.getNormalizedAbsDifference().hasThreshold();
  }

  private void growth(NumericValueComparator limits) {
    if (batch.rows() == 0 || control.rows() == 0) {
      return;
    }
    double ratio = (double) batch.rows() / control.rows();
    if (limits.hasMinFractionThreshold() && ratio < limits.getMinFractionThreshold()) {
      growth(
          Kind.COMPARATOR_LOW_NUM_EXAMPLES,
          "at least",
          ratio,
          limits.getMinFractionThreshold(),
          new WidenGrowth(ratio, null));
    }
    if (limits.hasMaxFractionThreshold() && ratio > limits.getMaxFractionThreshold()) {
      growth(
          Kind.COMPARATOR_HIGH_NUM_EXAMPLES,
          "at most",
          ratio,
          limits.getMaxFractionThreshold(),
          new WidenGrowth(null, ratio));
    }
  }

  private void growth(Kind kind, String bound, double ratio, double limit, SchemaEdit edit) {
    String text =
        "the batch has "
            + Wording.number(ratio)
            + " times the rows of the one before, the schema asks for "
            + bound
            + " "
            + Wording.number(limit);
    drafts.add(
        "",
        kind,
        Severity.FAIL,
        text,
        text
            + " ("
            + Wording.count(batch.rows(), "row")
            + ", before "
            + Wording.count(control.rows(), "row")
            + "). Look whether the source was cut off or doubled.",
        ratio,
        limit,
        edit);
  }

  private String other() {
    return which == SchemaEdit.Comparator.DRIFT ? "the batch before" : "serving data";
  }

  private String field() {
    return which == SchemaEdit.Comparator.DRIFT ? "drift_comparator" : "skew_comparator";
  }

  private void compare(Feature feature, FeatureComparator limits) {
    String name = feature.getName();
    FeatureStatistics after = batch.feature(name);
    FeatureStatistics before = control.feature(name);
    boolean hasAfter = after != null && after.count() > 0;
    boolean hasBefore = before != null && before.count() > 0;
    if (!hasAfter || !hasBefore) {
      if (hasAfter != hasBefore) {
        missing(name, hasAfter);
      }
      return;
    }
    if (isListed(feature, before) && isListed(feature, after)) {
      texts(name, limits, before, after);
    } else if (before.numbers() != null && after.numbers() != null) {
      numbers(name, limits, before.numbers(), after.numbers());
    }
  }

  private void missing(String name, boolean inBatch) {
    String text =
        name
            + " has no value in "
            + (inBatch ? other() : "the batch")
            + ", so its "
            + field()
            + " compares nothing";
    drafts.add(
        name,
        inBatch ? Kind.COMPARATOR_CONTROL_DATA_MISSING : Kind.COMPARATOR_TREATMENT_DATA_MISSING,
        Severity.WARN,
        text,
        text + ". It is compared again where both have values.",
        0,
        1);
  }

  /** True of texts, and of numbers that the schema says are names. */
  private static boolean isListed(Feature feature, FeatureStatistics statistics) {
    return statistics.type() == ValueType.STRING
        || (statistics.type() == ValueType.INT && feature.getIntDomain().getIsCategorical());
  }

  private void texts(
      String name, FeatureComparator limits, FeatureStatistics before, FeatureStatistics after) {
    Map<String, double[]> counts = counts(before, after);
    double most = 0;
    String value = "";
    double difference = 0;
    double n1 = before.valueCount();
    double n2 = after.valueCount();
    for (Map.Entry<String, double[]> entry : counts.entrySet()) {
      double[] count = entry.getValue();
      double distance = Math.abs(count[0] / n1 - count[1] / n2);
      if (distance > most) {
        most = distance;
        value = entry.getKey();
      }
      difference = Math.max(difference, Math.abs(count[0] - count[1]) / (n1 + n2));
    }
    double[] widest = counts.getOrDefault(value, new double[2]);
    String where =
        most == 0
            ? ""
            : ", most at "
                + Wording.quoted(value)
                + ": "
                + Wording.percent(widest[0] / n1)
                + " -> "
                + Wording.percent(widest[1] / n2);
    if (limits.getInfinityNorm().hasThreshold()) {
      judge(
          name,
          SchemaEdit.Distance.INFINITY_NORM,
          most,
          limits.getInfinityNorm().getThreshold(),
          where);
    }
    if (limits.getNormalizedAbsDifference().hasThreshold()) {
      judge(
          name,
          SchemaEdit.Distance.NORMALIZED_ABS_DIFFERENCE,
          difference,
          limits.getNormalizedAbsDifference().getThreshold(),
          where);
    }
    if (limits.getJensenShannonDivergence().hasThreshold()) {
      double[] p = new double[counts.size() + 1];
      double[] q = new double[counts.size() + 1];
      int i = 0;
      p[counts.size()] = n1;
      q[counts.size()] = n2;
      for (double[] count : counts.values()) {
        p[i] = count[0];
        q[i++] = count[1];
        p[counts.size()] -= count[0];
        q[counts.size()] -= count[1];
      }
      p[counts.size()] = Math.max(0, p[counts.size()]);
      q[counts.size()] = Math.max(0, q[counts.size()]);
      judge(
          name,
          SchemaEdit.Distance.JENSEN_SHANNON_DIVERGENCE,
          Distances.jensenShannon(p, q),
          limits.getJensenShannonDivergence().getThreshold(),
          where);
    }
  }

  /** Counts on both sides of the values whose counts are known on both. */
  private static Map<String, double[]> counts(FeatureStatistics before, FeatureStatistics after) {
    Map<String, double[]> all = new LinkedHashMap<>();
    add(all, before.values(), 0);
    add(all, after.values(), 1);
    Set<String> inBoth = listed(before.values());
    inBoth.retainAll(listed(after.values()));
    all.entrySet()
        .removeIf(entry ->
            !inBoth.contains(entry.getKey())
                && !(entry.getValue()[0] == 0 ? before : after).values().complete());
    return all;
  }

  private static void add(Map<String, double[]> counts, ValueCounts values, int side) {
    for (ValueCount value : values.top()) {
      counts.computeIfAbsent(value.value(), text -> new double[2])[side] = value.frequency();
    }
  }

  private static Set<String> listed(ValueCounts values) {
    Set<String> listed = new LinkedHashSet<>();
    values.top().forEach(value -> listed.add(value.value()));
    return listed;
  }

  private void numbers(
      String name, FeatureComparator limits, NumberSummary before, NumberSummary after) {
    if (!limits.getJensenShannonDivergence().hasThreshold()) {
      return;
    }
    boolean quantiles =
        limits.getJensenShannonDivergence().getSource().getType()
            == HistogramSelection.Type.QUANTILES;
    double[][] aligned =
        aligned(bins(before, quantiles), special(before), bins(after, quantiles), special(after));
    judge(
        name,
        SchemaEdit.Distance.JENSEN_SHANNON_DIVERGENCE,
        Distances.jensenShannon(aligned[0], aligned[1]),
        limits.getJensenShannonDivergence().getThreshold(),
        ", median " + Wording.number(before.median()) + " -> " + Wording.number(after.median()));
  }

  /** Values from {@code low} to {@code high}, or at one point where both are equal. */
  private record Bin(double low, double high, double weight) {
    boolean isPoint() {
      return low == high;
    }

    double within(double from, double to) {
      double overlap = Math.min(high, to) - Math.max(low, from);
      return overlap <= 0 ? 0 : weight * overlap / (high - low);
    }
  }

  private static List<Bin> bins(NumberSummary numbers, boolean quantiles) {
    List<Bin> bins = new ArrayList<>();
    if (quantiles) {
      Quantiles points = numbers.quantiles();
      double all = numbers.histogram().counts().stream().mapToDouble(count -> count).sum();
      for (int i = 0; i < QUANTILE_BINS && !points.isEmpty(); i++) {
        bins.add(
            new Bin(
                points.value((double) i / QUANTILE_BINS),
                points.value((i + 1.0) / QUANTILE_BINS),
                all / QUANTILE_BINS));
      }
      return bins;
    }
    Histogram histogram = numbers.histogram();
    int size = histogram.counts().size();
    double width = (histogram.high() - histogram.low()) / Math.max(1, size);
    for (int i = 0; i < size; i++) {
      double low = histogram.low() + i * width;
      bins.add(
          new Bin(
              low,
              width == 0 ? low : i == size - 1 ? histogram.high() : low + width,
              histogram.counts().get(i)));
    }
    return bins;
  }

  private static double[] special(NumberSummary numbers) {
    return new double[] {
      numbers.nans(), numbers.positiveInfinities(), numbers.negativeInfinities()
    };
  }

  /** Weights of both sides over the same bins. */
  private static double[][] aligned(
      List<Bin> first, double[] special1, List<Bin> second, double[] special2) {
    TreeSet<Double> bounds = new TreeSet<>();
    TreeSet<Double> points = new TreeSet<>();
    for (List<Bin> side : List.of(first, second)) {
      for (Bin bin : side) {
        if (bin.isPoint()) {
          points.add(bin.low());
        } else {
          bounds.add(bin.low());
          bounds.add(bin.high());
        }
      }
    }
    Double[] cuts = bounds.toArray(new Double[0]);
    int pieces = Math.max(0, cuts.length - 1);
    double[][] weights = new double[2][pieces + points.size() + special1.length];
    for (int side = 0; side < 2; side++) {
      List<Bin> bins = side == 0 ? first : second;
      for (int i = 0; i < pieces; i++) {
        for (Bin bin : bins) {
          weights[side][i] += bin.isPoint() ? 0 : bin.within(cuts[i], cuts[i + 1]);
        }
      }
      int at = pieces;
      for (double point : points) {
        for (Bin bin : bins) {
          weights[side][at] += bin.isPoint() && bin.low() == point ? bin.weight() : 0;
        }
        at++;
      }
      System.arraycopy(side == 0 ? special1 : special2, 0, weights[side], at, special1.length);
    }
    return weights;
  }

  private void judge(
      String name, SchemaEdit.Distance distance, double measured, double threshold, String where) {
    if (measured <= threshold) {
      return;
    }
    String scale =
        switch (distance) {
          case INFINITY_NORM -> "L-infinity distance";
          case JENSEN_SHANNON_DIVERGENCE -> "Jensen-Shannon divergence";
          case NORMALIZED_ABS_DIFFERENCE -> "normalized absolute difference";
        };
    Kind kind =
        switch (distance) {
          case INFINITY_NORM -> Kind.COMPARATOR_L_INFTY_HIGH;
          case JENSEN_SHANNON_DIVERGENCE -> Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH;
          case NORMALIZED_ABS_DIFFERENCE -> Kind.COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH;
        };
    String text =
        name
            + (which == SchemaEdit.Comparator.DRIFT ? " drifted: " : " differs from serving: ")
            + scale
            + " "
            + Wording.number(measured)
            + " above the schema's "
            + Wording.number(threshold);
    drafts.add(
        name,
        kind,
        Severity.FAIL,
        text,
        text + where + ". Look at what changed upstream.",
        measured,
        threshold,
        new RaiseThreshold(name, which, distance, raised(measured)));
  }

  /** Four digits, so that a person can read it; never less than was measured. */
  private static double raised(double measured) {
    return Math.ceil(measured * 1e4) / 1e4;
  }
}
