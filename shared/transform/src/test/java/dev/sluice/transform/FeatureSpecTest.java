package dev.sluice.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FeatureSpecTest {
  private static FeatureChoice parse(@Nullable Object value) {
    Map<String, @Nullable Object> features = new LinkedHashMap<>();
    features.put("brand", value);
    FeatureChoice choice = FeatureSpec.parse(features).choices().get("brand");
    return Objects.requireNonNull(choice);
  }

  @Test
  void parse_readsEachKind() {
    assertThat(parse(Map.of("vocabulary", Map.of("top_k", 500L))))
        .isEqualTo(new FeatureChoice.Vocabulary(500, 1, 1));
    assertThat(parse(Map.of("one_hot", Map.of("top_k", 5L, "min_count", 3L))))
        .isEqualTo(new FeatureChoice.OneHot(5, 3));
    assertThat(parse(Map.of("log", Map.of(), "z_score", Map.of())))
        .isEqualTo(new FeatureChoice.Numeric(true, true));
    assertThat(parse(Map.of("numeric", Map.of())))
        .isEqualTo(new FeatureChoice.Numeric(false, false));
    assertThat(parse(Map.of("exclude", Map.of()))).isEqualTo(new FeatureChoice.Exclude());
  }

  @Test
  void parse_namesColumnKeyAndNearest() {
    assertThatThrownBy(() -> parse(Map.of("vocabluary", Map.of())))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("column 'brand': key 'vocabluary'")
        .hasMessageContaining("did you mean 'vocabulary'?");
    assertThatThrownBy(() -> parse(Map.of("vocabulary", Map.of("topk", 3L))))
        .hasMessageContaining("did you mean 'top_k'?");
    assertThatThrownBy(() -> parse(Map.of("vocabulary", Map.of("top_k", 0L))))
        .hasMessage(
            "features, column 'brand': key 'top_k' is 0; it must lie between 1 and 1000000");
    assertThatThrownBy(() -> parse(Map.of("vocabulary", Map.of("top_k", "many"))))
        .hasMessageContaining("must be a whole number");
    assertThatThrownBy(() -> parse(Map.of("log", Map.of(), "one_hot", Map.of())))
        .hasMessageContaining("do not go together");
    assertThatThrownBy(() -> parse(Map.of("z_score", Map.of("mean", 3L))))
        .hasMessageContaining("no options are known here");
    assertThatThrownBy(() -> parse(Map.of("z_score", List.of())))
        .hasMessageContaining("write z_score: {}");
    assertThatThrownBy(() -> parse("z_score")).hasMessageContaining("must be a mapping");
  }
}
