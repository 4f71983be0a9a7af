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
import org.jspecify.annotations.Nullable;

/** Follows runs in Composer, with the lines of {@link TaskLines}. */
final class Runs {
  private static final Duration LEAST_PAUSE = Duration.ofMillis(150);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  /** As often as a stage tells of itself. */
  private static final Duration PROGRESS = Duration.ofSeconds(2);

  private static final String UNDER_WAY =
      """
      SELECT operation, SUM(rows_read) AS read_rows, AVG(share_done) AS share,
        SUM(megabytes_per_second) AS speed
      FROM stage_runs
      WHERE pipeline = @pipeline AND run = @run AND state = 'RUNNING' AND rows_read IS NOT NULL
      GROUP BY operation
      ORDER BY operation
      """;

  private final GoogleClients clients;
  private final String dataset;
  private final Consumer<String> console;
  private final TaskLines lines;

  /**
   * @param dataset that has the tables of the cloud
   */
  Runs(GoogleClients clients, String dataset, Consumer<String> console) {
    this.clients = clients;
    this.dataset = dataset;
    this.console = console;
    this.lines = new TaskLines(Home.find().readOperations());
  }

  /**
   * Waits for the end of a run, which may not have begun yet.
   *
   * @return {@code success} or {@code failed}
   */
  String follow(String pipeline, String run, Duration limit) throws InterruptedException {
    Set<String> told = new HashSet<>();
    long[] next = {System.nanoTime() + PROGRESS.toNanos()};
    return follow(
        pipeline,
        run,
        limit,
        line -> console.accept("  " + pipeline + " " + line.toString()),
        () -> {
          if (System.nanoTime() >= next[0]) {
            next[0] = System.nanoTime() + PROGRESS.toNanos();
            progress(pipeline, run).stream().filter(told::add).forEach(console);
          }
        });
  }

  /** How far operations are that take long. */
  private List<String> progress(String pipeline, String run) {
    return clients
        .facts(dataset)
        .query(UNDER_WAY, Map.of("pipeline", pipeline, "run", run))
        .stream()
        .map(row ->
            String.format(
                Locale.ROOT,
                "  %s %-15s %,.0f rows read, %.0f MB/s%s",
                pipeline,
                row.get("operation"),
                number(row.get("read_rows")),
                number(row.get("speed")),
                row.get("share") instanceof Double share
                    ? String.format(Locale.ROOT, ", %.0f %% done", share * 100)
                    : ""))
        .toList();
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : 0;
  }

  /** As {@link #follow(String, String, Duration)}, with a listener of its own. */
  String follow(String pipeline, String run, Duration limit, Consumer<TaskLines.Line> listener)
      throws InterruptedException {
    return follow(pipeline, run, limit, listener, () -> {});
  }

  private String follow(
      String pipeline,
      String run,
      Duration limit,
      Consumer<TaskLines.Line> listener,
      Runnable meanwhile)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Set<String> told = new HashSet<>();
    boolean seen = false;
    List<TaskState> last = List.of();
    long changed = System.nanoTime();
    while (System.nanoTime() < deadline) {
      long began = System.nanoTime();
      long took = 0;
      try {
        RunState state = clients.composer().run(pipeline, run);
        seen = true;
        List<TaskState> tasks = clients.composer().tasks(pipeline, run);
        took = System.nanoTime() - began;
        if (!tasks.equals(last)) {
          last = tasks;
          changed = System.nanoTime();
        }
        tell(run, inOrder(tasks), told, listener);
        if (state.ended()) {
          return state.name().toLowerCase(Locale.ROOT);
        }
        meanwhile.run();
      } catch (BadInput e) {
        // The event that starts the run may still be on its way.
        if (seen) {
          throw e;
        }
      }
      Thread.sleep(pause(Duration.ofNanos(System.nanoTime() - changed), Duration.ofNanos(took)));
    }
    throw new Unavailable("run " + run + " of " + pipeline + " has not ended in " + limit);
  }

  /**
   * How long to wait until the next look: news is late by a tenth of the time that it took, and
   * whoever answers has at most a fifth of its time taken up. Between 150 ms and 2 s.
   *
   * @param quiet for how long nothing has changed
   * @param look how long the last look took
   */
  static Duration pause(Duration quiet, Duration look) {
    Duration tenth = quiet.dividedBy(10);
    Duration fourfold = look.multipliedBy(4);
    Duration wanted = tenth.compareTo(fourfold) > 0 ? tenth : fourfold;
    return wanted.compareTo(LEAST_PAUSE) < 0
        ? LEAST_PAUSE
        : wanted.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wanted;
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
