package dev.sluice.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Multi-valued columns as features, as labels, and where they are refused. */
class ListsTest {
  private static final PipelineSpec.Label LABEL = new PipelineSpec.Label("y", null, null);

  private final ExampleBatch train =
      Batches.of()
          .lists("tags", List.of("b", "a"), List.of("b", "b", "c"), List.of(), List.of("b"))
          .lists("vector", List.of(1.0, 2.0), List.of(), List.of(3.0, 6.0), List.of(1.0, 5.0))
          .lists("prices", List.of(1L, 2L, 6L), List.of(4L), List.of(), List.of(2L, 2L))
          .ints("y", 0L, 1L, 0L, 1L)
          .batch();

  private static Mapping fit(FeatureSpec spec, ExampleBatch batch) throws IOException {
    return Mapping.fit(Batches.reader(batch), LABEL, List.of(), spec);
  }

  private static Mapping fit(ExampleBatch batch) throws IOException {
    return fit(FeatureSpec.ofDefaults(), batch);
  }

  private static float[] row(FeatureMatrix matrix, int row) {
    return Arrays.copyOfRange(matrix.values(), row * matrix.width(), (row + 1) * matrix.width());
  }

  private static FeatureSpec plainNumbers(String... columns) {
    Map<String, FeatureChoice> choices = new HashMap<>();
    for (String column : columns) {
      choices.put(column, new FeatureChoice.Numeric(/* log= */ false, /* zScore= */ false));
    }
    return new FeatureSpec(choices);
  }

  @Test
  void texts_becomeAFeatureATokenByFrequency() throws IOException {
    FeatureMatrix matrix = fit(train).apply(train);
    assertThat(matrix.names().subList(0, 3)).containsExactly("tags=b", "tags=a", "tags=c");
    assertThat(Arrays.copyOf(row(matrix, 0), 3)).containsExactly(1, 1, 0);
    assertThat(Arrays.copyOf(row(matrix, 1), 3)).containsExactly(1, 0, 1);
    assertThat(Arrays.copyOf(row(matrix, 2), 3)).containsExactly(Float.NaN, Float.NaN, Float.NaN);
  }

  @Test
  void numbersOfOneLength_becomeAFeatureAPlace() throws IOException {
    Mapping mapping = fit(plainNumbers("vector", "prices"), train);
    FeatureMatrix matrix = mapping.apply(train);
    assertThat(matrix.names()).contains("vector.0", "vector.1");
    assertThat(Arrays.copyOfRange(row(matrix, 0), 3, 5)).containsExactly(1, 2);
    assertThat(Arrays.copyOfRange(row(matrix, 1), 3, 5)).containsExactly(Float.NaN, Float.NaN);
    ExampleBatch longer = Batches.of().lists("vector", List.of(1.0, 2.0, 3.0)).batch();
    assertThat(Arrays.copyOfRange(row(mapping.apply(longer), 0), 3, 5))
        .containsExactly(Float.NaN, Float.NaN);
  }

