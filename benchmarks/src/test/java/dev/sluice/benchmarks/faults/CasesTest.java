package dev.sluice.benchmarks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CasesTest {
  private final DataSet data =
      new DataSet.OneFile("listings", Listings.table(), "sold", Set.of("product"));

  private List<Case> cases() {
    return new Cases(data, 1, 4).all(null);
  }

  @Test
  void aTableOfAllSortsOfColumnsBreaksInEveryWay() throws Exception {
    Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);
    for (Case one : cases()) {
      Scene scene = one.stage().set();
      if (scene != null) {
        kinds.add(one.kind());
        assertThat(scene.truth().features().isEmpty())
            .as(one.toString())
            .isEqualTo(one.kind() == FaultKind.CLEAN);
      }
    }

    assertThat(kinds).containsExactlyInAnyOrder(FaultKind.values());
  }

  @Test
  void cleanPairsShareNoRow() throws Exception {
    Case clean = new Cases(data, 1, 1).all(FaultKind.CLEAN).getFirst();
    Scene scene = Objects.requireNonNull(clean.stage().set());

    assertThat(scene.before().getLast().table().rows()).isEqualTo(2_000);
    assertThat(List.of(scene.before().getLast().table().column("price")))
        .isNotEqualTo(List.of(scene.after().getLast().table().column("price")));
    assertThat(scene.truth()).isEqualTo(Truth.CLEAN);
  }

  @Test
  void aSlowDriftAddsUp() throws Exception {
    Case drift = new Cases(data, 1, 0).all(FaultKind.DRIFT).getLast();
    Scene scene = Objects.requireNonNull(drift.stage().set());
    String feature = scene.truth().features().iterator().next();
    double deviation =
        Trait.of(feature, scene.before().getFirst().table().column(feature)).deviation();

    assertThat(scene.after()).hasSize(10);
    assertThat(mean(scene.after().getLast(), feature) - mean(scene.before().getFirst(), feature))
        .isBetween(0.85 * deviation, 1.15 * deviation);
  }

  private static double mean(Batch batch, String column) {
    return Arrays.stream(Trait.numbers(batch.table().column(column))).average().orElseThrow();
  }

  @Test
  void filesOfOneNameAreTheSame() throws Exception {
    Map<String, String> seen = new HashMap<>();
    for (Case one : cases()) {
      Scene scene = one.stage().set();
      if (scene != null) {
        for (Batch batch :
            Stream.concat(scene.before().stream(), scene.after().stream()).toList()) {
          String csv = new String(batch.file().open().readAllBytes(), StandardCharsets.UTF_8);
          String old = seen.putIfAbsent(batch.name(), csv);
          assertThat(old == null || old.equals(csv)).as(batch.name()).isTrue();
        }
      }
    }
  }
}
