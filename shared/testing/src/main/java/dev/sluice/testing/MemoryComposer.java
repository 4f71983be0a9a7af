package dev.sluice.testing;

import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.Composer;
import dev.sluice.gcp.RunState;
import dev.sluice.gcp.TaskState;
import dev.sluice.gcp.TriggerOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Composer in memory: runs that never end by themselves, of DAGs that were not declared absent. */
public final class MemoryComposer implements Composer {
  private final Map<String, Map<String, ?>> runs = new HashMap<>();
  private final List<String> calls = new ArrayList<>();
  private final Set<String> absent = new HashSet<>();
  private volatile Consumer<String> before = run -> {};

  /** Has this called with each {@code dag/run} before it is started; it may throw. */
  public void before(Consumer<String> hook) {
    before = hook;
  }

  /** Has Composer not know this DAG. */
  public synchronized void withoutDag(String dag) {
    absent.add(dag);
  }

  /** Has Composer know the DAG again, as after it has read its spec. */
  public synchronized void withDag(String dag) {
    absent.remove(dag);
  }

  /** {@code dag/run} of each request to run, in order. */
  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  /** The conf of a run. */
  public synchronized Map<String, ?> conf(String dag, String run) {
    return runs.getOrDefault(dag + "/" + run, Map.of());
  }

  @Override
  public synchronized TriggerOutcome trigger(String dag, String runId, Map<String, ?> conf) {
    before.accept(dag + "/" + runId);
    calls.add(dag + "/" + runId);
    if (absent.contains(dag)) {
      throw new Unavailable("Composer has no DAG '" + dag + "'");
    }
    return runs.putIfAbsent(dag + "/" + runId, conf) == null
        ? TriggerOutcome.STARTED
        : TriggerOutcome.ALREADY_RUNNING;
  }

  @Override
  public TriggerOutcome repeat(String dag, String runId, Map<String, ?> conf) {
    return trigger(dag, runId, conf);
  }

  @Override
  public RunState run(String dag, String runId) {
    return RunState.RUNNING;
  }

  @Override
  public List<TaskState> tasks(String dag, String runId) {
    return List.of();
  }

  @Override
  public void cancel(String dag, String runId) {}

  @Override
  public void pause(String dag) {}

  @Override
  public void unpause(String dag) {}
}
