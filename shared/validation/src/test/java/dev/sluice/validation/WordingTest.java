package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WordingTest {
  @Test
  void theEditThatSilencesIsYamlWhateverTheColumnIsCalled() {
    assertThat(Wording.silence("price_usd"))
        .endsWith("checks: {features: {price_usd: {severity: warn}}}.");
    assertThat(Wording.silence("it's: a, b"))
        .endsWith("checks: {features: {'it''s: a, b': {severity: warn}}}.");
  }
}
