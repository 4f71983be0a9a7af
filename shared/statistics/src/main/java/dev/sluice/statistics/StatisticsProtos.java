package dev.sluice.statistics;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.CommonStatistics;
import org.tensorflow.metadata.v0.CustomStatistic;
import org.tensorflow.metadata.v0.DatasetFeatureStatistics;
import org.tensorflow.metadata.v0.DatasetFeatureStatisticsList;
import org.tensorflow.metadata.v0.FeatureNameStatistics;
import org.tensorflow.metadata.v0.Histogram.HistogramType;
import org.tensorflow.metadata.v0.NumericCrossStatistics;
import org.tensorflow.metadata.v0.NumericStatistics;
import org.tensorflow.metadata.v0.Path;
import org.tensorflow.metadata.v0.RankHistogram;
import org.tensorflow.metadata.v0.StringStatistics;

/**
 * Statistics as tensorflow-metadata's {@code DatasetFeatureStatisticsList}, which TensorFlow Data
 * Validation and Facets read, and back. What the standard fields lack or round is in {@code
 * custom_stats} under the names below, so that reading gives back all that was written. A list that
 * another tool wrote is read as far as it goes.
 */
public final class StatisticsProtos {
  private static final int QUANTILE_BUCKETS = 10;
  private static final int TOP_VALUES = 20;

  private static final String MULTI_VALUED = "multi_valued";
  private static final String UNIQUE = "unique";
  private static final String UNIQUE_ERROR = "unique_relative_error";
  private static final String COUNTS = "value_counts";
  private static final String COUNTS_ERROR = "value_counts_error";
  private static final String MODE = "mode";
  private static final String ENTROPY = "entropy";
  private static final String SKEWNESS = "skewness";
  private static final String KURTOSIS = "kurtosis";
  private static final String POSITIVE_INFINITIES = "positive_infinities";
  private static final String NEGATIVE_INFINITIES = "negative_infinities";
  private static final String QUANTILES = "quantiles";
  private static final String QUANTILES_RANK_ERROR = "quantiles_rank_error";
  private static final String QUANTILES_VALUE_ERROR = "quantiles_relative_value_error";
  private static final String AVG_LENGTH = "avg_length";
  private static final String MIN_LENGTH = "min_length";
  private static final String MAX_LENGTH = "max_length";
  private static final String QUANTILE_SKEWNESS = "quantile_skewness";
  private static final String NUMBERS = "number_like";
  private static final String DAMAGED = "damaged_encoding";
  private static final String FORMATS = "formats";
  private static final String FORMAT_EXAMPLES = "format_examples";
  private static final String FORMATS_ERROR = "formats_error";
  private static final String FORMATS_COARSE = "formats_coarse";
  private static final String TIMES = "times";
  private static final String EARLIEST = "earliest";
  private static final String LATEST = "latest";
  private static final String HOURS = "hours";
  private static final String WEEKDAYS = "weekdays";
  private static final String STEPS_UP = "steps_up";
  private static final String STEPS_DOWN = "steps_down";
  private static final String STEPS_SAME = "steps_same";

  private StatisticsProtos() {}

  /** A list with a data set for each of {@code datasets}, by {@link DatasetStatistics#name}. */
  public static DatasetFeatureStatisticsList toProto(List<DatasetStatistics> datasets) {
    DatasetFeatureStatisticsList.Builder list = DatasetFeatureStatisticsList.newBuilder();
    for (DatasetStatistics dataset : datasets) {
      DatasetFeatureStatistics.Builder proto =
          list.addDatasetsBuilder().setName(dataset.name()).setNumExamples(dataset.rows());
      for (FeatureStatistics feature : dataset.features()) {
        proto.addFeatures(toProto(feature));
      }
    }
    return list.build();
  }

