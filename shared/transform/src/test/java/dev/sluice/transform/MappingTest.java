package dev.sluice.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MappingTest {
  /** scikit-learn 1.9.1, {@code StandardScaler().fit_transform} of 1.5, 2.25, -7, 1e6, 3.125. */
  private static final float[] SKLEARN_Z = {
    -0.4999962f, -0.4999943f, -0.5000174f, 2.0f, -0.4999921f
  };

  /** The same of their {@code sign(x) * log1p(abs(x))}. */
  private static final float[] SKLEARN_LOG_Z = {
    -0.38574287f, -0.3383028f, -0.927424f, 1.9466635f, -0.29519385f
  };

  private static final PipelineSpec.Label LABEL = new PipelineSpec.Label("y", null, null);

  private static Mapping fit(FeatureSpec spec, ExampleBatch... batches) throws IOException {
    return Mapping.fit(Batches.reader(batches), LABEL, List.of(), spec);
  }

  private static float[] column(FeatureMatrix matrix, String name) {
    int at = matrix.names().indexOf(name);
    float[] out = new float[matrix.rows()];
    for (int i = 0; i < out.length; i++) {
      out[i] = matrix.value(i, at);
    }
    return out;
  }

  @Test
  void numbers_areScaledAsByScikitLearn() throws IOException {
    ExampleBatch first = Batches.of().floats("x", 1.5, null, 2.25).ints("y", 0L, 0L, 1L).batch();
    ExampleBatch second = Batches.of().floats("x", -7.0, 1e6, 3.125).ints("y", 0L, 1L, 1L).batch();
    Mapping mapping = fit(FeatureSpec.ofDefaults(), first, second);

    Encoder.Numeric x = (Encoder.Numeric) mapping.encoders().getFirst();
    assertThat(x.mean()).isCloseTo(199999.975, within(1e-9));
    assertThat(x.stdDev()).isCloseTo(400000.01251652, within(1e-6));
    assertThat(x.fill()).isCloseTo(199999.975, within(1e-9));
    assertThat(column(mapping.apply(second), "x"))
        .containsExactly(SKLEARN_Z[2], SKLEARN_Z[3], SKLEARN_Z[4]);
    assertThat(column(mapping.apply(first), "x")[1]).isNaN();
  }

  @Test
  void log_isTakenBeforeScaling() throws IOException {
    ExampleBatch batch =
        Batches.of().floats("x", 1.5, 2.25, -7.0, 1e6, 3.125).ints("y", 0L, 0L, 1L, 1L, 0L).batch();
    FeatureSpec spec = new FeatureSpec(Map.of("x", new FeatureChoice.Numeric(true, true)));

    assertThat(column(fit(spec, batch).apply(batch), "x"))
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(SKLEARN_LOG_Z);
  }

  @Test
  void largeNumbers_keepTheirDifferences() throws IOException {
    ExampleBatch batch =
        Batches.of()
            .ints("t", 1_400_000_000L, 1_400_000_001L, 1_400_000_002L, 1_400_000_003L)
            .ints("y", 0L, 1L, 0L, 1L)
            .batch();

    float[] out = column(fit(FeatureSpec.ofDefaults(), batch).apply(batch), "t");

    // (-1.5, -.5, .5, 1.5) / sqrt(1.25); as 32-bit numbers the four would be one.
    assertThat(out)
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(-1.3416407f, -0.4472136f, 0.4472136f, 1.3416407f);
  }

  @Test
  void infinities_becomeLargeAndNanStaysMissing() throws IOException {
    ExampleBatch batch =
        Batches.of()
            .floats("x", 1.0, Double.POSITIVE_INFINITY, Double.NaN, 3.0)
            .ints("y", 0L, 1L, 0L, 1L)
            .batch();

    assertThat(column(fit(FeatureSpec.ofDefaults(), batch).apply(batch), "x"))
        .containsExactly(-1, 1e30f, Float.NaN, 1);
  }

  @Test
  void text_becomesItsPlaceByFrequencyThenText() throws IOException {
    ExampleBatch train =
        Batches.of()
            .strings("s", "b", "a", "b", "c", null, "d", "d")
            .ints("y", 0L, 1L, 0L, 1L, 0L, 1L, 1L)
            .batch();
    Mapping mapping = fit(FeatureSpec.ofDefaults(), train);
    Encoder.Categorical s = (Encoder.Categorical) mapping.encoders().getFirst();

    assertThat(s.vocabulary().tokens()).containsExactly("b", "d", "a", "c");
    assertThat(column(mapping.apply(train), "s")).containsExactly(0, 2, 0, 3, Float.NaN, 1, 1);
    ExampleBatch unseen = Batches.of().strings("s", "new", "", "c").batch();
    assertThat(column(mapping.apply(unseen), "s")).containsExactly(4, Float.NaN, 3);
  }

  @Test
  void vocabulary_keepsWhatItIsTold() throws IOException {
    ExampleBatch train =
        Batches.of()
            .ints("zip", 7L, 7L, 7L, 8L, 8L, 9L)
            .strings("s", "a", "a", "a", "b", "b", "c")
            .ints("y", 0L, 1L, 0L, 1L, 0L, 1L)
            .batch();
    FeatureSpec spec =
        new FeatureSpec(
            Map.of(
                "zip", new FeatureChoice.Vocabulary(1, 1, 0),
                "s", new FeatureChoice.OneHot(10, 2)));
    Mapping mapping = fit(spec, train);

    assertThat(mapping.features()).containsExactly("zip", "s=a", "s=b");
    FeatureMatrix out = mapping.apply(train);
    assertThat(column(out, "zip")).containsExactly(0, 0, 0, Float.NaN, Float.NaN, Float.NaN);
    assertThat(column(out, "s=a")).containsExactly(1, 1, 1, 0, 0, 0);
    assertThat(column(out, "s=b")).containsExactly(0, 0, 0, 1, 1, 0);
    RowEncoder row = mapping.newRow();
    row.setAll(Map.of("zip", 7.0));
    assertThat(row.features()).containsExactly(0, Float.NaN, Float.NaN);
    row.setAll(Map.of("zip", "7", "s", "b"));
    assertThat(row.features()).containsExactly(0, 0, 1);
  }

  @Test
  void columnsThatCannotHelp_areLeftOutWithAReason() throws IOException {
    int n = 1200;
    Long[] y = new Long[n];
    String[] id = new String[n];
    Long[] same = new Long[n];
    Double[] none = new Double[n];
    Long[] partly = new Long[n];
    for (int i = 0; i < n; i++) {
      y[i] = i % 3 == 0 ? 1L : 0L;
      id[i] = "id" + i;
      same[i] = 5L;
      partly[i] = i % 2 == 0 ? 5L : null;
    }
    ExampleBatch train =
        Batches.of()
            .ints(Field.ROW, y)
            .strings(Field.SOURCE, id)
            .ints("y", y)
            .strings("id", id)
            .ints("same", same)
            .floats("none", none)
            .ints("leak", y)
            .ints("partly", partly)
            .batch();

    Mapping mapping =
        Mapping.fit(Batches.reader(train), LABEL, List.of("leak"), FeatureSpec.ofDefaults());

    assertThat(mapping.features()).containsExactly("partly");
    Map<String, String> reasons = new HashMap<>();
    mapping.rawColumns().forEach(c -> reasons.put(c.name(), c.role() + " " + c.reason()));
    assertThat(reasons)
        .containsEntry("y", "LABEL it is the label")
        .containsEntry("leak", "EXCLUDED the spec excludes it")
        .containsEntry("same", "EXCLUDED it has the same value in every row of train")
        .containsEntry("none", "EXCLUDED it has no value in train")
        .containsEntry("partly", "FEATURE ")
        .doesNotContainKeys(Field.ROW, Field.SOURCE);
    assertThat(reasons.get("id")).contains("nearly every row").contains("1200 different in 1200");
    FeatureSpec told = new FeatureSpec(Map.of("id", FeatureChoice.Vocabulary.ofDefaults()));
    assertThat(fit(told, train).features()).contains("id");
  }

  @Test
  void fit_refusesWhatCannotWork() {
    ExampleBatch train =
        Batches.of().ints("y", 0L, 1L).strings("s", "a", "b").ints("c", 1L, 1L).batch();
    FeatureSpec scaledText = new FeatureSpec(Map.of("s", new FeatureChoice.Numeric(false, true)));

    assertThatThrownBy(() -> fit(scaledText, train))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("column 's' holds text");
    assertThatThrownBy(() -> fit(new FeatureSpec(Map.of("sx", new FeatureChoice.Exclude())), train))
        .hasMessageContaining("'features' names a column")
        .hasMessageContaining("did you mean 's'?");
    assertThatThrownBy(() ->
            Mapping.fit(Batches.reader(train), LABEL, List.of("tip"), FeatureSpec.ofDefaults()))
        .hasMessageContaining("'exclude' names a column");
    assertThatThrownBy(
            () -> Mapping.fit(Batches.reader(train), LABEL, List.of("s"), FeatureSpec.ofDefaults()))
        .hasMessageContaining("no column is left")
        .hasMessageContaining("c: it has the same value");
    assertThatThrownBy(() -> fit(FeatureSpec.ofDefaults(), Batches.of().ints("y", 0L, 1L).batch()))
        .hasMessageContaining("no column besides label 'y'");
    assertThatThrownBy(
            () -> fit(FeatureSpec.ofDefaults(), Batches.of().ints("y").ints("x").batch()))
        .hasMessageContaining("train has no rows");
  }

  @Test
  void row_refusesUnknownNamesAndWrongKinds() throws IOException {
    Mapping mapping = random(new Random(1), 200);
    RowEncoder row = mapping.newRow();

    assertThatThrownBy(() -> row.set("amuont", 1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("no column 'amuont'; did you mean 'amount'?");
    assertThatThrownBy(() -> row.set("amount", "lots"))
        .hasMessageContaining("column 'amount' holds numbers, but got the text 'lots'");
    assertThatThrownBy(() -> row.set("amount", List.of(1)))
        .hasMessageContaining("send a number, a text");
    row.set("y", "yes");
    row.set("amount", "2.5");
    float[] asText = row.features().clone();
    row.setAll(Map.of("amount", 2.5, "y", 1));
    assertThat(row.features()).containsExactly(asText);
    row.set("amount", null);
    assertThat(row.features()).containsOnly(Float.NaN);
  }

  @Test
  void truthValues_takeTheCaseThatTrainHad() throws IOException {
    ExampleBatch train =
        Batches.of()
            .strings("b", "True", "False", "False")
            .ints("n", 0L, 1L, 0L)
            .ints("y", 0L, 1L, 0L)
            .batch();
    Mapping mapping =
        fit(new FeatureSpec(Map.of("n", new FeatureChoice.Numeric(false, false))), train);
    RowEncoder row = mapping.newRow();

    row.setAll(Map.of("b", true, "n", true));

    assertThat(row.features()).containsExactly(1, 1);
  }

  @Test
  void batchesAndRows_giveTheSameBits() throws IOException {
    Random random = new Random(3);
    for (int round = 0; round < 20; round++) {
      Mapping fitted = random(random, 100 + random.nextInt(200));
      Map<String, byte[]> files = MappingFiles.write(fitted);
      Mapping mapping = MappingFiles.read(name -> Objects.requireNonNull(files.get(name)));
      ExampleBatch batch = batch(random, 150);
      FeatureMatrix matrix = mapping.apply(batch);
      RowEncoder row = fitted.newRow();
      for (int i = 0; i < batch.rows(); i++) {
        row.setAll(raw(batch, i));
        for (int j = 0; j < matrix.width(); j++) {
          assertThat(Float.floatToRawIntBits(row.features()[j]))
              .as("row %s feature %s", i, matrix.names().get(j))
              .isEqualTo(Float.floatToRawIntBits(matrix.value(i, j)));
        }
      }
    }
  }

  @Test
  void files_bringBackTheMapping() throws IOException {
    Mapping mapping = random(new Random(5), 300);
    Map<String, byte[]> files = MappingFiles.write(mapping);

    Mapping read = MappingFiles.read(name -> Objects.requireNonNull(files.get(name)));

    assertThat(read.encoders()).isEqualTo(mapping.encoders());
    assertThat(read.rawColumns()).isEqualTo(mapping.rawColumns());
    assertThat(read.label()).isEqualTo(mapping.label());
    assertThat(read.features()).isEqualTo(mapping.features());
    assertThat(read.rows()).isEqualTo(300);
    assertThat(files)
        .containsOnlyKeys(
            "vocabularies/city.txt", "vocabularies/%2Fk%20%C3%A9.txt", "manifest.json");
    assertThat(MappingFiles.write(read).get("manifest.json")).isEqualTo(files.get("manifest.json"));
  }

  @Test
  void longColumnName_getsAFileNameThatFits() throws IOException {
    String name = "é".repeat(200);
    ExampleBatch train = Batches.of().strings(name, "a", "b").ints("y", 0L, 1L).batch();

    Map<String, byte[]> files = MappingFiles.write(fit(FeatureSpec.ofDefaults(), train));

    String file = files.keySet().iterator().next();
    assertThat(file.length()).isLessThan(200);
    assertThat(MappingFiles.read(n -> Objects.requireNonNull(files.get(n))).features())
        .containsExactly(name);
  }

  @Test
  void files_ofANewerFormatOrDamagedAreRefused() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>(MappingFiles.write(random(new Random(5), 50)));
    String manifest =
        new String(Objects.requireNonNull(files.get("manifest.json")), StandardCharsets.UTF_8);

    assertThatThrownBy(() -> read(files, manifest.replace("\"format\":1", "\"format\":2")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("format 2")
        .hasMessageContaining("reads format 1");
    assertThatThrownBy(() -> read(files, manifest.replace("\"mean\"", "\"meen\"")))
        .hasMessageContaining("no 'encoders.mean'");
    assertThatThrownBy(() -> read(files, "{")).hasMessageContaining("manifest.json is not JSON");
    files.put("vocabularies/city.txt", "a\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> read(files, manifest)).hasMessageContaining("holds 1 tokens");
  }

  private static Mapping read(Map<String, byte[]> files, String manifest) throws IOException {
    return MappingFiles.read(name ->
        name.equals("manifest.json")
            ? manifest.getBytes(StandardCharsets.UTF_8)
            : Objects.requireNonNull(files.get(name)));
  }

  @Test
  void featuresFile_bringsBackTheMatrix() throws IOException {
    Mapping mapping = random(new Random(9), 100);
    FeatureMatrix matrix = mapping.apply(batch(new Random(10), 77));

    ExampleBatch file = FeatureBatches.toExamples(matrix);
    FeatureMatrix read = FeatureBatches.toMatrix(file);

    assertThat(file.fields()).isEqualTo(FeatureBatches.fields(mapping.features()));
    assertThat(read.names()).isEqualTo(matrix.names());
    assertThat(read.values()).containsExactly(matrix.values());
    assertThat(read.labels()).containsExactly(matrix.labels());
    assertThat(read.rowNumbers()).containsExactly(matrix.rowNumbers());
    assertThatThrownBy(() -> FeatureBatches.toMatrix(Batches.of().strings("x", "text").batch()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("'x' holds text");
  }

  @Test
  void featureNames_stayDistinct() throws IOException {
    ExampleBatch train =
        Batches.of()
            .ints("__label", 1L, 2L)
            .strings("s", "a", "b")
            .ints("s=a", 4L, 5L)
            .ints("y", 0L, 1L)
            .batch();

    assertThat(fit(new FeatureSpec(Map.of("s", new FeatureChoice.OneHot(9, 1))), train).features())
        .containsExactly("__label_", "s=a", "s=b", "s=a_");
  }

  private static Mapping random(Random random, int rows) throws IOException {
    Map<String, FeatureChoice> choices = new LinkedHashMap<>();
    choices.put("/k é", new FeatureChoice.OneHot(4, 1));
    choices.put("price", new FeatureChoice.Numeric(true, true));
    choices.put("city", new FeatureChoice.Vocabulary(6, 1, 3));
    return fit(new FeatureSpec(choices), batch(random, rows));
  }

  private static ExampleBatch batch(Random random, int rows) {
    Long[] row = new Long[rows];
    Long[] y = new Long[rows];
    @Nullable Long[] count = new Long[rows];
    @Nullable Double[] amount = new Double[rows];
    @Nullable Double[] price = new Double[rows];
    @Nullable String[] city = new String[rows];
    @Nullable String[] kind = new String[rows];
    for (int i = 0; i < rows; i++) {
      row[i] = i + 1L;
      y[i] = i < 2 ? i : (long) random.nextInt(2);
      count[i] = random.nextInt(9) == 0 ? null : random.nextLong();
      amount[i] = random.nextInt(9) == 0 ? null : random.nextGaussian() * 1e5;
      price[i] = random.nextInt(9) == 0 ? null : Math.exp(random.nextGaussian() * 5);
      city[i] = random.nextInt(9) == 0 ? null : "c" + (int) Math.exp(random.nextDouble() * 3);
      kind[i] = random.nextInt(9) == 0 ? null : "k\n" + random.nextInt(7);
    }
    return Batches.of()
        .ints(Field.ROW, row)
        .ints("count", count)
        .floats("amount", amount)
        .ints("y", y)
        .floats("price", price)
        .strings("city", city)
        .strings("/k é", kind)
        .batch();
  }

  private static Map<String, @Nullable Object> raw(ExampleBatch batch, int row) {
    Map<String, @Nullable Object> out = new HashMap<>();
    List<Field> fields = new ArrayList<>(batch.fields());
    for (int j = 0; j < fields.size(); j++) {
      Column column = batch.columns().get(j);
      if (!fields.get(j).isProvenance() && !column.isMissing(row)) {
        out.put(
            fields.get(j).name(),
            switch (column) {
              case IntColumn ints -> (Object) ints.values()[row];
              case FloatColumn floats -> floats.values()[row];
              case StringColumn text -> text.value(row);
              case ListColumn _ -> throw new AssertionError("these rows have no lists");
            });
      }
    }
    return out;
  }
}
