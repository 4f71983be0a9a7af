package dev.sluice.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainConfigTest {
  @Test
  void parse_takesWhatItIsToldAndDefaultsElse() {
    TrainConfig config =
        TrainConfig.parse(Map.of("rounds", 50L, "eta", 0.3, "lambda", 2L, "seed", 7L));

    assertThat(config).isEqualTo(new TrainConfig(50, 0.3, 6, 1, 1, 1, 2, 0, 20, 7, 0));
    assertThat(TrainConfig.parse(Map.of())).isEqualTo(TrainConfig.ofDefaults());
  }

  @Test
  void parse_namesKeyRangeAndNearest() {
    assertThatThrownBy(() -> TrainConfig.parse(Map.of("maxdepth", 3L)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("key 'maxdepth' is not known; did you mean 'max_depth'?");
    assertThatThrownBy(() -> TrainConfig.parse(Map.of("eta", 0L)))
        .hasMessage("train: key 'eta' is 0; it must be above 0 and at most 1");
    assertThatThrownBy(() -> TrainConfig.parse(Map.of("rounds", 0L)))
        .hasMessage("train: key 'rounds' is 0; it must lie between 1 and 10000");
    assertThatThrownBy(() -> TrainConfig.parse(Map.of("rounds", 1.5)))
        .hasMessageContaining("must be a whole number");
    assertThatThrownBy(() -> TrainConfig.parse(Map.of("eta", "fast")))
        .hasMessageContaining("'fast'; it must be a number");
  }
}
