package dev.sluice.functions.finishrun;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.stages.Action;
import dev.sluice.stages.Platform;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Records how a run ended. It reads the tasks' states from the parameter {@code tasks} (task to
 * {@code {state, error}}; a mapped one is told of once, as {@code {state, error, shards, failed:
 * [3, 7]}} with the first failed shard's error) and works whatever went before, also where {@code
 * resolve} itself failed.
 */
final class FinishRunAction implements Action {
  /** Shards that an alarm names; a person looks at the first one. */
  private static final int NAMED_SHARDS = 3;

  private final Platform platform;

  FinishRunAction(Platform platform) {
    this.platform = platform;
  }

  /**
   * A task that failed.
   *
   * @param which the task, with its shards that failed where it is mapped, as a person is told
   */
  private record Failure(String task, String which, String error) {}

  @Override
  public StageResult perform(StageRequest request) {
    List<Failure> failures = failures(request);
    if (!failures.isEmpty()) {
      Failure first = failures.getFirst();
      Optional<Batch> batch = batch(request);
      String object = batch.map(Batch::uri).orElse(null);
      String text =
          first.which()
              + " failed"
              + (object == null || first.error().contains(object) ? "" : " on " + object)
              + ": "
              + first.error()
              + (first.task().equals("release") ? "." : ". The live model is untouched.")
              + " When the cause is gone, "
              + again(request);
      batch.ifPresent(
          b -> platform.report(List.of(platform.batchState(b, BatchState.FAILED, reason(first)))));
      platform.alarm(
          List.of(
              Alarm.of(
                  request.pipeline(),
                  request.run(),
                  batchName(request),
                  Alarm.Severity.FAIL,
                  first.task(),
                  text,
                  object,
                  platform.clock().instant())));
    }
    return new StageResult(
        Map.of(), null, false, Map.of("failed", failures.stream().map(Failure::which).toList()));
  }

  /** Of a shard's error it must be said whose it is. */
  private static String reason(Failure failure) {
    return failure.which().equals(failure.task())
        ? failure.error()
        : failure.which() + ": " + failure.error();
  }

  /** A batch's own run is resumed where it failed; any other run of it is started anew. */
  private String again(StageRequest request) {
    String batch = batchName(request);
    String command = "./sluice trigger " + request.pipeline();
    if (batch == null) {
      return "start another run with: " + command;
    }
    return batch.equals(request.run())
        ? "resume with: " + command + " --batch " + batch
        : "start another run with: " + command + " --batch " + batch + " --force";
  }

  private static List<Failure> failures(StageRequest request) {
    if (!(request.parameters().get("tasks") instanceof Map<?, ?> tasks)) {
      return List.of();
    }
    return tasks.entrySet().stream()
        .filter(e -> e.getValue() instanceof Map<?, ?> task && "failed".equals(task.get("state")))
        .map(e -> failure(String.valueOf(e.getKey()), (Map<?, ?>) e.getValue()))
        .sorted(Comparator.comparing(Failure::task))
        .toList();
  }

  private static Failure failure(String name, Map<?, ?> task) {
    return new Failure(name, name + shards(task), error(task));
  }

  /**
   * {@code [3]}, {@code [3, 7]} or {@code [3, 7, 8 and 5 more of 16]}; empty where none is told.
   */
  private static String shards(Map<?, ?> task) {
    if (!(task.get("failed") instanceof List<?> failed) || failed.isEmpty()) {
      return "";
    }
    List<String> numbers =
        failed.stream()
            .filter(Number.class::isInstance)
            .map(number -> String.valueOf(((Number) number).intValue()))
            .toList();
    String named = String.join(", ", numbers.stream().limit(NAMED_SHARDS).toList());
    int more = numbers.size() - NAMED_SHARDS;
    if (more <= 0) {
      return "[" + named + "]";
    }
    String of = task.get("shards") instanceof Number all ? " of " + all.intValue() : "";
    return "[" + named + " and " + more + " more" + of + "]";
  }

  private static String error(Map<?, ?> task) {
    Object error = task.get("error");
    return error == null ? "it was cancelled, or nothing was said" : error.toString();
  }

  private @Nullable String batchName(StageRequest request) {
    return request.batch() != null
        ? request.batch()
        : platform.findPins(request.pipeline(), request.run()).map(Pins::batch).orElse(null);
  }

  private Optional<Batch> batch(StageRequest request) {
    String name = batchName(request);
    return name == null ? Optional.empty() : platform.findBatch(request.pipeline(), name);
  }
}