  /**
   * The same, with the correlations of all rows as the cross features of the first data set, which
   * describes them. Pearson's is what the standard fields hold; the other measures have none.
   */
  public static DatasetFeatureStatisticsList toProto(
      List<DatasetStatistics> datasets, Relations relations) {
    DatasetFeatureStatisticsList.Builder list = toProto(datasets).toBuilder();
    DatasetStatistics whole = datasets.getFirst();
    for (Association association : relations.associations()) {
      if (association.measure() == Association.Measure.PEARSON
          && Double.isFinite(association.value())) {
        list.getDatasetsBuilder(0)
            .addCrossFeaturesBuilder()
            .setPathX(Path.newBuilder().addStep(association.a()))
            .setPathY(Path.newBuilder().addStep(association.b()))
            .setCount(association.rows())
            .setNumCrossStats(
                NumericCrossStatistics.newBuilder()
                    .setCorrelation((float) association.value())
                    .setCovariance(
                        (float)
                            (association.value()
                                * deviation(whole, association.a())
                                * deviation(whole, association.b()))));
      }
    }
    return list.build();
  }

  private static double deviation(DatasetStatistics whole, String feature) {
    FeatureStatistics of = whole.feature(feature);
    NumberSummary numbers = of == null ? null : of.numbers();
    if (numbers == null) {
      throw new Bug(feature + " has a correlation but is no feature of numbers");
    }
    return numbers.stdDev();
  }

  /** The data sets of a list; {@code BadInput} where one holds a feature that is not flat data. */
  public static List<DatasetStatistics> fromProto(DatasetFeatureStatisticsList list) {
    List<DatasetStatistics> datasets = new ArrayList<>();
    for (DatasetFeatureStatistics proto : list.getDatasetsList()) {
      List<FeatureStatistics> features = new ArrayList<>();
      for (FeatureNameStatistics feature : proto.getFeaturesList()) {
        features.add(fromProto(feature));
      }
      String name = proto.getName();
      datasets.add(
          new DatasetStatistics(
              DatasetStatistics.splitOf(name),
              DatasetStatistics.sliceOf(name),
              proto.getNumExamples(),
              features));
    }
    return List.copyOf(datasets);
  }

  private static FeatureNameStatistics toProto(FeatureStatistics feature) {
    FeatureNameStatistics.Builder proto =
        FeatureNameStatistics.newBuilder()
            .setPath(Path.newBuilder().addStep(feature.name()))
            .setType(
                switch (feature.type()) {
                  case INT -> FeatureNameStatistics.Type.INT;
                  case FLOAT -> FeatureNameStatistics.Type.FLOAT;
                  case STRING -> FeatureNameStatistics.Type.STRING;
                });
    CommonStatistics common = common(feature);
    ValueCounts values = feature.values();
    NumberSummary numbers = feature.numbers();
    TextSummary text = feature.text();
    if (numbers != null) {
      proto.setNumStats(numeric(feature, numbers).setCommonStats(common));
      addCustom(proto, SKEWNESS, numbers.skewness());
      addCustom(proto, KURTOSIS, numbers.kurtosis());
      addCustom(proto, QUANTILE_SKEWNESS, numbers.quantileSkewness());
      addCustom(proto, POSITIVE_INFINITIES, numbers.positiveInfinities());
      addCustom(proto, NEGATIVE_INFINITIES, numbers.negativeInfinities());
      Quantiles quantiles = numbers.quantiles();
      if (!quantiles.isEmpty()) {
        long finite = finite(feature, numbers);
        proto.addCustomStats(
            CustomStatistic.newBuilder()
                .setName(QUANTILES)
                .setHistogram(quantileHistogram(quantiles, quantiles.size() - 1, finite)));
        addCustom(proto, QUANTILES_RANK_ERROR, quantiles.rankError());
        addCustom(proto, QUANTILES_VALUE_ERROR, quantiles.valueError());
      }
      if (!values.top().isEmpty()) {
        proto.addCustomStats(
            CustomStatistic.newBuilder().setName(COUNTS).setRankHistogram(ranks(values.top())));
      }
    } else if (text != null) {
      StringStatistics.Builder strings =
          StringStatistics.newBuilder()
              .setCommonStats(common)
              .setUnique(values.unique() == null ? values.top().size() : values.unique())
              .setInvalidUtf8Count(text.invalidUtf8())
              .setRankHistogram(ranks(values.top()));
      for (ValueCount value : values.top().subList(0, Math.min(TOP_VALUES, values.top().size()))) {
        strings
            .addTopValuesBuilder()
            .setValue(value.value())
            .setFrequency((double) value.frequency());
      }
      if (feature.count() > 0) {
        strings.setAvgLength((float) text.avgLength());
        addCustom(proto, AVG_LENGTH, text.avgLength());
        addCustom(proto, MIN_LENGTH, text.minLength());
        addCustom(proto, MAX_LENGTH, text.maxLength());
        addCustom(proto, NUMBERS, text.numbers());
        addCustom(proto, DAMAGED, text.damaged());
        addFormats(proto, text.formats());
      }
      proto.setStringStats(strings);
    }
    if (feature.times() != null) {
      addTimes(proto, feature.times());
    }
    if (feature.steps() != null) {
      addCustom(proto, STEPS_UP, feature.steps().up());
      addCustom(proto, STEPS_DOWN, feature.steps().down());
      addCustom(proto, STEPS_SAME, feature.steps().same());
    }
    if (feature.repeated()) {
      addCustom(proto, MULTI_VALUED, 1);
    }
    if (values.unique() != null) {
      addCustom(proto, UNIQUE, values.unique());
    }
    addCustom(proto, UNIQUE_ERROR, values.uniqueError());
    addCustom(proto, COUNTS_ERROR, values.topError());
    if (values.entropy() != null) {
      addCustom(proto, ENTROPY, values.entropy());
    }
    String mode = values.mode();
    if (mode != null) {
      proto.addCustomStats(CustomStatistic.newBuilder().setName(MODE).setStr(mode));
    }
    return proto.build();
  }

