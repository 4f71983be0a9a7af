package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ObjectPattern.Place;
import dev.sluice.contracts.PipelineSpec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DropPlanTest {
  private static DropPlan plan(
      String source,
      @Nullable String span,
      @Nullable Long version,
      boolean complete,
      String... files) {
    PipelineSpec spec = PipelineSpec.parse("p", "label: x\nsource: " + source + "\n");
    List<Path> paths = Arrays.stream(files).map(Path::of).toList();
    return DropPlan.of(spec, paths, span, "2026-11-25", version, complete);
  }

  private static List<String> objects(DropPlan plan) {
    return plan.uploads().stream().map(DropPlan.Upload::object).toList();
  }

  @Test
  void filesGoUnderThePatternOfToday() {
    DropPlan plan = plan("{files: 'in/{SPAN}/*'}", null, null, false, "x/a.csv", "b.csv");
    assertThat(objects(plan)).containsExactly("in/2026-11-25/a.csv", "in/2026-11-25/b.csv");
    assertThat(plan.place()).isEqualTo(new Place("2026-11-25", null));
    assertThat(plan.marker()).isNull();
    assertThat(plan.uploads()).allMatch(DropPlan.Upload::starts);
  }

  @Test
  void spanVersionAndMarkerAreFilledIn() {
    DropPlan plan =
        plan("{files: 'in/{SPAN}/v{VERSION}/**', complete: marker}", "s1", 2L, true, "a.csv");
    assertThat(objects(plan)).containsExactly("in/s1/v2/a.csv");
    assertThat(plan.marker()).isEqualTo("in/s1/v2/_SUCCESS");
    assertThat(plan.uploads()).noneMatch(DropPlan.Upload::starts);
    assertThat(plan.starts()).isTrue();
  }

  @Test
  void withoutCompleteNothingStarts() {
    DropPlan plan = plan("{files: 'in/{SPAN}/*', complete: marker}", "s1", null, false, "a.csv");
    assertThat(plan.marker()).isNull();
    assertThat(plan.starts()).isFalse();
  }

  @Test
  void aFileOfLabelsIsUploadedLastAndCompletesTheObjects() {
    DropPlan plan =
        plan(
            "{objects: 'in/{SPAN}/**', label_from: labels.csv}",
            "s1",
            null,
            true,
            "labels.csv",
            "a.jpg");
    assertThat(objects(plan)).containsExactly("in/s1/a.jpg", "in/s1/labels.csv");
    assertThat(plan.uploads().getLast().starts()).isTrue();
    assertThat(plan.marker()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{bigquery: {table: d.t}}||false|a.csv|takes a table, no files; ./sluice trigger p",
        "{stream: {}}||false|a.csv|takes messages, no files; use ./sluice publish",
        "{files: 'in/*'}|s1|false|a.csv|has no {SPAN}; leave --span out",
        "{files: 'in/{SPAN}/*'}|a/b|false|a.csv|takes no object 'in/a/b/a.csv' of span a/b",
        "{files: 'in/{SPAN}/*'}|..|false|a.csv|takes no object 'in/../a.csv' of span ..",
        "{files: 'in/{SPAN}/*.csv'}|s1|false|a.txt|takes no object 'in/s1/a.txt'",
        "{files: 'in/{SPAN}/v{VERSION}/*'}|s1|false|a.csv|needs a version; give one, such as 1",
        "{files: 'in/{SPAN}/*'}|s1|true|a.csv|leave --complete out, or add 'complete: marker'",
        "{objects: 'in/**', label_from: l.csv}||true|a.jpg|name that file among the others",
      })
  void whatThePatternCannotTakeIsRefused(
      String source, @Nullable String span, boolean complete, String file, String message) {
    assertThatThrownBy(() -> plan(source, span, null, complete, file))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void aVersionWhereThePatternHasNoneIsRefused() {
    assertThatThrownBy(() -> plan("{files: 'in/{SPAN}/*'}", "s1", 1L, false, "a.csv"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("has no {VERSION}; leave the version out");
  }

  @Test
  void twoFilesThatWouldBeOneObjectAreRefused() {
    assertThatThrownBy(
            () -> plan("{files: 'in/{SPAN}/*'}", "s1", null, false, "a/x.csv", "b/x.csv"))
        .isInstanceOf(BadInput.class)
        .hasMessage("a/x.csv and b/x.csv would both be in/s1/x.csv; rename one of them");
  }
}
