package dev.sluice.localcloud.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunPlanTest {
  @TempDir private Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private RunPlan plan(String text, @Nullable String label, @Nullable String spec)
      throws IOException {
    Path given = spec == null ? null : file("spec.yaml", spec);
    return RunPlan.of(List.of(file("Some Trips.csv", text)), label, given);
  }

  @ParameterizedTest
  @CsvSource({
    "trips.csv, trips",
    "My Trips (final).CSV, my-trips-final",
    "2024-Q1.csv, data-2024-q1",
    "Käufe.csv, kaufe",
    "数据.csv, data",
    "a.b.c.tsv, a-b-c",
    ".csv, csv",
    "no_ending, no_ending"
  })
  void pipeline_isNamedAfterTheFile(String file, String pipeline) {
    assertThat(RunPlan.pipeline(Path.of("in", file))).isEqualTo(pipeline);
  }

  @Test
  void longName_isCut() {
    assertThat(RunPlan.pipeline(Path.of("a".repeat(200) + ".csv"))).isEqualTo("a".repeat(40));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a b",
        "it's",
        "say \"so\"",
        "größe",
        "x: y",
        "# no",
        "yes",
        "null",
        "1",
        "back\\slash"
      })
  void label_mayBeAnyColumn(String label) throws IOException {
    RunPlan plan = plan("z;\"" + label.replace("\"", "\"\"") + "\"\n1;2\n", label, null);
    assertThat(PipelineSpec.parse("p", plan.specText()).label().name()).isEqualTo(label);
  }

  @Test
  void wrongLabel_namesTheNearestColumn() {
    assertThatThrownBy(() -> plan("fare,sold\n1,2\n", "slod", null))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("label 'slod' is no column of")
        .hasMessageEndingWith("did you mean 'sold'? Its columns: fare, sold");
  }

  @Test
  void spec_givesTheRestOrAll() throws IOException {
    RunPlan rest = plan("fare,sold\n1,2\n", "sold", "exclude: [fare]");
    PipelineSpec spec = PipelineSpec.parse("p", rest.specText());
    assertThat(spec.label().name()).isEqualTo("sold");
    assertThat(spec.exclude()).containsExactly("fare");

    String whole = "label: {name: much, expression: \"fare > 2\"}\n";
    assertThat(plan("fare\n1\n", null, whole).specText()).isEqualTo(whole);
  }

  @Test
  void spec_andCommandDoNotBothNameTheLabel() {
    assertThatThrownBy(() -> plan("a\n1\n", "a", "label: a\n"))
        .hasMessageContaining("names a label, and so does --label a; leave one of them out");
    assertThatThrownBy(() -> plan("a\n1\n", null, null))
        .hasMessageContaining("name the column with --label COLUMN");
    assertThatThrownBy(() -> plan("a\n1\n", "a", "excluded: [b]"))
        .hasMessageContaining("did you mean 'exclude'?");
  }

  @Test
  void file_goesWhereTheSpecLooks() throws IOException {
    assertThat(plan("a\n1\n", "a", null).objectName(Path.of("x/day 1.csv"), "2026-01-02"))
        .isEqualTo("some-trips/2026-01-02/day 1.csv");
    RunPlan other = plan("a\n1\n", "a", "source: {files: \"in/*/{SPAN}/*.csv\"}");
    assertThat(other.objectName(Path.of("day1.csv"), "s")).isEqualTo("in/any/s/day1.csv");
    assertThatThrownBy(() -> other.objectName(Path.of("day1.tsv"), "s"))
        .hasMessageContaining("takes only files like 'in/*/{SPAN}/*.csv', and day1.tsv is none");
  }

  @Test
  void wrongPath_isTold() {
    assertThatThrownBy(() -> RunPlan.of(List.of(folder.resolve("no.csv")), "a", null))
        .hasMessageContaining("there is no data file");
    assertThatThrownBy(() -> RunPlan.of(List.of(folder), "a", null))
        .hasMessageContaining("is a folder; name the data file in it");
  }

  @Test
  void wrongFile_isTold() {
    assertThatThrownBy(() -> plan("", "a", null)).hasMessageContaining("is empty");
    assertThatThrownBy(() -> plan("a,a\n1,2\n", "a", null))
        .hasMessageContaining("columns 1 and 2 are both named a; rename one");
    assertThatThrownBy(() -> plan("1,2\n3,4\n", "a", null))
        .hasMessageContaining("the header is missing");
  }
}