  /** Formats as labels, and again with an example of each for a label. */
  private static void addFormats(FeatureNameStatistics.Builder proto, Formats formats) {
    List<ValueCount> patterns = new ArrayList<>();
    List<ValueCount> examples = new ArrayList<>();
    for (FormatCount format : formats.top()) {
      patterns.add(new ValueCount(format.format(), format.frequency()));
      examples.add(new ValueCount(format.example(), format.frequency()));
    }
    if (!patterns.isEmpty()) {
      proto.addCustomStats(
          CustomStatistic.newBuilder().setName(FORMATS).setRankHistogram(ranks(patterns)));
      proto.addCustomStats(
          CustomStatistic.newBuilder().setName(FORMAT_EXAMPLES).setRankHistogram(ranks(examples)));
    }
    addCustom(proto, FORMATS_ERROR, formats.error());
    addCustom(proto, FORMATS_COARSE, formats.coarse() ? 1 : 0);
  }

  private static Formats formats(Map<String, CustomStatistic> custom) {
    List<FormatCount> top = new ArrayList<>();
    CustomStatistic patterns = custom.get(FORMATS);
    CustomStatistic examples = custom.get(FORMAT_EXAMPLES);
    if (patterns != null && examples != null) {
      List<ValueCount> labels = ranks(examples.getRankHistogram());
      for (ValueCount pattern : ranks(patterns.getRankHistogram())) {
        String example = top.size() < labels.size() ? labels.get(top.size()).value() : "";
        top.add(new FormatCount(pattern.value(), pattern.frequency(), example));
      }
    }
    return new Formats(
        top, (long) num(custom, FORMATS_ERROR, 0), num(custom, FORMATS_COARSE, 0) == 1);
  }

  private static void addTimes(FeatureNameStatistics.Builder proto, TimeSummary times) {
    addCustom(proto, TIMES, times.count());
    addCustom(proto, EARLIEST, times.earliest());
    addCustom(proto, LATEST, times.latest());
    if (!times.hours().isEmpty()) {
      proto.addCustomStats(
          CustomStatistic.newBuilder().setName(HOURS).setHistogram(whole(times.hours())));
    }
    proto.addCustomStats(
        CustomStatistic.newBuilder().setName(WEEKDAYS).setHistogram(whole(times.weekdays())));
  }

