package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.batch;
import static dev.sluice.statistics.Columns.floats;
import static dev.sluice.statistics.Columns.ints;
import static dev.sluice.statistics.Columns.lists;
import static dev.sluice.statistics.Columns.numbers;
import static dev.sluice.statistics.Columns.reader;
import static dev.sluice.statistics.Columns.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tensorflow.metadata.v0.CommonStatistics;
import org.tensorflow.metadata.v0.CrossFeatureStatistics;
import org.tensorflow.metadata.v0.DatasetFeatureStatisticsList;
import org.tensorflow.metadata.v0.FeatureNameStatistics;
import org.tensorflow.metadata.v0.Histogram;
import org.tensorflow.metadata.v0.NumericStatistics;
import org.tensorflow.metadata.v0.StringStatistics;

final class StatisticsProtosTest {
  @Test
  void splitsAndGroups_comeBackAsTheyWere() throws IOException {
    Statistics statistics =
        new StatisticsAnalyzer(GroupOptions.ofDefaults())
            .analyze(reader(example(), 3), reader(example(), 5));
    List<DatasetStatistics> slices = statistics.trainGroups();
    assertThat(slices).isNotEmpty();

    assertThat(roundTrip(statistics.splits())).isEqualTo(statistics.splits());
    assertThat(roundTrip(slices)).isEqualTo(slices);
    assertThat(roundTrip(List.of(statistics.all()))).containsExactly(statistics.all());
  }

  @Test
  void sketches_comeBackWithTheirErrors() throws IOException {
    Random random = new Random(8);
    int rows = 40_000;
    Validity all = Validity.all(rows);
    ExampleBatch many =
        batch(
            columns(
                "x",
                new FloatColumn(random.doubles(rows).toArray(), all),
                "id",
                new StringColumn(
                    IntStream.range(0, rows).map(r -> r % 3 == 0 ? 0 : r).toArray(),
                    IntStream.range(0, rows).mapToObj(r -> "id " + r).toList(),
                    all)));
    List<DatasetStatistics> datasets =
        new StatisticsAnalyzer(GroupOptions.none())
            .analyze(reader(many, rows), reader(many, rows))
            .splits();

    List<DatasetStatistics> back = roundTrip(datasets);

    assertThat(back).isEqualTo(datasets);
    assertThat(numbers(Columns.feature(back.getFirst(), "x")).quantiles().rankError()).isPositive();
    assertThat(Columns.feature(back.getFirst(), "id").values().topError()).isPositive();
  }

  @Test
  void numbers_areWhereDataValidationLooks() {
    FeatureStatistics feature =
        Columns.statistics(floats(0.0, 1.0, 2.0, null, 3.0, 10.0, Double.NaN));
    FeatureNameStatistics proto = proto(feature);

    assertThat(proto.getPath().getStepList()).containsExactly("x");
    assertThat(proto.getType()).isEqualTo(FeatureNameStatistics.Type.FLOAT);
    NumericStatistics numbers = proto.getNumStats();
    assertThat(numbers.getCommonStats().getNumNonMissing()).isEqualTo(6);
    assertThat(numbers.getCommonStats().getNumMissing()).isEqualTo(1);
    assertThat(numbers.getCommonStats().getMaxNumValues()).isEqualTo(1);
    assertThat(numbers.getCommonStats().getTotNumValues()).isEqualTo(6);
    assertThat(numbers.getMean()).isEqualTo(3.2);
    assertThat(numbers.getMedian()).isEqualTo(2);
    assertThat(numbers.getNumZeros()).isEqualTo(1);
    Histogram standard = numbers.getHistograms(0);
    assertThat(standard.getType()).isEqualTo(Histogram.HistogramType.STANDARD);
    assertThat(standard.getNumNan()).isEqualTo(1);
    assertThat(standard.getBucketsList())
        .extracting(Histogram.Bucket::getSampleCount)
        .containsExactly(1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0);
    assertThat(standard.getBuckets(9).getHighValue()).isEqualTo(10);
    Histogram quantiles = numbers.getHistograms(1);
    assertThat(quantiles.getType()).isEqualTo(Histogram.HistogramType.QUANTILES);
    assertThat(quantiles.getBucketsCount()).isEqualTo(10);
    assertThat(quantiles.getBuckets(4).getHighValue()).isEqualTo(2);
    assertThat(quantiles.getBuckets(4).getSampleCount()).isEqualTo(.5);
  }

