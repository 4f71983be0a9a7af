package dev.sluice.examples;

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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CsvIngestionTest {
  private final Map<String, ByteArrayOutputStream> files = new TreeMap<>();
  private final List<RejectedRow> rejected = new ArrayList<>();

  private CsvIngestion.Result run(Splits splits, ByteSource... sources) throws IOException {
    return new CsvIngestion(splits, 0)
        .run(
            List.of(sources),
            (split, file) -> files.computeIfAbsent(file, f -> new ByteArrayOutputStream()),
            rejected::add);
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
    CsvIngestion.Result result =
        run(Splits.ofDefaults(), table("x.csv", 0, 1000), table("y.csv", 1000, 500));
    assertThat(files.keySet()).containsExactly("eval-00000.parquet", "train-00000.parquet");
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
    assertThat(result.firstRejected()).isEqualTo(rejected).hasSize(15);
  }

  @Test
  void theManifestSaysWhatIsThere() throws IOException {
    ExamplesManifest manifest =
        run(Splits.ofDefaults(), Data.csv("x.csv", "a;b\n1;x\n2;y\n3;z\n4\n")).manifest();
    assertThat(manifest.fields()).containsExactly(new Field("a", INT), new Field("b", STRING));
    assertThat(manifest.sources())
        .containsExactly(new CsvExamples.SourceSummary("x.csv", 18, ";", 4, 1));
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
    CsvIngestion.Result result = run(new Splits(1, null), Data.csv("x.csv", "a,b\n1,x\n2,y\n"));
    assertThat(result.rows(Split.EVAL)).isZero();
    assertThat(stored("eval-00000.parquet")).isEmpty();
  }

  @Test
  void theSinkGetsAllRejectedRowsAndTheResultTheFirst() throws IOException {
    CsvIngestion.Result result =
        run(Splits.ofDefaults(), Data.csv("x.csv", "a,b\n1,x\n" + "ragged\n".repeat(1500)));
    assertThat(rejected).hasSize(1500);
    assertThat(result.firstRejected())
        .isEqualTo(rejected.subList(0, CsvIngestion.REJECTED_ROWS_KEPT));
  }

  @Test
  void anUnknownSplitKeyIsNamed() {
    assertThatThrownBy(() -> run(Splits.ofDefaults().byKey("seller"), table("x.csv", 0, 3)))
        .isInstanceOf(BadInput.class)
        .hasMessage("x.csv has no column seller, the split_key; it has id, name");
    assertThat(files).isEmpty();
  }

  @Test
  void anObjectThatChangesBetweenThePassesIsNotTaken() {
    int[] opened = {0};
    ByteSource changing =
        new ByteSource() {
          @Override
          public InputStream open() {
            String text = ++opened[0] < 3 ? "a,b\n1,x\n2,y\n" : "a,b\n1,x\n";
            return new ByteArrayInputStream(text.getBytes(UTF_8));
          }

          @Override
          public String name() {
            return "x.csv";
          }

          @Override
          public long size() {
            return 12;
          }
        };
    assertThatThrownBy(() -> run(Splits.ofDefaults(), changing))
        .isInstanceOf(Conflict.class)
        .hasMessage("x.csv changed while it was read; read one generation of the object");
  }
}
