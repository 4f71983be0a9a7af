package dev.sluice.statistics;

import static dev.sluice.statistics.Columns.batch;
import static dev.sluice.statistics.Columns.feature;
import static dev.sluice.statistics.Columns.floats;
import static dev.sluice.statistics.Columns.ints;
import static dev.sluice.statistics.Columns.lists;
import static dev.sluice.statistics.Columns.numbers;
import static dev.sluice.statistics.Columns.reader;
import static dev.sluice.statistics.Columns.strings;
import static dev.sluice.statistics.Columns.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class StatisticsAnalyzerTest {
  private static final Offset<Double> EXACT = within(1e-12);

  private final ExampleBatch train =
      batch(
          columns(
              "__row", ints(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L),
              "__source", strings("o", "o", "o", "o", "o", "o", "o", "o"),
              "group", strings("a", "a", "b", "b", "b", "a", "a", "b"),
              "price", floats(1.0, 2.0, 3.0, 10.0, 20.0, null, 2.0, 10.0),
              "hour", ints(5L, 5L, null, 6L, 6L, 6L, 5L, 0L)));
  private final ExampleBatch eval =
      batch(
          columns(
              "__row", ints(9L, 10L),
              "__source", strings("o", "o"),
              "group", strings(null, "a"),
              "price", floats(4.0, Double.NaN),
              "hour", ints(7L, 7L)));

  @Test
  void wholes_areOfEachSplitAndOfBoth() throws IOException {
    Statistics statistics = analyze(GroupOptions.none(), train, eval);

    assertThat(statistics.train().name()).isEqualTo("train");
    assertThat(statistics.train().rows()).isEqualTo(8);
    assertThat(statistics.eval().rows()).isEqualTo(2);
    assertThat(statistics.all().name()).isEqualTo("all");
    assertThat(statistics.all().split()).isEmpty();
    assertThat(statistics.all().rows()).isEqualTo(10);
    assertThat(numbers(feature(statistics.all(), "price")).max()).isEqualTo(20);
    assertThat(numbers(feature(statistics.all(), "price")).nans()).isEqualTo(1);
    assertThat(numbers(feature(statistics.eval(), "price")).max()).isEqualTo(4);
    assertThat(statistics.trainGroups()).isEmpty();
  }

  private final ExampleBatch withLists =
      batch(
          columns(
              "group", strings("a", "a", "b", "b", null),
              "tags", lists(strings("x", "y", "x", "z", "x"), 2, 1, 0, 1, 1),
              "vector", lists(floats(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 2, 0, 2, 1, 1)));

  @Test
  void lists_areMeasuredByTheirRowsAndByTheirValues() throws IOException {
    Statistics statistics = analyze(GroupOptions.none(), withLists, withLists);

    FeatureStatistics tags = feature(statistics.train(), "tags");
    assertThat(tags.count()).isEqualTo(4);
    assertThat(tags.missing()).isEqualTo(1);
    assertThat(tags.lists()).isEqualTo(new Valency(1, 2, 5));
    assertThat(tags.values().top()).contains(new ValueCount("x", 3));
    FeatureStatistics vector = feature(statistics.all(), "vector");
    assertThat(vector.lists()).isEqualTo(new Valency(1, 2, 12));
    assertThat(numbers(vector).mean()).isEqualTo(3.5);
    assertThat(feature(statistics.train(), "group").lists()).isNull();
  }

  @Test
  void lists_areMeasuredInTheGroupsOfOthersAndMakeNone() throws IOException {
    Statistics statistics = analyze(GroupOptions.ofDefaults(), withLists, withLists);

    assertThat(statistics.trainGroups())
        .extracting(DatasetStatistics::slice)
        .containsExactly("group=a", "group=b", "group=");
    FeatureStatistics tags = feature(statistics.trainGroups().get(0), "tags");
    assertThat(tags.lists()).isEqualTo(new Valency(1, 2, 3));
    assertThat(tags.values().top()).containsExactly(new ValueCount("x", 2), new ValueCount("y", 1));
    FeatureStatistics vector = feature(statistics.trainGroups().get(1), "vector");
    assertThat(vector.lists()).isEqualTo(new Valency(1, 2, 3));
    assertThat(numbers(vector).mean()).isEqualTo(4);
    assertThat(numbers(vector).max()).isEqualTo(5);
    FeatureStatistics none = feature(statistics.trainGroups().get(0), "vector");
    assertThat(none.missing()).isEqualTo(1);
  }

  @Test
  void aWideTable_keepsItsMostFrequentGroupsOrSaysThatThereAreNone() throws IOException {
    // Three columns: 12 statistics are four groups, of two values, of others and of missing ones.
    assertThat(analyze(new GroupOptions(List.of(), 64, 1, 12), train, eval).allGroups())
        .hasSizeBetween(2, 4);
    Statistics none = analyze(new GroupOptions(List.of(), 64, 1, 9), train, eval);
    assertThat(none.allGroups()).isEmpty();
    assertThat(none.notes())
        .singleElement()
        .asString()
        .endsWith(
            " makes no groups: the table is wide and others come first; name it under group_by");
  }

  @Test
  void aListNamedForGroups_isRefusedWithAReason() throws IOException {
    Statistics statistics = analyze(GroupOptions.by(List.of("tags")), withLists, withLists);

    assertThat(statistics.trainGroups()).isEmpty();
    assertThat(statistics.notes())
        .containsExactly(
            "column tags makes no groups: it holds several values a row; group by a column of one"
                + " value a row, or derive one upstream");
  }

  @Test
  void aListWhereOneValueWas_isRefused() {
    DatasetAccumulator accumulator = new DatasetAccumulator(withLists.fields());
    ExampleBatch plain =
        batch(
            columns(
                "group", strings("a"),
                "tags", strings("x"),
                "vector", lists(floats(1.0), 1)));
    assertThatThrownBy(() -> accumulator.add(plain))
        .isInstanceOf(BadInput.class)
        .hasMessage("column tags has several values a row, then one value");
  }

  @Test
  void provenanceColumns_areLeftOut() throws IOException {
    Statistics statistics = analyze(GroupOptions.ofDefaults(), train, eval);

    assertThat(statistics.all().features())
        .extracting(FeatureStatistics::name)
        .containsExactly("group", "price", "hour");
    assertThat(statistics.allGroups())
        .extracting(DatasetStatistics::slice)
        .containsExactly(
            "group=a", "group=b", "group=", "hour=5", "hour=6", "hour=7", "hour=0", "hour=");
  }

  /** pandas 3.1.1 groupby, scipy 1.17.1 skew and kurtosis. */
  @Test
  void groups_matchPandas() throws IOException {
    Statistics statistics = analyze(GroupOptions.by(List.of("group")), train, eval);

    assertThat(statistics.trainGroups())
        .extracting(DatasetStatistics::name)
        .containsExactly("train/group=a", "train/group=b");
    DatasetStatistics a = statistics.trainGroups().get(0);
    FeatureStatistics priceOfA = feature(a, "price");
    assertThat(a.rows()).isEqualTo(4);
    assertThat(priceOfA.count()).isEqualTo(3);
    assertThat(priceOfA.missing()).isEqualTo(1);
    assertThat(numbers(priceOfA).mean()).isCloseTo(1.6666666666666667, EXACT);
    assertThat(numbers(priceOfA).stdDev()).isCloseTo(0.4714045207910317, EXACT);
    assertThat(numbers(priceOfA).median()).isEqualTo(2);
    assertThat(numbers(priceOfA).skewness()).isCloseTo(-0.7071067811865479, EXACT);
    assertThat(numbers(priceOfA).kurtosis()).isCloseTo(-1.5, EXACT);
    assertThat(priceOfA.values().top())
        .containsExactly(new ValueCount("2.0", 2), new ValueCount("1.0", 1));
    FeatureStatistics priceOfB = feature(statistics.trainGroups().get(1), "price");
    assertThat(numbers(priceOfB).mean()).isCloseTo(10.75, EXACT);
    assertThat(numbers(priceOfB).kurtosis()).isCloseTo(-0.9700408336211326, EXACT);
    assertThat(numbers(priceOfB).max()).isEqualTo(20);
    FeatureStatistics hourOfB = feature(statistics.trainGroups().get(1), "hour");
    assertThat(hourOfB.missing()).isEqualTo(1);
    assertThat(numbers(hourOfB).zeros()).isEqualTo(1);
    assertThat(hourOfB.values().mode()).isEqualTo("6");
  }

  @Test
  void rowsWhereTheColumnIsMissing_areAGroup() throws IOException {
    Statistics statistics = analyze(GroupOptions.by(List.of("group")), train, eval);

    DatasetStatistics missing = statistics.allGroups().getLast();
    assertThat(missing.slice()).isEqualTo("group=");
    assertThat(missing.rows()).isEqualTo(1);
    assertThat(numbers(feature(missing, "price")).mean()).isEqualTo(4);
    assertThat(feature(missing, "group").count()).isZero();
  }

  @Test
  void groupsOfAll_areThoseOfTrainAndEvalTogether() throws IOException {
    Statistics statistics = analyze(GroupOptions.by(List.of("group")), train, eval);

    DatasetStatistics a = statistics.allGroups().getFirst();
    assertThat(a.name()).isEqualTo("all/group=a");
    assertThat(a.rows()).isEqualTo(5);
    assertThat(feature(a, "price").count()).isEqualTo(4);
    assertThat(numbers(feature(a, "price")).nans()).isEqualTo(1);
    assertThat(numbers(feature(a, "price")).mean()).isCloseTo(5.0 / 3, EXACT);
  }

  @Test
  void valuesBeyondTheMost_shareAGroup() throws IOException {
    Statistics statistics = analyze(new GroupOptions(List.of("hour"), 2, 0, 0), train, eval);

    assertThat(statistics.allGroups())
        .extracting(DatasetStatistics::slice, DatasetStatistics::rows)
        .containsExactly(
            tuple("hour=5", 3L),
            tuple("hour=6", 3L),
            tuple("hour=*other*", 3L),
            tuple("hour=", 1L));
  }

  @Test
  void columnsThatCannotGroup_areNotedAndSkipped() throws IOException {
    Statistics statistics =
        analyze(GroupOptions.by(List.of("price", "colour", "group")), train, eval);

    assertThat(statistics.trainGroups()).hasSize(2);
    assertThat(statistics.notes())
        .containsExactly(
            "column price makes no groups: it is FLOAT; group by STRING or INT",
            "column colour makes no groups: the batch does not have it");
  }

  @Test
  void budgetOfStatistics_limitsColumnsThatAreNotNamed() throws IOException {
    // group: 2 values + other + missing, times 3 features = 12; hour would need 18 more.
    Statistics statistics = analyze(new GroupOptions(List.of(), 64, 16, 20), train, eval);

    assertThat(statistics.allGroups())
        .extracting(DatasetStatistics::slice)
        .containsExactly("group=a", "group=b", "group=");
  }

  @Test
  void groupsOfManyDistinctNumbers_haveTheirQuantilesWithinTheStatedError() throws IOException {
    int rows = 40_000;
    Random random = new Random(5);
    double[] price = new double[rows];
    int[] codes = new int[rows];
    for (int r = 0; r < rows; r++) {
      codes[r] = random.nextInt(100) < 7 ? 0 : 1 + random.nextInt(4);
      price[r] = Math.exp(3.4 + .8 * random.nextGaussian()) * (codes[r] == 0 ? 150 : 1);
    }
    Validity all = Validity.all(rows);
    ExampleBatch batch =
        batch(
            columns(
                "currency",
                new StringColumn(codes, List.of("JPY", "EUR", "USD", "GBP", "CHF"), all),
                "price",
                new FloatColumn(price, all)));
    Statistics statistics = analyze(GroupOptions.ofDefaults(), batch, eval(batch));

    for (int group = 0; group < 5; group++) {
      int code = group;
      String slice = "currency=" + List.of("JPY", "EUR", "USD", "GBP", "CHF").get(group);
      double[] own =
          IntStream.range(0, rows)
              .filter(r -> codes[r] == code)
              .mapToDouble(r -> price[r])
              .sorted()
              .toArray();
      NumberSummary numbers =
          numbers(
              feature(
                  statistics.trainGroups().stream()
                      .filter(dataset -> dataset.slice().equals(slice))
                      .findFirst()
                      .orElseThrow(),
                  "price"));
      assertThat(numbers.mean())
          .isCloseTo(Arrays.stream(own).average().orElseThrow(), within(1e-9 * numbers.mean()));
      assertThat(numbers.quantiles().rankError()).isLessThan(.08);
      for (double probability : new double[] {.05, .25, .5, .75, .95}) {
        double value = numbers.quantiles().value(probability);
        double share = (double) Arrays.stream(own).filter(v -> v <= value).count() / own.length;
        assertThat(share).isCloseTo(probability, within(numbers.quantiles().rankError() + .02));
      }
      assertThat(numbers.min()).isEqualTo(own[0]);
    }
  }

  @Test
  void textsBeyondTheFrequentOnes_areCountedButNotNamed() throws IOException {
    int rows = 6000;
    String[] ids = new String[rows];
    String[] halves = new String[rows];
    for (int r = 0; r < rows; r++) {
      ids[r] = r % 2 == 0 ? "same" : "id " + r;
      halves[r] = r < 3000 ? "first" : "second";
    }
    ExampleBatch batch = batch(columns("id", strings(ids), "half", strings(halves)));
    Statistics statistics = analyze(GroupOptions.ofDefaults(), batch, eval(batch));

    FeatureStatistics id = feature(statistics.trainGroups().getFirst(), "id");
    assertThat(id.count()).isEqualTo(3000);
    assertThat(id.values().unique()).isNull();
    assertThat(id.values().entropy()).isNull();
    assertThat(id.values().top()).contains(new ValueCount("same", 1500));
    assertThat(id.values().topError()).isPositive();
    assertThat(text(id).maxLength()).isEqualTo(7);
  }

  @Test
  void splitsWithOtherColumns_areRefused() {
    ExampleBatch other = batch(columns("group", strings("a"), "price", strings("dear")));

    assertThatThrownBy(() -> analyze(GroupOptions.ofDefaults(), train, other))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("the splits of a batch must have the same columns");
  }

  @Test
  void columnAbsentFromALaterBatch_isRefusedByName() {
    DatasetAccumulator accumulator = new DatasetAccumulator(train.fields());

    assertThatThrownBy(() -> accumulator.add(batch(columns("group", strings("a")))))
        .isInstanceOf(BadInput.class)
        .hasMessage("column price is absent from a later batch of examples");
  }

  @Test
  void groupOptionsOutOfRange_areRefused() {
    assertThatThrownBy(() -> new GroupOptions(List.of(), 1, 16, 100))
        .isInstanceOf(BadInput.class)
        .hasMessage("mostValues is 1; give 2 to 1000");
  }

  /** A batch with the same columns and no rows. */
  private static ExampleBatch eval(ExampleBatch batch) {
    return new ExampleBatch(
        batch.fields(),
        batch.columns().stream().map(column -> Columns.slice(column, 0, 0)).toList(),
        0);
  }

  private static Statistics analyze(GroupOptions options, ExampleBatch train, ExampleBatch eval)
      throws IOException {
    return new StatisticsAnalyzer(options)
        .analyze(reader(train, rowsOf(train)), reader(eval, rowsOf(eval)));
  }

  /** Rows to a batch, so that there are several. */
  private static int rowsOf(ExampleBatch whole) {
    return Math.max(3, whole.rows() / 4);
  }

  private static Map<String, Column> columns(Object... namesAndColumns) {
    Map<String, Column> columns = new LinkedHashMap<>();
    for (int i = 0; i < namesAndColumns.length; i += 2) {
      columns.put((String) namesAndColumns[i], (Column) namesAndColumns[i + 1]);
    }
    return columns;
  }
}