  /** Counts of 0, 1, 2, ... */
  private static org.tensorflow.metadata.v0.Histogram.Builder whole(List<Long> counts) {
    org.tensorflow.metadata.v0.Histogram.Builder proto =
        org.tensorflow.metadata.v0.Histogram.newBuilder().setType(HistogramType.STANDARD);
    for (int i = 0; i < counts.size(); i++) {
      proto
          .addBucketsBuilder()
          .setLowValue(i)
          .setHighValue(i + 1)
          .setSampleCount((double) counts.get(i));
    }
    return proto;
  }

  private static @Nullable TimeSummary times(Map<String, CustomStatistic> custom) {
    return custom.containsKey(TIMES)
        ? new TimeSummary(
            (long) num(custom, TIMES, 0),
            num(custom, EARLIEST, Double.NaN),
            num(custom, LATEST, Double.NaN),
            whole(custom.get(HOURS)),
            whole(custom.get(WEEKDAYS)))
        : null;
  }

  private static List<Long> whole(@Nullable CustomStatistic histogram) {
    return histogram == null
        ? List.of()
        : histogram.getHistogram().getBucketsList().stream()
            .map(bucket -> Math.round(bucket.getSampleCount()))
            .toList();
  }

  private static @Nullable Steps steps(Map<String, CustomStatistic> custom) {
    return custom.containsKey(STEPS_UP)
        ? new Steps(
            (long) num(custom, STEPS_UP, 0),
            (long) num(custom, STEPS_DOWN, 0),
            (long) num(custom, STEPS_SAME, 0))
        : null;
  }

  private static CommonStatistics common(FeatureStatistics feature) {
    CommonStatistics.Builder common =
        CommonStatistics.newBuilder()
            .setNumNonMissing(feature.count())
            .setNumMissing(feature.missing())
            .setTotNumValues(feature.valueCount());
    if (feature.count() > 0) {
      Valency valency = feature.valency();
      common
          .setMinNumValues(valency.min())
          .setMaxNumValues(valency.max())
          .setAvgNumValues((float) ((double) valency.total() / feature.count()));
    }
    return common.build();
  }

  private static NumericStatistics.Builder numeric(
      FeatureStatistics feature, NumberSummary numbers) {
    NumericStatistics.Builder proto = NumericStatistics.newBuilder().setNumZeros(numbers.zeros());
    org.tensorflow.metadata.v0.Histogram.Builder standard =
        proto.addHistogramsBuilder().setType(HistogramType.STANDARD).setNumNan(numbers.nans());
    long finite = finite(feature, numbers);
    if (finite == 0) {
      return proto;
    }
    proto
        .setMean(numbers.mean())
        .setStdDev(numbers.stdDev())
        .setMin(numbers.min())
        .setMedian(numbers.median())
        .setMax(numbers.max());
    Histogram histogram = numbers.histogram();
    int bins = histogram.counts().size();
    for (int i = 0; i < bins; i++) {
      standard
          .addBucketsBuilder()
          .setLowValue(edge(histogram, i, bins))
          .setHighValue(edge(histogram, i + 1, bins))
          .setSampleCount(histogram.counts().get(i));
    }
    if (!numbers.quantiles().isEmpty()) {
      proto.addHistograms(
          quantileHistogram(numbers.quantiles(), QUANTILE_BUCKETS, finite)
              .setNumNan(numbers.nans()));
    }
    return proto;
  }

  private static double edge(Histogram histogram, int i, int bins) {
    return i == bins
        ? histogram.high()
        : Quantiles.interpolate(histogram.low(), histogram.high(), (double) i / bins);
  }

  private static long finite(FeatureStatistics feature, NumberSummary numbers) {
    return feature.valueCount() - numbers.nans() - numbers.infinities();
  }

