package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaselineRuleTest {
  private static BaselineRule parse(String checks) {
    return PipelineSpec.parse("p", "label: sold\nchecks: {" + checks + "}\n")
        .section("checks", BaselineRuleTest::rule);
  }

  private static BaselineRule rule(java.util.Map<String, @Nullable Object> checks) {
    return BaselineRule.parse(checks.get("baseline"));
  }

  @Test
  void eachFormIsRead() {
    assertThat(parse("")).isEqualTo(new BaselineRule.Last());
    assertThat(parse("baseline: last")).isEqualTo(new BaselineRule.Last());
    assertThat(parse("baseline: weekday")).isEqualTo(new BaselineRule.Weekday());
    assertThat(parse("baseline: {rolling: 7}")).isEqualTo(new BaselineRule.Rolling(7));
    assertThat(parse("baseline: {pinned: b-1}")).isEqualTo(new BaselineRule.Pinned("b-1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weekdays|'baseline' is 'weekdays'; it must be last, weekday, {rolling: NUMBER} or {pinned: BATCH}; did you mean 'weekday'?",
        "{roling: 3}|'baseline' is '{roling=3}'; it must be last, weekday, {rolling: NUMBER}",
        "{rolling: 0}|'rolling' is 0; it must be from 1 to 30 batches",
        "{rolling: 31}|'rolling' is 31; it must be from 1 to 30 batches",
        "{rolling: 2.5}|'rolling' is 2.5; it must be a whole number of batches",
        "{rolling: 3, pinned: b-1}|it must be last, weekday, {rolling: NUMBER} or {pinned: BATCH}",
        "{pinned: 'a b'}|pinned batch",
        "7|'baseline' is '7'; it must be last",
      })
  void anythingElseIsRefusedWithItsLine(String baseline, String message) {
    assertThatThrownBy(() -> parse("baseline: " + baseline))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("p.yaml line 2")
        .hasMessageContaining(message);
  }
}
