package dev.sluice.emulators.composer;

import com.google.gson.JsonObject;
import dev.sluice.contracts.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A DAG run. Guarded by the stepper's lock; written to disk as it stands. */
final class Run {
  String pipeline = "";
  String id = "";

  /** Place among all runs, in the order they were triggered. */
  long number;

  RunState state = RunState.QUEUED;
  JsonObject conf = new JsonObject();
  @Nullable String batch;
  @Nullable String note;
  String user = "";

  /** True where it was started by what other pipelines released. */
  boolean afterOthers;

  @Nullable Instant logicalDate;
  Instant runAfter = Instant.EPOCH;
  Instant queuedAt = Instant.EPOCH;
  @Nullable Instant startedAt;
  @Nullable Instant endedAt;
  boolean cancelled;
  List<Operation> operations = List.of();

  /** By the key of {@link Instance}; a mapped task's instances in the order of their index. */
  Map<String, Task> tasks = new LinkedHashMap<>();

  private transient @Nullable Plan plan;

  Plan plan() {
    if (plan == null) {
      plan = new Plan(operations);
    }
    return plan;
  }

  @Nullable Task find(Instance instance) {
    return tasks.get(instance.key());
  }

  Task task(Instance instance) {
    Task task = tasks.get(instance.key());
    if (task == null) {
      throw new IllegalStateException("run " + id + " has no instance " + instance);
    }
    return task;
  }

  /** Every instance, tasks in the order of the plan, a mapped task's in that of their index. */
  List<Instance> instances() {
    return tasks.keySet().stream().map(Instance::of).toList();
  }

  /** The instances of a task in the order of their index. */
  List<Instance> instances(String task) {
    List<Instance> out = new ArrayList<>();
    if (tasks.containsKey(task)) {
      out.add(new Instance(task, Instance.UNMAPPED));
    }
    for (int k = 0; tasks.containsKey(new Instance(task, k).key()); k++) {
      out.add(new Instance(task, k));
    }
    return out;
  }

  /** How often a mapped task is called, known once the one that says so has answered. */
  int calls(Operation operation) {
    return task(new Instance(plan().expander(operation), Instance.UNMAPPED)).calls;
  }

  /** The instances of a mapped task that count, which are those it is still called for. */
  List<Instance> shardsOf(String task) {
    return instances(task).stream()
        .filter(i -> i.mapIndex() >= 0 && task(i).state != TaskState.REMOVED)
        .toList();
  }

  /**
   * Gives a mapped task an instance a call in place of the one that stood for all, or brings the
   * number of those it has in line with the number of calls.
   */
  void expand(String task, int calls, int retries) {
    Map<String, Task> all = new LinkedHashMap<>();
    tasks.forEach((key, value) -> {
      Instance instance = Instance.of(key);
      if (!instance.task().equals(task)) {
        all.put(key, value);
        return;
      }
      if (instance.mapIndex() >= calls) {
        value.finish(TaskState.REMOVED);
      }
      all.put(instance.mapIndex() < 0 ? new Instance(task, 0).key() : key, value);
      boolean last = !tasks.containsKey(new Instance(task, instance.mapIndex() + 1).key());
      for (int k = Math.max(instance.mapIndex(), 0) + 1; last && k < calls; k++) {
        Task made = new Task();
        made.maxTries = retries;
        all.put(new Instance(task, k).key(), made);
      }
    });
    tasks = all;
  }

  Duration duration() {
    if (startedAt == null) {
      return Duration.ZERO;
    }
    return Duration.between(startedAt, endedAt == null ? Instant.now() : endedAt);
  }
}
