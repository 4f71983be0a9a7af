package dev.sluice.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RegistryTest {
  private static final Order FIRST = new Order("2026-11-01", Instant.parse("2026-11-01T01:00:00Z"));
  private static final Order SECOND =
      new Order("2026-11-02", Instant.parse("2026-11-01T00:00:00Z"));

  private static Registry two() {
    return Registry.EMPTY
        .register("aa", "gs://a/m/aa/", "gs://a/t/aa/", "b-1", FIRST)
        .register("bb", "gs://a/m/bb/", "gs://a/t/bb/", "b-2", SECOND);
  }

  @Test
  void register_numbersModelsFromOne() {
    assertThat(two().versions()).extracting(Registry.Version::number).containsExactly(1, 2);
  }

  @Test
  void register_knownFingerprintKeepsItsNumber() {
    Registry again = two().register("aa", "gs://a/m/aa/", "gs://a/t/aa/", "b-3", SECOND);
    assertThat(again).isEqualTo(two());
  }

  @Test
  void release_laterBatchReplacesEarlier() {
    Registry registry = two().release(1, FIRST).release(2, SECOND);
    assertThat(registry.live()).isEqualTo(2);
  }

  @Test
  void release_earlierBatchNeverReplacesLater() {
    Registry registry = two().release(2, SECOND);
    assertThat(registry.isSuperseded(FIRST)).isTrue();
    assertThat(registry.release(1, FIRST).live()).isEqualTo(2);
  }

  @Test
  void release_oldModelChosenByLaterBatchIsAsNewAsThatBatch() {
    Registry registry = two().release(1, SECOND);
    assertThat(registry.live()).isEqualTo(1);
    assertThat(registry.isSuperseded(FIRST)).isTrue();
  }

  @Test
  void release_marksWhatServedForGood() {
    Registry registry = two().release(1, FIRST).release(2, SECOND);
    assertThat(registry.versions())
        .extracting(Registry.Version::served)
        .containsExactly(true, true);
    assertThat(two().versions()).extracting(Registry.Version::served).containsExactly(false, false);
  }

  @Test
  void release_unknownVersionIsRefused() {
    assertThatThrownBy(() -> two().release(3, SECOND))
        .isInstanceOf(BadInput.class)
        .hasMessage("there is no version 3; versions 1 to 2 exist");
  }

  @Test
  void baseline_movesForwardsOnly() {
    var old = new Registry.Baseline("b-1", FIRST, "gs://a/s/1/", "gs://a/c/1/");
    var young = new Registry.Baseline("b-2", SECOND, "gs://a/s/2/", "gs://a/c/2/");
    assertThat(Registry.EMPTY.withBaseline(old).withBaseline(young).baseline()).isEqualTo(young);
    assertThat(Registry.EMPTY.withBaseline(young).withBaseline(old).baseline()).isEqualTo(young);
  }

  @Test
  void json_roundTrips() {
    Registry registry =
        two()
            .release(2, SECOND)
            .withBaseline(new Registry.Baseline("b-2", SECOND, "gs://a/s/2/", "gs://a/c/2/"));
    assertThat(Json.read(Json.write(registry), Registry.class, "registry")).isEqualTo(registry);
    assertThat(Json.read("{}", Registry.class, "registry")).isEqualTo(Registry.EMPTY);
  }

  @Test
  void json_liveVersionThatDoesNotExistIsABug() {
    assertThatThrownBy(() -> Json.read("{\"versions\":[],\"live\":4}", Registry.class, "registry"))
        .hasMessageContaining("version 4 is live, but there are 0");
  }
}
