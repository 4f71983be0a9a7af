package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Conflict;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class IngestionTest {
  private final Map<String, ByteArrayOutputStream> files = new TreeMap<>();

  private Ingestion.Result run(Splits splits, ByteSource... sources) throws IOException {
    return new Ingestion(splits)
        .run(RecordFiles.detect(List.of(sources)), this::open, Ingestion.Progress.none());
  }

  private ByteArrayOutputStream open(String file) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    files.put(file, out);
    return out;
  }

  private List<String> rejected() {
    return files.get(Ingestion.rejectedName()).toString(UTF_8).lines().toList();
  }

  private List<List<@Nullable Object>> stored(String file) throws IOException {
    byte[] bytes = files.getOrDefault(file, new ByteArrayOutputStream()).toByteArray();
    return Data.rows(ParquetExampleReader.open(ByteBuffer.wrap(bytes), file, Set.of()));
  }

  private static ByteSource table(String name, int from, int rows) {
    StringBuilder text = new StringBuilder("id,name\n");
    for (int i = from; i < from + rows; i++) {
      text.append(i).append(",n").append(i % 10).append('\n');
      if (i % 100 == 7) {
        text.append("ragged\n");
      }
    }
    return Data.csv(name, text.toString());
  }

  @Test
  void everyAcceptedRowIsStoredOnceInItsSplit() throws IOException {
    Ingestion.Result result =
        run(Splits.ofDefaults(), table("x.csv", 0, 1000), table("y.csv", 1000, 500));
    assertThat(files.keySet())
        .containsExactly("eval-00000.parquet", "rejected.jsonl", "train-00000.parquet");
    List<List<@Nullable Object>> train = stored("train-00000.parquet");
    List<List<@Nullable Object>> eval = stored("eval-00000.parquet");
    assertThat(result.rows(Split.TRAIN)).isEqualTo(train.size());
    assertThat(result.rows(Split.EVAL)).isEqualTo(eval.size()).isBetween(240L, 360L);
    List<List<@Nullable Object>> both = new ArrayList<>(train);
    both.addAll(eval);
    assertThat(both).extracting(List::getFirst).doesNotHaveDuplicates().hasSize(1500);
    assertThat(both).contains(List.of(0L, "n0", 1L, "x.csv"), List.of(8L, "n8", 10L, "x.csv"));
    assertThat(train).isSortedAccordingTo((a, b) -> Long.compare((long) a.get(0), (long) b.get(0)));
    assertThat(result.rows()).isEqualTo(1515);
    assertThat(result.rejectedRows()).isEqualTo(15);
    assertThat(result.firstRejected()).hasSize(15);
    assertThat(rejected()).hasSize(15);
  }

  @Test
  void aFileThatBreaksOffWithinItsLastRecordIsCutOffAndOneWithABadLastLineIsNot()
      throws IOException {
    assertThat(cutOff("a;b\n1;x\n2;y\n3")).isTrue();
    assertThat(cutOff("a;b\n1;x\n2;y\n3\n")).isFalse();
    assertThat(cutOff("a;b\n1;x\n2\n3;z")).isFalse();
  }

  private boolean cutOff(String csv) throws IOException {
    return run(Splits.ofDefaults(), Data.csv("x.csv", csv))
        .manifest()
        .sources()
        .getFirst()
        .cutOff();
  }

  @Test
  void theManifestSaysWhatIsThere() throws IOException {
    ExamplesManifest manifest =
        run(Splits.ofDefaults(), Data.csv("x.csv", "a;b\n1;x\n2;y\n3;z\n4\n")).manifest();
    assertThat(manifest.fields()).containsExactly(new Field("a", INT), new Field("b", STRING));
    assertThat(manifest.sources())
        .containsExactly(new SourceSummary("x.csv", 18, "CSV, delimiter ';'", 4, 1));
    long train = stored("train-00000.parquet").size();
    assertThat(manifest.files(Split.TRAIN))
        .isEqualTo(
            new ExamplesManifest.Files(
                train, List.of(new ExamplesManifest.Part("train-00000.parquet", train))));
    assertThat(manifest.files(Split.EVAL).rows()).isEqualTo(3 - train);
    assertThat(ExamplesManifest.fromJson(manifest.toJson())).isEqualTo(manifest);
  }

  @Test
  void aManifestThatIsNotOneIsRefused() {
    for (String json : List.of("", "[]", "{}", "{\"fields\": 1}", "{")) {
      assertThatThrownBy(() -> ExamplesManifest.fromJson(json))
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("manifest");
    }
  }

  @Test
  void equalObjectsGiveEqualBytes() throws IOException {
    run(Splits.ofDefaults(), table("x.csv", 0, 3000));
    byte[] first = files.remove("train-00000.parquet").toByteArray();
    files.clear();
    run(Splits.ofDefaults(), table("x.csv", 0, 3000));
    assertThat(files.get("train-00000.parquet").toByteArray()).isEqualTo(first);
  }

  @Test
  void equalRowsOfSeveralFilesShareASplit() throws IOException {
    run(Splits.ofDefaults(), table("x.csv", 0, 300), table("y.csv", 0, 300));
    assertThat(stored("train-00000.parquet"))
        .extracting(List::getFirst)
        .doesNotContainAnyElementsOf(
            stored("eval-00000.parquet").stream().map(List::getFirst).toList());
  }

  @Test
  void aSplitWithoutRowsHasAFile() throws IOException {
    Ingestion.Result result = run(new Splits.ByHash(1, null), Data.csv("x.csv", "a,b\n1,x\n2,y\n"));
    assertThat(result.rows(Split.EVAL)).isZero();
    assertThat(stored("eval-00000.parquet")).isEmpty();
  }

  @Test
  void theSinkGetsAllRejectedRowsAndTheResultTheFirst() throws IOException {
    Ingestion.Result result =
        run(Splits.ofDefaults(), Data.csv("x.csv", "a,b\n1,x\n" + "ragged\n".repeat(1500)));
    assertThat(rejected()).hasSize(1500);
    assertThat(result.firstRejected()).hasSize(Ingestion.REJECTED_ROWS_KEPT);
  }

  @Test
  void anUnknownSplitKeyIsNamed() {
    assertThatThrownBy(() -> run(Splits.ofDefaults().byKey("seller"), table("x.csv", 0, 3)))
        .isInstanceOf(BadInput.class)
        .hasMessage("x.csv has no column seller, which decides the split; it has id, name");
    assertThat(files).isEmpty();
  }

  /** Detected, its header read, sampled, read; looked at, since a value did not fit; read. */
  @Test
  void anObjectThatChangesBetweenThePassesIsNotTaken() {
    int[] opened = {0};
    ByteSource changing =
        new ByteSource() {
          @Override
          public InputStream open() {
            String text = ++opened[0] == 4 || opened[0] == 6 ? "a,b\nx,1\n" : "a,b\n1,x\n";
            return new ByteArrayInputStream(text.getBytes(UTF_8));
          }

          @Override
          public String name() {
            return "x.csv";
          }

          @Override
          public long size() {
            return 8;
          }
        };
    assertThatThrownBy(() -> run(Splits.ofDefaults(), changing))
        .isInstanceOf(Conflict.class)
        .hasMessage("column a changed while it was read; read one generation of the objects");
  }

  @Test
  void aTypeThatOnlyALateRowTellsIsThatOfAllRows() throws IOException {
    String late = "k,v,w\n" + "1,2,\n".repeat(900_000) + "1,2.5,text\n";
    Ingestion.Result result = run(Splits.ofDefaults(), Data.csv("x.csv", late));
    assertThat(result.manifest().fields())
        .containsExactly(new Field("k", INT), new Field("v", FLOAT), new Field("w", STRING));
    assertThat(result.rows(Split.TRAIN) + result.rows(Split.EVAL)).isEqualTo(900_001);
  }

  @Test
  void aWorkWithRowsIsDoneOnceWhereTheFirstRecordsTellTheTypes() throws IOException {
    ByteSource source = table("x.csv", 0, 300);
    List<List<List<@Nullable Object>>> works = new ArrayList<>();
    Ingestion.reading(
        RecordFiles.detect(List.of(source)),
        rows -> {
          works.add(Data.rows(rows.get()));
          works.add(Data.rows(rows.get()));
          return works;
        });
    List<List<@Nullable Object>> all =
        Data.rows(Ingestion.read(RecordFiles.detect(List.of(source))));
    assertThat(works).containsExactly(all, all);
  }

  @Test
  void aWorkWithRowsBeginsAnewWhereALateRowTellsAnotherType() throws IOException {
    String late = "k,v,w\n" + "1,2,\n".repeat(900_000) + "1,2.5,text\n";
    List<List<Field>> begun = new ArrayList<>();
    long rows =
        Ingestion.reading(
            RecordFiles.detect(List.of(Data.csv("x.csv", late))),
            all -> {
              begun.add(all.get().fields().subList(0, 3));
              return count(all.get());
            });
    assertThat(rows).isEqualTo(900_001);
    assertThat(begun)
        .containsExactly(
            List.of(new Field("k", INT), new Field("v", INT), new Field("w", STRING)),
            List.of(new Field("k", INT), new Field("v", FLOAT), new Field("w", STRING)));
  }

  @Test
  void aConflictOfTheWorkItselfIsNotTriedAgain() {
    List<String> begun = new ArrayList<>();
    assertThatThrownBy(() ->
            Ingestion.reading(
                RecordFiles.detect(List.of(table("x.csv", 0, 3))),
                rows -> {
                  begun.add("once");
                  throw new Conflict("somebody was faster");
                }))
        .isInstanceOf(Conflict.class)
        .hasMessage("somebody was faster");
    assertThat(begun).hasSize(1);
  }

  private static long count(ExampleReader reader) throws IOException {
    long rows = 0;
    try (reader) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        rows += batch.rows();
      }
    }
    return rows;
  }

  /** Shards that each read their share, as one call reads the whole. */
  private Map<String, List<List<@Nullable Object>>> sharded(int shards, ByteSource... sources)
      throws IOException {
    List<RecordFile> read = RecordFiles.detect(List.of(sources));
    List<Inspection> inspections = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      String json = Ingestion.inspect(read, shard, shards, Ingestion.Progress.none()).toJson();
      inspections.add(Inspection.fromJson(json));
    }
    Plan plan = Plan.fromJson(Ingestion.plan(read, inspections).toJson());
    Map<String, List<List<@Nullable Object>>> rows = new TreeMap<>();
    for (int shard = 0; shard < shards; shard++) {
      Ingestion.Result result =
          new Ingestion(Splits.ofDefaults())
              .write(read, plan, shard, this::open, Ingestion.Progress.none());
      for (Split split : Split.values()) {
        rows.computeIfAbsent(split.label(), s -> new ArrayList<>())
            .addAll(stored(ExamplesManifest.partName(split, shard)));
      }
      rows.computeIfAbsent("rejected", s -> new ArrayList<>())
          .addAll(result.firstRejected().stream().map(row -> List.<Object>of(row)).toList());
    }
    return rows;
  }

  static Stream<Arguments> tables() throws IOException {
    String quoted = "a,b\n1,x\n2,\"y\nz\"\n3,\"\n\n4,5\n\"\n\n\n6,w\n";
    return Stream.of(
        Arguments.of("plain", List.of(table("x.csv", 0, 300).open())),
        Arguments.of("several", List.of(quoted, "b,a\nq,1.5\n", "a,b\n7,s\nragged\n8,t")),
        Arguments.of("line breaks in quotes", List.of(quoted)),
        Arguments.of("an open quote", List.of("a,b\n1,\"x\n2,y\n3,\"z\"\n4,\"\n5,v\n")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tables")
  void anyNumberOfShardsGivesTheSameRowsRejectionsAndSplits(String name, List<Object> texts)
      throws IOException {
    List<ByteSource> sources = new ArrayList<>();
    for (Object text : texts) {
      byte[] bytes =
          text instanceof InputStream in ? in.readAllBytes() : ((String) text).getBytes(UTF_8);
      sources.add(ByteSource.of("s" + sources.size() + ".csv", bytes));
    }
    ByteSource[] given = sources.toArray(ByteSource[]::new);
    Map<String, List<List<@Nullable Object>>> one = sharded(1, given);
    Ingestion.Result whole = run(Splits.ofDefaults(), given);
    assertThat(one.get("train")).isEqualTo(stored("train-00000.parquet"));
    assertThat(one.get("rejected"))
        .isEqualTo(whole.firstRejected().stream().map(row -> List.<Object>of(row)).toList());
    for (int shards : new int[] {2, 3, 4, 5, 6, 7, 9, 12, 16, 25, 40}) {
      Map<String, List<List<@Nullable Object>>> many = sharded(shards, given);
      for (String part : one.keySet()) {
        assertThat(many.get(part))
            .as("%s of %s shards", part, shards)
            .containsExactlyInAnyOrderElementsOf(one.get(part));
      }
    }
  }

  @Test
  void aShardThatFindsOtherRecordsThanWereInspectedIsNotTaken() throws IOException {
    List<RecordFile> before = RecordFiles.detect(List.of(Data.csv("x.csv", "a\n1\n2\n")));
    List<RecordFile> after = RecordFiles.detect(List.of(Data.csv("x.csv", "a\n1\n2\n3\n")));
    Plan plan =
        Ingestion.plan(before, List.of(Ingestion.inspect(before, 0, 1, Ingestion.Progress.none())));
    assertThatThrownBy(() ->
            new Ingestion(Splits.ofDefaults())
                .write(after, plan, 0, this::open, Ingestion.Progress.none()))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("3 records, it had 2");
  }
}
