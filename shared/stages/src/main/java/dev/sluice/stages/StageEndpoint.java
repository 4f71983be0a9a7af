package dev.sluice.stages;

import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StructuredLog;
import dev.sluice.gcp.WriteCondition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls of a function's operations: reads the request, finds or makes the artifacts,
 * commits them, reports, and maps errors. Every step may be repeated and may race with itself.
 */
public final class StageEndpoint {
  private final Platform platform;
  private final Work work;

  private StageEndpoint(Platform platform, Work work) {
    this.platform = platform;
    this.work = work;
  }

  /** What stands behind the endpoint. */
  private sealed interface Work {
    /** One stage for every operation of the function. */
    record Making(Stage stage) implements Work {}

    /** A stage an operation. */
    record MakingSeveral(Map<String, Stage> stages) implements Work {
      public MakingSeveral {
        stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
      }
    }

    /** An action for every operation of the function. */
    record Performing(Action action) implements Work {}
  }

  /** A function of one operation that makes artifacts. */
  public static StageEndpoint making(Platform platform, Stage stage) {
    return new StageEndpoint(platform, new Work.Making(stage));
  }

  /**
   * A function of several operations that make artifacts.
   *
   * @param stages by the operation's name; a call of another is refused with these names
   */
  public static StageEndpoint making(Platform platform, Map<String, Stage> stages) {
    return new StageEndpoint(platform, new Work.MakingSeveral(stages));
  }

  /** A function of one operation that decides or records. */
  public static StageEndpoint performing(Platform platform, Action action) {
    return new StageEndpoint(platform, new Work.Performing(action));
  }

  /** Answers one call. */
  public void service(HttpRequest http, HttpResponse response) throws IOException {
    Instant started = platform.clock().instant();
    StageRequest request;
    Operation operation;
    Operations operations;
    try {
      request =
          Json.read(http.getInputStream().readAllBytes(), StageRequest.class, "the request's body");
      operations = platform.operations();
      operation = operations.get(request.operation());
      check(request, operation, operations);
    } catch (BadInput e) {
      Problem.of(e).write(response);
      return;
    }
    try {
      Fact running = stageRun(request, started, "RUNNING", null, null);
      platform.report(List.of(running));
      String[] fingerprint = new String[1];
      StageResult result =
          perform(
              request,
              operation,
              operations,
              fingerprint,
              new Progress(platform, log(request), running, started));
      platform.report(
          List.of(stageRun(request, started, "SUCCEEDED", result, fingerprint[0], null)));
      log(request, started, result);
      response.setContentType("application/json");
      response.getOutputStream().write(Json.write(result).getBytes(StandardCharsets.UTF_8));
    } catch (IOException | RuntimeException | Error e) {
      Problem problem = Problem.of(e);
      log(request).error(problem.detail(), e);
      try {
        platform.report(List.of(stageRun(request, started, "FAILED", null, problem.detail())));
      } catch (RuntimeException unreported) {
        log(request).error("the failure could not be recorded", unreported);
      }
      problem.write(response);
    }
  }

  /** Refuses what was sent to the wrong function, and a shard where there is none. */
  private void check(StageRequest request, Operation operation, Operations operations) {
    List<String> own =
        work instanceof Work.MakingSeveral several
            ? List.copyOf(several.stages().keySet())
            : operations.all().stream().filter(platform::performs).map(Operation::name).toList();
    if (!own.contains(operation.name())) {
      throw new BadInput(
          "operation '"
              + operation.name()
              + "' is not performed here, but by function "
              + operation.function()
              + "; this one performs "
              + String.join(", ", own));
    }
    if (operation.isMapped() && request.shard() == null) {
      throw new BadInput(
          "operation "
              + operation.name()
              + " is called once a "
              + operation.mapOver()
              + "; the request must have shard and shards");
    }
    if (!operation.isMapped() && request.shard() != null) {
      throw new BadInput(
          "operation "
              + operation.name()
              + " is not mapped, but the request has shard "
              + request.shard());
    }
  }

  private StageResult perform(
      StageRequest request,
      Operation operation,
      Operations operations,
      String[] fingerprint,
      Progress progress)
      throws IOException {
    Stage made;
    switch (work) {
      case Work.Performing performing -> {
        return performing.action().perform(request);
      }
      case Work.Making making -> made = making.stage();
      case Work.MakingSeveral several ->
          made = Objects.requireNonNull(several.stages().get(operation.name()));
    }
    RunContext context = platform.context(request.pipeline(), request.run());
    Map<String, Object> spec = context.spec().subset(operation.reads());
    SealedArtifacts sealed = new SealedArtifacts(platform.objects());
    fingerprint[0] =
        CallFingerprint.of(
            platform,
            sealed,
            platform.codeVersion(),
            request,
            operations,
            context.batch(),
            spec,
            made.dependsOn(context, platform));
    try (StageCall call =
        new StageCall(platform, request, operation, context, fingerprint[0], sealed, progress)) {
      StageResult result = find(call).orElse(null);
      if (result == null) {
        result = commit(call, made.make(call), spec);
      }
      platform.report(lineage(call, result));
      made.report(call, result);
      return result;
    }
  }