  @Test
  void correlations_areWhereDataValidationLooks() {
    DatasetStatistics whole =
        new DatasetStatistics(
            "",
            "",
            4,
            List.of(
                named("a", Columns.statistics(Columns.floats(1.0, 2.0, 3.0, 4.0))),
                named("b", Columns.statistics(Columns.floats(2.0, 4.0, 6.0, 8.0)))));
    Relations relations =
        new Relations(
            4,
            new Repeats(4, 0),
            List.of(
                new Association("a", "b", Association.Measure.PEARSON, 1, 4, 0),
                new Association("a", "c", Association.Measure.PEARSON, Double.NaN, 0, 0),
                new Association("a", "b", Association.Measure.SPEARMAN, 1, 4, 0)));
    CrossFeatureStatistics cross =
        StatisticsProtos.toProto(List.of(whole), relations).getDatasets(0).getCrossFeatures(0);
    assertThat(cross.getPathX().getStep(0) + " " + cross.getPathY().getStep(0)).isEqualTo("a b");
    assertThat(cross.getCount()).isEqualTo(4);
    assertThat(cross.getNumCrossStats().getCorrelation()).isEqualTo(1);
    assertThat(cross.getNumCrossStats().getCovariance()).isEqualTo(2.5f);
    assertThat(
            StatisticsProtos.toProto(List.of(whole), relations)
                .getDatasets(0)
                .getCrossFeaturesCount())
        .isEqualTo(1);
  }

  private static FeatureStatistics named(String name, FeatureStatistics of) {
    return new FeatureStatistics(
        name, of.type(), of.count(), of.missing(), of.values(), of.numbers(), of.text());
  }

  @Test
  void text_isWhereDataValidationLooks() {
    FeatureStatistics feature = Columns.statistics(strings("b", "a", "b", null, ""));
    StringStatistics text = proto(feature).getStringStats();

    assertThat(text.getUnique()).isEqualTo(3);
    assertThat(text.getAvgLength()).isEqualTo(.75f);
    assertThat(text.getTopValues(0).getValue()).isEqualTo("b");
    assertThat(text.getTopValues(0).getFrequency()).isEqualTo(2);
    assertThat(text.getRankHistogram().getBuckets(1).getLowRank()).isEqualTo(1);
    assertThat(text.getRankHistogram().getBuckets(1).getLabel()).isEmpty();
    assertThat(text.getRankHistogram().getBuckets(2).getLabel()).isEqualTo("a");
  }

  @Test
  void lists_areWhereDataValidationLooksAndComeBack() throws InvalidProtocolBufferException {
    Column tags = lists(strings("a", "b", "a", "c"), 2, 0, 1, 1);
    Column vectors = lists(floats(1.0, 2.0, 3.0, Double.NaN), 2, 2);
    FeatureStatistics texts = Columns.statistics(tags);
    FeatureStatistics numbers = Columns.statistics(vectors);

    CommonStatistics common = proto(texts).getStringStats().getCommonStats();
    assertThat(common.getNumNonMissing()).isEqualTo(3);
    assertThat(common.getNumMissing()).isEqualTo(1);
    assertThat(common.getMinNumValues()).isEqualTo(1);
    assertThat(common.getMaxNumValues()).isEqualTo(2);
    assertThat(common.getAvgNumValues()).isEqualTo(4f / 3);
    assertThat(common.getTotNumValues()).isEqualTo(4);
    Histogram standard = proto(numbers).getNumStats().getHistograms(0);
    assertThat(
            standard.getBucketsList().stream().mapToDouble(Histogram.Bucket::getSampleCount).sum())
        .isEqualTo(3);
    for (FeatureStatistics feature : List.of(texts, numbers)) {
      DatasetStatistics dataset = new DatasetStatistics("train", "", 4, List.of(feature));
      assertThat(roundTrip(List.of(dataset))).containsExactly(dataset);
    }
  }

  @Test
  void formatsTimesAndSteps_comeBackAsTheyWere() throws InvalidProtocolBufferException {
    for (Column column :
        List.of(
            strings("AB-12", "12", null, "CafÃ©", "x y"),
            strings("2026-11-01", "2026-11-02", null),
            strings("2026-11-01T10:00:00.5Z", "2026-11-02T12:00:00Z"),
            ints(1_400_000_000L, null, 1_400_000_001L),
            floats(3.0, 2.0, 2.0),
            lists(strings("2026-11-01", "2026-11-02", "2026-11-03"), 2, 0, 1))) {
      DatasetStatistics dataset =
          new DatasetStatistics("train", "", 5, List.of(Columns.statistics(column)));
      assertThat(roundTrip(List.of(dataset))).containsExactly(dataset);
    }
  }

  @Test
  void invalidUtf8_isWhereDataValidationLooks() throws InvalidProtocolBufferException {
    TextSummary text = new TextSummary(8, 8, 8, 0, 3, 0, Formats.none());
    ValueCounts values = new ValueCounts(0L, 0, List.of(), 0, null);
    FeatureStatistics feature =
        new FeatureStatistics("x", ValueType.STRING, 4, 0, values, null, text);

    assertThat(proto(feature).getStringStats().getInvalidUtf8Count()).isEqualTo(3);
    DatasetStatistics dataset = new DatasetStatistics("train", "", 4, List.of(feature));
    assertThat(roundTrip(List.of(dataset))).containsExactly(dataset);
  }

  @Test
  void coarseFormats_comeBackWithTheirError() throws InvalidProtocolBufferException {
    TextSummary text =
        new TextSummary(8, 8, 8, 0, 0, 0, new Formats(List.of(), 4, /* coarse= */ true));
    ValueCounts values = new ValueCounts(0L, 0, List.of(), 0, null);
    DatasetStatistics dataset =
        new DatasetStatistics(
            "train",
            "",
            4,
            List.of(new FeatureStatistics("x", ValueType.STRING, 4, 0, values, null, text)));

    assertThat(roundTrip(List.of(dataset))).containsExactly(dataset);
  }

