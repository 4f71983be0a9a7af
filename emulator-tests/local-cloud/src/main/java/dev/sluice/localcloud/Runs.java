package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.RunState;
import dev.sluice.gcp.TaskState;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Follows runs in Composer, with the lines of {@link TaskLines}. */
final class Runs {
  private static final long EVERY_MILLIS = 150;

  private final GoogleClients clients;
  private final Consumer<String> console;
  private final TaskLines lines;

  Runs(GoogleClients clients, Consumer<String> console) {
    this.clients = clients;
    this.console = console;
    this.lines = new TaskLines(Home.find().readOperations());
  }

  /**
   * Waits for the end of a run, which may not have begun yet.
   *
   * @return {@code success} or {@code failed}
   */
  String follow(String pipeline, String run, Duration limit) throws InterruptedException {
    return follow(
        pipeline, run, limit, line -> console.accept("  " + pipeline + " " + line.toString()));
  }

  /** As {@link #follow(String, String, Duration)}, with a listener of its own. */
  String follow(String pipeline, String run, Duration limit, Consumer<TaskLines.Line> listener)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Set<String> told = new HashSet<>();
    boolean seen = false;
    while (System.nanoTime() < deadline) {
      try {
        RunState state = clients.composer().run(pipeline, run);
        seen = true;
        tell(run, inOrder(clients.composer().tasks(pipeline, run)), told, listener);
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

  /** Composer lists by map index; a person reads in the order in which things ended. */
  private static List<TaskState> inOrder(List<TaskState> tasks) {
    return tasks.stream()
        .sorted(
            Comparator.comparing(TaskState::ended, Comparator.nullsLast(Comparator.naturalOrder())))
        .toList();
  }

  /** The lines of every task and shard that has ended since the last look. */
  private void tell(
      String run, List<TaskState> tasks, Set<String> told, Consumer<TaskLines.Line> console) {
    Map<String, Integer> shards = new HashMap<>();
    for (TaskState task : tasks) {
      // Of a shard that is no more nothing is told, and none is missed.
      if (task.mapIndex() >= 0 && !task.state().equals("removed")) {
        shards.merge(task.task(), 1, Integer::sum);
      }
    }
    for (TaskState task : tasks) {
      if (TaskLines.isEnd(task.state())
          && told.add(task.task() + "[" + task.mapIndex() + "]" + task.tries())) {
        Duration took =
            task.started() == null || task.ended() == null
                ? Duration.ZERO
                : Duration.between(task.started(), task.ended());
        lines
            .ended(
                run,
                task.task(),
                task.mapIndex(),
                shards.getOrDefault(task.task(), 0),
                task.state(),
                took)
            .forEach(console);
      }
    }
  }
}
