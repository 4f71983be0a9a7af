package dev.sluice.localcloud.dags;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.SluiceException;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.gcp.Composer;
import dev.sluice.gcp.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Looks at the runs of an Airflow from time to time, and tells of what has changed since the last
 * look as the embedded Composer tells of its own runs.
 */
final class AirflowWatch implements AutoCloseable {
  private final AirflowApi api;
  private final Composer composer;
  private final Consumer<Progress> progress;
  private final Duration pause;
  private final Map<AirflowApi.Run, Map<String, String>> seen = new HashMap<>();
  private final Thread watcher;
  private int looks;
  private boolean idle;

  /**
   * @param pause between the looks
   */
  AirflowWatch(AirflowApi api, Composer composer, Duration pause, Consumer<Progress> progress) {
    this.api = api;
    this.composer = composer;
    this.pause = pause;
    this.progress = progress;
    this.watcher = Thread.ofVirtual().name("airflow-watch").start(this::watch);
  }

  /** Waits for a look that begins from now on and finds no run under way. */
  synchronized boolean awaitIdle(Duration limit) throws InterruptedException {
    // The one under way may have begun before.
    int first = looks + 2;
    long deadline = System.nanoTime() + limit.toNanos();
    while (looks < first || !idle) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  private void watch() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        boolean nothing = look();
        synchronized (this) {
          looks++;
          idle = nothing;
          notifyAll();
        }
      } catch (SluiceException e) {
        // It is starting or on its way down: the next look tells the same and more.
        System.getLogger(AirflowWatch.class.getName())
            .log(System.Logger.Level.DEBUG, "Airflow was not asked", e);
      } catch (RuntimeException e) {
        // Whoever waits for the end of a run waits for this thread, so that it must not end.
        System.getLogger(AirflowWatch.class.getName())
            .log(System.Logger.Level.WARNING, "Airflow's answer was not understood", e);
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private boolean look() {
    Set<AirflowApi.Run> now = api.underWay();
    now.forEach(run -> seen.computeIfAbsent(run, key -> new HashMap<>()));
    for (AirflowApi.Run run : new HashSet<>(seen.keySet())) {
      Map<String, String> states = seen.getOrDefault(run, Map.of());
      try {
        tell(run, composer.tasks(run.dag(), run.run()), states);
        if (!now.contains(run)) {
          String state = composer.run(run.dag(), run.run()).name().toLowerCase(Locale.ROOT);
          seen.remove(run);
          progress.accept(new Progress(run.dag(), run.run(), null, -1, 0, state, Duration.ZERO));
        }
      } catch (BadInput e) {
        // Somebody deleted it.
        seen.remove(run);
      }
    }
    return seen.isEmpty();
  }

  private void tell(AirflowApi.Run run, List<TaskState> tasks, Map<String, String> states) {
    Map<String, Integer> shards = new HashMap<>();
    for (TaskState task : tasks) {
      if (task.mapIndex() >= 0 && !task.state().equals("removed")) {
        shards.merge(task.task(), 1, Integer::sum);
      }
    }
    tasks.stream()
        .sorted(
            Comparator.comparing(TaskState::ended, Comparator.nullsLast(Comparator.naturalOrder())))
        .filter(task ->
            !task.state()
                .equals(states.put(task.task() + "[" + task.mapIndex() + "]", task.state())))
        .map(task ->
            new Progress(
                run.dag(),
                run.run(),
                task.task(),
                task.mapIndex(),
                shards.getOrDefault(task.task(), 0),
                task.state(),
                duration(task)))
        .forEach(progress);
  }

  private static Duration duration(TaskState task) {
    Instant started = task.started();
    Instant ended = task.ended();
    return started == null
        ? Duration.ZERO
        : Duration.between(started, ended == null ? Instant.now() : ended);
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}