  private static org.tensorflow.metadata.v0.Histogram.Builder quantileHistogram(
      Quantiles quantiles, int buckets, long finite) {
    org.tensorflow.metadata.v0.Histogram.Builder proto =
        org.tensorflow.metadata.v0.Histogram.newBuilder().setType(HistogramType.QUANTILES);
    double low = quantiles.point(0);
    int last = quantiles.size() - 1;
    for (int i = 1; i <= buckets; i++) {
      double high =
          i * last % buckets == 0
              ? quantiles.point(i * last / buckets)
              : quantiles.value((double) i / buckets);
      proto
          .addBucketsBuilder()
          .setLowValue(low)
          .setHighValue(high)
          .setSampleCount((double) finite / buckets);
      low = high;
    }
    return proto;
  }

  private static RankHistogram ranks(List<ValueCount> values) {
    RankHistogram.Builder proto = RankHistogram.newBuilder();
    int rank = 0;
    for (ValueCount value : values) {
      proto
          .addBucketsBuilder()
          .setLowRank(rank)
          .setHighRank(rank)
          .setLabel(value.value())
          .setSampleCount((double) value.frequency());
      rank++;
    }
    return proto.build();
  }

  private static void addCustom(FeatureNameStatistics.Builder proto, String name, double value) {
    if (!Double.isNaN(value)) {
      proto.addCustomStats(CustomStatistic.newBuilder().setName(name).setNum(value));
    }
  }

  private static void addCustom(FeatureNameStatistics.Builder proto, String name, long value) {
    proto.addCustomStats(CustomStatistic.newBuilder().setName(name).setNum((double) value));
  }

  private static FeatureStatistics fromProto(FeatureNameStatistics proto) {
    String name =
        proto.hasPath() ? String.join(".", proto.getPath().getStepList()) : proto.getName();
    Map<String, CustomStatistic> custom = new HashMap<>();
    for (CustomStatistic statistic : proto.getCustomStatsList()) {
      custom.put(statistic.getName(), statistic);
    }
    return switch (proto.getStatsCase()) {
      case NUM_STATS -> numbers(name, proto, custom);
      case STRING_STATS -> text(name, proto.getStringStats(), custom);
      case BYTES_STATS, STRUCT_STATS, STATS_NOT_SET ->
          throw new BadInput(
              "the statistics of feature "
                  + name
                  + " are "
                  + proto.getStatsCase()
                  + "; only num_stats and string_stats can be compared, leave the feature out");
    };
  }

  private static FeatureStatistics numbers(
      String name, FeatureNameStatistics feature, Map<String, CustomStatistic> custom) {
    NumericStatistics proto = feature.getNumStats();
    long count = proto.getCommonStats().getNumNonMissing();
    long nans = 0;
    Histogram histogram = new Histogram(Double.NaN, Double.NaN, List.of());
    Quantiles quantiles = Quantiles.empty();
    for (org.tensorflow.metadata.v0.Histogram each : proto.getHistogramsList()) {
      nans = Math.max(nans, each.getNumNan());
      if (each.getType() == HistogramType.STANDARD && each.getBucketsCount() > 0) {
        histogram =
            new Histogram(
                each.getBuckets(0).getLowValue(),
                each.getBuckets(each.getBucketsCount() - 1).getHighValue(),
                each.getBucketsList().stream().map(bucket -> bucket.getSampleCount()).toList());
      } else if (each.getBucketsCount() > 0) {
        quantiles = quantiles(each, 0, 0);
      }
    }
    CustomStatistic fine = custom.get(QUANTILES);
    if (fine != null) {
      quantiles =
          quantiles(
              fine.getHistogram(),
              num(custom, QUANTILES_RANK_ERROR, 0),
              num(custom, QUANTILES_VALUE_ERROR, 0));
    }
    long positive = (long) num(custom, POSITIVE_INFINITIES, 0);
    long negative = (long) num(custom, NEGATIVE_INFINITIES, 0);
    Valency lists = lists(proto.getCommonStats(), custom);
    long all = lists == null ? count : lists.total();
    boolean none = all - nans - positive - negative <= 0;
    ToDoubleFunction<Double> orNaN = value -> none ? Double.NaN : value;
    NumberSummary numbers =
        new NumberSummary(
            proto.getNumZeros(),
            positive,
            negative,
            nans,
            orNaN.applyAsDouble(proto.getMean()),
            orNaN.applyAsDouble(proto.getStdDev()),
            orNaN.applyAsDouble(proto.getMin()),
            orNaN.applyAsDouble(proto.getMedian()),
            orNaN.applyAsDouble(proto.getMax()),
            num(custom, SKEWNESS, Double.NaN),
            num(custom, KURTOSIS, Double.NaN),
            quantiles,
            histogram);
    CustomStatistic counts = custom.get(COUNTS);
    ValueCounts values =
        values(
            custom.containsKey(UNIQUE) ? (Long) (long) num(custom, UNIQUE, 0) : null,
            counts == null ? List.of() : ranks(counts.getRankHistogram()),
            custom);
    return new FeatureStatistics(
        name,
        feature.getType() == FeatureNameStatistics.Type.INT ? ValueType.INT : ValueType.FLOAT,
        count,
        proto.getCommonStats().getNumMissing(),
        values,
        numbers,
        /* text= */ null,
        lists,
        times(custom),
        steps(custom));
  }

