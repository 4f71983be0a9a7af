package dev.sluice.localcloud;

import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a person is told of the tasks of runs as they end: a line a task. Of a mapped task that is a
 * line a shard, or where there are more than {@value #MOST_LINES} one line for all that ended
 * alike, once all have ended; a shard that failed always has its own. What was skipped because the
 * batch is not cut into shards is not told at all. Safe for use by several threads.
 */
public final class TaskLines {
  private static final int MOST_LINES = 8;

  private final List<String> onlyWithShards;
  private final Map<String, Map<String, Map<Integer, Ended>>> runs = new HashMap<>();

  /**
   * @param operations what the tasks are
   */
  public TaskLines(Operations operations) {
    this.onlyWithShards = operations.onlyWhereMapped().stream().map(Operation::name).toList();
  }

  /**
   * One line.
   *
   * @param task {@code ingest}, {@code ingest-shard[3]} or {@code ingest-shard x16}
   * @param state Airflow's word for its end
   * @param took {@code 1.20 s}, or the least and the most of several
   */
  public record Line(String task, String state, String took) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%-16s %-15s %9s", task, state, took);
    }
  }

  private record Ended(String state, Duration took) {}

  /** True for a state that a task ends in. */
  public static boolean isEnd(String state) {
    return switch (state) {
      case "success", "failed", "skipped", "upstream_failed" -> true;
      default -> false;
    };
  }

  /**
   * The lines to tell now that a task, or a shard of a mapped one, has ended; none where it is told
   * later or not at all.
   *
   * @param run of whatever form, one for each run
   * @param mapIndex the shard from 0, or -1
   * @param shards how many the task has, where mapIndex is not -1
   * @param state one for which {@link #isEnd} holds
   */
  public synchronized List<Line> ended(
      String run, String task, int mapIndex, int shards, String state, Duration took) {
    Map<String, Map<Integer, Ended>> tasks =
        runs.computeIfAbsent(run, key -> new LinkedHashMap<>());
    if (mapIndex < 0) {
      // Where a task has shards, one that cannot do without was skipped for some other reason.
      boolean noShards =
          state.equals("skipped") && tasks.isEmpty() && onlyWithShards.contains(task);
      return noShards ? List.of() : List.of(new Line(task, state, seconds(took)));
    }
    Map<Integer, Ended> all = tasks.computeIfAbsent(task, key -> new TreeMap<>());
    boolean again = all.put(mapIndex, new Ended(state, took)) != null;
    List<Line> lines = new ArrayList<>();
    if (shards <= MOST_LINES || state.equals("failed") || (again && all.size() == shards)) {
      lines.add(new Line(task + "[" + mapIndex + "]", state, seconds(took)));
    }
    if (shards > MOST_LINES && !again && all.size() == shards) {
      lines.addAll(together(task, all));
    }
    return lines;
  }

  /** Nothing more will be asked of this run. */
  public synchronized void forget(String run) {
    runs.remove(run);
  }

  /** A line for each state but {@code failed}, whose shards have been told already. */
  private static List<Line> together(String task, Map<Integer, Ended> all) {
    Map<String, LongSummaryStatistics> byState =
        all.values().stream()
            .filter(ended -> !ended.state().equals("failed"))
            .collect(
                Collectors.groupingBy(
                    Ended::state,
                    TreeMap::new,
                    Collectors.summarizingLong(ended -> ended.took().toMillis())));
    List<Line> lines = new ArrayList<>();
    byState.forEach((state, millis) ->
        lines.add(
            new Line(
                task + " x" + millis.getCount(),
                state,
                String.format(
                    Locale.ROOT,
                    "%.2f to %.2f s",
                    millis.getMin() / 1000.0,
                    millis.getMax() / 1000.0))));
    return lines;
  }

  private static String seconds(Duration took) {
    return String.format(Locale.ROOT, "%.2f s", took.toMillis() / 1000.0);
  }
}
