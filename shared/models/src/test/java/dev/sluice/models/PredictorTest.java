package dev.sluice.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import dev.sluice.transform.FeatureMatrix;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFitter;
import dev.sluice.transform.RowEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PredictorTest {
  private static final List<Field> FIELDS =
      List.of(
          new Field("x[0]", ValueType.FLOAT),
          new Field("kind", ValueType.STRING),
          new Field("sold", ValueType.INT));
  private static final List<String> KINDS = List.of("red", "green", "blue", "<none>");

  private final ExampleBatch batch = batch();
  private final Mapping mapping = mapping(batch, FIELDS);
  private final FeatureMatrix features = mapping.apply(batch);
  private final TrainedModel trained =
      BinaryTrainer.train(Rows.training(features), TrainConfig.ofDefaults());
  private final Predictor predictor =
      new Predictor(mapping, TreeModel.read(trained.model(), "model.ubj"));

  @Test
  void rawRow_scoresAsInItsBatch() {
    float[] all = predictor.predict(features);
    RowEncoder row = predictor.newRow();
    for (int i = 0; i < batch.rows(); i++) {
      assertThat(predictor.predict(raw(i))).isEqualTo(all[i]);
      row.setAll(raw(i));
      assertThat(predictor.predict(row)).isEqualTo(all[i]);
    }
    assertThat(Rows.auc(features.labels(), all)).isGreaterThan(0.9);
  }

  @Test
  void manyThreads_scoreAlike() {
    float[] all = predictor.predict(features);

    List<Integer> wrong =
        IntStream.range(0, batch.rows())
            .parallel()
            .filter(i -> predictor.predict(raw(i)) != all[i])
            .boxed()
            .toList();

    assertThat(wrong).isEmpty();
  }

  @Test
  void absentAndUnknownColumns() {
    assertThat(predictor.predict(Map.of())).isBetween(0f, 1f);
    assertThatThrownBy(() -> predictor.predict(Map.of("kin", "red")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("did you mean 'kind'?");
  }

  @Test
  void mappingOfAnotherModel_isRefused() {
    Mapping other = mapping(batch, FIELDS.reversed());

    assertThatThrownBy(() -> new Predictor(other, predictor.model()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("take both from the same version");
  }

  @Test
  void card_tellsWhatWasLearnedAndComesBack() {
    ModelCard card = ModelCard.of("sales", mapping.label(), trained, "b1", "c0ffee");

    ModelCard read = ModelCard.fromFile(card.toFile());

    assertThat(read.toFile()).isEqualTo(card.toFile());
    assertThat(read.label().positive()).isEqualTo(mapping.label().positive());
    assertThat(read.heldOutMetrics()).containsOnlyKeys("log_loss", "auc");
    assertThat(read.importance().keySet()).contains("x[0]");
    assertThat(read.features()).containsExactly("x[0]", "kind");
    assertThat(predictor.model().features()).containsExactly("x(0)", "kind");
    assertThat(read.memoryBytes()).isPositive();
    assertThat(read.xgboostVersion()).isEqualTo("3.0.4");
    String newer =
        new String(card.toFile(), StandardCharsets.UTF_8).replace("\"format\":1", "\"format\":2");
    assertThatThrownBy(() -> ModelCard.fromFile(newer.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("format 2");
  }

  private Map<String, @Nullable Object> raw(int row) {
    Map<String, @Nullable Object> out = new HashMap<>();
    FloatColumn x = (FloatColumn) batch.columns().get(0);
    StringColumn kind = (StringColumn) batch.columns().get(1);
    out.put("x[0]", x.isMissing(row) ? null : x.values()[row]);
    out.put("kind", kind.value(row));
    return out;
  }

  private static Mapping mapping(ExampleBatch batch, List<Field> fields) {
    List<Column> columns =
        fields.stream().map(f -> batch.columns().get(batch.fields().indexOf(f))).toList();
    MappingFitter fitter =
        new MappingFitter(
            fields,
            new PipelineSpec.Label("sold", null, null),
            List.of(),
            FeatureSpec.ofDefaults());
    fitter.add(new ExampleBatch(fields, columns, batch.rows()));
    return fitter.fit();
  }

  private static ExampleBatch batch() {
    Random random = new Random(21);
    int rows = 900;
    double[] x = new double[rows];
    long[] present = new long[rows / 64 + 1];
    int[] kind = new int[rows];
    long[] sold = new long[rows];
    for (int i = 0; i < rows; i++) {
      x[i] = random.nextGaussian();
      kind[i] = random.nextInt(4);
      if (random.nextInt(10) > 0) {
        present[i / 64] |= 1L << (i % 64);
      }
      sold[i] = x[i] + (kind[i] == 2 ? 1 : -0.5) + random.nextGaussian() / 3 > 0 ? 1 : 0;
    }
    return new ExampleBatch(
        FIELDS,
        List.of(
            new FloatColumn(x, Validity.of(present, rows)),
            new StringColumn(kind, KINDS, Validity.all(rows)),
            new IntColumn(sold, Validity.all(rows))),
        rows);
  }
}
