package dev.sluice.localcloud.dags;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.BadInput;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.gcp.Composer;
import dev.sluice.gcp.RunState;
import dev.sluice.gcp.TaskState;
import dev.sluice.gcp.TriggerOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AirflowWatchTest {
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  private static final String UNDER_WAY =
      "GET /dags/~/dagRuns?state=queued&state=running&limit=100";

  private final ScriptedAirflow airflow = new ScriptedAirflow();
  private final AirflowApi api = new AirflowApi(airflow.uri());
  private final Runs runs = new Runs();
  private final List<Progress> told = new CopyOnWriteArrayList<>();
  private @Nullable AirflowWatch watch;

  @AfterEach
  void stop() {
    if (watch != null) {
      watch.close();
    }
    api.close();
    airflow.close();
  }

  /** The runs that a client of Composer sees. */
  private static final class Runs implements Composer {
    private final Map<String, List<TaskState>> tasks = new ConcurrentHashMap<>();

    @Override
    public List<TaskState> tasks(String dag, String run) {
      List<TaskState> found = tasks.get(dag + "/" + run);
      if (found == null) {
        throw new BadInput("Composer has no run " + run + " of " + dag);
      }
      return found;
    }

    @Override
    public RunState run(String dag, String run) {
      return RunState.FAILED;
    }

    @Override
    public TriggerOutcome trigger(String dag, String run, Map<String, ?> conf) {
      throw new UnsupportedOperationException();
    }

    @Override
    public TriggerOutcome repeat(String dag, String run, Map<String, ?> conf) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void cancel(String dag, String run) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void pause(String dag) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void unpause(String dag) {
      throw new UnsupportedOperationException();
    }
  }

  private void underWay(String... ids) {
    List<String> all = new ArrayList<>();
    for (String run : ids) {
      all.add("{\"dag_id\": \"taxi\", \"dag_run_id\": \"" + run + "\"}");
    }
    airflow.answer("GET /dags?paused=true&limit=100", 200, "{\"dags\": []}");
    airflow.answer(UNDER_WAY, 200, "{\"dag_runs\": [" + String.join(", ", all) + "]}");
  }

  private AirflowWatch watch() {
    AirflowWatch started = new AirflowWatch(api, runs, PAUSE, told::add);
    watch = started;
    return started;
  }

  /** Has it look again, from a beginning to an end; a look asks two questions at most. */
  private void look() throws InterruptedException {
    int wanted = airflow.asked().size() + 3 * 2;
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (airflow.asked().size() < wanted) {
      assertThat(System.nanoTime()).as("looks of the watch").isLessThan(deadline);
      Thread.sleep(PAUSE);
    }
  }

  private static TaskState task(
      String name, int mapIndex, String state, @Nullable Integer seconds) {
    return new TaskState(
        name,
        mapIndex,
        state,
        1,
        seconds == null ? null : NOON,
        seconds == null ? null : NOON.plusSeconds(seconds));
  }

  @Test
  void eachChangeIsToldOnce_inTheOrderOfTheEnds() throws Exception {
    underWay("b-1");
    runs.tasks.put(
        "taxi/b-1",
        List.of(
            task("analyze", -1, "none", null),
            task("ingest", -1, "success", 7),
            task("resolve", -1, "success", 2)));
    watch();
    look();
    look();

    assertThat(told)
        .containsExactly(
            new Progress("taxi", "b-1", "resolve", -1, 0, "success", Duration.ofSeconds(2)),
            new Progress("taxi", "b-1", "ingest", -1, 0, "success", Duration.ofSeconds(7)),
            new Progress("taxi", "b-1", "analyze", -1, 0, "none", Duration.ZERO));
  }

  @Test
  void shardsAreCounted_butForThoseThatAreNoMore() throws Exception {
    underWay("b-1");
    runs.tasks.put(
        "taxi/b-1",
        List.of(
            task("ingest-shard", 0, "success", 1),
            task("ingest-shard", 1, "success", 2),
            task("ingest-shard", 2, "removed", null)));
    watch();
    look();

    assertThat(told).extracting(Progress::shards).containsOnly(2);
    assertThat(told.getFirst().mapIndex()).isZero();
  }

  @Test
  void theEndOfARun_isToldAfterItsLastTask() throws Exception {
    underWay("b-1");
    runs.tasks.put("taxi/b-1", List.of(task("train", -1, "running", null)));
    AirflowWatch watch = watch();
    look();

    runs.tasks.put("taxi/b-1", List.of(task("train", -1, "failed", 9)));
    underWay();

    assertThat(watch.awaitIdle(LIMIT)).isTrue();
    assertThat(told).extracting(Progress::state).containsExactly("running", "failed", "failed");
    assertThat(told.get(1).task()).isEqualTo("train");
    assertThat(told.get(2).task()).isNull();
  }

  @Test
  void whereNothingRuns_itIsIdle() throws Exception {
    underWay();

    assertThat(watch().awaitIdle(LIMIT)).isTrue();
    assertThat(told).isEmpty();
  }

  @Test
  void whereARunGoesOn_itIsNotIdle() throws Exception {
    underWay("b-1");
    runs.tasks.put("taxi/b-1", List.of(task("train", -1, "running", null)));
    AirflowWatch watch = watch();
    look();

    assertThat(watch.awaitIdle(Duration.ofMillis(1))).isFalse();
  }

  @Test
  void anAirflowThatDoesNotAnswerYet_isAskedAgain() throws Exception {
    airflow.answer(UNDER_WAY, 500, "starting");
    AirflowWatch watch = watch();
    look();

    underWay();

    assertThat(watch.awaitIdle(LIMIT)).isTrue();
  }

  @Test
  void anAnswerThatIsNotUnderstood_endsNoWatch() throws Exception {
    airflow.answer(UNDER_WAY, 200, "{}");
    AirflowWatch watch = watch();
    look();
    assertThat(watch.awaitIdle(Duration.ofMillis(1))).isFalse();

    underWay();

    assertThat(watch.awaitIdle(LIMIT)).isTrue();
  }

  @Test
  void aRunThatSomebodyDeleted_isForgotten() throws Exception {
    underWay("b-1");
    runs.tasks.put("taxi/b-1", List.of(task("train", -1, "running", null)));
    AirflowWatch watch = watch();
    look();

    runs.tasks.clear();
    underWay();

    assertThat(watch.awaitIdle(LIMIT)).isTrue();
    assertThat(told).extracting(Progress::state).containsExactly("running");
  }
}
