package dev.sluice.localcloud.check;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.localcloud.check.Step.Effect;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.CallFingerprint;
import dev.sluice.stages.Pinning;
import dev.sluice.stages.Platform;
import dev.sluice.stages.SealedArtifacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What another run of a batch does under a new spec in a cloud as it stands: the run's pins and the
 * fingerprint of each call are worked out as the functions do, and whether the artifact is there is
 * looked up. Where an operation makes its artifact anew, what comes of it is not known beforehand,
 * so what takes it cannot be told for sure. Costs a few reads an operation, and writes nothing.
 */
public final class CloudForecast {
  private static final String RUN = "check";

  private final Platform platform;
  private final SealedArtifacts sealed;
  private final Operations operations;
  private final PipelineSpec spec;
  private final @Nullable String schema;
  private final List<Change> changes;
  private final Batch batch;
  private final Pins pins;
  private final LastRun last;
  private final Function<String, @Nullable String> codeVersions;

  /** Output to uris, one an element of a list or a shard; empty where it is not given. */
  private final Map<String, List<String>> given = new HashMap<>();

  /** Outputs that are made anew. */
  private final Set<String> open = new LinkedHashSet<>();

  private final Map<String, Integer> calls = new HashMap<>();

  private CloudForecast(
      Platform platform,
      Operations operations,
      PipelineSpec spec,
      @Nullable String schema,
      List<Change> changes,
      Batch batch,
      Pins pins,
      LastRun last,
      Function<String, @Nullable String> codeVersions) {
    this.platform = platform;
    this.sealed = new SealedArtifacts(platform.objects());
    this.operations = operations;
    this.spec = spec;
    this.schema = schema;
    this.changes = changes;
    this.batch = batch;
    this.pins = pins;
    this.last = last;
    this.codeVersions = codeVersions;
  }

  /**
   * @param schema crc32c of the schema file that the spec names, null without one
   * @param changes between the spec of the last run and this one
   * @param batch of the last run
   * @param codeVersions function to the version of its code, null where that is not known, which
   *     means that it is the one that ran last
   */
  public static List<Step> of(
      Platform platform,
      Operations operations,
      PipelineSpec spec,
      @Nullable String schema,
      List<Change> changes,
      Batch batch,
      LastRun last,
      Function<String, @Nullable String> codeVersions) {
    // Generations enter no fingerprint; those of the last run stand for whatever they will be.
    Pins pins =
        Pinning.of(
            spec,
            last.pins().specGeneration(),
            last.pins().schemaGeneration(),
            platform.registries().read(spec.name()),
            batch);
    return new CloudForecast(
            platform, operations, spec, schema, changes, batch, pins, last, codeVersions)
        .steps();
  }

  private List<Step> steps() {
    Pinning.outputs(platform.layout(), spec.name(), pins)
        .forEach((name, uri) ->
            given
                .computeIfAbsent(name.replaceFirst("#[0-9]+$", ""), _ -> new ArrayList<>())
                .add(uri));
    calls.put(Operation.SHARD, Pinning.shards(spec, batch));
    return operations.inOrder().stream().map(this::step).toList();
  }

  private Step step(Operation operation) {
    String name = operation.name();
    if (operation.teardown() || operation.takes().isEmpty()) {
      return new Step(name, Effect.ALWAYS, "is performed in each run");
    }
    for (String input : operation.takes().keySet()) {
      if (!operation.isOptional(input) && !open.contains(input) && uris(input).isEmpty()) {
        return new Step(
            name, Effect.SKIPPED, operations.giver(input).name() + " gives no " + input);
      }
    }
    String over = operation.mapOver();
    if (over != null && calls.getOrDefault(over, 0) == 0) {
      return new Step(name, Effect.SKIPPED, "there is no " + over + " to call it for");
    }
    if (operation.reads().isEmpty()) {
      return new Step(name, Effect.ALWAYS, "is performed in each run");
    }
    Set<String> givers = new LinkedHashSet<>();
    operation.takes().keySet().stream()
        .filter(open::contains)
        .forEach(input -> givers.add(operations.giver(input).name()));
    List<String> reasons = reasons(operation);
    if (!givers.isEmpty()) {
      open.addAll(operation.gives());
      return reasons.isEmpty()
          ? new Step(name, Effect.DEPENDS, SpecForecast.unless(givers))
          : new Step(name, Effect.ANEW, String.join("; ", reasons));
    }
    List<Artifact> found = new ArrayList<>();
    int count = over == null ? 1 : calls.getOrDefault(over, 0);
    for (int shard = 0; shard < count; shard++) {
      Optional<Artifact> artifact =
          LastRun.artifact(
              platform,
              spec.name(),
              operation,
              fingerprint(operation, over == null ? null : shard, count));
      if (artifact.isEmpty()) {
        open.addAll(operation.gives());
        return new Step(
            name,
            Effect.ANEW,
            reasons.isEmpty() ? "it was never made so" : String.join("; ", reasons));
      }
      found.add(artifact.get());
    }
    found.forEach(artifact -> give(operation, artifact.result()));
    return new Step(
        name,
        Effect.CACHED,
        found.getFirst().run().equals(last.run())
            ? "made by the last run"
            : "made by run " + found.getFirst().run());
  }

