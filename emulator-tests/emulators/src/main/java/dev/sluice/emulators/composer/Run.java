package dev.sluice.emulators.composer;

import com.google.gson.JsonObject;
import dev.sluice.contracts.Operation;
import java.time.Duration;
import java.time.Instant;
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
  @Nullable Instant logicalDate;
  Instant runAfter = Instant.EPOCH;
  Instant queuedAt = Instant.EPOCH;
  @Nullable Instant startedAt;
  @Nullable Instant endedAt;
  boolean cancelled;
  List<Operation> operations = List.of();
  Map<String, Task> tasks = new LinkedHashMap<>();

  private transient @Nullable Plan plan;

  Plan plan() {
    if (plan == null) {
      plan = new Plan(operations);
    }
    return plan;
  }

  Task task(String name) {
    return tasks.get(name);
  }

  Duration duration() {
    if (startedAt == null) {
      return Duration.ZERO;
    }
    return Duration.between(startedAt, endedAt == null ? Instant.now() : endedAt);
  }
}
