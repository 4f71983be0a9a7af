package dev.sluice.localcloud.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpecProblemsTest {
  @Test
  void ofARightSpec_areNone() {
    assertThat(
            SpecProblems.of(
                "p",
                """
                label: sold
                engine: shards
                shards: 4
                gates: {min_auc: 0.6}
                checks:
                  min_rows: 50
                """))
        .isEmpty();
  }

  @Test
  void ofSeveralKeys_areAllToldEachWithItsLine() {
    assertThat(
            SpecProblems.of(
                "p",
                """
                # What is sold.
                label: sold
                exlude: [tips]

                gates:
                  min_auk: 0.6
                train: {rounds: many}
                engine: shards
                """))
        .hasSize(4)
        .anySatisfy(line ->
            assertThat(line).startsWith("p.yaml line 3: key 'exlude'").contains("'exclude'"))
        .anySatisfy(line ->
            assertThat(line).startsWith("p.yaml line 6: ").contains("'min_auk'", "'min_auc'"))
        .anySatisfy(line -> assertThat(line).startsWith("p.yaml line 7: ").contains("rounds"))
        .anySatisfy(line ->
            assertThat(line).startsWith("p.yaml line 8: key 'engine'").contains("'shards'"));
  }

  @Test
  void withoutALabel_thatIsToldBesideTheOthers() {
    assertThat(SpecProblems.of("p", "exclude: tips\n"))
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).startsWith("p.yaml names no label"))
        .anySatisfy(line -> assertThat(line).startsWith("p.yaml line 1: key 'exclude' must be"));
  }

  @Test
  void ofWhatIsNoYaml_isOne() {
    assertThat(SpecProblems.of("p", "label: sold\nexclude: [a\ntrain: {}\n"))
        .singleElement()
        .asString()
        .startsWith("p.yaml line ");
  }

  @Test
  void keysThatAreReadTogether_areNoProblemOfEachOther() {
    assertThat(SpecProblems.of("p", "label: sold\nengine: shards\nshards: 3\nfoo: 1\n"))
        .singleElement()
        .asString()
        .contains("'foo'");
  }
}
