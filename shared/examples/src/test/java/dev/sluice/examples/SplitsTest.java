package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
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
    try (CsvExamples.Rows rows = Data.inspect(Data.csv(csv)).rows()) {
      while (rows.next()) {
        CsvScanner row = rows.scanner();
        String name = new String(row.bytes(), row.start(key), row.end(key) - row.start(key), UTF_8);
        Split split = rows.decider(splits).split(row);
        Split before = assigned.put(name, split);
        assertThat(before == null || before == split).as(name).isTrue();
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
}
