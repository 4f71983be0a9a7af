package dev.sluice.localcloud.check;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.Yaml;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Field;
import dev.sluice.gcp.Crc32c;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Platform;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Explains what a spec will cause. */
public final class Checker {
  private final Operations operations;
  private final String pipeline;
  private final String text;

  /**
   * @param text the spec
   */
  public Checker(Operations operations, String pipeline, String text) {
    this.operations = operations;
    this.pipeline = pipeline;
    this.text = text;
  }

  /**
   * Against another spec.
   *
   * @param other its text, null where there is none
   * @param named what to call it
   */
  public CheckReport against(@Nullable String other, String named) {
    List<String> problems = SpecProblems.of(pipeline, text);
    if (!problems.isEmpty()) {
      return CheckReport.wrong(pipeline, problems);
    }
    PipelineSpec after = PipelineSpec.parse(pipeline, text);
    PipelineSpec before = other == null ? null : parse(other, named);
    List<Change> changes = changes(other == null ? "{}" : other);
    return new CheckReport(
        pipeline,
        List.of(),
        named,
        null,
        changes,
        SpecForecast.of(operations, before, after, changes),
        before == null ? List.of() : Consequences.of(after, changes));
  }

  /**
   * Against what the pipeline's last run used, and where it never ran against the spec that is
   * there.
   *
   * @param batch whose last run, null for the last of all
   * @param schema the schema file beside the spec, null where there is none
   * @param codeVersions function to the version of its code, null where that is not known
   * @throws BadInput where the batch never ran
   */
  public CheckReport against(
      Platform platform,
      Facts facts,
      @Nullable String batch,
      Function<String, byte @Nullable []> schema,
      Function<String, @Nullable String> codeVersions) {
    List<String> problems = SpecProblems.of(pipeline, text);
    if (!problems.isEmpty()) {
      return CheckReport.wrong(pipeline, problems);
    }
    Optional<LastRun> last = LastRun.find(platform, facts, operations, pipeline, batch);
    if (last.isEmpty()) {
      if (batch != null) {
        throw new BadInput(
            "batch " + batch + " of " + pipeline + " has no run; table stage_runs lists them");
      }
      Optional<StoredObject> there = platform.findSpec(pipeline);
      return there.isEmpty()
          ? against(null, "nothing, as the pipeline is new")
          : against(
              read(platform, there.get().name()),
              "the spec at " + there.get().name().uri() + ", which no run has used yet");
    }
    return compared(platform, last.get(), schema, codeVersions);
  }

  private CheckReport compared(
      Platform platform,
      LastRun last,
      Function<String, byte @Nullable []> schema,
      Function<String, @Nullable String> codeVersions) {
    PipelineSpec after = PipelineSpec.parse(pipeline, text);
    ObjectName name = platform.layout().spec(pipeline + ".yaml");
    String used =
        read(platform, new ObjectName(name.bucket(), name.name(), last.pins().specGeneration()));
    String named = "the spec of run " + last.run();
    PipelineSpec before = parse(used, named);
    List<Change> changes = changes(used);
    List<String> notes = new ArrayList<>(Consequences.of(after, changes));
    Batch batch =
        platform
            .findBatch(pipeline, last.pins().batch())
            .orElseThrow(() -> new BadInput("batch " + last.pins().batch() + " is gone"));
    if (after.source().kind() != before.source().kind()) {
      // The batches that are there cannot be read by it, so the next run is of another one.
      return new CheckReport(
          pipeline,
          List.of(),
          named,
          null,
          changes,
          SpecForecast.of(operations, null, after, changes),
          notes);
    }
    columns(platform, last)
        .ifPresent(columns -> notes.addAll(Consequences.columns(after, batch.batch(), columns)));
    return new CheckReport(
        pipeline,
        List.of(),
        named,
        batch.batch(),
        changes,
        CloudForecast.of(
            platform,
            operations,
            after,
            crc32c(platform, after, schema),
            changes,
            batch,
            last,
            codeVersions),
        notes);
  }

  private List<Change> changes(String other) {
    Map<String, @Nullable Object> before = Yaml.parse(other, pipeline).values();
    return Change.between(before, Yaml.parse(text, pipeline).values(), operations);
  }

  private PipelineSpec parse(String other, String named) {
    try {
      return PipelineSpec.parse(pipeline, other);
    } catch (BadInput e) {
      throw new BadInput(
          named + " cannot be compared with, as it is wrong itself: " + e.getMessage(), e);
    }
  }

  private static String read(Platform platform, ObjectName name) {
    return new String(platform.objects().read(name), StandardCharsets.UTF_8);
  }

  /** The columns of the batch, as its examples have them. */
  private static Optional<List<Field>> columns(Platform platform, LastRun last) {
    return Optional.ofNullable(last.made().get("ingest"))
        .map(artifact -> artifact.result())
        .map(result -> result.outputs().get("examples"))
        .map(uri -> ArtifactUri.parse(uri).object(ExamplesManifest.NAME))
        .map(object -> ExamplesManifest.fromJson(read(platform, object)).fields());
  }

  /** Of the file beside the spec, else of the one that is there. */
  private static @Nullable String crc32c(
      Platform platform, PipelineSpec spec, Function<String, byte @Nullable []> beside) {
    String file = spec.schema();
    if (file == null) {
      return null;
    }
    byte[] bytes = beside.apply(file);
    if (bytes == null) {
      return platform
          .objects()
          .find(platform.layout().spec(file))
          .map(StoredObject::crc32c)
          .orElseThrow(() ->
              new BadInput(
                  "the spec names schema '"
                      + file
                      + "', which lies neither beside it nor at "
                      + platform.layout().spec(file).uri()));
    }
    return Crc32c.of(bytes);
  }
}
