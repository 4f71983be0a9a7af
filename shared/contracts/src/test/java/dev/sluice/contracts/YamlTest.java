package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlTest {
  private static Yaml parse(String text) {
    return Yaml.parse(text, "x.yaml");
  }

  /** YAML 1.2, section 10.3: the core schema. */
  @Test
  void plainValuesAreTypedByTheCoreSchema() {
    Yaml yaml =
        parse(
            """
            a: no
            b: 010
            c: 0x1F
            d: 0o17
            e: 1e3
            f: true
            g: ~
            h: .inf
            i: -.INF
            j: .nan
            k: "12"
            l: +7
            m: [1, x, null, {n: 2.5}]
            o: yes
            p: 2026-11-01
            q: 1:30
            """);
    assertThat(yaml.values())
        .containsEntry("a", "no")
        .containsEntry("b", 10L)
        .containsEntry("c", 31L)
        .containsEntry("d", 15L)
        .containsEntry("e", 1000.0)
        .containsEntry("f", true)
        .containsEntry("g", null)
        .containsEntry("h", Double.POSITIVE_INFINITY)
        .containsEntry("i", Double.NEGATIVE_INFINITY)
        .containsEntry("j", Double.NaN)
        .containsEntry("k", "12")
        .containsEntry("l", 7L)
        .containsEntry("m", Arrays.asList(1L, "x", null, Map.of("n", 2.5)))
        .containsEntry("o", "yes")
        .containsEntry("p", "2026-11-01")
        .containsEntry("q", "1:30");
  }

  @Test
  void aNumberOverSixtyFourBitsIsRefusedWithItsLine() {
    assertThatThrownBy(() -> parse("a: 1\nb: 9223372036854775808\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage("x.yaml line 2: '9223372036854775808' is not a number that fits");
  }

  @Test
  void keysKeepTheOrderOfTheFile() {
    assertThat(parse("b: 1\na: 2\nc: 3\n").values().keySet()).containsExactly("b", "a", "c");
  }

  @Test
  void aRepeatedKeyIsRefusedWithBothLines() {
    assertThatThrownBy(() -> parse("a: 1\nb: 2\na: 3\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.yaml line 3")
        .hasMessageContaining("'a'")
        .hasMessageContaining("first on line 1");
  }

  @Test
  void aRepeatedKeyOfANestedMappingIsRefused() {
    assertThatThrownBy(() -> parse("a:\n  b: 1\n  b: 2\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("'b'");
  }

  @Test
  void aliasesAreRefused() {
    assertThatThrownBy(() -> parse("a: &x [1, 2]\nb: *x\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.yaml line 2")
        .hasMessageContaining("aliases");
  }

  @Test
  void anAliasToItselfIsRefusedAndDoesNotLoop() {
    assertThatThrownBy(() -> parse("a: &x {b: *x}\n")).isInstanceOf(BadInput.class);
  }

  @Test
  void aliasesThatMultiplyAreRefusedAtOnce() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(9)));
    }
    assertThatThrownBy(() -> parse(bomb.toString())).isInstanceOf(BadInput.class);
  }

  @Test
  void deepNestingIsRefusedBeforeTheStackEnds() {
    assertThatThrownBy(() -> parse("a: " + "[".repeat(100_000)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("nested deeper than 50");
    assertThat(parse("a: " + "[".repeat(49) + "]".repeat(49)).has("a")).isTrue();
  }

  @Test
  void tooManyValuesAreRefused() {
    assertThatThrownBy(() -> parse("a: [" + "1,".repeat(100_001) + "1]"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("more than 100000 values");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "- a\n- b\n", "just text", "# only a comment\n"})
  void whatIsNoMappingIsRefused(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.yaml does not hold a YAML mapping");
  }

  @Test
  void wrongSyntaxNamesTheLine() {
    assertThatThrownBy(() -> parse("a: 1\nb: [1, 2\nc: 3\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.yaml line 3");
  }

  @Test
  void aKeyThatIsAListIsRefused() {
    assertThatThrownBy(() -> parse("a: 1\n? [b, c]\n: 2\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.yaml");
  }

  @ParameterizedTest
  @CsvSource({"lable, label", "slice, slices", "enginee, engine"})
  void anUnknownKeyNamesItsLineAndTheNearestKnownOne(String wrong, String near) {
    assertThatThrownBy(
            () -> parse("a: 1\n" + wrong + ": 2\n").only(List.of("a", "label", "slices", "engine")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("x.yaml line 2: key '" + wrong + "'")
        .hasMessageContaining("did you mean '" + near + "'");
  }

  @Test
  void readersOfAKeyRefuseOtherTypesWithTheLine() {
    Yaml yaml = parse("a: [1]\nb: x\nc: 1.5\nd: {e: 1}\n");
    assertThatThrownBy(() -> yaml.string("a")).hasMessage("x.yaml line 1: key 'a' must be text");
    assertThatThrownBy(() -> yaml.integer("b", 0)).hasMessageContaining("line 2: key 'b'");
    assertThatThrownBy(() -> yaml.integer("c", 0)).hasMessageContaining("whole number, not '1.5'");
    assertThatThrownBy(() -> yaml.strings("d")).hasMessageContaining("line 4: key 'd'");
    assertThatThrownBy(() -> yaml.child("b")).hasMessageContaining("must be a mapping");
    assertThatThrownBy(() -> yaml.requiredString("z")).hasMessageContaining("'z' is missing");
  }

  @Test
  void readersGiveWhatStandsThereOrTheDefault() {
    Yaml yaml = parse("a: [1, x, true]\nb: 5\nd: {e: 1}\n");
    assertThat(yaml.strings("a")).containsExactly("1", "x", "true");
    assertThat(yaml.integer("b", 0)).isEqualTo(5);
    assertThat(yaml.integer("z", 9)).isEqualTo(9);
    assertThat(yaml.strings("z")).isEmpty();
    assertThat(yaml.string("z")).isNull();
    assertThat(yaml.child("z")).isNull();
    Yaml child = yaml.child("d");
    assertThat(child).isNotNull();
    assertThat(child.values()).containsEntry("e", 1L);
  }

  @Test
  void whatAnotherReaderRefusesGetsTheLineOfTheKeyItQuotes() {
    Yaml child = parse("a: 1\ntrain:\n  rounds: 3\n  depth: 99\n").child("train");
    assertThat(child).isNotNull();
    assertThatThrownBy(() ->
            child.bind(values -> {
              throw new BadInput("'depth' is 99; it must lie in [1, 16]");
            }))
        .isInstanceOf(BadInput.class)
        .hasMessage("x.yaml line 4: 'depth' is 99; it must lie in [1, 16]");
    assertThatThrownBy(() ->
            child.bind(values -> {
              throw new BadInput("nothing fits");
            }))
        .hasMessage("x.yaml line 2: nothing fits");
    assertThat(child.<Object>bind(values -> String.valueOf(values.get("rounds")))).isEqualTo("3");
  }

  @Test
  void valuesCannotBeChanged() {
    assertThatThrownBy(() -> parse("a: 1\n").values().put("b", 2))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
