package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineSpecTest {
  private static PipelineSpec parse(String text) {
    return PipelineSpec.parse("listings", text);
  }

  @Test
  void oneLineIsEnough() {
    PipelineSpec spec = parse("label: sold\n");
    assertThat(spec.name()).isEqualTo("listings");
    assertThat(spec.files()).isEqualTo("listings/{SPAN}/*");
    assertThat(spec.label()).isEqualTo(new PipelineSpec.Label("sold", null, null));
    assertThat(spec.exclude()).isEmpty();
    assertThat(spec.groupBy()).isEmpty();
    assertThat(spec.slices()).isEmpty();
    assertThat(spec.splitKey()).isNull();
    assertThat(spec.schema()).isNull();
  }

  @Test
  void everyKeyIsRead() {
    PipelineSpec spec =
        parse(
            """
            source: {files: "in/listings/{SPAN}/part-*.csv"}
            label: {column: sold, positive: yes}
            exclude: [tips, id]
            group_by: [currency, country]
            slices: [[country], category, [a, b]]
            split_key: seller_id
            schema: listings.schema.pbtxt
            features: {brand: {vocabulary: {top_k: 500}}}
            checks: {min_rows: 10}
            train: {rounds: 5}
            gates: {min_auc: 0.6}
            engine: call
            schedule: "@daily"
            """);
    assertThat(spec.files()).isEqualTo("in/listings/{SPAN}/part-*.csv");
    assertThat(spec.label()).isEqualTo(new PipelineSpec.Label("sold", null, "yes"));
    assertThat(spec.exclude()).containsExactly("tips", "id");
    assertThat(spec.groupBy()).containsExactly("currency", "country");
    assertThat(spec.slices())
        .containsExactly(List.of("country"), List.of("category"), List.of("a", "b"));
    assertThat(spec.splitKey()).isEqualTo("seller_id");
    assertThat(spec.schema()).isEqualTo("listings.schema.pbtxt");
    assertThat(spec.<Object>section("train", values -> values)).isEqualTo(Map.of("rounds", 5L));
    assertThat(spec.<Object>section("gates", values -> values)).isEqualTo(Map.of("min_auc", 0.6));
  }

  @Test
  void aKeyThatNothingReadsYetIsRefusedWhereItHoldsAnything() {
    assertThatThrownBy(() -> parse("label: sold\nserve: {log: true}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage("listings.yaml line 2: key 'serve' has no keys in this release; leave it out");
    assertThat(parse("label: sold\nserve: {}\n").name()).isEqualTo("listings");
  }

  @Test
  void anAbsentSectionIsEmpty() {
    assertThat(parse("label: sold\n").<Object>section("train", values -> values))
        .isEqualTo(Map.of());
  }

  @Test
  void aSectionThatIsNoMappingFailsWhereTheSpecIsRead() {
    assertThatThrownBy(() -> parse("label: sold\ntrain: 5\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage("listings.yaml line 2: key 'train' must be a mapping of keys to values");
  }

  @Test
  void aSectionsReaderIsGivenFileAndLine() {
    assertThatThrownBy(() ->
            parse("label: sold\ntrain:\n  depth: 99\n")
                .section(
                    "train",
                    values -> {
                      throw new BadInput("'depth' is 99");
                    }))
        .isInstanceOf(BadInput.class)
        .hasMessage("listings.yaml line 3: 'depth' is 99");
  }

  @ParameterizedTest
  @CsvSource({
    "lable: x, lable, label",
    "slice: [], slice, slices",
    "splitkey: x, splitkey, split_key",
    "gate: {}, gate, gates"
  })
  void anUnknownKeyNamesItsLineAndTheNearest(String line, String key, String near) {
    assertThatThrownBy(() -> parse("label: sold\n" + line + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml line 2: key '" + key + "' is not a known key")
        .hasMessageContaining("did you mean '" + near + "'?");
  }

  @Test
  void aSpecWithoutLabelSaysHowToNameOne() {
    assertThatThrownBy(() -> parse("exclude: [a]\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml names no label; add 'label: COLUMN'");
  }

  @Test
  void aLabelMayBeAColumnANamedColumnOrAnExpression() {
    assertThat(parse("label: {name: sold}\n").label())
        .isEqualTo(new PipelineSpec.Label("sold", null, null));
    assertThat(parse("label: {name: big_tip, expression: 'tips > 0.2 * fare'}\n").label())
        .isEqualTo(new PipelineSpec.Label("big_tip", "tips > 0.2 * fare", null));
    assertThat(parse("label: {column: grade, positive: 1}\n").label())
        .isEqualTo(new PipelineSpec.Label("grade", null, "1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "label: [a]|'label' must be text",
        "label: {}|key 'name' is missing",
        "label: {expression: 'a > 1.0'}|key 'name' is missing",
        "label: {name: x, expression: 'a > 1.0', positive: y}|leave out 'column' and 'positive'",
        "label: {nam: x}|did you mean 'name'",
      })
  void otherLabelsAreRefused(String text, String message) {
    assertThatThrownBy(() -> parse(text + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml line 1")
        .hasMessageContaining(message);
  }

  @Test
  void theSpanIsOneSegmentAndAStarStaysInsideOne() {
    PipelineSpec spec = parse("label: sold\n");
    assertThat(spec.span("listings/2026-11-01/a.csv")).isEqualTo("2026-11-01");
    assertThat(spec.span("listings/2026-11-01/deep/a.csv")).isNull();
    assertThat(spec.span("listings/a.csv")).isNull();
    assertThat(spec.span("others/2026-11-01/a.csv")).isNull();
    assertThat(spec.span("xlistings/2026-11-01/a.csv")).isNull();
    assertThat(spec.span("listings//a.csv")).isNull();
  }

  @Test
  void charactersOfRegularExpressionsMeanThemselves() {
    PipelineSpec spec =
        parse("source: {files: 'in/a.b+(c)[d]$^|\\E/{SPAN}/x?*.csv'}\nlabel: sold\n");
    assertThat(spec.span("in/a.b+(c)[d]$^|\\E/s1/x?1.csv")).isEqualTo("s1");
    assertThat(spec.span("in/aXb+(c)[d]$^|\\E/s1/x?1.csv")).isNull();
    assertThat(spec.span("in/a.b+(c)[d]$^|\\E/s1/x1.csv")).isNull();
  }

  @Test
  void aSpanNamedTwiceMustBeTheSame() {
    PipelineSpec spec = parse("source: {files: 'in/{SPAN}/data-{SPAN}.csv'}\nlabel: sold\n");
    assertThat(spec.span("in/7/data-7.csv")).isEqualTo("7");
    assertThat(spec.span("in/7/data-8.csv")).isNull();
  }

  @Test
  void aPatternWithoutSpanGivesAnEmptyOne() {
    PipelineSpec spec = parse("source: {files: 'in/listings-*.csv'}\nlabel: sold\n");
    assertThat(spec.span("in/listings-1.csv")).isEmpty();
    assertThat(spec.span("in/other.csv")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "in/a/{SPAN}/*, in/a/",
    "in/a-*/{SPAN}, in/a-",
    "in/a.csv, in/a.csv",
  })
  void thePrefixEndsAtTheFirstVariablePart(String files, String prefix) {
    assertThat(parse("source: {files: '" + files + "'}\nlabel: x\n").filesPrefix())
        .isEqualTo(prefix);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a/*", "*", "{SPAN}/a", "a/{span}/*", "a/{SPAN/*"})
  void patternsThatTakeEverythingOrCannotMatchAreRefused(String files) {
    assertThatThrownBy(() -> parse("label: x\nsource: {files: '" + files + "'}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml line 2: key 'files' is '" + files + "'");
  }

  @Test
  void anUnknownSourceIsRefused() {
    assertThatThrownBy(() -> parse("label: x\nsource: {file: a}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("did you mean 'files'");
  }

  @Test
  void aSubsetHoldsTheAskedKeysAsTheyStand() {
    PipelineSpec spec = parse("label: sold\nexclude: [a]\ntrain: {rounds: 5}\n");
    assertThat(spec.subset(List.of("train", "exclude", "gates")))
        .isEqualTo(Map.of("train", Map.of("rounds", 5L), "exclude", List.of("a")));
  }

  @Test
  void enginesThatAreNotThereAreRefused() {
    assertThat(parse("label: x\nengine: auto\n").name()).isEqualTo("listings");
    assertThatThrownBy(() -> parse("label: x\nengine: dataflow\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2: key 'engine' is 'dataflow'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"slices: country", "slices: [[]]", "slices: [[a, {b: c}]]", "slices: [1]"})
  void slicesAreListsOfColumns(String line) {
    assertThatThrownBy(() -> parse("label: x\n" + line + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2: key 'slices' must be a list of column lists");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Big", "1a", "a/b", "a b", "a.b"})
  void aPipelinesNameIsAlsoADagAndAFolder(String name) {
    assertThatThrownBy(() -> PipelineSpec.parse(name, "label: x\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("pipeline is '" + name + "'");
  }
}