  @Test
  void listsOfAnotherTool_areKnownByTheirNumberOfValues() throws TextFormat.ParseException {
    DatasetFeatureStatisticsList.Builder list = DatasetFeatureStatisticsList.newBuilder();
    TextFormat.merge(
        """
        datasets {
          name: "train" num_examples: 3
          features {
            path { step: "tags" } type: STRING
            string_stats {
              common_stats {
                num_non_missing: 2 num_missing: 1
                min_num_values: 1 max_num_values: 3 avg_num_values: 2 tot_num_values: 4
              }
              unique: 2
            }
          }
        }
        """,
        list);
    FeatureStatistics tags =
        Columns.feature(StatisticsProtos.fromProto(list.build()).getFirst(), "tags");
    assertThat(tags.lists()).isEqualTo(new Valency(1, 3, 4));
    assertThat(tags.count()).isEqualTo(2);
    assertThat(tags.valueCount()).isEqualTo(4);
  }

  @Test
  void statisticsOfAnotherTool_areReadAsFarAsTheyGo() throws TextFormat.ParseException {
    DatasetFeatureStatisticsList foreign =
        TextFormat.parse(
            """
            datasets {
              name: "lhs" num_examples: 5
              features {
                name: "fare" type: FLOAT
                num_stats {
                  common_stats { num_non_missing: 4 num_missing: 1 }
                  mean: 2.5 std_dev: 1.1 min: 1 median: 2.5 max: 4
                  histograms { type: STANDARD
                    buckets { low_value: 1 high_value: 2.5 sample_count: 2 }
                    buckets { low_value: 2.5 high_value: 4 sample_count: 2 } }
                  histograms { type: QUANTILES
                    buckets { low_value: 1 high_value: 2.5 sample_count: 2 }
                    buckets { low_value: 2.5 high_value: 4 sample_count: 2 } }
                }
              }
              features {
                path { step: "company" } type: STRING
                string_stats {
                  common_stats { num_non_missing: 5 } unique: 2 avg_length: 1
                  top_values { value: "a" frequency: 3 } top_values { value: "b" frequency: 2 }
                }
              }
            }
            """,
            DatasetFeatureStatisticsList.class);

    DatasetStatistics dataset = StatisticsProtos.fromProto(foreign).getFirst();

    assertThat(dataset.split()).isEqualTo("lhs");
    NumberSummary fare = numbers(Columns.feature(dataset, "fare"));
    assertThat(fare.quantiles().value(.25)).isEqualTo(1.75);
    assertThat(fare.histogram().counts()).containsExactly(2.0, 2.0);
    assertThat(fare.skewness()).isNaN();
    FeatureStatistics company = Columns.feature(dataset, "company");
    assertThat(company.type()).isEqualTo(ValueType.STRING);
    assertThat(company.values().complete()).isTrue();
    assertThat(company.values().mode()).isEqualTo("a");
  }

  @Test
  void structuredFeature_isRefusedByName() throws TextFormat.ParseException {
    DatasetFeatureStatisticsList structured =
        TextFormat.parse(
            "datasets { features { name: \"address\" type: STRUCT struct_stats {} } }",
            DatasetFeatureStatisticsList.class);

    assertThatThrownBy(() -> StatisticsProtos.fromProto(structured))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("feature address are STRUCT_STATS");
  }

  private static FeatureNameStatistics proto(FeatureStatistics feature) {
    return StatisticsProtos.toProto(
            List.of(new DatasetStatistics("train", "", feature.rows(), List.of(feature))))
        .getDatasets(0)
        .getFeatures(0);
  }

  private static List<DatasetStatistics> roundTrip(List<DatasetStatistics> datasets)
      throws InvalidProtocolBufferException {
    byte[] bytes = StatisticsProtos.toProto(datasets).toByteArray();
    return StatisticsProtos.fromProto(DatasetFeatureStatisticsList.parseFrom(bytes));
  }

  private static ExampleBatch example() {
    return batch(
        columns(
            "currency",
            strings("JPY", "EUR", null, "EUR", "JPY", "a/b=c", "EUR"),
            "price",
            floats(1.5, Double.NaN, 2.25, null, -3.0, 1e300, Double.POSITIVE_INFINITY),
            "hour",
            ints(0L, null, 3L, 3L, 7L, Long.MAX_VALUE, 5L),
            "empty",
            floats(null, null, null, null, null, null, null),
            "nothing",
            strings(null, null, null, null, null, null, null)));
  }

  private static Map<String, Column> columns(Object... namesAndColumns) {
    Map<String, Column> columns = new LinkedHashMap<>();
    for (int i = 0; i < namesAndColumns.length; i += 2) {
      columns.put((String) namesAndColumns[i], (Column) namesAndColumns[i + 1]);
    }
    return columns;
  }
}
