package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Bug;
import org.junit.jupiter.api.Test;

class RowCountsTest {
  @Test
  void whatWasReadIsWhatWasRejectedAndWritten() {
    assertThat(new RowCounts(10, 1, 7L, 2L).rows()).isEqualTo(10);
    assertThat(RowCounts.held(10, 9).train()).isNull();
  }

  @Test
  void aRowThatIsLostOrDoubledIsAnErrorOfSluice() {
    assertThatThrownBy(() -> new RowCounts(10, 1, 6L, 2L))
        .isInstanceOf(Bug.class)
        .hasMessage(
            "rows were lost or doubled: 10 were read, 1 rejected, 6 written to train and 2 to eval");
    assertThatThrownBy(() -> new RowCounts(10, 1, 8L, 2L)).isInstanceOf(Bug.class);
  }
}
