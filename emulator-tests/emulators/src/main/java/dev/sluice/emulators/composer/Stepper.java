package dev.sluice.emulators.composer;

import com.google.gson.JsonArray;
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
import java.util.TreeSet;
import java.util.UUID;
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
 * called, on a virtual thread of its own. A mapped task becomes as many instances as the run has
 * shards (or slices, or trials) when all that it takes from has ended, or is skipped where there
 * are none; each instance is then called, tried again, cleared and resumed by itself, and what
 * takes from a mapped task waits for all of them, or fails with the first that failed. Teardowns
 * are called when every other task has ended, however. All state is behind one lock and on disk
 * before anything is built on it; a call is made outside the lock. What was under way when the
 * process died is called again at the next start: every stage call may be repeated.
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
  private final Map<String, Set<String>> released;
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

  /**
   * Which tasks of a run to clear.
   *
   * @param tasks names of tasks, or keys of instances; null for all
   */
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
    this.released = store.released();
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
    return queue(trigger, operations, /* afterOthers= */ false, view);
  }

  private <T> T queue(
      Trigger trigger, Operations operations, boolean afterOthers, Function<Run, T> view) {
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
      run.batch = text(trigger.conf(), Conf.BATCH);
      run.note = trigger.note();
      run.user = trigger.user();
      run.afterOthers = afterOthers;
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
      for (Instance instance : run.instances()) {
        Task task = run.task(instance);
        if (run.plan().get(instance.task()).teardown() || task.state.finished()) {
          continue;
        }
        boolean running = task.state == TaskState.RUNNING;
        task.abandon();
        task.finish(running ? TaskState.FAILED : TaskState.SKIPPED);
        task.error = running ? "the run was cancelled" : null;
        task.log("warning", "The run was cancelled");
        tell(run, instance);
      }
      advance(run);
      return view.apply(run);
    } finally {
      lock.unlock();
    }
  }

  /** Makes tasks ready for another call; answers those it takes. */
  <T> T clear(String pipeline, String id, Clear clear, Function<List<Instance>, T> view) {
    lock.lock();
    try {
      Run run = find(pipeline, id);
      List<Instance> taken = new ArrayList<>();
      for (Instance instance : run.instances()) {
        TaskState state = run.task(instance).state;
        if ((clear.tasks() == null
                || clear.tasks().contains(instance.task())
                || clear.tasks().contains(instance.key()))
            && (!clear.onlyFailed() || state.bad())
            && (!clear.onlyRunning() || state == TaskState.RUNNING)) {
          taken.add(instance);
        }
      }
      if (!taken.isEmpty()) {
        for (Instance instance : run.instances()) {
          if (run.plan().get(instance.task()).teardown() && !taken.contains(instance)) {
            taken.add(instance);
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

  private void reset(Run run, List<Instance> tasks, Clear clear) {
    for (Instance instance : tasks) {
      if (clear.preventRunning() && run.task(instance).state == TaskState.RUNNING) {
        throw new ApiError(
            409,
            "task " + instance + " is running; wait for it or switch off prevent_running_task");
      }
    }
    for (Instance instance : tasks) {
      run.task(instance).reset(settings.attempts() - 1);
      tell(run, instance);
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
    List<Instance> ready = new ArrayList<>();
    for (Operation operation : run.plan().operations()) {
      for (Instance instance : waiting(run, operation)) {
        if (decide(run, operation, instance)) {
          ready.add(instance);
        }
      }
    }
    if (run.tasks.values().stream().allMatch(task -> task.state.finished())) {
      boolean failed = run.cancelled || run.tasks.values().stream().anyMatch(t -> t.state.bad());
      run.state = failed ? RunState.FAILED : RunState.SUCCESS;
      run.endedAt = Instant.now();
      tell(run, null);
    }
    save(run);
    ready.forEach(instance -> start(run, instance));
    changed.signalAll();
  }

  /** The task's instances that nothing has happened to yet, once it is known which those are. */
  private List<Instance> waiting(Run run, Operation operation) {
    List<Instance> waiting = unbegun(run, operation);
    boolean undecided = waiting.isEmpty() || !operation.isMapped();
    if (undecided || !ended(run, operation) || !failed(run, operation).isEmpty()) {
      return waiting;
    }
    int calls = run.calls(operation);
    boolean stands = waiting.getFirst().mapIndex() == Instance.UNMAPPED;
    if (stands && calls == 0) {
      Task task = run.task(waiting.getFirst());
      task.finish(TaskState.SKIPPED);
      task.log(
          "info",
          "Skipped, because "
              + run.plan().expander(operation)
              + " names no "
              + operation.mapOver());
      tell(run, waiting.getFirst());
    } else if (stands || run.instances(operation.name()).size() != calls) {
      run.expand(operation.name(), calls, settings.attempts() - 1);
    }
    return unbegun(run, operation);
  }

  private static List<Instance> unbegun(Run run, Operation operation) {
    return run.instances(operation.name()).stream()
        .filter(instance -> run.task(instance).state == TaskState.NONE)
        .toList();
  }

  /** True where all that the operation takes from has ended, however. */
  private static boolean ended(Run run, Operation operation) {
    return run.plan().upstream(operation).stream()
        .flatMap(name -> run.instances(name).stream())
        .allMatch(instance -> run.task(instance).state.finished());
  }

  /** What the operation takes from and has failed. */
  private static List<Instance> failed(Run run, Operation operation) {
    return run.plan().upstream(operation).stream()
        .flatMap(name -> run.instances(name).stream())
        .filter(instance -> run.task(instance).state.bad())
        .toList();
  }

  /** True where the instance is to be called now. */
  private boolean decide(Run run, Operation operation, Instance instance) {
    Task task = run.task(instance);
    if (operation.teardown()) {
      boolean ended =
          run.instances().stream()
              .filter(other -> !run.plan().get(other.task()).teardown())
              .allMatch(other -> run.task(other).state.finished());
      return ended && schedule(run, instance);
    }
    List<Instance> failed = failed(run, operation);
    if (!failed.isEmpty()) {
      String names = String.join(", ", failed.stream().map(Instance::toString).toList());
      task.finish(TaskState.UPSTREAM_FAILED);
      task.log("warning", "Not called, because " + names + " failed");
      tell(run, instance);
      return false;
    }
    if (!ended(run, operation)) {
      return false;
    }
    String holed =
        operation.takes().keySet().stream()
            .map(input -> hole(run, operation, input))
            .filter(sentence -> !sentence.isEmpty())
            .findFirst()
            .orElse("");
    if (!holed.isEmpty()) {
      task.finish(TaskState.FAILED);
      task.error = holed;
      task.log("error", holed);
      tell(run, instance);
      return false;
    }
    List<String> missing =
        operation.takes().keySet().stream()
            .filter(input -> !operation.isOptional(input) && given(run, instance, input).isEmpty())
            .map(input -> input + " (by " + run.plan().giver(input) + ")")
            .toList();
    if (!missing.isEmpty()) {
      task.finish(TaskState.SKIPPED);
      task.log("info", "Skipped, because these were not given: " + String.join(", ", missing));
      tell(run, instance);
      return false;
    }
    return schedule(run, instance);
  }

  private boolean schedule(Run run, Instance instance) {
    Task task = run.task(instance);
    task.state = TaskState.SCHEDULED;
    task.scheduledAt = Instant.now();
    tell(run, instance);
    return true;
  }

  /**
   * What was given to an instance under this name: the uri by the name of the input, those of a
   * list by their numbers, or one by each shard's name where the inputs are joined; empty where it
   * was not given.
   */
  private static Map<String, String> given(Run run, Instance instance, String input) {
    String giver = run.plan().giver(input);
    Map<String, String> out = new LinkedHashMap<>();
    if (run.plan().isJoined(run.plan().get(instance.task()), input)) {
      for (Instance shard : run.shardsOf(giver)) {
        put(out, StageRequest.joined(input, shard.mapIndex()), run.task(shard).outputs.get(input));
      }
    } else if (run.plan().isList(input)) {
      Map<String, String> outputs = run.task(new Instance(giver, Instance.UNMAPPED)).outputs;
      for (int number = 0; outputs.containsKey(StageRequest.joined(input, number)); number++) {
        put(
            out,
            StageRequest.joined(input, number),
            outputs.get(StageRequest.joined(input, number)));
      }
    } else {
      boolean own = run.plan().get(giver).isMapped();
      Instance from = new Instance(giver, own ? instance.mapIndex() : Instance.UNMAPPED);
      Task found = run.find(from);
      put(out, input, found == null ? null : found.outputs.get(input));
    }
    return out;
  }

  private static void put(Map<String, String> out, String name, @Nullable String uri) {
    if (uri != null) {
      out.put(name, uri);
    }
  }

  /** Says which shard gave nothing under a name where others did: its rows would be lost. */
  private static String hole(Run run, Operation operation, String input) {
    if (!run.plan().isJoined(operation, input)) {
      return "";
    }
    List<Instance> without =
        run.shardsOf(run.plan().giver(input)).stream()
            .filter(shard -> !run.task(shard).outputs.containsKey(input))
            .toList();
    return without.isEmpty() || without.size() == run.shardsOf(run.plan().giver(input)).size()
        ? ""
        : without.getFirst()
            + " gave no '"
            + input
            + "', but others of "
            + run.plan().giver(input)
            + " did; all or none must";
  }

  private void start(Run run, Instance instance) {
    Task task = run.task(instance);
    Task.Attempt attempt = new Task.Attempt();
    task.attempt = attempt;
    task.state = TaskState.QUEUED;
    task.queuedAt = Instant.now();
    attempt.thread =
        Thread.ofVirtual()
            .name(run.pipeline + "/" + run.id + "/" + instance)
            .unstarted(() -> perform(run, instance, attempt));
    attempt.thread.start();
  }

  private void perform(Run run, Instance instance, Task.Attempt attempt) {
    try {
      permits.acquire();
      try {
        StageRequest request = begin(run, instance, attempt);
        if (request != null) {
          String function = run.plan().get(instance.task()).function();
          end(run, instance, attempt, caller.call(function, request));
        }
      } finally {
        permits.release();
      }
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, "{0} of run {1} was given up", instance, run.id);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "task " + instance + " of run " + run.id, e);
      end(
          run,
          instance,
          attempt,
          new StageCaller.Answer.Permanent("the local Composer failed: " + e));
    }
  }

  /** Marks the try as running; null where it was given up before it began. */
  private @Nullable StageRequest begin(Run run, Instance instance, Task.Attempt attempt) {
    lock.lock();
    try {
      Task task = run.task(instance);
      if (closed || task.attempt != attempt) {
        return null;
      }
      task.tries++;
      task.state = TaskState.RUNNING;
      task.startedAt = Instant.now();
      task.endedAt = null;
      Operation operation = run.plan().get(instance.task());
      task.log("info", "Calling function " + operation.function());
      save(run);
      tell(run, instance);
      return request(run, operation, instance, task.tries);
    } finally {
      lock.unlock();
    }
  }

  private static StageRequest request(
      Run run, Operation operation, Instance instance, int attempt) {
    Map<String, String> inputs = new LinkedHashMap<>();
    operation.takes().keySet().forEach(input -> inputs.putAll(given(run, instance, input)));
    Map<String, Object> parameters = new LinkedHashMap<>(Conf.options(run.conf));
    if (operation.teardown()) {
      parameters.put("tasks", ends(run));
    }
    return new StageRequest(
        run.pipeline,
        run.id,
        run.batch,
        operation.takes().isEmpty() && !operation.teardown() ? text(run.conf, Conf.SPAN) : null,
        operation.name(),
        operation.isMapped() ? instance.mapIndex() : null,
        operation.isMapped() ? run.shardsOf(operation.name()).size() : null,
        attempt,
        Conf.isForced(run.conf),
        inputs,
        parameters);
  }

  /**
   * How every task but the teardowns ended, for the one that records the run's end. A mapped task
   * is told of once: its worst end, how many shards it has, which of them failed, and the first
   * one's error.
   */
  private static JsonObject ends(Run run) {
    JsonObject out = new JsonObject();
    for (Operation operation : run.plan().operations()) {
      if (!operation.teardown()) {
        out.add(operation.name(), end(run, operation));
      }
    }
    return out;
  }

  private static JsonObject end(Run run, Operation operation) {
    List<Instance> instances = run.instances(operation.name());
    List<Instance> failed =
        instances.stream().filter(i -> run.task(i).state == TaskState.FAILED).toList();
    Task told = run.task(failed.isEmpty() ? instances.getFirst() : failed.getFirst());
    JsonObject end = new JsonObject();
    end.addProperty("state", failed.isEmpty() ? overall(run, instances) : told.state.wire());
    if (told.error != null) {
      end.addProperty("error", told.error);
    }
    int shards = run.shardsOf(operation.name()).size();
    if (shards > 0) {
      end.addProperty("shards", shards);
      JsonArray indexes = new JsonArray();
      failed.forEach(instance -> indexes.add(instance.mapIndex()));
      if (!indexes.isEmpty()) {
        end.add("failed", indexes);
      }
    }
    return end;
  }

  /** The state of a task none of whose instances failed: Airflow's word for all of them. */
  private static @Nullable String overall(Run run, List<Instance> instances) {
    List<TaskState> order =
        List.of(TaskState.UPSTREAM_FAILED, TaskState.SUCCESS, TaskState.SKIPPED);
    for (TaskState state : order) {
      if (instances.stream().anyMatch(instance -> run.task(instance).state == state)) {
        return state.wire();
      }
    }
    return run.task(instances.getFirst()).state.wire();
  }

  private void end(Run run, Instance instance, Task.Attempt attempt, StageCaller.Answer answer) {
    lock.lock();
    try {
      Task task = run.task(instance);
      if (closed || task.attempt != attempt) {
        return;
      }
      switch (answer) {
        case StageCaller.Answer.Done done -> {
          task.answer = done.json();
          task.outputs = done.result().outputs();
          task.calls = done.result().calls(run.plan().get(instance.task()).expands());
          task.error = null;
          if (run.batch == null && done.result().summary().get("batch") instanceof String batch) {
            run.batch = batch;
          }
          task.log("info", "Answered " + done.json());
          task.finish(TaskState.SUCCESS);
          if (Boolean.TRUE.equals(done.result().summary().get("released"))) {
            startAfter(run);
          }
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
            retryLater(run, instance, attempt);
          } else {
            task.finish(TaskState.FAILED);
          }
        }
      }
      tell(run, instance);
      advance(run);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts the pipelines that wait for this one's release and for no other's any more, as Airflow
   * does with an asset's event: a paused pipeline misses it.
   */
  private void startAfter(Run run) {
    Map<String, List<String>> after = settings.after().get();
    Set<String> circles = Circles.of(after);
    boolean changed = false;
    for (Map.Entry<String, List<String>> waiting : after.entrySet()) {
      String pipeline = waiting.getKey();
      if (!waiting.getValue().contains(run.pipeline) || paused.contains(pipeline)) {
        continue;
      }
      if (circles.contains(pipeline)) {
        LOG.log(
            Level.WARNING,
            "{0} is not started after {1}: by their ''after'', {2} would start each other for ever",
            pipeline,
            run.pipeline,
            circles);
        continue;
      }
      Set<String> since = released.computeIfAbsent(pipeline, _ -> new TreeSet<>());
      changed |= since.add(run.pipeline);
      if (since.containsAll(waiting.getValue())) {
        start(pipeline);
        released.remove(pipeline);
        changed = true;
      }
    }
    if (changed) {
      store.saveReleased(released);
    }
  }

  private void start(String pipeline) {
    Instant now = Instant.now();
    String id = "asset_triggered__" + now + "_" + UUID.randomUUID().toString().substring(0, 8);
    Trigger trigger = new Trigger(pipeline, id, new JsonObject(), null, now, null, "");
    try {
      queue(trigger, settings.operations().get(), /* afterOthers= */ true, _ -> id);
    } catch (RuntimeException e) {
      // The run whose release this follows has done its work; it does not fail for another's sake.
      LOG.log(Level.ERROR, "pipeline " + pipeline + " cannot be started", e);
    }
  }

  private void retryLater(Run run, Instance instance, Task.Attempt attempt) {
    Task task = run.task(instance);
    int tried = settings.attempts() - 1 - (task.maxTries - task.tries);
    Duration delay = settings.firstDelay();
    for (int i = 1; i < tried && delay.compareTo(LONGEST_DELAY) < 0; i++) {
      delay = delay.multipliedBy(2);
    }
    delay = delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
    task.log("info", "Trying again in " + delay.toMillis() + " ms");
    attempt.thread = null;
    var _ =
        timer.schedule(() -> retry(run, instance, attempt), delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void retry(Run run, Instance instance, Task.Attempt attempt) {
    lock.lock();
    try {
      if (!closed && run.task(instance).attempt == attempt) {
        start(run, instance);
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

  private void tell(Run run, @Nullable Instance instance) {
    Progress progress;
    if (instance == null) {
      progress =
          new Progress(
              run.pipeline,
              run.id,
              /* task= */ null,
              Instance.UNMAPPED,
              /* shards= */ 0,
              run.state.wire(),
              run.duration());
    } else {
      Task task = run.task(instance);
      String state = task.state == TaskState.NONE ? "none" : task.state.wire();
      progress =
          new Progress(
              run.pipeline,
              run.id,
              instance.task(),
              instance.mapIndex(),
              run.shardsOf(instance.task()).size(),
              state,
              task.duration());
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
