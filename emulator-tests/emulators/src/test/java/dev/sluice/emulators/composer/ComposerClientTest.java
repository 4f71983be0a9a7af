package dev.sluice.emulators.composer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Unavailable;
import dev.sluice.emulators.composer.FunctionServer.Reply;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.Composer;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.RunState;
import dev.sluice.gcp.TaskState;
import dev.sluice.gcp.TriggerOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The functions' own client of Composer against the local one. */
final class ComposerClientTest {
  @TempDir private Path state;

  private static GoogleClients clients(Bench bench, String password) {
    return new GoogleClients(
        new CloudConfiguration(
            "sluice-local",
            null,
            null,
            null,
            null,
            bench.composer.uri().toString(),
            "admin",
            password));
  }

  @Test
  void startsARunOnceAndResumesItWhereItFailed() throws Exception {
    try (Bench bench = new Bench(state);
        GoogleClients clients = clients(bench, "admin")) {
      Composer composer = clients.composer();
      bench.functions.on("left", request -> Reply.problem(422, "no"));
      Map<String, String> conf = Map.of("batch", "b-1");
      assertThat(composer.trigger("taxi", "run.b-1", conf)).isEqualTo(TriggerOutcome.STARTED);
      bench.settle();
      assertThat(composer.run("taxi", "run.b-1")).isEqualTo(RunState.FAILED);

      bench.functions.heal("left");
      assertThat(composer.trigger("taxi", "run.b-1", conf)).isEqualTo(TriggerOutcome.RESUMED);
      bench.settle();
      assertThat(composer.run("taxi", "run.b-1")).isEqualTo(RunState.SUCCESS);
      assertThat(composer.trigger("taxi", "run.b-1", conf))
          .isEqualTo(TriggerOutcome.ALREADY_SUCCEEDED);
      assertThat(composer.tasks("taxi", "run.b-1"))
          .extracting(TaskState::task, TaskState::state, TaskState::tries)
          .contains(
              org.assertj.core.groups.Tuple.tuple("left", "success", 2),
              org.assertj.core.groups.Tuple.tuple("right", "success", 1));
    }
  }

