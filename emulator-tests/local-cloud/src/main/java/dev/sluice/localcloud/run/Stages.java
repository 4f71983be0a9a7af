package dev.sluice.localcloud.run;

import dev.sluice.emulators.composer.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Tells of each stage as it ends, and remembers it. Safe for use by several threads. */
final class Stages implements Consumer<Progress> {
  private final Consumer<String> console;
  private final Map<String, Map<String, Stage>> runs = new LinkedHashMap<>();

  /**
   * @param console told a line a stage
   */
  Stages(Consumer<String> console) {
    this.console = console;
  }

  /** An operation that ended: {@code success}, {@code failed}, {@code skipped}, ... */
  record Stage(String operation, String state, double seconds) {}

  @Override
  public synchronized void accept(Progress change) {
    String task = change.task();
    if (task == null || !isOver(change.state())) {
      return;
    }
    Stage stage = new Stage(task, change.state(), change.duration().toMillis() / 1000.0);
    runs.computeIfAbsent(change.run(), run -> new LinkedHashMap<>()).put(task, stage);
    if (stage.state().equals("success")) {
      console.accept(String.format(Locale.ROOT, "  %-15s %7.2f s", task, stage.seconds()));
    } else if (stage.state().equals("failed")) {
      console.accept(String.format(Locale.ROOT, "  %-15s %7.2f s  failed", task, stage.seconds()));
    } else {
      console.accept(String.format(Locale.ROOT, "  %-15s       -    skipped", task));
    }
  }

  /** The stages of a run that have ended, in the order in which they did. */
  synchronized List<Stage> of(String run) {
    return new ArrayList<>(runs.getOrDefault(run, Map.of()).values());
  }

  private static boolean isOver(String state) {
    return switch (state) {
      case "success", "failed", "skipped", "upstream_failed" -> true;
      default -> false;
    };
  }
}