  /** Null where each row has one value; of another tool's statistics, where none has more. */
  private static @Nullable Valency lists(
      CommonStatistics common, Map<String, CustomStatistic> custom) {
    return custom.containsKey(MULTI_VALUED) || common.getMaxNumValues() > 1
        ? new Valency(common.getMinNumValues(), common.getMaxNumValues(), common.getTotNumValues())
        : null;
  }

  private static FeatureStatistics text(
      String name, StringStatistics proto, Map<String, CustomStatistic> custom) {
    long count = proto.getCommonStats().getNumNonMissing();
    boolean foreign = !custom.containsKey(UNIQUE_ERROR);
    Long unique = foreign || custom.containsKey(UNIQUE) ? (Long) proto.getUnique() : null;
    List<ValueCount> top = ranks(proto.getRankHistogram());
    if (top.isEmpty()) {
      top =
          proto.getTopValuesList().stream()
              .map(value -> new ValueCount(value.getValue(), Math.round(value.getFrequency())))
              .toList();
    }
    TextSummary text =
        new TextSummary(
            count == 0 ? Double.NaN : num(custom, AVG_LENGTH, proto.getAvgLength()),
            (int) num(custom, MIN_LENGTH, 0),
            (int) num(custom, MAX_LENGTH, 0),
            (long) num(custom, NUMBERS, 0),
            proto.getInvalidUtf8Count(),
            (long) num(custom, DAMAGED, 0),
            formats(custom));
    return new FeatureStatistics(
        name,
        ValueType.STRING,
        count,
        proto.getCommonStats().getNumMissing(),
        values(unique, top, custom),
        /* numbers= */ null,
        text,
        lists(proto.getCommonStats(), custom),
        times(custom),
        steps(custom));
  }

  private static ValueCounts values(
      @Nullable Long unique, List<ValueCount> top, Map<String, CustomStatistic> custom) {
    return new ValueCounts(
        unique,
        num(custom, UNIQUE_ERROR, 0),
        top,
        (long) num(custom, COUNTS_ERROR, 0),
        custom.containsKey(ENTROPY) ? (Double) num(custom, ENTROPY, 0) : null);
  }

  private static Quantiles quantiles(
      org.tensorflow.metadata.v0.Histogram histogram, double rankError, double valueError) {
    double[] points = new double[histogram.getBucketsCount() + 1];
    points[0] = histogram.getBuckets(0).getLowValue();
    for (int i = 1; i < points.length; i++) {
      points[i] = Math.max(points[i - 1], histogram.getBuckets(i - 1).getHighValue());
    }
    return Quantiles.of(points, rankError, valueError);
  }

  private static List<ValueCount> ranks(RankHistogram histogram) {
    return histogram.getBucketsList().stream()
        .map(bucket -> new ValueCount(bucket.getLabel(), Math.round(bucket.getSampleCount())))
        .toList();
  }

  private static double num(Map<String, CustomStatistic> custom, String name, double absent) {
    CustomStatistic statistic = custom.get(name);
    return statistic == null ? absent : statistic.getNum();
  }
}