  @Test
  void findsARunUnderWayAndCancelsIt() throws Exception {
    try (Bench bench = new Bench(state);
        GoogleClients clients = clients(bench, "admin")) {
      Composer composer = clients.composer();
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "ingest",
          request -> {
            running.countDown();
            hold.await();
            return bench.functions.everything(request);
          });
      composer.trigger("taxi", "r1", Map.of());
      assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(composer.trigger("taxi", "r1", Map.of()))
          .isEqualTo(TriggerOutcome.ALREADY_RUNNING);
      composer.cancel("taxi", "r1");
      bench.settle();
      hold.countDown();
      assertThat(composer.run("taxi", "r1")).isEqualTo(RunState.FAILED);
      assertThatThrownBy(() -> composer.cancel("taxi", "r1"))
          .isInstanceOf(Conflict.class)
          .hasMessageContaining("nothing to cancel");
    }
  }

  @Test
  void aRunThatSucceededIsRepeatedFromItsFirstTaskAndOnlyWhereThatIsAsked() throws Exception {
    try (Bench bench = new Bench(state);
        GoogleClients clients = clients(bench, "admin")) {
      Composer composer = clients.composer();
      Map<String, String> conf = Map.of("batch", "b-1");
      assertThat(composer.repeat("taxi", "r1", conf)).isEqualTo(TriggerOutcome.STARTED);
      bench.settle();
      List<String> once = bench.functions.called();

      assertThat(composer.trigger("taxi", "r1", conf)).isEqualTo(TriggerOutcome.ALREADY_SUCCEEDED);
      bench.settle();
      assertThat(bench.functions.called()).isEqualTo(once);

      assertThat(composer.repeat("taxi", "r1", conf)).isEqualTo(TriggerOutcome.REPEATED);
      bench.settle();
      assertThat(bench.functions.called())
          .hasSize(2 * once.size())
          .startsWith(once.toArray(new String[0]));
      assertThat(composer.run("taxi", "r1")).isEqualTo(RunState.SUCCESS);
    }
  }

  @Test
  void aCancelledRunThatIsTriggeredAgainDoesAllThatItHadNotDone() throws Exception {
    try (Bench bench = new Bench(state);
        GoogleClients clients = clients(bench, "admin")) {
      Composer composer = clients.composer();
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch hold = new CountDownLatch(1);
      bench.functions.on(
          "ingest",
          request -> {
            running.countDown();
            hold.await();
            return bench.functions.everything(request);
          });
      composer.trigger("taxi", "r1", Map.of());
      assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
      composer.cancel("taxi", "r1");
      bench.settle();
      hold.countDown();
      bench.functions.heal("ingest");

      assertThat(composer.trigger("taxi", "r1", Map.of())).isEqualTo(TriggerOutcome.RESUMED);
      bench.settle();

      assertThat(composer.run("taxi", "r1")).isEqualTo(RunState.SUCCESS);
      assertThat(composer.tasks("taxi", "r1"))
          .allSatisfy(task -> assertThat(task.state()).as(task.task()).isEqualTo("success"));
    }
  }

  @Test
  void findsItByTheNameOfAnEnvironment() throws Exception {
    String environment = "projects/p/locations/l/environments/e";
    try (Bench bench = new Bench(state);
        GoogleClients clients =
            new GoogleClients(
                new CloudConfiguration(
                    "sluice-local",
                    null,
                    null,
                    null,
                    null,
                    /* composerUrl= */ null,
                    "admin",
                    "admin",
                    environment,
                    bench.composer.uri().toString()))) {
      assertThat(clients.composer().trigger("taxi", "r1", Map.of()))
          .isEqualTo(TriggerOutcome.STARTED);
      bench.settle();
      assertThat(clients.composer().run("taxi", "r1")).isEqualTo(RunState.SUCCESS);
    }
  }

  @Test
  void pausesAndUnpauses() throws Exception {
    try (Bench bench = new Bench(state);
        GoogleClients clients = clients(bench, "admin")) {
      Composer composer = clients.composer();
      composer.pause("taxi");
      composer.trigger("taxi", "r1", Map.of());
      bench.settle();
      assertThat(composer.run("taxi", "r1")).isEqualTo(RunState.QUEUED);
      composer.unpause("taxi");
      bench.settle();
      assertThat(composer.run("taxi", "r1")).isEqualTo(RunState.SUCCESS);
    }
  }

  @Test
  void asksForANewTokenWhereItsOwnHasExpired() throws Exception {
    Duration second = Duration.ofSeconds(1);
    try (Bench bench = new Bench(state, settings -> settings.withUser("admin", "admin", second));
        GoogleClients clients = clients(bench, "admin")) {
      Composer composer = clients.composer();
      composer.trigger("taxi", "r1", Map.of());
      bench.settle();
      long start = System.nanoTime();
      while (bench.rest.get("/dags").status() != 401) {
        assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(10).toNanos());
        Thread.onSpinWait();
      }
      assertThat(composer.run("taxi", "r1")).isEqualTo(RunState.SUCCESS);
    }
  }

  @Test
  void refusesWhatIsNotThereAndWhoIsNotKnown() throws Exception {
    try (Bench bench = new Bench(state);
        GoogleClients known = clients(bench, "admin");
        GoogleClients unknown = clients(bench, "nimda")) {
      assertThatThrownBy(() -> known.composer().trigger("nobody", "r1", Map.of()))
          .isInstanceOf(Unavailable.class)
          .hasMessageContaining("nobody");
      assertThatThrownBy(() -> known.composer().run("nobody", "r1")).isInstanceOf(BadInput.class);
      assertThatThrownBy(() -> known.composer().trigger("taxi", "a/b", Map.of()))
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("regex");
      assertThatThrownBy(() -> unknown.composer().run("taxi", "r1"))
          .hasMessageContaining("not signed in");
    }
  }
}
