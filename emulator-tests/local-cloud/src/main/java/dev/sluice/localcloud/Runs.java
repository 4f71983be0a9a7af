package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.RunState;
import dev.sluice.gcp.TaskState;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Follows runs in Composer, a line a task. */
final class Runs {
  private static final long EVERY_MILLIS = 150;

  private final GoogleClients clients;
  private final Consumer<String> console;

  Runs(GoogleClients clients, Consumer<String> console) {
    this.clients = clients;
    this.console = console;
  }

  /**
   * Waits for the end of a run, which may not have begun yet.
   *
   * @return {@code success} or {@code failed}
   */
  String follow(String pipeline, String run, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Set<String> told = new HashSet<>();
    boolean seen = false;
    while (System.nanoTime() < deadline) {
      try {
        RunState state = clients.composer().run(pipeline, run);
        seen = true;
        for (TaskState task : clients.composer().tasks(pipeline, run)) {
          tell(pipeline, task, told);
        }
        if (state.ended()) {
          return state.name().toLowerCase(Locale.ROOT);
        }
      } catch (BadInput e) {
        // The event that starts the run may still be on its way.
        if (seen) {
          throw e;
        }
      }
      Thread.sleep(EVERY_MILLIS);
    }
    throw new Unavailable("run " + run + " of " + pipeline + " has not ended in " + limit);
  }

  private void tell(String pipeline, TaskState task, Set<String> told) {
    boolean over =
        switch (task.state()) {
          case "success", "failed", "skipped", "upstream_failed" -> true;
          default -> false;
        };
    if (over && told.add(task.task() + task.mapIndex() + task.tries())) {
      Duration took =
          task.started() == null || task.ended() == null
              ? Duration.ZERO
              : Duration.between(task.started(), task.ended());
      console.accept(
          String.format(
              Locale.ROOT,
              "  %s %-15s %-15s %6.2f s",
              pipeline,
              task.task(),
              task.state(),
              took.toMillis() / 1000.0));
    }
  }
}
