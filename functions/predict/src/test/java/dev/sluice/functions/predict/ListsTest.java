package dev.sluice.functions.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Field;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ParquetExampleReader;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.Split;
import dev.sluice.examples.Splits;
import dev.sluice.models.BinaryTrainer;
import dev.sluice.models.TrainConfig;
import dev.sluice.models.TrainingRows;
import dev.sluice.models.TreeModel;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import dev.sluice.statistics.StatisticsProtos;
import dev.sluice.statistics.Valency;
import dev.sluice.transform.Encoder;
import dev.sluice.transform.FeatureMatrix;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import dev.sluice.transform.MappingFitter;
import dev.sluice.validation.BatchStatistics;
import dev.sluice.validation.Checks;
import dev.sluice.validation.DataValidator;
import dev.sluice.validation.SchemaInference;
import dev.sluice.validation.ValidationInput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.metadata.v0.Schema;

/**
 * Lists on the whole way, stage by stage: JSON Lines to examples, statistics, a schema, a mapping,
 * a model and its answers.
 */
class ListsTest {
  private static final int ROWS = 3_000;
  private static final PipelineSpec.Label LABEL = new PipelineSpec.Label("sold", null, null);

  /** Objects of which rare tags, the second place of the vector and dear prices make a sale. */
  private static List<String> lines(long seed, int rows) {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      JsonObject line = new JsonObject();
      JsonArray tags = new JsonArray();
      boolean rare = false;
      for (int n = random.nextInt(4); n > 0; n--) {
        int tag = random.nextInt(8);
        rare |= tag == 7;
        tags.add("tag" + tag);
      }
      line.add("tags", tags);
      JsonArray vector = new JsonArray();
      double second = random.nextGaussian();
      vector.add(random.nextGaussian());
      vector.add(second);
      vector.add(random.nextGaussian());
      line.add("vector", vector);
      JsonArray prices = new JsonArray();
      double dearest = 0;
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        double price = random.nextInt(1_000) / 10.0;
        dearest = Math.max(dearest, price);
        prices.add(price);
      }
      line.add("prices", prices);
      double score = (rare ? 2 : 0) + second + dearest / 50;
      line.addProperty("sold", score + random.nextGaussian() / 4 > 2 ? 1 : 0);
      lines.add(line.toString());
    }
    return lines;
  }

  /** The examples of some lines, as ingestion writes them. */
  private static final class Examples {
    private final Map<String, ByteArrayOutputStream> files = new LinkedHashMap<>();

    Examples(List<String> lines) {
      byte[] bytes = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
      try {
        new Ingestion(Splits.ofDefaults())
            .run(
                RecordFiles.detect(List.of(ByteSource.of("gs://inbox/sales.jsonl", bytes))),
                file -> {
                  ByteArrayOutputStream out = new ByteArrayOutputStream();
                  files.put(file, out);
                  return out;
                },
                Ingestion.Progress.none());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    ExampleReader open(Split split, Set<String> columns) throws IOException {
      String name = ExamplesManifest.partName(split, /* shard= */ 0);
      return ParquetExampleReader.open(
          ByteBuffer.wrap(Objects.requireNonNull(files.get(name)).toByteArray()), name, columns);
    }

    ExampleReader open(Split split) {
      try {
        return open(split, Set.of());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    ExampleBatch batch(Split split) throws IOException {
      try (ExampleReader reader = open(split)) {
        return Objects.requireNonNull(reader.next());
      }
    }

    Statistics statistics() throws IOException {
      return new StatisticsAnalyzer(GroupOptions.ofDefaults())
          .analyze(() -> open(Split.TRAIN), () -> open(Split.EVAL));
    }
  }

  private static Mapping fit(ExampleBatch train) {
    MappingFitter fitter =
        new MappingFitter(train.fields(), LABEL, List.of(), FeatureSpec.ofDefaults());
    fitter.add(train);
    return fitter.fit();
  }

  private record Served(ServedVersion version, TreeModel model) {}

  private static Served serve(Mapping mapping, ExampleBatch train) throws IOException {
    Map<String, @Nullable Object> config = Map.of("rounds", 60, "early_stopping_rounds", 0);
    TrainingRows rows = new TrainingRows(mapping.features()).add(mapping.apply(train));
    TreeModel model =
        TreeModel.read(BinaryTrainer.train(rows, TrainConfig.parse(config)).model(), "model.ubj");
    Map<String, byte[]> files = MappingFiles.write(mapping);
    Mapping released = MappingFiles.read(name -> Objects.requireNonNull(files.get(name)));
    return new Served(new ServedVersion("sales", 1, /* generation= */ 1, released, model), model);
  }

  private static String answer(ServedVersion version, String body) {
    Exchange exchange = new Exchange();
    exchange.body.add(body.getBytes(StandardCharsets.UTF_8));
    version.answer(exchange, Instant.EPOCH);
    return new String(exchange.answer.copy(), StandardCharsets.UTF_8);
  }

  private static float score(ServedVersion version, String row) {
    String answer = answer(version, "{\"instances\": [" + row + "]}");
    return JsonParser.parseString(answer)
        .getAsJsonObject()
        .getAsJsonArray("predictions")
        .get(0)
        .getAsFloat();
  }

  /** One that all tests ask; it changes nothing but its pool. */
  private static final ServedVersion VERSION = version();

  private static ServedVersion version() {
    try {
      ExampleBatch train = new Examples(lines(1, ROWS)).batch(Split.TRAIN);
      return serve(fit(train), train).version();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void listsGoFromTheFileToTheAnswer() throws IOException {
    List<String> lines = lines(1, ROWS);
    Examples examples = new Examples(lines);
    try (ExampleReader reader = examples.open(Split.TRAIN)) {
      assertThat(reader.fields())
          .filteredOn(Field::repeated)
          .extracting(Field::name)
          .containsExactlyInAnyOrder("tags", "vector", "prices");
    }

    Statistics statistics = examples.statistics();
    assertThat(Objects.requireNonNull(statistics.all().feature("vector")).lists())
        .isEqualTo(new Valency(3, 3, 3 * ROWS));
    assertThat(StatisticsProtos.fromProto(StatisticsProtos.toProto(statistics.splits())))
        .isEqualTo(statistics.splits());

    Schema schema = SchemaInference.infer(statistics.all(), Set.of("sold"));
    Statistics next = new Examples(lines(2, ROWS)).statistics();
    assertThat(
            new DataValidator()
                .validate(
                    new ValidationInput(
                        new BatchStatistics(next.all(), next.allGroups()),
                        List.of(new BatchStatistics(statistics.all(), statistics.allGroups())),
                        List.of(),
                        null,
                        schema,
                        /* schemaGiven= */ false,
                        Checks.defaults(),
                        "sold",
                        Set.of(),
                        /* examples= */ null))
                .outcome())
        .isEqualTo(Outcome.PASS);

    ExampleBatch train = examples.batch(Split.TRAIN);
    Mapping mapping = fit(train);
    assertThat(mapping.features()).hasSize(8 + 3 + 4).contains("vector.1", "prices.max");
    assertThat(mapping.encoders())
        .hasAtLeastOneElementOfType(Encoder.MultiHot.class)
        .hasAtLeastOneElementOfType(Encoder.Vector.class)
        .hasAtLeastOneElementOfType(Encoder.Summary.class);

    Served served = serve(mapping, train);
    ExampleBatch eval = examples.batch(Split.EVAL);
    FeatureMatrix features = mapping.apply(eval);
    IntColumn rows = (IntColumn) Objects.requireNonNull(eval.column(Field.ROW));
    int right = 0;
    for (int i = 0; i < eval.rows(); i++) {
      String line = lines.get(Math.toIntExact(rows.values()[i]) - 1);
      float score = score(served.version(), line);
      float[] own = new float[features.width()];
      System.arraycopy(features.values(), i * own.length, own, 0, own.length);
      assertThat(score).isEqualTo(served.model().predict(own));
      right += score > .5 == (features.labels()[i] == 1) ? 1 : 0;
    }
    assertThat((double) right / eval.rows()).isGreaterThan(.88);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"tags\": [\"tag7\", \"tag1\"], \"vector\": [1, 2, 3.5], \"prices\": [5]}",
        "{\"vector\": [1.0, 2e0, 35e-1], \"tags\": [\"t\\u0061g7\",\"tag1\"], \"prices\": 5}",
        " {\"prices\":[ null,\"5\" ], \"vector\":[ 1 , 2 , 3.5 ]"
            + " ,\"tags\":[\"tag1\",\"tag7\",\"tag1\"]}",
        "{\"tags\": [\"tag7\", null, \"\", \"new\", \"tag1\"], \"vector\": [1, 2, 3.5], \"prices\":"
            + " [5, NaN]}",
      })
  void waysToWriteOneRow_scoreAlike(String row) {
    ServedVersion version = VERSION;
    float expected =
        score(
            version, "{\"tags\": [\"tag7\", \"tag1\"], \"vector\": [1, 2, 3.5], \"prices\": [5]}");
    assertThat(score(version, row)).isEqualTo(expected);
    assertThat(score(version, "{}")).isNotEqualTo(expected);
  }

  @Test
  void emptyListsAreMissing() {
    ServedVersion version = VERSION;
    assertThat(score(version, "{\"tags\": [], \"vector\": [], \"prices\": [null]}"))
        .isEqualTo(score(version, "{}"));
  }

  @Test
  void theColumnarFormatTakesAListARow() {
    ServedVersion version = VERSION;
    String answer =
        answer(
            version,
            "{\"inputs\": {\"tags\": [[\"tag7\"], [], \"tag1\"], \"vector\": [[1, 2, 3], null,"
                + " []]}}");
    JsonArray scores = JsonParser.parseString(answer).getAsJsonObject().getAsJsonArray("outputs");
    assertThat(scores.get(0).getAsFloat())
        .isEqualTo(score(version, "{\"tags\": [\"tag7\"], \"vector\": [1, 2, 3]}"));
    assertThat(scores.get(1).getAsFloat()).isEqualTo(score(version, "{}"));
    assertThat(scores.get(2).getAsFloat()).isEqualTo(score(version, "{\"tags\": [\"tag1\"]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"vector\": [1, 2]}|column 'vector' got 2 numbers, and the model takes 3",
        "{\"vector\": [1, 2, 3, 4]}|column 'vector' got 4 numbers, and the model takes 3",
        "{\"vector\": [1, 2, [3]]}|column 'vector' has a list in its list; send numbers, texts",
        "{\"tags\": [{\"b64\": \"eA==\"}]}|column 'tags' has an object in its list",
        "{\"tags\": {}}|column 'tags' is an object; send a number, a text, true, false or null, or"
            + " a list",
        "{\"prices\": [\"dear\"]}|column 'prices' holds numbers, but got the text 'dear'",
        "{\"tags\": [\"a\" \"b\"]}|expected ',' or ']'",
        "{\"tags\": [\"a\"|the document ends early",
      })
  void badLists_areRefusedWithAReason(String row, String reason) {
    ServedVersion version = VERSION;
    assertThatThrownBy(() -> answer(version, "{\"instances\": [" + row + "]}"))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining(reason);
  }

  @Test
  void metadataSaysWhichColumnsTakeLists() {
    JsonObject inputs =
        Descriptions.metadata(VERSION)
            .getAsJsonObject("metadata")
            .getAsJsonObject("signature_def")
            .getAsJsonObject("signature_def")
            .getAsJsonObject(ServedVersion.SIGNATURE)
            .getAsJsonObject("inputs");
    assertThat(sizes(inputs, "tags")).containsExactly("-1", "-1");
    assertThat(sizes(inputs, "vector")).containsExactly("-1", "3");
    assertThat(sizes(inputs, "prices")).containsExactly("-1", "-1");
    assertThat(inputs.getAsJsonObject("vector").get("dtype").getAsString()).isEqualTo("DT_DOUBLE");
  }

  private static List<String> sizes(JsonObject inputs, String column) {
    List<String> sizes = new ArrayList<>();
    inputs
        .getAsJsonObject(column)
        .getAsJsonObject("tensor_shape")
        .getAsJsonArray("dim")
        .forEach(dim -> sizes.add(dim.getAsJsonObject().get("size").getAsString()));
    return sizes;
  }
}
