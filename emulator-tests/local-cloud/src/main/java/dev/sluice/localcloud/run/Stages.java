package dev.sluice.localcloud.run;

import dev.sluice.contracts.Operations;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.localcloud.TaskLines;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Tells of each stage as it ends, and remembers it. Safe for use by several threads. */
final class Stages implements Consumer<Progress> {
  private final TaskLines lines;
  private final Consumer<String> console;
  private final Map<String, Map<String, Stage>> runs = new LinkedHashMap<>();

  /**
   * @param operations what the stages are
   * @param console told a line a stage, and few for one that is mapped
   */
  Stages(Operations operations, Consumer<String> console) {
    this.lines = new TaskLines(operations);
    this.console = console;
  }

  /**
   * An operation, or a shard of a mapped one ({@code ingest-shard[3]}), that ended: {@code
   * success}, {@code failed}, {@code skipped}, ...
   */
  record Stage(String operation, String state, double seconds) {}

  @Override
  public synchronized void accept(Progress change) {
    String task = change.task();
    if (task == null || !TaskLines.isEnd(change.state())) {
      return;
    }
    String name = change.mapIndex() < 0 ? task : task + "[" + change.mapIndex() + "]";
    Stage stage = new Stage(name, change.state(), change.duration().toMillis() / 1000.0);
    runs.computeIfAbsent(change.run(), run -> new LinkedHashMap<>()).put(name, stage);
    lines
        .ended(
            change.run(),
            task,
            change.mapIndex(),
            change.shards(),
            change.state(),
            change.duration())
        .forEach(line -> console.accept(text(line)));
  }

  private static String text(TaskLines.Line line) {
    return switch (line.state()) {
      case "success" -> String.format(Locale.ROOT, "  %-16s %9s", line.task(), line.took());
      case "failed" -> String.format(Locale.ROOT, "  %-16s %9s  failed", line.task(), line.took());
      default -> String.format(Locale.ROOT, "  %-16s        -  skipped", line.task());
    };
  }

  /** The stages of a run that have ended, in the order in which they did. */
  synchronized List<Stage> of(String run) {
    return new ArrayList<>(runs.getOrDefault(run, Map.of()).values());
  }
}
