package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Unavailable;
import dev.sluice.rollout.Registry;
import dev.sluice.rollout.Routes;
import dev.sluice.testing.MemoryCloud;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RegistriesTest {
  private final MemoryCloud cloud = new MemoryCloud();
  private final Platform platform = Platforms.of(cloud);
  private final Registries registries = platform.registries();

  private static Registry register(Registry registry, int number) {
    return registry.register(
        "f" + number,
        "gs://m/" + number,
        "gs://t/" + number,
        "b" + number,
        order(number),
        /* sha256= */ null);
  }

  private static Order order(int number) {
    return new Order("s" + (1000 + number), Instant.EPOCH);
  }

  private Routes routes() {
    return Json.read(
        cloud.objects().read(platform.layout().routes("p")), Routes.class, "routes.json");
  }

  @Test
  void aPipelineBeginsWithNothing() {
    assertThat(registries.read("p")).isEqualTo(Registry.EMPTY);
  }

  @Test
  void whatIsChangedIsReadBack() {
    Registry after = registries.update("p", r -> register(r, 1));
    assertThat(registries.read("p")).isEqualTo(after);
    assertThat(after.versions()).hasSize(1);
  }

  @Test
  void aChangeThatChangesNothingIsNotWritten() {
    registries.update("p", r -> register(r, 1));
    int before = cloud.objects().written().size();
    registries.update("p", r -> register(r, 1));
    assertThat(cloud.objects().written()).hasSize(before);
  }

  @Test
  void eightAtOnceLoseNothing() throws Exception {
    int threads = 8;
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int first = t * 5;
        running.add(
            pool.submit(() -> {
              start.await();
              for (int i = 0; i < 5; i++) {
                int number = first + i;
                registries.update("p", r -> register(r, number));
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    Registry after = registries.read("p");
    assertThat(after.versions()).extracting(Registry.Version::fingerprint).doesNotHaveDuplicates();
    assertThat(after.versions()).hasSize(40);
    assertThat(after.versions().getLast().number()).isEqualTo(40);
  }

  @Test
  void aChangeIsComputedAnewWhereSomebodyWasFirst() {
    AtomicInteger calls = new AtomicInteger();
    registries.update(
        "p",
        r -> {
          if (calls.incrementAndGet() == 1) {
            registries.update("p", other -> register(other, 7));
          }
          return register(r, 1);
        });
    assertThat(calls).hasValue(2);
    assertThat(registries.read("p").versions())
        .extracting(Registry.Version::fingerprint)
        .containsExactly("f7", "f1");
  }

  @Test
  void oneThatNeverWinsGivesUpAndMayBeCalledAgain() {
    AtomicInteger tries = new AtomicInteger();
    cloud
        .objects()
        .beforeWrite(name -> {
          tries.incrementAndGet();
          throw new Conflict("somebody else");
        });
    Registries impatient = new Registries(cloud.objects(), platform.layout(), /* attempts= */ 3);
    assertThatThrownBy(() -> impatient.update("p", r -> register(r, 1)))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("the registry of p");
    assertThat(tries).hasValue(3);
  }

  @Test
  void routesFollowTheRegistry() {
    registries.update("p", r -> register(register(r, 1), 2).release(1, order(1)));
    registries.route("p");
    assertThat(routes()).isEqualTo(Routes.to(1));
    registries.update("p", r -> r.release(2, order(2)));
    registries.route("p");
    assertThat(routes()).isEqualTo(Routes.to(2));
    registries.update("p", r -> r.release(1, order(1)));
    registries.route("p");
    assertThat(routes()).isEqualTo(Routes.to(2));
  }

  @Test
  void aPipelineWithoutALiveVersionGetsNoRoutes() {
    registries.update("p", r -> register(r, 1));
    registries.route("p");
    assertThat(cloud.objects().find(platform.layout().routes("p"))).isEmpty();
  }

  @Test
  void ofTwoReleasesAtOnceTheLaterBatchHasTheTraffic() throws Exception {
    registries.update("p", r -> register(register(r, 1), 2));
    CyclicBarrier start = new CyclicBarrier(2);
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      List<Future<?>> running = new ArrayList<>();
      for (int number : List.of(1, 2)) {
        running.add(
            pool.submit(() -> {
              start.await();
              registries.update("p", r -> r.release(number, order(number)));
              registries.route("p");
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    assertThat(registries.read("p").live()).isEqualTo(2);
    assertThat(routes()).isEqualTo(Routes.to(2));
  }
}