  private void give(Operation operation, @Nullable StageResult result) {
    if (result == null) {
      return;
    }
    result
        .outputs()
        .forEach((output, uri) -> given.computeIfAbsent(output, _ -> new ArrayList<>()).add(uri));
    if (operation.expands() != null) {
      calls.put(operation.expands(), result.calls(operation.expands()));
    }
  }

  private List<String> uris(String output) {
    return given.getOrDefault(output, List.of());
  }

  /** Why what the last run made does not do: what is surely another now. */
  private List<String> reasons(Operation operation) {
    Artifact made = last.made().get(operation.name());
    if (made == null) {
      return List.of("its first run on this batch");
    }
    List<String> reasons = new ArrayList<>();
    List<String> own = SpecForecast.own(operation, changes);
    if (!own.isEmpty()) {
      reasons.add(SpecForecast.changed(own));
    }
    String code = codeVersions.apply(operation.function());
    if (code != null && !code.equals(made.codeVersion())) {
      reasons.add("its code is another");
    }
    for (String input : operation.takes().keySet()) {
      if (open.contains(input) || input.equals("batch")) {
        continue;
      }
      List<String> before =
          made.inputs().entrySet().stream()
              .filter(entry -> entry.getKey().replaceFirst("#[0-9]+$", "").equals(input))
              .map(Map.Entry::getValue)
              .sorted()
              .toList();
      List<String> now = uris(input).stream().sorted().toList();
      if (!before.equals(now)
          && !Operation.kind(input).equals("blessing")
          && !contents(before).equals(contents(now))) {
        reasons.add(input.replace('_', ' ') + " is another");
      }
    }
    return reasons;
  }

  private List<List<String>> contents(List<String> uris) {
    return uris.stream()
        .map(uri -> CallFingerprint.content(sealed.get(ArtifactUri.parse(uri))))
        .toList();
  }

  private String fingerprint(Operation operation, @Nullable Integer shard, int shards) {
    Map<String, String> inputs = new LinkedHashMap<>();
    for (String input : operation.takes().keySet()) {
      List<String> uris = uris(input);
      if (operations.isJoined(operation, input)) {
        for (int number = 0; number < uris.size(); number++) {
          inputs.put(StageRequest.joined(input, number), uris.get(number));
        }
      } else if (!uris.isEmpty()) {
        boolean aligned = shard != null && operations.giver(input).isMapped();
        inputs.put(input, uris.get(aligned ? shard : 0));
      }
    }
    Artifact made = last.made().get(operation.name());
    String code =
        Stream.of(
                Optional.ofNullable(codeVersions.apply(operation.function())),
                Optional.ofNullable(made).map(Artifact::codeVersion))
            .flatMap(Optional::stream)
            .findFirst()
            .orElse("unknown");
    return CallFingerprint.of(
        platform,
        sealed,
        code,
        new StageRequest(
            spec.name(),
            RUN,
            batch.batch(),
            /* span= */ null,
            operation.name(),
            shard,
            shard == null ? null : shards,
            /* attempt= */ 1,
            /* force= */ null,
            inputs,
            Map.of()),
        operations,
        batch,
        spec.subset(operation.reads()),
        operation.reads().contains("schema")
            ? Pinning.judgedBy(schema, pins.accepted())
            : Map.of());
  }
}
