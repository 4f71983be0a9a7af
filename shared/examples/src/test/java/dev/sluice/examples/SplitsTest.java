package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SplitsTest {
  /** From Python's xxhash 3, {@code xxh64_hexdigest}. */
  @ParameterizedTest
  @CsvSource({
    "'', ef46db3751d8e999",
    "a, d24ec4f1a98c6e5b",
    "abc, 44bc2cf5ad770999",
    "Nobody inspects the spammish repetition, fbcea83c8a378bf1",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz, d89439b4688d88c7"
  })
  void hashesAsXxh64(String text, String hex) {
    byte[] b = ("-" + text).getBytes(UTF_8);
    assertThat(Long.toHexString(XxHash64.hash(b, 1, b.length))).isEqualTo(hex);
  }

  private static Map<String, Split> assigned(Splits splits, String csv, int key)
      throws IOException {
    Map<String, Split> assigned = new HashMap<>();
    try (ExampleReader reader = Ingestion.read(RecordFiles.detect(List.of(Data.csv(csv))))) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        boolean[] eval = splits.eval(batch);
        for (int r = 0; r < eval.length; r++) {
          String name = String.valueOf(Data.value(batch.columns().get(key), r));
          Split split = eval[r] ? Split.EVAL : Split.TRAIN;
          Split before = assigned.put(name, split);
          assertThat(before == null || before == split).as(name).isTrue();
        }
      }
    }
    return assigned;
  }

  private static String table(String header, int rows, IntFunction<String> row) {
    StringBuilder text = new StringBuilder(header).append('\n');
    for (int i = 0; i < rows; i++) {
      text.append(row.apply(i)).append('\n');
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(doubles = {.05, .2, .5})
  void evalGetsItsFraction(double fraction) throws IOException {
    Map<String, Split> assigned =
        assigned(Splits.of(fraction), table("a,b", 20_000, i -> i + ",x"), 0);
    long eval = assigned.values().stream().filter(s -> s == Split.EVAL).count();
    assertThat(eval / 20_000.0).isCloseTo(fraction, within(.01));
  }

  @Test
  void aFifthGoesToEvalByDefault() {
    assertThat(Splits.ofDefaults()).isEqualTo(Splits.of(.2));
    assertThat(Splits.of(.2).evalBuckets()).isEqualTo(2000);
  }

  @Test
  void rowsStayWhereTheyAreWhenOthersComeOrOrderChanges() throws IOException {
    Splits splits = Splits.of(.2);
    Map<String, Split> before = assigned(splits, table("a,b", 500, i -> i + ",x" + i % 7), 0);
    Map<String, Split> added =
        assigned(splits, table("a,b", 900, i -> (899 - i) + ",x" + (899 - i) % 7), 0);
    Map<String, Split> reordered =
        assigned(splits, table("b;a", 500, i -> "\"x" + i % 7 + "\";" + i), 1);
    Map<String, Split> emptyColumn =
        assigned(splits, table("a,aa,b", 500, i -> i + ",,x" + i % 7), 0);
    assertThat(added).containsAllEntriesOf(before);
    assertThat(reordered).isEqualTo(before);
    assertThat(emptyColumn).isEqualTo(before);
  }

  @Test
  void aNewColumnMovesNoRowThatHasAKey() throws IOException {
    Splits splits = Splits.of(.2).byKey("k");
    Map<String, Split> before =
        assigned(splits, table("k,b", 500, i -> "s" + i % 90 + ",x" + i), 0);
    Map<String, Split> after = assigned(splits, table("c,k", 500, i -> i + ",s" + i % 90), 1);
    assertThat(before).hasSize(90).containsValue(Split.EVAL).isEqualTo(after);
  }

  @Test
  void withoutTheKeyRowsOfOneGroupStraddle() throws IOException {
    assertThatThrownBy(
            () -> assigned(Splits.of(.2), table("k,b", 500, i -> "s" + i % 9 + ",x" + i), 0))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void rowsWithoutAKeyAreSplitByThemselves() throws IOException {
    Splits splits = Splits.of(.2).byKey("k");
    assertThat(assigned(splits, table("k,b", 500, i -> ",x" + i), 1))
        .isEqualTo(assigned(Splits.of(.2), table("k,b", 500, i -> ",x" + i), 1))
        .containsValue(Split.EVAL);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -1, Double.NaN, 1e-9})
  void refusesFractionsThatLeaveASplitEmpty(double fraction) {
    assertThatThrownBy(() -> Splits.of(fraction))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("eval");
  }

  @Test
  void aRowStaysWhereItIsWhenAnotherTurnsItsColumnIntoTextOrFractions() throws IOException {
    Splits splits = Splits.of(.3);
    String rows = table("a,b", 500, i -> i + "," + i / 4.0);
    Map<String, Split> before = assigned(splits, rows, 0);
    assertThat(assigned(splits, rows + "text,1.5\n", 0)).containsAllEntriesOf(before);
    Map<String, Split> fractions = new HashMap<>();
    assigned(splits, rows + "0.5,NA\n", 0)
        .forEach((value, split) -> fractions.put(value.replaceAll("\\.0$", ""), split));
    assertThat(fractions).containsAllEntriesOf(before);
  }

  @Test
  void numbersThatDifferOnlyBeyondFloat32SplitAlike() throws IOException {
    Splits splits = Splits.of(.3);
    String doubles = table("k,a", 500, i -> i + "," + i / 7.0);
    String floats = table("k,a", 500, i -> i + "," + (double) (float) (i / 7.0));
    assertThat(assigned(splits, doubles, 0)).isEqualTo(assigned(splits, floats, 0));
  }

  @Test
  void longKeysThatLieCloseTogetherAreSplitEvenly() throws IOException {
    Map<String, Split> assigned =
        assigned(
            Splits.of(.2).byKey("k"),
            table("k,b", 20_000, i -> 1_700_000_000_000_000L + i + ",x"),
            0);
    long eval = assigned.values().stream().filter(s -> s == Split.EVAL).count();
    assertThat(eval / 20_000.0).isCloseTo(.2, within(.01));
  }

  @Test
  void byTimeWhatIsNotBeforeTheMomentIsEval() throws IOException {
    String rows =
        "at,n\n2026-10-31,1\n2026-11-01,2\n2026-11-01T00:00:00Z,3\n2026-10-31T23:30:00-01:00,4\n"
            + "2026-10-31 23:59:59,5\nsoon,6\n,7\n";
    assertThat(assigned(new Splits.ByTime("at", "2026-11-01"), rows, 1))
        .isEqualTo(
            Map.of(
                "1",
                Split.TRAIN,
                "2",
                Split.EVAL,
                "3",
                Split.EVAL,
                "4",
                Split.EVAL,
                "5",
                Split.TRAIN,
                "6",
                Split.TRAIN,
                "7",
                Split.TRAIN));
    assertThat(assigned(new Splits.ByTime("n", "2.5"), "n\n2\n3\n", 0))
        .isEqualTo(Map.of("2", Split.TRAIN, "3", Split.EVAL));
  }

  @Test
  void aMomentThatIsNoTimeIsRefused() {
    assertThatThrownBy(() -> assigned(new Splits.ByTime("at", "soon"), "at,n\n2026-10-31,1\n", 1))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("split.eval_from is 'soon', but column at holds texts");
    assertThatThrownBy(() -> assigned(new Splits.ByTime("n", "2026-11-01"), "n\n1\n", 0))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("holds numbers; write a number");
  }

  @Test
  void byColumnItsValuesSayTheSplit() throws IOException {
    Splits splits = new Splits.ByColumn("fold", Set.of("test", "9"));
    assertThat(assigned(splits, "n,fold\n1,test\n2,train\n3,\n", 0))
        .isEqualTo(Map.of("1", Split.EVAL, "2", Split.TRAIN, "3", Split.TRAIN));
    assertThat(assigned(splits, "n,fold\n1,9\n2,8\n", 0))
        .isEqualTo(Map.of("1", Split.EVAL, "2", Split.TRAIN));
    assertThatThrownBy(() -> assigned(splits, "n,fold\n1,.5\n", 0))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("neither texts nor whole numbers");
  }

  @Test
  void aMultiValuedColumnSplitsNothing() {
    ListColumn tags =
        new ListColumn(
            new int[] {0, 2},
            new StringColumn(new int[] {0, 1}, List.of("a", "b"), Validity.all(2)),
            Validity.all(1));
    ExampleBatch batch =
        new ExampleBatch(
            List.of(new Field("tags", ValueType.STRING, /* repeated= */ true, /* base64= */ false)),
            List.of(tags),
            1);
    Map<Splits, String> uses =
        Map.of(
            Splits.ofDefaults().byKey("tags"),
            "be the key of a split",
            new Splits.ByTime("tags", "2026-11-01"),
            "tell the time of a split",
            new Splits.ByColumn("tags", Set.of("a")),
            "say the split");
    uses.forEach((splits, use) ->
        assertThatThrownBy(() -> splits.eval(batch))
            .isInstanceOf(BadInput.class)
            .hasMessageStartingWith(
                "column 'tags' holds several values a row, so it cannot " + use + "; name a"));
    assertThat(Splits.ofDefaults().eval(batch)).hasSize(1);
  }
}
