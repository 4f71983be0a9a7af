package dev.sluice.benchmarks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.benchmarks.faults.Recipe.Broken;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each way to break a table breaks what it says and nothing else. */
final class RecipeTest {
  private static final Table CLEAN = Listings.table();
  private static final Map<String, Trait> TRAITS = Trait.of(CLEAN);

  private static List<Recipe> all() {
    List<Recipe> all = new ArrayList<>(ValueFaults.all());
    all.addAll(RowFaults.all());
    return all;
  }

  private static Broken broken(Recipe recipe) {
    Victim victim = new Victim(CLEAN, TRAITS, "sold", new SplittableRandom(3));
    return Objects.requireNonNull(recipe.maker().make(victim), recipe::severity);
  }

  private static Broken broken(FaultKind kind, String severity) {
    return broken(
        all().stream()
            .filter(recipe -> recipe.kind() == kind && recipe.severity().equals(severity))
            .findFirst()
            .orElseThrow());
  }

  /** Rows in which a column differs, from 0. */
  private static BitSet changed(Broken broken, String column) {
    String[] old = CLEAN.column(column);
    String[] now = broken.table().column(column);
    BitSet rows = new BitSet();
    for (int row = 0; row < old.length; row++) {
      rows.set(row, !old[row].equals(now[row]));
    }
    return rows;
  }

  private static boolean sameRows(Broken broken) {
    return broken.table().rows() == CLEAN.rows();
  }

  @TestFactory
  Stream<DynamicTest> onlyWhatIsNamedChanges() {
    return all().stream()
        .map(recipe ->
            DynamicTest.dynamicTest(
                recipe.kind().title() + ", " + recipe.severity(),
                () -> {
                  Broken broken = broken(recipe);
                  assertThat(
                          new String(
                              broken.batch("b").file().open().readAllBytes(),
                              StandardCharsets.UTF_8))
                      .isNotEqualTo(new String(CLEAN.csv(), StandardCharsets.UTF_8));
                  if (!sameRows(broken) || recipe.kind() == FaultKind.TRUNCATED) {
                    return;
                  }
                  BitSet any = new BitSet();
                  for (String column : CLEAN.names()) {
                    BitSet rows = changed(broken, column);
                    assertThat(rows.isEmpty())
                        .as(column)
                        .isEqualTo(!broken.truth().features().contains(column));
                    any.or(rows);
                  }
                  BitSet group = broken.truth().group();
                  if (group != null) {
                    any.andNot(group);
                    assertThat(any.isEmpty()).as("only in the group").isTrue();
                  } else if (!broken.truth().firstRows().isEmpty()) {
                    // A value may be what it is stuck at already.
                    long first = broken.truth().firstRows().stream().min(Long::compare).orElse(0L);
                    if (recipe.kind() == FaultKind.STUCK) {
                      assertThat(any.nextSetBit(0) + 1L).isGreaterThanOrEqualTo(first);
                    } else {
                      assertThat(any.nextSetBit(0) + 1L).as("where it begins").isEqualTo(first);
                    }
                  }
                }));
  }

  @Test
  void theSameSeedBreaksTheSame() {
    for (Recipe recipe : all()) {
      assertThat(broken(recipe).table().csv())
          .as(recipe.severity())
          .isEqualTo(broken(recipe).table().csv());
    }
  }

  @Test
  void aCurrencyIsAFactorInOneGroup() {
    Broken broken = broken(FaultKind.UNIT, "x 150, group of 5 %");
    String feature = broken.truth().features().iterator().next();
    BitSet group = Objects.requireNonNull(broken.truth().group());

    assertThat(group.cardinality()).isBetween(120, 340);
    group.stream()
        .forEach(row -> {
          BigDecimal old = new BigDecimal(CLEAN.column(feature)[row]);
          assertThat(broken.table().column(feature)[row])
              .isEqualTo(
                  old.multiply(BigDecimal.valueOf(150))
                      .setScale(old.scale(), RoundingMode.HALF_EVEN)
                      .toPlainString());
        });
  }

  @Test
  void nullsBeginAtTheRowThatIsTold() {
    Broken broken = broken(FaultKind.NULLS, "last 5 %");
    String[] now = broken.table().column(broken.truth().features().iterator().next());
    int first = (int) (long) broken.truth().firstRows().iterator().next();

    assertThat(now[first - 2]).isNotEmpty();
    assertThat(List.of(now).subList(first - 1, now.length)).containsOnly("");
    assertThat(first).isBetween(3_800, 3_810);
  }

  @Test
  void whatIsDeliveredAgainBeginsAfterTheLastRow() {
    Broken broken = broken(FaultKind.DUPLICATED, "5 %");

    assertThat(broken.table().rows()).isEqualTo(4_200);
    assertThat(broken.truth().firstRows()).containsExactly(4_001L);
    assertThat(broken.table().slice(4_000, 4_200).csv()).isEqualTo(CLEAN.slice(3_800, 4_000).csv());
  }

  @Test
  void aFileIsCutWithinItsLastLine() throws Exception {
    byte[] csv =
        broken(FaultKind.TRUNCATED, "within the last line").batch("b").file().open().readAllBytes();

    assertThat(csv.length).isLessThan(CLEAN.csv().length);
    assertThat(CLEAN.csv()).startsWith(csv);
    assertThat(csv.length).isGreaterThan(CLEAN.slice(0, CLEAN.rows() - 1).csv().length);
  }

  @Test
  void columnsThatMovedBecauseRowsAreGoneAreCarriedAlong() {
    int[] onlyParis =
        IntStream.range(0, CLEAN.rows())
            .filter(row -> CLEAN.column("city")[row].equals("Paris"))
            .toArray();

    assertThat(RowFaults.carried(CLEAN, CLEAN.select(onlyParis), Set.of()))
        .contains("city")
        .doesNotContain("price");
  }

  @Test
  void whatADataSetHasNoneOfCannotBreak() {
    Table plain = CLEAN.without(List.of("hour", "moment"));
    Recipe clock =
        all().stream().filter(r -> r.kind() == FaultKind.CLOCK).findFirst().orElseThrow();

    assertThat(
            clock.maker().make(new Victim(plain, Trait.of(plain), "sold", new SplittableRandom(3))))
        .isNull();
  }
}
