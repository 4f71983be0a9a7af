package dev.sluice.emulators.composer;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A task instance. Guarded by the stepper's lock; written to disk as it stands. */
final class Task {
  TaskState state = TaskState.NONE;
  int tries;
  int maxTries;
  @Nullable Instant scheduledAt;
  @Nullable Instant queuedAt;
  @Nullable Instant startedAt;
  @Nullable Instant endedAt;
  @Nullable JsonObject answer;
  Map<String, String> outputs = Map.of();

  /** How often the tasks are called that are mapped over what this one expands. */
  int calls;

  @Nullable String error;
  List<Line> log = new ArrayList<>();

  /** The try under way; whatever an earlier one still brings is dropped. */
  transient @Nullable Attempt attempt;

  /** One line of the log of one try. */
  record Line(int attempt, Instant at, String level, String event) {}

  /** One try and the thread that performs it, null until it runs. */
  static final class Attempt {
    @Nullable Thread thread;
  }

  void log(String level, String event) {
    log.add(new Line(tries, Instant.now(), level, event));
  }

  void finish(TaskState end) {
    state = end;
    endedAt = Instant.now();
    attempt = null;
  }

  /** Ready for another call, as a cleared task instance is; its tries go on counting. */
  void reset(int retries) {
    abandon();
    state = TaskState.NONE;
    maxTries = tries + retries;
    scheduledAt = null;
    queuedAt = null;
    startedAt = null;
    endedAt = null;
    answer = null;
    outputs = Map.of();
    calls = 0;
    error = null;
  }

  /** Ends the try under way without waiting for it. */
  void abandon() {
    Attempt current = attempt;
    attempt = null;
    if (current != null && current.thread != null) {
      current.thread.interrupt();
    }
  }

  Duration duration() {
    if (startedAt == null) {
      return Duration.ZERO;
    }
    return Duration.between(startedAt, endedAt == null ? Instant.now() : endedAt);
  }
}