  /** The answer that was given when the artifacts were made, if they were. */
  private Optional<StageResult> find(StageCall call) {
    ArtifactUri first = call.uri(call.operation().gives().getFirst());
    var object = first.object(Artifact.FILE);
    Optional<ObjectStore.Loaded> loaded = platform.objects().load(object);
    if (loaded.isEmpty()) {
      return Optional.empty();
    }
    Artifact artifact = Json.read(loaded.get().bytes(), Artifact.class, object.uri());
    StageResult result = artifact.result();
    if (result == null) {
      throw new Bug(object.uri() + " holds no result, though it is the operation's first output");
    }
    return Optional.of(result.asCached());
  }

  /**
   * Seals the artifacts: the operation's first output last, as it alone says that all are there.
   */
  private StageResult commit(StageCall call, Stage.Made made, Map<String, Object> spec) {
    Map<String, String> uris = new LinkedHashMap<>();
    call.outputs().forEach((name, output) -> uris.put(name, output.uri().toString()));
    String first = call.operation().gives().getFirst();
    if (!uris.containsKey(first)) {
      throw new Bug("operation " + call.operation().name() + " did not give '" + first + "'");
    }
    StageResult result = new StageResult(uris, made.verdict(), false, made.summary());
    for (Map.Entry<String, Output> output : call.outputs().entrySet()) {
      if (!output.getKey().equals(first)) {
        seal(call, output.getValue(), spec, null);
      }
    }
    boolean won = seal(call, call.output(first), spec, result);
    return won ? result : find(call).orElseThrow(() -> new Bug("the winner's artifact is gone"));
  }

  private boolean seal(
      StageCall call, Output output, Map<String, Object> spec, @Nullable StageResult result) {
    Artifact artifact =
        new Artifact(
            output.uri().kind(),
            call.fingerprint(),
            output.files(),
            call.operation().name(),
            platform.codeVersion(),
            call.request().inputs(),
            spec,
            call.request().pipeline(),
            call.request().run(),
            call.batch().batch(),
            platform.clock().instant(),
            result);
    try {
      platform
          .objects()
          .write(
              output.uri().object(Artifact.FILE),
              Json.bytes(artifact),
              "application/json",
              WriteCondition.ifAbsent());
      return true;
    } catch (Conflict e) {
      return false;
    }
  }

  private static List<Fact> lineage(StageCall call, StageResult result) {
    List<Fact> rows = new ArrayList<>();
    result
        .outputs()
        .forEach((name, uri) -> {
          ArtifactUri artifact = ArtifactUri.parse(uri);
          Artifact sealed = call.sealed(artifact).artifact();
          Map<String, @Nullable Object> values = new LinkedHashMap<>();
          values.put("pipeline", artifact.pipeline());
          values.put("kind", artifact.kind());
          values.put("fingerprint", artifact.fingerprint());
          values.put("uri", uri);
          values.put("operation", sealed.operation());
          values.put("code_version", sealed.codeVersion());
          values.put("run", sealed.run());
          values.put("batch", sealed.batch());
          values.put(
              "inputs",
              new TreeMap<>(sealed.inputs())
                  .entrySet().stream()
                      .map(e -> Map.of("name", e.getKey(), "uri", e.getValue()))
                      .toList());
          values.put("bytes", sealed.objects().stream().mapToLong(StoredFile::bytes).sum());
          values.put("created_at", sealed.createdAt());
          rows.add(new Fact("artifacts", uri, values));
        });
    return rows;
  }

  private static Fact stageRun(
      StageRequest request,
      Instant started,
      String state,
      @Nullable StageResult result,
      @Nullable String error) {
    return stageRun(request, started, state, result, null, error);
  }

  private static Fact stageRun(
      StageRequest request,
      Instant started,
      String state,
      @Nullable StageResult result,
      @Nullable String fingerprint,
      @Nullable String error) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", request.pipeline());
    values.put("run", request.run());
    values.put("batch", request.batch());
    values.put("operation", request.operation());
    values.put("shard", request.shard());
    values.put("attempt", request.attempt());
    values.put("state", state);
    values.put("fingerprint", fingerprint);
    values.put("cached", result == null ? null : result.cached());
    values.put("started_at", started);
    values.put("finished_at", state.equals("RUNNING") ? null : Instant.now());
    values.put("error", error);
    return new Fact(
        "stage_runs",
        String.join(
            "/",
            request.pipeline(),
            request.run(),
            request.operation(),
            String.valueOf(request.shard()),
            String.valueOf(request.attempt())),
        values);
  }

  private StructuredLog log(StageRequest request) {
    return platform
        .log()
        .about(request.pipeline(), request.run(), request.batch(), request.operation());
  }

  private void log(StageRequest request, Instant started, StageResult result) {
    log(request)
        .info(
            request.call()
                + " "
                + (result.verdict() == null ? "done" : result.verdict())
                + (result.cached() ? " (cached)" : "")
                + " in "
                + java.time.Duration.between(started, platform.clock().instant()).toMillis()
                + " ms "
                + Json.write(result.summary()));
  }
}
