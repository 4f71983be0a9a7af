package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.PipelineSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChecksParserTest {
  private static Checks parse(String yaml) {
    return PipelineSpec.parse("p", "label: sold\n" + yaml + "\n")
        .section("checks", ChecksParser::parse);
  }

  @Test
  void nothingGivesTheDefaults() {
    assertThat(parse("")).isEqualTo(Checks.defaults());
    assertThat(ChecksParser.parse(Map.of())).isEqualTo(Checks.defaults());
  }

  @Test
  void everyKeyIsRead() {
    Checks checks =
        parse(
            """
            checks:
              false_alarm_rate: 0.01
              min_rows: 100
              min_group_rows: 50
              thresholds:
                missing: {warn: 0.1, fail: 0.2}
                distance: {warn: 0.11, fail: 0.21}
                divergence: {warn: 0.12, fail: 0.22}
                group_missing: {warn: 0.13, fail: 0.23}
                group_distance: {warn: 0.14, fail: 0.24}
                gone: {warn: 0.15, fail: 0.25}
                unexpected: {warn: 0.16, fail: 0.26}
                spike: {warn: 0.17, fail: 0.27}
                clock: {warn: 0.18, fail: 0.28}
                repeated: {warn: 0.19, fail: 0.29}
                damaged: {warn: 0.2, fail: 0.3}
                correlation: {warn: 0.21, fail: 0.31}
                rows: {warn: 0.22, fail: 0.32}
              features:
                price: {missing: {warn: 0.3, fail: 0.6}, severity: warn}
                note: {severity: INFO}
            """);
    assertThat(checks.falseAlarmRate()).isEqualTo(0.01);
    assertThat(checks.minRows()).isEqualTo(100);
    assertThat(checks.minGroupRows()).isEqualTo(50);
    assertThat(checks.thresholds())
        .isEqualTo(
            new Thresholds(
                new Thresholds.Floor(0.1, 0.2),
                new Thresholds.Floor(0.11, 0.21),
                new Thresholds.Floor(0.12, 0.22),
                new Thresholds.Floor(0.13, 0.23),
                new Thresholds.Floor(0.14, 0.24),
                new Thresholds.Floor(0.15, 0.25),
                new Thresholds.Floor(0.16, 0.26),
                new Thresholds.Floor(0.17, 0.27),
                new Thresholds.Floor(0.18, 0.28),
                new Thresholds.Floor(0.19, 0.29),
                new Thresholds.Floor(0.2, 0.3),
                new Thresholds.Floor(0.21, 0.31),
                new Thresholds.Floor(0.22, 0.32)));
    assertThat(checks.severities())
        .isEqualTo(Map.of("price", Severity.WARN, "note", Severity.INFO));
    assertThat(checks.featureThresholds()).containsOnlyKeys("price");
  }

  @Test
  void aFeatureHasThePipelinesThresholdsWhereItNamesNone() {
    Checks checks =
        parse(
            """
            checks:
              thresholds: {distance: {warn: 0.11, fail: 0.21}}
              features: {price: {missing: {warn: 0.3, fail: 0.6}}}
            """);
    assertThat(checks.of("price").missing()).isEqualTo(new Thresholds.Floor(0.3, 0.6));
    assertThat(checks.of("price").distance()).isEqualTo(new Thresholds.Floor(0.11, 0.21));
    assertThat(checks.of("other").missing()).isEqualTo(Thresholds.defaults().missing());
    assertThat(checks.cap("other")).isEqualTo(Severity.FAIL);
  }

  @Test
  void aWarningAboveTheUsualFailureLiftsTheFailureToo() {
    double usual = Thresholds.defaults().missing().fail();
    Checks checks = parse("checks: {thresholds: {missing: {warn: " + (usual + 0.1) + "}}}");
    assertThat(checks.thresholds().missing())
        .isEqualTo(new Thresholds.Floor(usual + 0.1, usual + 0.1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "checks: {min_row: 5}|'min_row' is not known in checks; did you mean 'min_rows'?",
        "checks: {thresholds: {mising: {}}}|'mising' is not known in thresholds; did you mean 'missing'?",
        "checks: {thresholds: {missing: {fial: 1}}}|'fial' is not known in missing; did you mean 'fail'?",
        "checks: {features: {price: {divergance: {}}}}|'divergance' is not known in price; did you mean 'divergence'?",
        "checks: {features: {price: 3}}|'price' must be a mapping",
        "checks: {thresholds: {missing: 0.3}}|'missing' must be a mapping",
        "checks: {min_rows: many}|'min_rows' must be a number, not 'many'",
        "checks: {min_rows: 0}|must be at least 1",
        "checks: {min_rows: 1.5}|'min_rows' must be a whole number, not '1.5'",
        "checks: {false_alarm_rate: 1.5}|must lie between 0 and 1",
        "checks: {features: {price: {severity: loud}}}|'price' has severity 'loud'; it must be info, warn or fail",
      })
  void nonsenseIsRefusedWithFileAndLine(String yaml, String message) {
    assertThatThrownBy(() -> parse(yaml))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("p.yaml line 2: ")
        .hasMessageContaining(message);
  }

  @Test
  void aFailureBelowItsWarningIsRefused() {
    assertThatThrownBy(() -> parse("checks: {thresholds: {missing: {warn: 0.5, fail: 0.1}}}"))
        .isInstanceOf(BadInput.class);
  }

  @Test
  void theBaselineIsTheLastBatchUnlessTheSpecSaysOtherwise() {
    assertThat(ChecksParser.parse(Map.of()).baseline()).isEqualTo(new BaselineRule.Last());
    assertThat(ChecksParser.parse(Map.of("baseline", Map.of("rolling", 3))).baseline())
        .isEqualTo(new BaselineRule.Rolling(3));
  }
}
