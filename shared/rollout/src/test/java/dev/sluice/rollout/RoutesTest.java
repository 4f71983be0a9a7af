package dev.sluice.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutesTest {
  @Test
  void choose_sharesRequestsByWeight() {
    Routes routes = new Routes(List.of(new Routes.Arm(3, .25), new Routes.Arm(4, .75)));
    int third = 0;
    for (int i = 0; i < 1000; i++) {
      third += routes.choose(i / 1000.0) == 3 ? 1 : 0;
    }
    assertThat(third).isEqualTo(250);
    assertThat(routes.main()).isEqualTo(4);
  }

  @Test
  void choose_oneVersionAnswersEverything() {
    assertThat(Routes.to(7).choose(.999999)).isEqualTo(7);
  }

  @Test
  void weights_mustAddUpToOne() {
    assertThatThrownBy(() -> new Routes(List.of(new Routes.Arm(1, .5))))
        .isInstanceOf(BadInput.class)
        .hasMessage("the weights of the routes add up to 0.5, not 1");
  }

  @Test
  void weights_mustBePositive() {
    assertThatThrownBy(() -> new Routes.Arm(1, 0)).hasMessageContaining("above 0");
  }
}
