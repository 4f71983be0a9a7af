package dev.sluice.emulators.composer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.StageRequest;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Steps every run through its DAG. After each change of a run, {@link #advance} decides each task
 * that nothing has happened to yet from the tasks it takes from: a failed giver makes it {@code
 * upstream_failed}, a required input that was not given makes it {@code skipped}, else it is
 * called, on a virtual thread of its own. Teardowns are called when every other task has ended,
 * however. All state is behind one lock and on disk before anything is built on it; a call is made
 * outside the lock. What was under way when the process died is called again at the next start:
 * every stage call may be repeated.
 */
final class Stepper implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Stepper.class.getName());
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

  private final Settings settings;
  private final RunStore store;
  private final StageCaller caller;
  private final Semaphore permits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Key, Run> runs = new LinkedHashMap<>();
  private final Set<String> paused;
  private final ExecutorService listener =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("composer-progress").factory());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("composer-timer").factory());
  private boolean stepping;
  private boolean closed;

  /** A run's name; unique in its DAG. */
  private record Key(String pipeline, String run) {}

  /** What a person or a function asks for. */
  record Trigger(
      String pipeline,
      String run,
      JsonObject conf,
      @Nullable Instant logicalDate,
      Instant runAfter,
      @Nullable String note,
      String user) {}

  /** Which tasks of a run to clear. */
  record Clear(
      boolean dryRun,
      boolean onlyFailed,
      boolean onlyRunning,
      boolean resetRun,
      boolean preventRunning,
      @Nullable Set<String> tasks) {}

  Stepper(Settings settings, RunStore store) {
    this.settings = settings;
    this.store = store;
    this.caller = new StageCaller(settings.functions(), settings.callTimeout());
    this.permits = new Semaphore(settings.parallelism(), /* fair= */ true);
    this.paused = store.paused();
    for (Run run : store.load()) {
      runs.put(new Key(run.pipeline, run.id), run);
    }
  }

  /** Begins to step, with the runs that were under way when the last process ended. */
  void resume() {
    lock.lock();
    try {
      if (stepping) {
        return;
      }
      stepping = true;
      for (Run run : unfinished()) {
        for (Task task : run.tasks.values()) {
          if (task.state == TaskState.RUNNING) {
            task.log("warning", "Interrupted by the end of the local Composer; it is called again");
            task.maxTries++;
          }
          if (!task.state.finished()) {
            task.state = TaskState.NONE;
          }
        }
        advance(run);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Reads under the lock; the function must not keep a run. */
  <T> T read(Function<Collection<Run>, T> function) {
    lock.lock();
    try {
      return function.apply(runs.values());
    } finally {
      lock.unlock();
    }
  }

  /** Reads one run under the lock. */
  <T> T read(String pipeline, String run, Function<Run, T> function) {
    lock.lock();
    try {
      return function.apply(find(pipeline, run));
    } finally {
      lock.unlock();
    }
  }

  /** Queues a run and starts what is ready. */
  <T> T trigger(Trigger trigger, Operations operations, Function<Run, T> view) {
    lock.lock();
    try {
      for (Run other : runs.values()) {
        if (other.pipeline.equals(trigger.pipeline())
            && (other.id.equals(trigger.run())
                || (trigger.logicalDate() != null
                    && trigger.logicalDate().equals(other.logicalDate)))) {
          throw ApiError.uniqueConstraint(
              "DAG " + trigger.pipeline() + " has run " + other.id + " already");
        }
      }
      Run run = new Run();
      run.pipeline = trigger.pipeline();
      run.id = trigger.run();
      run.number = runs.values().stream().mapToLong(r -> r.number).max().orElse(0) + 1;
      run.conf = trigger.conf();
      run.batch = text(trigger.conf(), "batch");
      run.note = trigger.note();
      run.user = trigger.user();
      run.logicalDate = trigger.logicalDate();
      run.runAfter = trigger.runAfter();
      run.queuedAt = Instant.now();
      run.operations = List.copyOf(Plan.of(operations).operations());
      for (Operation operation : run.operations) {
        Task task = new Task();
        task.maxTries = settings.attempts() - 1;
        run.tasks.put(operation.name(), task);
      }
      store.save(run);
      runs.put(new Key(run.pipeline, run.id), run);
      tell(run, null);
      T seen = view.apply(run);
      advance(run);
      return seen;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Fails the run: what runs fails, what has not begun is skipped, teardowns are still called, and
   * the run ends with them.
   */
  <T> T cancel(String pipeline, String id, Function<Run, T> view) {
    lock.lock();
    try {
      Run run = find(pipeline, id);
      run.cancelled = true;
      if (run.state.finished()) {
        run.state = RunState.FAILED;
        tell(run, null);
      }
      for (Operation operation : run.plan().operations()) {
        Task task = run.task(operation.name());
        if (operation.teardown() || task.state.finished()) {
          continue;
        }
        boolean running = task.state == TaskState.RUNNING;
        task.abandon();
        task.finish(running ? TaskState.FAILED : TaskState.SKIPPED);
        task.error = running ? "the run was cancelled" : null;
        task.log("warning", "The run was cancelled");
        tell(run, operation.name());
      }
      advance(run);
      return view.apply(run);
    } finally {
      lock.unlock();
    }
  }

  /** Makes tasks ready for another call; answers the names of those it takes. */
  <T> T clear(String pipeline, String id, Clear clear, Function<List<String>, T> view) {
    lock.lock();
    try {
      Run run = find(pipeline, id);
      List<String> taken = new ArrayList<>();
      run.tasks.forEach((name, task) -> {
        if ((clear.tasks() == null || clear.tasks().contains(name))
            && (!clear.onlyFailed() || task.state.bad())
            && (!clear.onlyRunning() || task.state == TaskState.RUNNING)) {
          taken.add(name);
        }
      });
      if (!taken.isEmpty()) {
        for (Operation operation : run.plan().operations()) {
          if (operation.teardown() && !taken.contains(operation.name())) {
            taken.add(operation.name());
          }
        }
      }
      if (!clear.dryRun()) {
        reset(run, taken, clear);
      }
      return view.apply(taken);
    } finally {
      lock.unlock();
    }
  }

  private void reset(Run run, List<String> tasks, Clear clear) {
    for (String name : tasks) {
      if (clear.preventRunning() && run.task(name).state == TaskState.RUNNING) {
        throw new ApiError(
            409, "task " + name + " is running; wait for it or switch off prevent_running_task");
      }
    }
    for (String name : tasks) {
      run.task(name).reset(settings.attempts() - 1);
      tell(run, name);
    }
    if (!tasks.isEmpty() && clear.resetRun()) {
      run.queuedAt = Instant.now();
      run.cancelled = false;
      if (run.state.finished()) {
        run.state = RunState.QUEUED;
        run.startedAt = null;
        run.endedAt = null;
        tell(run, null);
      }
    }
    save(run);
    advance(run);
  }

  boolean isPaused(String pipeline) {
    lock.lock();
    try {
      return paused.contains(pipeline);
    } finally {
      lock.unlock();
    }
  }

  /** While a DAG is paused, its runs start nothing; what is under way ends. */
  void pause(String pipeline, boolean pause) {
    lock.lock();
    try {
      if (pause ? paused.add(pipeline) : paused.remove(pipeline)) {
        store.savePaused(paused);
      }
      for (Run run : unfinished()) {
        if (run.pipeline.equals(pipeline)) {
          advance(run);
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** True once no task is under way and no run can go on; false where that takes longer. */
  boolean awaitIdle(Duration limit) throws InterruptedException {
    long nanos = limit.toNanos();
    lock.lock();
    try {
      while (runs.values().stream().anyMatch(this::busy)) {
        if (nanos <= 0) {
          return false;
        }
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
    CountDownLatch told = new CountDownLatch(1);
    listener.execute(told::countDown);
    return told.await(Math.max(nanos, 1), TimeUnit.NANOSECONDS);
  }

  private boolean busy(Run run) {
    return run.tasks.values().stream().anyMatch(task -> task.attempt != null)
        || (!run.state.finished() && !paused.contains(run.pipeline));
  }

  private List<Run> unfinished() {
    return runs.values().stream().filter(run -> !run.state.finished()).toList();
  }

  private Run find(String pipeline, String id) {
    Run run = runs.get(new Key(pipeline, id));
    if (run == null) {
      throw new ApiError(
          404, "The DagRun with dag_id: `" + pipeline + "` and run_id: `" + id + "` was not found");
    }
    return run;
  }

  /** Decides what can be decided, starts what is ready, and ends the run where all has ended. */
  private void advance(Run run) {
    if (!stepping || closed || run.state.finished() || paused.contains(run.pipeline)) {
      save(run);
      return;
    }
    if (run.state == RunState.QUEUED) {
      run.state = RunState.RUNNING;
      run.startedAt = Instant.now();
      tell(run, null);
    }
    List<String> ready = new ArrayList<>();
    for (Operation operation : run.plan().operations()) {
      if (run.task(operation.name()).state == TaskState.NONE && decide(run, operation)) {
        ready.add(operation.name());
      }
    }
    if (run.tasks.values().stream().allMatch(task -> task.state.finished())) {
      boolean failed = run.cancelled || run.tasks.values().stream().anyMatch(t -> t.state.bad());
      run.state = failed ? RunState.FAILED : RunState.SUCCESS;
      run.endedAt = Instant.now();
      tell(run, null);
    }
    save(run);
    ready.forEach(name -> start(run, name));
    changed.signalAll();
  }

  /** True where the task is to be called now. */
  private boolean decide(Run run, Operation operation) {
    Task task = run.task(operation.name());
    if (operation.teardown()) {
      boolean ended =
          run.plan().operations().stream()
              .filter(other -> !other.teardown())
              .allMatch(other -> run.task(other.name()).state.finished());
      return ended && schedule(run, operation.name());
    }
    Set<String> upstream = run.plan().upstream(operation);
    List<String> failed = upstream.stream().filter(name -> run.task(name).state.bad()).toList();
    if (!failed.isEmpty()) {
      task.finish(TaskState.UPSTREAM_FAILED);
      task.log("warning", "Not called, because " + String.join(", ", failed) + " failed");
      tell(run, operation.name());
      return false;
    }
    if (!upstream.stream().allMatch(name -> run.task(name).state.finished())) {
      return false;
    }
    List<String> missing =
        operation.takes().keySet().stream()
            .filter(input -> !operation.isOptional(input) && given(run, input) == null)
            .map(input -> input + " (by " + run.plan().giver(input) + ")")
            .toList();
    if (!missing.isEmpty()) {
      task.finish(TaskState.SKIPPED);
      task.log("info", "Skipped, because these were not given: " + String.join(", ", missing));
      tell(run, operation.name());
      return false;
    }
    return schedule(run, operation.name());
  }

  private boolean schedule(Run run, String name) {
    Task task = run.task(name);
    task.state = TaskState.SCHEDULED;
    task.scheduledAt = Instant.now();
    tell(run, name);
    return true;
  }

  private static @Nullable String given(Run run, String input) {
    return run.task(run.plan().giver(input)).outputs.get(input);
  }

  private void start(Run run, String name) {
    Task task = run.task(name);
    Task.Attempt attempt = new Task.Attempt();
    task.attempt = attempt;
    task.state = TaskState.QUEUED;
    task.queuedAt = Instant.now();
    attempt.thread =
        Thread.ofVirtual()
            .name(run.pipeline + "/" + run.id + "/" + name)
            .unstarted(() -> perform(run, name, attempt));
    attempt.thread.start();
  }

  private void perform(Run run, String name, Task.Attempt attempt) {
    try {
      permits.acquire();
      try {
        StageRequest request = begin(run, name, attempt);
        if (request != null) {
          String function = run.plan().get(name).function();
          end(run, name, attempt, caller.call(function, request));
        }
      } finally {
        permits.release();
      }
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, "{0} of run {1} was given up", name, run.id);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "task " + name + " of run " + run.id, e);
      end(run, name, attempt, new StageCaller.Answer.Permanent("the local Composer failed: " + e));
    }
  }

  /** Marks the try as running; null where it was given up before it began. */
  private @Nullable StageRequest begin(Run run, String name, Task.Attempt attempt) {
    lock.lock();
    try {
      Task task = run.task(name);
      if (closed || task.attempt != attempt) {
        return null;
      }
      task.tries++;
      task.state = TaskState.RUNNING;
      task.startedAt = Instant.now();
      task.endedAt = null;
      task.log("info", "Calling function " + run.plan().get(name).function());
      save(run);
      tell(run, name);
      return request(run, run.plan().get(name), task.tries);
    } finally {
      lock.unlock();
    }
  }

  private static StageRequest request(Run run, Operation operation, int attempt) {
    Map<String, String> inputs = new LinkedHashMap<>();
    for (String input : operation.takes().keySet()) {
      String uri = given(run, input);
      if (uri != null) {
        inputs.put(input, uri);
      }
    }
    Map<String, Object> parameters = new LinkedHashMap<>();
    run.conf
        .asMap()
        .forEach((key, value) -> {
          if (!key.equals("batch") && !value.isJsonNull()) {
            parameters.put(key, value);
          }
        });
    if (operation.teardown()) {
      parameters.put("tasks", ends(run));
    }
    return new StageRequest(
        run.pipeline,
        run.id,
        run.batch,
        operation.name(),
        /* shard= */ null,
        attempt,
        inputs,
        parameters);
  }

  /** How every task but the teardowns ended, for the one that records the run's end. */
  private static JsonObject ends(Run run) {
    JsonObject out = new JsonObject();
    for (Operation operation : run.plan().operations()) {
      if (operation.teardown()) {
        continue;
      }
      Task task = run.task(operation.name());
      JsonObject end = new JsonObject();
      end.addProperty("state", task.state.wire());
      if (task.error != null) {
        end.addProperty("error", task.error);
      }
      out.add(operation.name(), end);
    }
    return out;
  }

  private void end(Run run, String name, Task.Attempt attempt, StageCaller.Answer answer) {
    lock.lock();
    try {
      Task task = run.task(name);
      if (closed || task.attempt != attempt) {
        return;
      }
      switch (answer) {
        case StageCaller.Answer.Done done -> {
          task.answer = done.json();
          task.outputs = done.result().outputs();
          task.error = null;
          if (run.batch == null && done.result().summary().get("batch") instanceof String batch) {
            run.batch = batch;
          }
          task.log("info", "Answered " + done.json());
          task.finish(TaskState.SUCCESS);
        }
        case StageCaller.Answer.Permanent permanent -> {
          task.error = permanent.error();
          task.log("error", permanent.error());
          task.finish(TaskState.FAILED);
        }
        case StageCaller.Answer.Passing passing -> {
          task.error = passing.error();
          task.log("error", passing.error());
          if (task.tries <= task.maxTries) {
            task.state = TaskState.UP_FOR_RETRY;
            task.endedAt = Instant.now();
            retryLater(run, name, attempt);
          } else {
            task.finish(TaskState.FAILED);
          }
        }
      }
      tell(run, name);
      advance(run);
    } finally {
      lock.unlock();
    }
  }

  private void retryLater(Run run, String name, Task.Attempt attempt) {
    Task task = run.task(name);
    int tried = settings.attempts() - 1 - (task.maxTries - task.tries);
    Duration delay = settings.firstDelay();
    for (int i = 1; i < tried && delay.compareTo(LONGEST_DELAY) < 0; i++) {
      delay = delay.multipliedBy(2);
    }
    delay = delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
    task.log("info", "Trying again in " + delay.toMillis() + " ms");
    attempt.thread = null;
    var _ = timer.schedule(() -> retry(run, name, attempt), delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void retry(Run run, String name, Task.Attempt attempt) {
    lock.lock();
    try {
      if (!closed && run.task(name).attempt == attempt) {
        start(run, name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A disk that refuses costs the run its place after a restart, not its way now. */
  private void save(Run run) {
    try {
      store.save(run);
    } catch (UncheckedIOException e) {
      LOG.log(Level.ERROR, "run " + run.id + " of " + run.pipeline + " is not on disk", e);
    }
  }

  private void tell(Run run, @Nullable String name) {
    Progress progress;
    if (name == null) {
      progress = new Progress(run.pipeline, run.id, null, run.state.wire(), run.duration());
    } else {
      Task task = run.task(name);
      String state = task.state == TaskState.NONE ? "none" : task.state.wire();
      progress = new Progress(run.pipeline, run.id, name, state, task.duration());
    }
    listener.execute(() -> {
      try {
        settings.progress().accept(progress);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "the progress listener failed on " + progress, e);
      }
    });
  }

  private static @Nullable String text(JsonObject object, String member) {
    JsonElement value = object.get(member);
    return value instanceof JsonPrimitive text ? text.getAsString() : null;
  }

  /** Gives up what is under way and leaves it on disk as it is: the next start calls it again. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      runs.values().forEach(run -> run.tasks.values().forEach(Task::abandon));
    } finally {
      lock.unlock();
    }
    timer.shutdownNow();
    caller.close();
    listener.close();
  }
}
