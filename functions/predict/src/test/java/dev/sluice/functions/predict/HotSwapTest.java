package dev.sluice.functions.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.models.TreeModel;
import dev.sluice.rollout.Routes;
import dev.sluice.stages.Release;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HotSwapTest {
  private static final String ROW = "{\"price\": 4.0, \"count\": 20, \"kind\": \"red\"}";
  private static final String PATH = "/v1/models/sales:predict";

  private final World world = new World();

  @Test
  void coldStart_loadsBeforeItsFirstAnswer() {
    world.release(1);
    world.route(Routes.to(1));

    assertThat(score()).isEqualTo(of(1));
  }

  @Test
  void noRoutes_isNotFoundAndAskedForAtMostEachSecond() {
    for (int i = 0; i < 50; i++) {
      Call answer = world.predict("{\"instances\": []}");
      assertThat(answer.status()).isEqualTo(404);
      assertThat(World.error(answer)).contains("pipeline sales has no live version yet");
    }
    assertThat(world.store.finds).hasValue(1);
    world.release(1);
    world.route(Routes.to(1));
    assertThat(world.predict("{\"instances\": []}").status()).isEqualTo(404);

    world.pass(Duration.ofSeconds(1));

    assertThat(score()).isEqualTo(of(1));
  }

  @Test
  void newRoutes_takeOverAtTheNextCheck() {
    release(1);
    assertThat(score()).isEqualTo(of(1));
    release(2);

    assertThat(score()).isEqualTo(of(1));
    world.pass(Duration.ofSeconds(1));
    assertThat(score()).isEqualTo(of(2));
    world.route(Routes.to(1));
    world.pass(Duration.ofSeconds(1));
    assertThat(score()).isEqualTo(of(1));
  }

  @Test
  void unchangedRoutes_costOneLookAtTheGenerationASecond() {
    release(1);
    score();
    int loads = world.store.loads.get();
    int finds = world.store.finds.get();

    for (int second = 0; second < 5; second++) {
      world.pass(Duration.ofSeconds(1));
      score();
      score();
    }

    assertThat(world.store.loads).hasValue(loads);
    assertThat(world.store.finds).hasValue(finds + 5);
  }

  @Test
  void swapUnderLoad_failsNothingAndNeverGoesBack() throws Exception {
    release(1);
    score();
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    List<Future<String>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        callers.add(
            threads.submit(() -> {
              boolean seen = false;
              while (!(done.get() && seen) && System.nanoTime() < end) {
                float score = score();
                answered.incrementAndGet();
                if (score == of(2)) {
                  seen = true;
                } else if (score != of(1) || seen) {
                  return "answered " + score + (seen ? " after version 2" : "");
                }
              }
              return seen ? "went over once" : "stayed at version 1";
            }));
      }
      try {
        // Slow reads keep the loading request busy while the other callers go on.
        world.store.readMillis = 100;
        release(2);
        int before = answered.get();
        world.pass(Duration.ofSeconds(1));
        while (score() != of(2) && System.nanoTime() < end) {
          Thread.onSpinWait();
        }
        assertThat(answered.get()).isGreaterThan(before + 5);
      } finally {
        done.set(true);
      }
    }
    for (Future<String> caller : callers) {
      assertThat(caller.get()).isEqualTo("went over once");
    }
  }

  @Test
  void damagedVersion_isRefusedWhileTheOldOneAnswers_untilItIsRepaired() {
    release(1);
    score();
    release(2);
    var model = Sales.LAYOUT.version(Sales.PIPELINE, 2, TreeModel.FILE);
    byte[] whole = world.store.read(model);
    world.store.damage(model);
    int loads = 0;
    for (int second = 0; second < 12; second++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(score()).isEqualTo(of(1));
      loads = world.store.loads.get();
    }

    assertThat(world.logged("ERROR"))
        .singleElement()
        .asString()
        .contains("version 2 of sales is refused")
        .contains("versions/2/model.ubj has crc32c")
        .contains("\"pipeline\":\"sales\"");
    assertThat(loads).isLessThan(50);
    assertThat(world.get("/v1/models/sales").text())
        .contains("\"version\":\"2\",\"state\":\"END\"")
        .contains("\"version\":\"1\",\"state\":\"AVAILABLE\"");

    world.store.put(model, whole);
    world.pass(Duration.ofSeconds(5));
    assertThat(score()).isEqualTo(of(2));
    assertThat(world.get("/v1/models/sales").text()).doesNotContain("END");
  }

  @Test
  void unreadableVersions_areRefused() {
    release(1);
    score();
    String gone = "{\"version\":2,\"model\":\"m\",\"transform\":\"t\",\"checksums\":{}}";
    release(2);
    world.store.put(
        Sales.LAYOUT.version(Sales.PIPELINE, 2, Release.FILE),
        gone.getBytes(StandardCharsets.UTF_8));
    release(3);
    world.store.delete(Sales.LAYOUT.version(Sales.PIPELINE, 3, "transform/manifest.json"));

    for (int version = 2; version <= 4; version++) {
      world.route(Routes.to(version));
      world.pass(Duration.ofSeconds(6));
      assertThat(score()).isEqualTo(of(1));
    }

    assertThat(world.logged("ERROR")).hasSize(3);
    assertThat(world.logged("ERROR").get(0)).contains("lists no model.ubj");
    assertThat(world.logged("ERROR").get(1)).contains("manifest.json");
    assertThat(world.logged("ERROR").get(2)).contains("version 4").contains("never released");
  }

  @Test
  void mappingOfAnUnknownForm_isRefused() {
    release(1);
    score();
    world.release(
        2,
        "\"column\":\"count\",\"kind\":\"numeric\"",
        "\"column\":\"count\",\"kind\":\"strange\"");
    world.route(Routes.to(2));
    world.pass(Duration.ofSeconds(1));

    assertThat(score()).isEqualTo(of(1));
    assertThat(world.logged("ERROR"))
        .singleElement()
        .asString()
        .contains("unknown encoder 'strange'");
  }

  @Test
  void routesThatAreNoRoutes_changeNothing() {
    release(1);
    score();
    world.store.put(
        Sales.LAYOUT.routes(Sales.PIPELINE), "{\"arms\":[]}".getBytes(StandardCharsets.UTF_8));

    world.pass(Duration.ofSeconds(1));

    assertThat(score()).isEqualTo(of(1));
    assertThat(world.logged("WARNING")).singleElement().asString().contains("add up to 0.0");
  }

  @Test
  void storageAway_lastRoutesKeepAnswering() {
    release(1);
    score();
    world.store.down = true;
    release(2);

    for (int second = 0; second < 10; second++) {
      world.pass(Duration.ofSeconds(1));
      assertThat(score()).isEqualTo(of(1));
    }
    assertThat(world.logged("WARNING")).hasSize(1);
    world.store.down = false;
    world.pass(Duration.ofSeconds(5));
    assertThat(score()).isEqualTo(of(2));
  }

  @Test
  void storageAwayAtColdStart_isUnavailableUntilItIsBack() {
    release(1);
    world.store.down = true;

    Call answer = world.predict("{\"instances\": []}");
    assertThat(answer.status()).isEqualTo(503);
    assertThat(World.error(answer)).isEqualTo("storage is away");
    assertThat(world.get("/healthz").status()).isEqualTo(200);
    world.store.down = false;
    world.pass(Duration.ofSeconds(1));
    assertThat(score()).isEqualTo(of(1));
  }

  @Test
  void damagedAtColdStart_isUnavailable_andTheOtherArmAnswersWhereThereIsOne() {
    release(1);
    world.store.damage(Sales.LAYOUT.version(Sales.PIPELINE, 1, TreeModel.FILE));
    assertThat(world.predict("{\"instances\": []}").status()).isEqualTo(503);

    world.release(2);
    world.route(new Routes(List.of(new Routes.Arm(1, .9), new Routes.Arm(2, .1))));
    world.pass(Duration.ofSeconds(1));

    assertThat(score()).isEqualTo(of(2));
    assertThat(world.logged("ERROR")).hasSize(1);
  }

  @Test
  void arms_shareTheRequests() {
    world.release(1);
    world.release(2);
    world.route(new Routes(List.of(new Routes.Arm(1, .25), new Routes.Arm(2, .75))));

    world.random = .2499;
    assertThat(score()).isEqualTo(of(1));
    world.random = .25;
    assertThat(score()).isEqualTo(of(2));
    world.random = 0;
    assertThat(world.score("/v1/models/sales/labels/live:predict", ROW)).isEqualTo(of(2));
    assertThat(world.score("/v1/models/sales/labels/stable:predict", ROW)).isEqualTo(of(2));
    assertThat(world.score("/v1/models/sales/versions/1:predict", ROW)).isEqualTo(of(1));
  }

  @Test
  void versionsByNumber_areLoadedAndTheLastFewKept() {
    release(1);
    for (int version = 2; version <= 7; version++) {
      world.release(version);
      assertThat(world.score("/v1/models/sales/versions/" + version + ":predict", ROW))
          .isEqualTo(of((version - 1) % 3 + 1));
    }
    int loads = world.store.loads.get();
    world.score("/v1/models/sales/versions/7:predict", ROW);
    world.score("/v1/models/sales/versions/4:predict", ROW);
    assertThat(world.store.loads).hasValue(loads);

    world.score("/v1/models/sales/versions/2:predict", ROW);
    assertThat(world.store.loads).hasValue(loads + 1);

    world.store.down = true;
    assertThat(world.score("/v1/models/sales/versions/2:predict", ROW)).isEqualTo(of(2));
    assertThat(world.get("/v1/models/sales/versions/3").status()).isEqualTo(503);
  }

  @Test
  void forgedModel_isNotServedThoughItsCrc32cIsRight() {
    release(1);
    assertThat(score()).isEqualTo(of(1));
    release(2);
    world.store.forge(Sales.LAYOUT.version(Sales.PIPELINE, 2, TreeModel.FILE));
    world.pass(Duration.ofSeconds(1));

    assertThat(score()).isEqualTo(of(1));
    assertThat(world.logged("ERROR"))
        .singleElement()
        .asString()
        .contains("has sha256", "but was released with", "release the version again");
  }

  @Test
  void damagedVersionByNumber_isUnavailable() {
    release(1);
    world.release(2);
    world.store.damage(Sales.LAYOUT.version(Sales.PIPELINE, 2, TreeModel.FILE));

    Call answer = world.get("/v1/models/sales/versions/2");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(World.error(answer)).contains("version 2 of sales is refused").contains("crc32c");
    assertThat(score()).isEqualTo(of(1));
  }

  @Test
  void routesRemoved_takeThePipelineOut() {
    release(1);
    score();
    world.store.delete(Sales.LAYOUT.routes(Sales.PIPELINE));

    world.pass(Duration.ofSeconds(1));

    assertThat(world.predict("{\"instances\": []}").status()).isEqualTo(404);
  }

  @Test
  void otherBytesUnderTheSameNumber_areLoaded() {
    release(1);
    score();
    World.SALES
        .release(Sales.PIPELINE, 2)
        .forEach((name, bytes) ->
            world.store.put(World.at(name.replace("versions/2", "versions/1")), bytes));
    world.route(Routes.to(1));

    world.pass(Duration.ofSeconds(1));

    assertThat(score()).isEqualTo(of(2));
  }

  @Test
  void pipelines_haveTheirOwnVersions() {
    release(1);
    World.SALES.release("rides", 2).forEach((name, b) -> world.store.put(World.at(name), b));
    world.store.put(Sales.LAYOUT.routes("rides"), Sales.routes(Routes.to(2)));

    assertThat(score()).isEqualTo(of(1));
    assertThat(world.score("/v1/models/rides:predict", ROW)).isEqualTo(of(2));
    for (int i = 0; i < 2_000; i++) {
      assertThat(world.get("/v1/models/made-up-" + i).status()).isEqualTo(404);
    }
    assertThat(world.score("/v1/models/rides:predict", ROW)).isEqualTo(of(2));
  }

  private void release(int version) {
    world.release(version);
    world.route(Routes.to(version));
  }

  private float score() {
    return world.score(PATH, ROW);
  }

  private static float of(int version) {
    return World.expected(version, Map.of("price", 4.0, "count", 20L, "kind", "red"));
  }
}
