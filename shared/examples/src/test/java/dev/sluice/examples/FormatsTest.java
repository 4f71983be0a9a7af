package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ValueType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tensorflow.example.Example;
import org.tensorflow.example.Feature;
import org.tensorflow.example.Features;

/** One table in several formats is one and the same. */
class FormatsTest {
  /** Names to Long, Float or String; floats are of 32 bits, as tf.Example has no others. */
  private static List<Map<String, Object>> table(long seed, int rows) {
    Random random = new Random(seed);
    List<Map<String, Object>> table = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("id", (long) r);
      put(row, random, "count", random.nextLong() >> random.nextInt(64));
      put(row, random, "price", random.nextInt(3) == 0 ? 5f : random.nextFloat() * 1000);
      put(row, random, "word", "w" + random.nextInt(50));
      put(
          row,
          random,
          "text",
          "a,\"b\"\n\t\\ Zo\u00eb \u2603 \ud83d\ude00".substring(0, 1 + random.nextInt(9)));
      put(row, random, "yes", String.valueOf(random.nextBoolean()));
      table.add(row);
    }
    return table;
  }

  private static void put(Map<String, Object> row, Random random, String name, Object value) {
    if (random.nextInt(10) > 0) {
      row.put(name, value);
    }
  }

  private static final List<String> NAMES = List.of("id", "count", "price", "word", "text", "yes");

  private static byte[] csv(List<Map<String, Object>> table) {
    StringBuilder text = new StringBuilder(String.join(",", NAMES)).append('\n');
    for (Map<String, Object> row : table) {
      for (int c = 0; c < NAMES.size(); c++) {
        Object value = row.get(NAMES.get(c));
        text.append(c == 0 ? "" : ",");
        if (value instanceof String string) {
          text.append('"').append(string.replace("\"", "\"\"")).append('"');
        } else if (value instanceof Float number) {
          text.append(number.doubleValue());
        } else {
          text.append(value == null ? "" : value);
        }
      }
      text.append('\n');
    }
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] jsonLines(List<Map<String, Object>> table) {
    StringBuilder text = new StringBuilder();
    for (Map<String, Object> row : table) {
      List<String> members = new ArrayList<>();
      row.forEach((name, value) -> {
        if (name.equals("yes")) {
          members.add("\"yes\":" + value);
        } else if (value instanceof Float f) {
          members.add("\"" + name + "\": " + f.doubleValue());
        } else {
          members.add("\"" + name + "\": " + Json.write(value));
        }
      });
      text.append('{').append(String.join(", ", members)).append("}\n");
    }
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] tfRecord(List<Map<String, Object>> table) {
    List<byte[]> records = new ArrayList<>();
    for (Map<String, Object> row : table) {
      Features.Builder features = Features.newBuilder();
      row.forEach((name, value) -> features.putFeature(name, feature(value)));
      records.add(Example.newBuilder().setFeatures(features).build().toByteArray());
    }
    return Reading.tfRecords(records);
  }

  private static Feature feature(Object value) {
    return switch (value) {
      case Long l -> RandomExamples.ints(l);
      case Float f -> RandomExamples.floats(f);
      default -> RandomExamples.bytes(value.toString());
    };
  }

  /** The table in every format and packing, each under the same name. */
  private static Map<String, ByteSource> written(List<Map<String, Object>> table) {
    Map<String, ByteSource> written = new TreeMap<>();
    Map.of("csv", csv(table), "jsonl", jsonLines(table), "tfrecord", tfRecord(table))
        .forEach((format, bytes) -> {
          written.put(format, ByteSource.of("in/table", bytes));
          written.put(format + ".gz", ByteSource.of("in/table", Reading.gzip(bytes)));
          written.put(format + ".zst", ByteSource.of("in/table", Zstd.compress(bytes)));
        });
    return written;
  }

  @Test
  void everyFormatGivesTheSameTypesAndValues() throws IOException {
    for (int seed = 0; seed < 5; seed++) {
      Map<String, ByteSource> written = written(table(seed, 500));
      RecordFile csv = RecordFiles.detect(written.get("csv"));
      assertThat(Reading.kinds(csv).fields())
          .containsExactly(
              new Field("id", ValueType.INT),
              new Field("count", ValueType.INT),
              new Field("price", ValueType.FLOAT),
              new Field("word", ValueType.STRING),
              new Field("text", ValueType.STRING),
              new Field("yes", ValueType.STRING));
      List<String> expected = Reading.values(Reading.records(csv));
      assertThat(expected).hasSize(500);
      for (Map.Entry<String, ByteSource> entry : written.entrySet()) {
        RecordFile file = RecordFiles.detect(entry.getValue());
        assertThat(Reading.kinds(file).fields())
            .as(entry.getKey())
            .containsExactlyInAnyOrderElementsOf(Reading.kinds(csv).fields());
        assertThat(Reading.values(Reading.records(file))).as(entry.getKey()).isEqualTo(expected);
      }
    }
  }

  @Test
  void everyFormatIsSplitAlike() throws IOException {
    Map<String, ByteSource> written = written(table(9, 3000));
    for (Splits splits : List.of(Splits.ofDefaults(), Splits.ofDefaults().byKey("word"))) {
      List<List<Object>> expected = null;
      for (Map.Entry<String, ByteSource> entry : written.entrySet()) {
        List<List<Object>> evals = evals(splits, RecordFiles.detect(entry.getValue()));
        expected = expected == null ? evals : expected;
        assertThat(evals).as(entry.getKey()).isEqualTo(expected);
      }
      assertThat(expected).hasSizeBetween(300, 900);
    }
  }

  private static OutputStream open(Map<String, ByteArrayOutputStream> files, String name) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    files.put(name, out);
    return out;
  }

  private static ExamplesManifest ingest(
      Ingestion ingestion, RecordFile file, Map<String, ByteArrayOutputStream> files)
      throws IOException {
    return ingestion
        .run(List.of(file), name -> open(files, name), Ingestion.Progress.none())
        .manifest();
  }

  /** Id and row of each row of eval. */
  private static List<List<Object>> evals(Splits splits, RecordFile file) throws IOException {
    Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    ingest(new Ingestion(splits), file, files);
    return rows(files, "eval-00000.parquet");
  }

  private static List<List<Object>> rows(Map<String, ByteArrayOutputStream> files, String name)
      throws IOException {
    byte[] eval = files.getOrDefault(name, new ByteArrayOutputStream()).toByteArray();
    List<List<Object>> rows = new ArrayList<>();
    try (ExampleReader reader =
        ParquetExampleReader.open(ByteBuffer.wrap(eval), "eval", Set.of("id", Field.ROW))) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        for (int r = 0; r < batch.rows(); r++) {
          List<Object> row = new ArrayList<>();
          for (Column column : batch.columns()) {
            row.add(((IntColumn) column).values()[r]);
          }
          rows.add(row);
        }
      }
    }
    return rows;
  }

  @Test
  void listsOfJsonAndTfRecordAreTheSame() throws IOException {
    String json =
        """
        {"id": 1, "tags": ["a", "", "b"], "counts": [1, 2], "scores": [0.5]}
        {"id": 2, "tags": ["c"], "counts": [], "scores": [1.5, 2.5, 3.5]}
        {"id": 3}
        """;
    byte[] records =
        tfRecords(
            Map.of(
                "id", RandomExamples.ints(1),
                "tags", RandomExamples.bytes("a", "", "b"),
                "counts", RandomExamples.ints(1, 2),
                "scores", RandomExamples.floats(.5f)),
            Map.of(
                "id", RandomExamples.ints(2),
                "tags", RandomExamples.bytes("c"),
                "counts", RandomExamples.ints(),
                "scores", RandomExamples.floats(1.5f, 2.5f, 3.5f)),
            Map.of("id", RandomExamples.ints(3)));
    RecordFile lines = RecordFiles.detect(ByteSource.of("a.jsonl", json.getBytes(UTF_8)));
    RecordFile tfRecord = RecordFiles.detect(ByteSource.of("a.tfrecord", records));
    assertThat(Reading.values(Reading.records(lines)))
        .containsExactly(
            "{counts=[1, 2], id=1, scores=[0.5], tags=[a, b]}",
            "{id=2, scores=[1.5, 2.5, 3.5], tags=[c]}",
            "{id=3}")
        .isEqualTo(Reading.values(Reading.records(tfRecord)));
    assertThat(Reading.kinds(tfRecord).fields())
        .containsExactlyInAnyOrderElementsOf(Reading.kinds(lines).fields())
        .contains(new Field("tags", ValueType.STRING, true, false));
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private static byte[] tfRecords(Map<String, Feature>... rows) {
    List<byte[]> records = new ArrayList<>();
    for (Map<String, Feature> row : rows) {
      records.add(
          Example.newBuilder()
              .setFeatures(Features.newBuilder().putAllFeature(row))
              .build()
              .toByteArray());
    }
    return Reading.tfRecords(records);
  }

  /** A double that 32 bits cannot hold is another number in TFRecord. */
  @Test
  void onlyTfRecordRoundsNumbers() throws IOException {
    RecordFile lines = RecordFiles.detect(ByteSource.of("a.jsonl", "{\"x\":0.1}".getBytes(UTF_8)));
    assertThat(Reading.values(Reading.records(lines))).containsExactly("{x=0.1}");
    RecordFile tfRecord =
        RecordFiles.detect(
            ByteSource.of("a.tfrecord", tfRecords(Map.of("x", RandomExamples.floats(.1f)))));
    assertThat(Reading.values(Reading.records(tfRecord)))
        .containsExactly("{x=0.10000000149011612}");
  }

  @Test
  void examplesAreWrittenAsTfRecordTooWhereAsked() throws IOException {
    RecordFile csv = RecordFiles.detect(ByteSource.of("in/table", csv(table(1, 1000))));
    Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    ExamplesManifest manifest = ingest(new Ingestion(Splits.ofDefaults(), true), csv, files);
    assertThat(files.keySet())
        .containsExactly(
            "eval-00000.parquet",
            "eval-00000.tfrecord",
            "rejected.jsonl",
            "train-00000.parquet",
            "train-00000.tfrecord");
    long rows = 0;
    for (Split split : Split.values()) {
      ExamplesManifest.Files written = manifest.files(split);
      String name = split.label() + "-00000.tfrecord";
      assertThat(written.tfrecord())
          .containsExactly(new ExamplesManifest.Part(name, written.rows()));
      byte[] bytes = files.getOrDefault(name, new ByteArrayOutputStream()).toByteArray();
      RecordFile tfRecord = RecordFiles.detect(ByteSource.of(name, bytes));
      assertThat(Reading.values(Reading.records(tfRecord)))
          .hasSize((int) written.rows())
          .isSubsetOf(Reading.values(Reading.records(csv)));
      rows += written.rows();
    }
    assertThat(rows).isEqualTo(1000);
    assertThat(ExamplesManifest.fromJson(manifest.toJson())).isEqualTo(manifest);
  }

  @Test
  void aManifestFromBeforeTfRecordHasNone() {
    String json = "{\"fields\":[],\"splits\":{\"train\":{\"rows\":0,\"files\":[]}},\"sources\":[]}";
    assertThat(ExamplesManifest.fromJson(json).files(Split.TRAIN).tfrecord()).isEmpty();
  }

  @Test
  void anEmptyPartOfSeveralIsNoFault() throws IOException {
    RecordFile empty = RecordFiles.detect(ByteSource.of("in/0.tfrecord", new byte[0]));
    RecordFile full = RecordFiles.detect(ByteSource.of("in/1.tfrecord", tfRecord(table(1, 10))));
    Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults())
            .run(List.of(empty, full), name -> open(files, name), Ingestion.Progress.none());
    assertThat(result.rows()).isEqualTo(10);
    assertThatThrownBy(() ->
            new Ingestion(Splits.ofDefaults())
                .run(List.of(empty), name -> open(files, name), Ingestion.Progress.none()))
        .isInstanceOf(BadInput.class)
        .hasMessage("in/0.tfrecord has no rows; write at least one");
  }

  @Test
  void shardsOfEveryFormatWriteTheRowsOfOneCall() throws IOException {
    Map<String, ByteSource> written = written(table(4, 2000));
    for (Map.Entry<String, ByteSource> entry : written.entrySet()) {
      List<RecordFile> files = List.of(RecordFiles.detect(entry.getValue()));
      Ingestion ingestion = new Ingestion(Splits.ofDefaults());
      List<List<Object>> expected = evals(Splits.ofDefaults(), files.getFirst());
      int shards = 7;
      List<Inspection> inspections = new ArrayList<>();
      for (int k = 0; k < shards; k++) {
        inspections.add(Ingestion.inspect(files, k, shards, Ingestion.Progress.none()));
      }
      Plan plan = Ingestion.plan(files, inspections);
      if (!entry.getKey().equals("csv")) {
        assertThat(plan.notes())
            .isEqualTo(
                files.getFirst().indivisible() == null
                    ? List.of()
                    : List.of("in/table " + files.getFirst().indivisible()));
      }
      List<List<Object>> evals = new ArrayList<>();
      for (int k = 0; k < shards; k++) {
        Map<String, ByteArrayOutputStream> out = new TreeMap<>();
        ingestion.write(files, plan, k, name -> open(out, name), Ingestion.Progress.none());
        evals.addAll(rows(out, "eval-0000" + k + ".parquet"));
      }
      assertThat(evals).as(entry.getKey()).isEqualTo(expected);
    }
  }
}
