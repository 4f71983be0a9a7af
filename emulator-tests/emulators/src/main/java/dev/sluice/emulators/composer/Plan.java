package dev.sluice.emulators.composer;

import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The DAG of one run, as takes and gives imply it when the run is triggered: a later change of the
 * operations file does not touch a run under way. Givers come before takers, teardowns last.
 */
final class Plan {
  private final Map<String, Operation> operations = new LinkedHashMap<>();
  private final Map<String, String> givers = new HashMap<>();

  /**
   * @param inOrder givers before takers
   */
  Plan(Collection<Operation> inOrder) {
    List<Operation> sorted = new ArrayList<>(inOrder);
    sorted.sort((a, b) -> Boolean.compare(a.teardown(), b.teardown()));
    for (Operation operation : sorted) {
      operations.put(operation.name(), operation);
      operation.gives().forEach(output -> givers.put(output, operation.name()));
    }
  }

  static Plan of(Operations operations) {
    return new Plan(operations.inOrder());
  }

  Collection<Operation> operations() {
    return operations.values();
  }

  Operation get(String task) {
    return operations.get(task);
  }

  /** The task that gives this output. */
  String giver(String output) {
    return givers.get(output);
  }

  /** True where the operation takes any number of uris under this name. */
  boolean isList(String input) {
    return get(giver(input)).lists().contains(input);
  }

  /** True where the operation takes this output of every call of a mapped one. */
  boolean isJoined(Operation operation, String input) {
    Operation from = get(giver(input));
    return from.isMapped() && !Objects.equals(from.mapOver(), operation.mapOver());
  }

  /**
   * The task that says how often a mapped one is called; in runs that began before an operation
   * said that it does, the first.
   */
  String expander(Operation mapped) {
    return operations.values().stream()
        .filter(other -> Objects.equals(other.expands(), mapped.mapOver()))
        .findFirst()
        .orElseGet(() -> operations.values().iterator().next())
        .name();
  }

  /** The tasks whose outputs this one takes. */
  Set<String> upstream(Operation operation) {
    Set<String> out = new LinkedHashSet<>();
    operation.takes().keySet().forEach(input -> out.add(giver(input)));
    return out;
  }

  /**
   * These tasks or instances and all tasks that depend on them; teardowns depend on none. What
   * takes from one shard's instance is taken whole, as in Airflow outside of a mapped task group.
   *
   * @param keys operations for all their instances, or instances
   */
  Set<String> withDownstream(Collection<String> keys) {
    Set<String> out = new LinkedHashSet<>(keys);
    Set<String> tasks = new LinkedHashSet<>();
    keys.forEach(key -> tasks.add(Instance.of(key).task()));
    for (Operation operation : operations.values()) {
      if (upstream(operation).stream().anyMatch(tasks::contains)) {
        tasks.add(operation.name());
        out.add(operation.name());
      }
    }
    return out;
  }
}
