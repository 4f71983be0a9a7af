package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import dev.sluice.statistics.Association.Measure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RelationsTest {
  private static Map<String, Column> mixed(long seed, int rows) {
    Random random = new Random(seed);
    Double[] x = new Double[rows];
    Double[] y = new Double[rows];
    Long[] k = new Long[rows];
    String[] color = new String[rows];
    String[] id = new String[rows];
    String[] sold = new String[rows];
    for (int r = 0; r < rows; r++) {
      double common = random.nextGaussian();
      x[r] = random.nextInt(20) == 0 ? null : (Double) (common + random.nextGaussian());
      y[r] =
          switch (random.nextInt(10)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> null;
            default -> Math.exp(common);
          };
      k[r] = (long) random.nextInt(9);
      color[r] = random.nextInt(15) == 0 ? null : "color " + (common > 0 ? random.nextInt(3) : 7);
      id[r] = "id " + random.nextInt(rows);
      sold[r] = random.nextInt(30) == 0 ? null : common > 1 ? "yes" : "no";
    }
    Map<String, Column> columns = new LinkedHashMap<>();
    columns.put("x", Columns.floats(x));
    columns.put("y", Columns.floats(y));
    columns.put("k", Columns.ints(k));
    columns.put("color", Columns.strings(color));
    columns.put("id", Columns.strings(id));
    columns.put("sold", Columns.strings(sold));
    return columns;
  }

  private static ExampleBatch part(ExampleBatch batch, int from, int to) {
    return batch.select(IntStream.range(from, to).toArray());
  }

  private static Statistics analyze(ExampleBatch batch, @Nullable Label label) throws IOException {
    return new StatisticsAnalyzer(GroupOptions.none(), label)
        .analyze(Columns.reader(batch, 5_000), Columns.reader(part(batch, 0, 0), 1));
  }

  private static Association find(Statistics statistics, Measure measure, String a, String b) {
    return statistics.relations().associations().stream()
        .filter(each -> each.measure() == measure && each.a().equals(a) && each.b().equals(b))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + measure + " of " + a + " and " + b));
  }

  private static RelationAccumulator relations(DatasetAccumulator whole) {
    return relations(whole, SecondPass.placed(whole));
  }

  private static RelationAccumulator relations(DatasetAccumulator whole, List<Placed> placed) {
    return new RelationAccumulator(whole, whole.result(""), placed, Label.column("sold"));
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 40_000, 800_000})
  void anySplitInAnyOrder_givesTheSameAnswer(int rows) {
    ExampleBatch batch = Columns.batch(mixed(1, rows));
    DatasetAccumulator whole = new DatasetAccumulator(batch.fields());
    whole.add(batch);
    List<Association> expected = gather(whole, List.of(batch)).result();
    Random random = new Random(2);
    for (int trial = 0; trial < 3; trial++) {
      List<RelationAccumulator> parts = new ArrayList<>(List.of(relations(whole)));
      for (int from = 0; from < rows; ) {
        int to = Math.min(rows, from + 1 + random.nextInt(rows / 2));
        int middle = (from + to) / 2;
        parts.add(gather(whole, List.of(part(batch, from, middle), part(batch, middle, to))));
        from = to;
      }
      Collections.shuffle(parts, random);
      RelationAccumulator all = parts.removeFirst();
      parts.forEach(all::merge);
      List<Association> actual = all.result();
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < actual.size(); i++) {
        Association a = actual.get(i);
        Association e = expected.get(i);
        assertThat(a.value()).as(e.toString()).isCloseTo(e.value(), within(1e-12));
        assertThat(a.error()).as(e.toString()).isCloseTo(e.error(), within(1e-12));
        assertThat(new Association(a.a(), a.b(), a.measure(), e.value(), a.rows(), e.error()))
            .isEqualTo(e);
      }
    }
  }

  private static RelationAccumulator gather(DatasetAccumulator whole, List<ExampleBatch> batches) {
    List<Placed> placed = SecondPass.placed(whole);
    RelationAccumulator relations = relations(whole, placed);
    SecondPass pass = new SecondPass(whole.fields(), placed, List.of(), relations);
    batches.forEach(pass::add);
    return relations;
  }

  @Test
  void ranksThatAreBinned_areWithinTheirError() throws IOException {
    int rows = 1_200_000;
    Random random = new Random(3);
    double[] x = random.doubles(rows).toArray();
    double[] y = Arrays.stream(x).map(v -> v + random.nextGaussian()).toArray();
    long[] words = new long[(rows + 63) / 64];
    Arrays.setAll(words, i -> random.nextLong() | 0x0123_4567_89AB_CDEFL);
    Map<String, Column> columns = new LinkedHashMap<>();
    columns.put("x", new FloatColumn(x, Validity.of(words, rows)));
    columns.put("y", new FloatColumn(y, Validity.all(rows)));
    Association found = find(analyze(Columns.batch(columns), null), Measure.SPEARMAN, "x", "y");
    int[] shared = IntStream.range(0, rows).filter(r -> (words[r >> 6] >>> r & 1) == 1).toArray();
    double exact =
        pearson(
            ranks(Arrays.stream(shared).mapToDouble(r -> x[r]).toArray()),
            ranks(Arrays.stream(shared).mapToDouble(r -> y[r]).toArray()));
    assertThat(found.rows()).isEqualTo(shared.length);
    assertThat(found.error()).isPositive();
    assertThat(found.value())
        .isCloseTo(exact, within(found.error()))
        .isCloseTo(exact, within(1e-4));
  }

  private static double[] ranks(double[] distinct) {
    double[] sorted = distinct.clone();
    Arrays.sort(sorted);
    return Arrays.stream(distinct).map(v -> Arrays.binarySearch(sorted, v)).toArray();
  }

  private static double pearson(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElse(0);
    double meanB = Arrays.stream(b).average().orElse(0);
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (int i = 0; i < a.length; i++) {
      aa += (a[i] - meanA) * (a[i] - meanA);
      bb += (b[i] - meanB) * (b[i] - meanB);
      ab += (a[i] - meanA) * (b[i] - meanB);
    }
    return ab / Math.sqrt(aa * bb);
  }

  @Test
  void farFromZero_correlationKeepsItsDigits() throws IOException {
    ExampleBatch batch =
        Columns.batch(
            new LinkedHashMap<>(
                Map.of(
                    "a", Columns.floats(1e12 + 1, 1e12 + 2, 1e12 + 4, 1e12 + 8),
                    "b", Columns.floats(-1e-9, -2e-9, -4e-9, -8e-9))));
    List<Association> found = analyze(batch, null).relations().associations();
    assertThat(found).extracting(Association::value).allMatch(v -> Math.abs(v + 1) < 1e-12);
  }

  @Test
  void rowsOfAPairWithoutSpread_haveNoCorrelation() throws IOException {
    Map<String, Column> columns = new LinkedHashMap<>();
    columns.put("a", Columns.floats(1.0, 1.0, 1.0, 5.0, Double.NaN));
    columns.put("b", Columns.floats(1.0, 2.0, 3.0, null, 4.0));
    columns.put("c", Columns.floats(null, null, null, 1.0, 2.0));
    Statistics statistics = analyze(Columns.batch(columns), null);
    Association flat = find(statistics, Measure.PEARSON, "a", "b");
    assertThat(flat.value()).isNaN();
    assertThat(flat.rows()).isEqualTo(3);
    assertThat(find(statistics, Measure.SPEARMAN, "a", "b").value()).isNaN();
    assertThat(find(statistics, Measure.PEARSON, "a", "c").rows()).isEqualTo(1);
    assertThat(find(statistics, Measure.PEARSON, "a", "c").value()).isNaN();
  }

  @Test
  void constantsTextsOfTheirOwnAndLists_takePartInNoPair() throws IOException {
    int rows = 1000;
    Map<String, Column> columns = new LinkedHashMap<>();
    columns.put("constant", new IntColumn(new long[rows], Validity.all(rows)));
    columns.put(
        "id",
        new StringColumn(
            IntStream.range(0, rows).toArray(),
            IntStream.range(0, rows).mapToObj(i -> "id " + i).toList(),
            Validity.all(rows)));
    long[] values = new long[rows];
    Arrays.setAll(values, r -> r % 7);
    columns.put("k", new IntColumn(values, Validity.all(rows)));
    int[] lengths = new int[rows];
    Arrays.fill(lengths, 1);
    columns.put("tags", Columns.lists(new IntColumn(values, Validity.all(rows)), lengths));
    Statistics statistics = analyze(Columns.batch(columns), null);
    assertThat(statistics.relations().associations()).isEmpty();
    assertThat(statistics.relations().repeats()).isEqualTo(new Repeats(1000, 0));
  }

  @Test
  void wideDataAreCutToAStatedNumber() throws IOException {
    Random random = new Random(4);
    Map<String, Column> columns = new LinkedHashMap<>();
    for (int c = 0; c < 100; c++) {
      columns.put("n" + c, new FloatColumn(random.doubles(50).toArray(), Validity.all(50)));
    }
    for (int c = 0; c < 100; c++) {
      int[] codes = random.ints(50, 0, 3).toArray();
      columns.put("t" + c, new StringColumn(codes, List.of("a", "b", "c"), Validity.all(50)));
    }
    Statistics statistics = analyze(Columns.batch(columns), Label.column("t99"));
    List<Association> found = statistics.relations().associations();
    assertThat(found).filteredOn(a -> a.measure() == Measure.PEARSON).hasSize(64 * 63 / 2);
    assertThat(found).filteredOn(a -> a.measure() == Measure.CRAMERS_V).hasSize(64 * 63 / 2);
    assertThat(found).filteredOn(a -> a.measure() == Measure.MUTUAL_INFORMATION).hasSize(199);
    assertThat(statistics.notes())
        .containsExactly(
            "correlations are those of the first 64 of 100 columns of numbers, which end with n63",
            "Cramér's V is that of 64 of 100 columns of categories, so that its tables stay small");
  }

  @Test
  void aComputedLabel_isMeasuredWith() throws IOException {
    ExampleBatch batch = Columns.batch(mixed(5, 2_000));
    Label label =
        new Label(
            "high",
            of -> {
              Column k = DatasetAccumulator.column(of, of.fields().get(2));
              float[] labels = new float[of.rows()];
              for (int r = 0; r < labels.length; r++) {
                long value = ((IntColumn) k).values()[r];
                labels[r] = value == 8 ? Float.NaN : value > 3 ? 1 : 0;
              }
              return labels;
            });
    Statistics statistics = analyze(batch, label);
    Association own = find(statistics, Measure.MUTUAL_INFORMATION, "k", "high");
    // The label is a function of k, so what k tells is all there is to know: its entropy.
    assertThat(own.value()).isCloseTo(Math.log(2), within(.01));
    assertThat(own.rows()).isLessThan(2_000);
    assertThat(find(statistics, Measure.MUTUAL_INFORMATION, "color", "high").value())
        .isLessThan(.02);
  }

  @Test
  void aLabelThatCannotBeComputed_leavesANote() throws IOException {
    Label label =
        new Label(
            "high",
            batch -> {
              throw new BadInput("label 'high' uses column fare, which is not there");
            });
    Statistics statistics = analyze(Columns.batch(mixed(6, 100)), label);
    assertThat(statistics.relations().associations())
        .isNotEmpty()
        .noneMatch(a -> a.measure() == Measure.MUTUAL_INFORMATION);
    assertThat(statistics.notes())
        .containsExactly(
            "no mutual information: label 'high' uses column fare, which is not there");
  }

  @Test
  void aLabelThatIsNoColumn_leavesANote() throws IOException {
    Statistics statistics = analyze(Columns.batch(mixed(7, 100)), Label.column("gone"));
    assertThat(statistics.notes())
        .containsExactly(
            "no mutual information: the batch has no column gone of one value a row, which is the"
                + " label");
  }

  @Test
  void pooledTexts_sayWhatMayBeLost() throws IOException {
    Map<String, Column> columns = mixed(8, 3_000);
    columns.put(
        "id",
        Columns.strings(IntStream.range(0, 3_000).mapToObj(r -> "id " + r).toArray(String[]::new)));
    Statistics statistics = analyze(Columns.batch(columns), Label.column("sold"));
    Association id = find(statistics, Measure.MUTUAL_INFORMATION, "id", "sold");
    // An id tells its row, so the truth is all of the label's entropy.
    Double entropy = Columns.feature(statistics.all(), "sold").values().entropy();
    assertThat(entropy).isNotNull();
    assertThat(id.value()).isLessThan(.1);
    assertThat(id.value() + id.error()).isCloseTo(entropy == null ? 0 : entropy, within(1e-9));
    assertThat(find(statistics, Measure.MUTUAL_INFORMATION, "color", "sold").error()).isZero();
  }

  @Test
  void repeatedRows_areCountedOverBothSplits() throws IOException {
    ExampleBatch batch = Columns.batch(mixed(9, 1_000));
    int[] twice = IntStream.concat(IntStream.range(0, 1_000), IntStream.range(0, 50)).toArray();
    Relations relations =
        new StatisticsAnalyzer(GroupOptions.none())
            .analyze(Columns.reader(batch.select(twice), 300), Columns.reader(batch, 300))
            .relations();
    assertThat(relations.rows()).isEqualTo(2_050);
    assertThat(relations.repeats()).isEqualTo(new Repeats(1_000, 0));
    assertThat(relations.repeats().share(2_050)).isEqualTo(1 - 1_000 / 2_050.0);
  }

  @Test
  void aSingleColumn_isReadOnce() throws IOException {
    ExampleBatch batch = Columns.batch(Map.of("t", Columns.strings("a", "b", "a")));
    int[] opened = new int[1];
    Statistics statistics =
        new StatisticsAnalyzer(GroupOptions.none())
            .analyze(
                () -> {
                  opened[0]++;
                  ExampleReader reader = Columns.reader(batch, 2).get();
                  return reader;
                },
                Columns.reader(part(batch, 0, 0), 1));
    assertThat(opened[0]).isEqualTo(1);
    assertThat(statistics.relations().repeats().distinct()).isEqualTo(2);
  }

  @Test
  void relationsComeBackFromTheirFile() throws IOException {
    Relations relations = analyze(Columns.batch(mixed(10, 200)), Label.column("k")).relations();
    assertThat(StatisticsFiles.readRelations(StatisticsFiles.write(relations), "relations.json"))
        .isEqualTo(relations);
  }
}