  @Test
  void numbersOfSeveralLengths_becomeMeanLeastGreatestAndCount() throws IOException {
    FeatureMatrix matrix = fit(plainNumbers("prices"), train).apply(train);
    int at = matrix.names().indexOf("prices.mean");
    assertThat(matrix.names().subList(at, at + 4))
        .containsExactly("prices.mean", "prices.min", "prices.max", "prices.count");
    assertThat(Arrays.copyOfRange(row(matrix, 0), at, at + 4)).containsExactly(3, 1, 6, 3);
    assertThat(Arrays.copyOfRange(row(matrix, 1), at, at + 4)).containsExactly(4, 4, 4, 1);
    assertThat(row(matrix, 2)[at]).isNaN();
    assertThat(row(matrix, 2)[at + 3]).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"64, 64", "65, 4"})
  void longVectors_areSummedUp(int length, int features) throws IOException {
    List<Double> vector = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      vector.add((double) i);
    }
    List<Double> other = new ArrayList<>(vector.reversed());
    ExampleBatch batch = Batches.of().lists("v", vector, other).ints("y", 0L, 1L).batch();
    assertThat(fit(batch).features()).hasSize(features);
  }

  @Test
  void numbers_areScaledByTheMomentsOfAllTheirValues() throws IOException {
    Mapping mapping = fit(train);
    Encoder.Vector vector = (Encoder.Vector) mapping.encoders().get(1);
    assertThat(vector.scale().mean()).isEqualTo(3);
    assertThat(vector.scale().stdDev()).isEqualTo(Math.sqrt(22 / 6.0));
    FeatureMatrix matrix = mapping.apply(train);
    int at = matrix.names().indexOf("vector.1");
    assertThat(row(matrix, 2)[at]).isEqualTo((float) (3 / Math.sqrt(22 / 6.0)));
  }

  @Test
  void overrides_keepWorking() throws IOException {
    FeatureSpec spec =
        FeatureSpec.parse(
            Map.of(
                "tags", Map.of("vocabulary", Map.of("top_k", 1)),
                "prices", Map.of("one_hot", Map.of("min_count", 2)),
                "vector", Map.of("exclude", Map.of())));
    Mapping mapping = fit(spec, train);
    assertThat(mapping.features()).containsExactly("tags=b", "prices=2");
    assertThat(row(mapping.apply(train), 0)).containsExactly(1, 1);
    assertThat(row(mapping.apply(train), 1)).containsExactly(1, 0);
    FeatureSpec logs = FeatureSpec.parse(Map.of("prices", Map.of("log", Map.of())));
    FeatureMatrix matrix = fit(logs, train).apply(train);
    assertThat(row(matrix, 1)[matrix.names().indexOf("prices.max")])
        .isEqualTo((float) StrictMath.log1p(4));
    FeatureSpec wide = FeatureSpec.parse(Map.of("tags", Map.of("vocabulary", Map.of())));
    assertThat(fit(wide, train).features()).contains("tags=c");
  }

  @Test
  void textsHaveNoLogarithm_alsoInLists() {
    FeatureSpec spec = FeatureSpec.parse(Map.of("tags", Map.of("log", Map.of())));
    assertThatThrownBy(() -> fit(spec, train))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("column 'tags' holds text");
  }

  @Test
  void theHundredMostFrequentTokens_areKept() throws IOException {
    Random random = new Random(4);
    List<List<?>> rows = new ArrayList<>();
    Long[] labels = new Long[2_000];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (long) (i % 2);
      rows.add(List.of("t" + random.nextInt(300), "t" + random.nextInt(300)));
    }
    ExampleBatch batch =
        Batches.of().lists("tags", rows.toArray(List<?>[]::new)).ints("y", labels).batch();
    assertThat(fit(batch).features()).hasSize(100);
  }

  @Test
  void rowsGetTheBitsThatBatchesGet_alsoAfterAWayOverDisk() throws IOException {
    Random random = new Random(7);
    List<List<?>> tags = new ArrayList<>();
    List<List<?>> vectors = new ArrayList<>();
    List<List<?>> prices = new ArrayList<>();
    Long[] labels = new Long[500];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (long) random.nextInt(2);
      tags.add(Collections.nCopies(random.nextInt(4), "tag" + random.nextInt(9)));
      vectors.add(List.of(random.nextGaussian(), random.nextGaussian(), random.nextGaussian()));
      List<Double> some = new ArrayList<>();
      for (int n = random.nextInt(5); n > 0; n--) {
        some.add(random.nextInt(9) == 0 ? Double.NaN : random.nextGaussian() * 1e3);
      }
      prices.add(some);
    }
    ExampleBatch batch =
        Batches.of()
            .lists("tags", tags.toArray(List<?>[]::new))
            .lists("vector", vectors.toArray(List<?>[]::new))
            .lists("prices", prices.toArray(List<?>[]::new))
            .ints("y", labels)
            .batch();
    Mapping fitted = fit(batch);
    Map<String, byte[]> files = MappingFiles.write(fitted);
    Mapping read = MappingFiles.read(name -> Objects.requireNonNull(files.get(name)));
    assertThat(read.features()).isEqualTo(fitted.features());
    assertThat(read.rawColumns()).isEqualTo(fitted.rawColumns());
    assertThat(read.encoders()).isEqualTo(fitted.encoders());

    FeatureMatrix matrix = fitted.apply(batch);
    RowEncoder encoder = read.newRow();
    for (int i = 0; i < labels.length; i++) {
      encoder.setAll(
          Map.of("tags", tags.get(i), "vector", vectors.get(i), "prices", prices.get(i)));
      assertThat(encoder.features()).containsExactly(row(matrix, i));
    }
  }

  @Test
  void oneValue_isAListOfOne() throws IOException {
    Mapping mapping = fit(plainNumbers("vector", "prices"), train);
    FeatureMatrix matrix =
        mapping.apply(Batches.of().strings("tags", "a").ints("prices", 7L).batch());
    RowEncoder encoder = mapping.newRow();
    encoder.setAll(Map.of("tags", "a", "prices", 7L));
    assertThat(encoder.features()).containsExactly(row(matrix, 0));
    int at = matrix.names().indexOf("prices.mean");
    assertThat(Arrays.copyOfRange(row(matrix, 0), at, at + 4)).containsExactly(7, 7, 7, 1);
  }

  @Test
  void aVectorOfAnotherLength_isRefusedInARow() throws IOException {
    RowEncoder encoder = fit(train).newRow();
    assertThatThrownBy(() -> encoder.set("vector", List.of(1, 2, 3)))
        .isInstanceOf(BadInput.class)
        .hasMessage("column 'vector' got 3 numbers, and the model takes 2; send as many, or none");
    encoder.set("vector", List.of());
    assertThat(encoder.features()).containsOnly(Float.NaN);
  }

  @Test
  void aListForOneValue_isRefused() throws IOException {
    ExampleBatch plain = Batches.of().strings("tags", "a", "b", "a").ints("y", 0L, 1L, 0L).batch();
    Mapping mapping = fit(plain);
    assertThatThrownBy(() -> mapping.newRow().set("tags", List.of("a")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "column 'tags' takes one value a row, and got a list; send a number, a text, true,"
                + " false or null");
    assertThatThrownBy(() -> mapping.apply(train))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("column 'tags' holds several values a row, and the mapping was");
    assertThatThrownBy(
            () -> fit(train).newRow().set("tags", Arrays.asList("a", null, List.of("b"))))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("column 'tags' got a list with a ");
  }

  @Test
  void aListOfNumbers_takesTextsThatAreNumbersAndNoOthers() throws IOException {
    RowEncoder encoder = fit(plainNumbers("prices"), train).newRow();
    encoder.set("prices", List.of("1", " 3 ", ""));
    int at = fit(train).features().indexOf("prices.mean");
    assertThat(encoder.features()[at]).isEqualTo(2);
    assertThatThrownBy(() -> encoder.set("prices", List.of("dear")))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("column 'prices' holds numbers, but got the text 'dear'");
  }

  @Test
  void listsThatTellNothing_areLeftOutWithAReason() throws IOException {
    ExampleBatch batch =
        Batches.of()
            .lists("none", List.of(), List.of(), List.of())
            .lists("same", List.of("a"), List.of("a"), List.of("a", "a"))
            .lists("ones", List.of(1L), List.of(1L), List.of(1L))
            .lists("lengths", List.of(1L), List.of(1L), List.of(1L, 1L))
            .ints("y", 0L, 1L, 1L)
            .batch();
    Mapping mapping = fit(batch);
    assertThat(mapping.rawColumns())
        .extracting(RawColumn::name, RawColumn::role, RawColumn::reason)
        .contains(
            tuple("none", RawColumn.Role.EXCLUDED, "it has no value in train"),
            tuple("same", RawColumn.Role.EXCLUDED, "it has the same value in every row of train"),
            tuple("ones", RawColumn.Role.EXCLUDED, "it has the same value in every row of train"),
            tuple("lengths", RawColumn.Role.FEATURE, ""));
    assertThat(mapping.rawColumns().getFirst().repeated()).isTrue();
  }

  @Test
  void bytes_areNeverAFeature() throws IOException {
    ExampleBatch batch =
        Batches.of()
            .base64("image", "/9g=", "/9k=", "/9g=")
            .ints("x", 1L, 2L, 3L)
            .ints("y", 0L, 1L, 1L)
            .batch();
    assertThat(fit(batch).rawColumns().getFirst())
        .isEqualTo(
            new RawColumn(
                "image",
                ValueType.STRING,
                RawColumn.Role.EXCLUDED,
                "it holds bytes that are no text"));
    FeatureSpec spec = FeatureSpec.parse(Map.of("image", Map.of("one_hot", Map.of())));
    assertThatThrownBy(() -> fit(spec, batch))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("features, column 'image' holds bytes that are no text");
  }

  @Test
  void aMultiValuedLabel_isRefusedByName() {
    ExampleBatch batch =
        Batches.of().lists("y", List.of(1L), List.of(0L, 1L)).ints("x", 1L, 2L).batch();
    assertThatThrownBy(() -> fit(batch))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "column 'y' holds several values a row, so it cannot be the label; name a column of"
                + " one value a row, or derive one upstream (the first value, their number)");
  }

  private float[] labels(String expression) {
    return LabelExpression.compile("l", expression, train.fields()).labels(train);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'a' in tags || size(prices) == 1",
        "size(prices) == 3 || prices[0] > 3",
        "prices.exists(p, p > 3)",
        "prices.exists(p, p * 2 >= 8)",
        "6 in prices || 4 in prices",
        "prices.filter(p, p > 3).size() > 0"
      })
  void expressions_takeListsAsLists(String expression) {
    assertThat(labels(expression)).containsExactly(1, 1, Float.NaN, 0);
  }

  @Test
  void aListAsANumber_doesNotCompile() {
    assertThatThrownBy(() -> labels("prices > 3"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("does not compile at line 1");
  }
}
