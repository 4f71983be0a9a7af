package dev.sluice.localcloud.accept;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Platform;
import dev.sluice.validation.AcceptedBatch;
import dev.sluice.validation.Anomaly;
import dev.sluice.validation.SchemaEdit;
import dev.sluice.validation.SchemaEdits;
import dev.sluice.validation.SchemaText;
import dev.sluice.validation.Severity;
import dev.sluice.validation.Validation;
import dev.sluice.validation.ValidationFiles;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Anomalies;
import org.tensorflow.metadata.v0.Schema;

/**
 * Accepts a batch that the checks of its data object to: writes the schema that allows it as a new
 * version with author and reason, and records in the registry who said so, which makes the batch a
 * baseline. Where they held it, starts a run of it that goes on; one that went on needs none. Every
 * step may be repeated.
 */
public final class Acceptor {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);

  private static final String CAN =
      "accept takes what the schema and the comparison with earlier batches object to; ";

  private final Platform platform;
  private final States states;

  /** Where batches stand, as table {@code batches} tells people; nothing is decided by it. */
  public interface States {
    /** A batch, its state and why. */
    record Standing(String batch, String state, @Nullable String reason) {}

    /**
     * @param batch null for the newest batch that is blocked
     */
    Optional<Standing> find(String pipeline, @Nullable String batch);
  }

  /**
   * @param platform with Cloud Storage and Composer
   */
  public Acceptor(Platform platform, States states) {
    this.platform = platform;
    this.states = states;
  }

  /** What there is to accept. */
  public sealed interface Found {
    /** The batch meant. */
    Registry.Judged judged();

    /** True where the checks held it, so that it takes a run to go on. */
    boolean held();
  }

  /**
   * A batch that is held, or that went on with WARN or UNKNOWN and is no baseline.
   *
   * @param reasons of the verdict, a sentence each
   * @param anomalies what holds it, and what was warned of
   * @param schema that it was held to
   * @param edits of the schema that allow it; none where it is not the schema that objects
   * @param file the schema's name beside the spec, null where it is inferred
   */
  public record Pending(
      String pipeline,
      Registry.Judged judged,
      List<String> reasons,
      List<Anomaly> anomalies,
      Schema schema,
      List<SchemaEdit> edits,
      @Nullable String file)
      implements Found {
    public Pending {
      reasons = List.copyOf(reasons);
      anomalies = List.copyOf(anomalies);
      edits = List.copyOf(edits);
    }

    @Override
    public boolean held() {
      return judged.outcome() == Outcome.FAIL;
    }
  }

  /** A batch that was accepted before; accepting it again changes nothing. */
  public record Already(
      String pipeline, Registry.Judged judged, Acceptance acceptance, boolean held)
      implements Found {}

  /**
   * What became of an acceptance.
   *
   * @param schema uri of the artifact that holds the new version
   * @param file the schema file in the serving bucket that was written, null where none was
   * @param changes of that file, line by line
   */
  public record Done(
      Acceptance acceptance, String schema, @Nullable ObjectName file, List<String> changes) {
    public Done {
      changes = List.copyOf(changes);
    }
  }

  /**
   * Finds a batch to accept.
   *
   * @param batch its name, null for the newest that is held: one that went on has to be named
   * @throws BadInput where there is none, or no word can make it go on: says why and what to do
   */
  public Found find(String pipeline, @Nullable String batch) {
    StoredObject file =
        platform
            .findSpec(pipeline)
            .orElseThrow(() ->
                new BadInput(
                    "there is no pipeline '"
                        + pipeline
                        + "'; ./sluice status lists those there are"));
    Registry registry = platform.registries().read(pipeline);
    Optional<Registry.Judged> pending =
        batch == null ? registry.held().stream().findFirst() : registry.acceptable(batch);
    if (pending.isPresent()) {
      return pending(platform.spec(pipeline, file.generation()), pending.get());
    }
    Optional<Registry.Judged> wentOn =
        batch == null ? registry.batches().stream().findFirst() : registry.wentOn(batch);
    Acceptance acceptance = wentOn.map(Registry.Judged::accepted).orElse(null);
    if (acceptance != null) {
      return new Already(pipeline, wentOn.orElseThrow(), acceptance, wasHeld(acceptance));
    }
    throw new BadInput(
        batch == null
            ? nothing(pipeline, registry)
            : notHeld(pipeline, batch, wentOn.orElse(null)));
  }

  /** What the person saw tells whether the batch was held then. */
  private boolean wasHeld(Acceptance acceptance) {
    return validation(ArtifactUri.parse(acceptance.anomalies()), Schema.getDefaultInstance())
            .outcome()
        == Outcome.FAIL;
  }

  private String nothing(String pipeline, Registry registry) {
    String none = "no batch of " + pipeline + " is held by the checks of its data; ";
    Optional<Registry.Judged> warned =
        registry.batches().stream().findFirst().filter(newest -> !newest.mayBeBaseline());
    if (warned.isPresent()) {
      String newest = warned.get().batch();
      return none
          + newest
          + " went on with "
          + warned.get().outcome()
          + ": --batch "
          + newest
          + " accepts it, too";
    }
    return none
        + states
            .find(pipeline, null)
            .map(blocked ->
                registry.wentOn(blocked.batch()).isPresent()
                    ? byItsModel(blocked)
                    : elsewhere(blocked))
            .orElse("there is nothing to accept");
  }

  private String notHeld(String pipeline, String batch, Registry.@Nullable Judged wentOn) {
    if (platform.findBatch(pipeline, batch).isEmpty()) {
      return "pipeline " + pipeline + " has no batch '" + batch + "'; table batches lists them";
    }
    States.Standing standing =
        states
            .find(pipeline, batch)
            .orElse(new States.Standing(batch, "RECEIVED", /* reason= */ null));
    if (wentOn != null) {
      return standing.state().equals("BLOCKED")
          ? byItsModel(standing)
          : "batch "
              + batch
              + " is not held: the checks of its data said "
              + wentOn.outcome()
              + ", and its state is "
              + standing.state()
              + "; there is nothing to accept";
    }
    return standing.state().equals("BLOCKED")
        ? elsewhere(standing)
        : "batch "
            + batch
            + " is not held: its state is "
            + standing.state()
            + because(standing)
            + "; there is nothing to accept";
  }

  /** Of what is blocked after the checks of the data. */
  private static String byItsModel(States.Standing blocked) {
    return "batch "
        + blocked.batch()
        + " passed the checks of its data; what holds it is its model"
        + because(blocked)
        + ". "
        + CAN
        + "what a model must reach is in the spec under 'gates'";
  }

  /** Of what is blocked before them. */
  private static String elsewhere(States.Standing blocked) {
    return "batch "
        + blocked.batch()
        + " is held before they see it"
        + because(blocked)
        + ". "
        + CAN
        + "it brings back no rows that were rejected: correct them and upload the file again, or"
        + " raise max_rejected in the spec";
  }

  private static String because(States.Standing standing) {
    return standing.reason() == null ? "" : " (" + standing.reason() + ")";
  }

  private Pending pending(PipelineSpec spec, Registry.Judged judged) {
    ArtifactUri uri = anomalies(judged);
    ObjectName name = uri.object(ValidationFiles.ANOMALIES);
    Schema schema;
    try {
      schema = Anomalies.parseFrom(platform.objects().read(name)).getBaseline();
    } catch (InvalidProtocolBufferException e) {
      throw new Bug(name + " is not what validate-data wrote", e);
    }
    Validation validation = validation(uri, schema);
    List<Anomaly> anomalies =
        validation.anomalies().stream()
            .filter(anomaly -> anomaly.severity() != Severity.INFO)
            .toList();
    if (!anomalies.stream().allMatch(AcceptedBatch::mayBeAccepted)) {
      throw new BadInput(
          "batch "
              + judged.batch()
              + " has no rows. "
              + CAN
              + "it makes no batch to learn from of an empty one: look why the source is empty, and"
              + " upload it again");
    }
    return new Pending(
        spec.name(),
        judged,
        validation.reasons(),
        anomalies,
        schema,
        SchemaEdits.of(anomalies),
        spec.schema());
  }

  private Validation validation(ArtifactUri anomalies, Schema schema) {
    ObjectName name = anomalies.object(ValidationFiles.VALIDATION);
    return Validation.fromJson(platform.objects().read(name), schema, name.uri());
  }

  private static ArtifactUri anomalies(Registry.Judged judged) {
    String uri = judged.anomalies();
    if (uri == null) {
      throw new Bug("the registry has batch " + judged.batch() + " without its anomalies");
    }
    return ArtifactUri.parse(uri);
  }

  /**
   * Accepts a batch.
   *
   * @param at when, which also names the run of one that is held
   * @throws Conflict where somebody changed the schema file meanwhile
   */
  public Done accept(Pending pending, String author, String reason, Instant at) {
    ArtifactUri seen = anomalies(pending.judged());
    Acceptance acceptance = new Acceptance(author, reason, at, seen.toString());
    Schema edited = edited(pending.schema(), pending, acceptance);
    ObjectName file = null;
    List<String> changes = List.of();
    if (pending.file() != null && !pending.edits().isEmpty()) {
      file = platform.layout().spec(pending.file());
      StoredObject stored = stored(file);
      Schema before =
          SchemaText.parse(
              file.uri(),
              new String(platform.objects().read(stored.name()), StandardCharsets.UTF_8));
      edited = edited(before, pending, acceptance);
      write(stored, edited);
      changes = LineDiff.of(SchemaText.write(before), SchemaText.write(edited));
    }
    String schema = store(pending, seen, edited);
    String later = later(pending, seen, acceptance);
    platform
        .registries()
        .update(
            pending.pipeline(),
            registry ->
                registry.accept(
                    new Registry.Judged(
                        pending.judged().batch(),
                        pending.judged().order(),
                        pending.held() ? Outcome.WARN : pending.judged().outcome(),
                        pending.judged().statistics(),
                        schema,
                        seen.toString(),
                        acceptance),
                    later));
    return new Done(acceptance, schema, file, changes);
  }

  private StoredObject stored(ObjectName file) {
    return platform
        .objects()
        .find(file)
        .orElseThrow(() ->
            new BadInput(
                "the spec names a schema that is not at "
                    + file.uri()
                    + "; put it beside the spec"));
  }

  private void write(StoredObject before, Schema schema) {
    ObjectName name = ObjectName.of(before.name().bucket(), before.name().name());
    try {
      platform
          .objects()
          .write(
              name,
              bytes(schema),
              "text/plain; charset=utf-8",
              WriteCondition.ifGeneration(before.generation()));
    } catch (Conflict e) {
      throw new Conflict(
          name.uri() + " was changed by somebody else meanwhile; accept the batch again", e);
    }
  }

  /** The schema as an artifact, as validate-data leaves one. */
  private String store(Pending pending, ArtifactUri seen, Schema schema) {
    byte[] text = bytes(schema);
    ArtifactUri uri =
        new ArtifactUri(
            platform.layout().artifacts(),
            pending.pipeline(),
            "schema",
            Fingerprint.of(List.of("accept", new String(text, StandardCharsets.UTF_8))));
    ObjectName name = uri.object(ValidationFiles.SCHEMA);
    StoredObject stored;
    try {
      stored =
          platform
              .objects()
              .write(name, text, "text/plain; charset=utf-8", WriteCondition.ifAbsent());
    } catch (Conflict e) {
      stored = platform.objects().find(name).orElseThrow(() -> e);
    }
    Artifact artifact =
        new Artifact(
            uri.kind(),
            uri.fingerprint(),
            List.of(
                new Artifact.StoredFile(
                    ValidationFiles.SCHEMA,
                    stored.size(),
                    stored.crc32c(),
                    Fingerprint.sha256(text))),
            "accept",
            platform.codeVersion(),
            Map.of("anomalies", seen.toString()),
            Map.of(),
            pending.pipeline(),
            pending.judged().batch(),
            pending.judged().batch(),
            platform.clock().instant(),
            /* result= */ null);
    try {
      platform
          .objects()
          .write(
              uri.object(Artifact.FILE),
              Json.bytes(artifact),
              "application/json",
              WriteCondition.ifAbsent());
    } catch (Conflict e) {
      // It is there already, of the same text.
      return uri.toString();
    }
    return uri.toString();
  }

  /**
   * The schema of the newest batch with the same edits, where that is a later one than the accepted
   * and its schema is inferred: the batches to come are held to that.
   */
  private @Nullable String later(Pending pending, ArtifactUri seen, Acceptance acceptance) {
    Registry.Judged newest = platform.registries().read(pending.pipeline()).baseline();
    if (pending.file() != null
        || pending.edits().isEmpty()
        || newest == null
        || newest.schema() == null
        || newest.order().compareTo(pending.judged().order()) <= 0) {
      return null;
    }
    ObjectName name = ArtifactUri.parse(newest.schema()).object(ValidationFiles.SCHEMA);
    Schema schema =
        SchemaText.parse(
            name.uri(), new String(platform.objects().read(name), StandardCharsets.UTF_8));
    return store(pending, seen, edited(schema, pending, acceptance));
  }

  private static byte[] bytes(Schema schema) {
    return SchemaText.write(schema).getBytes(StandardCharsets.UTF_8);
  }

  private static Schema edited(Schema schema, Pending pending, Acceptance acceptance) {
    return SchemaEdits.signed(
        SchemaEdits.apply(schema, pending.anomalies()),
        acceptance.author(),
        acceptance.reason(),
        acceptance.at(),
        pending.edits());
  }

  /** The run of a batch that was accepted then. */
  public static String run(String batch, Acceptance acceptance) {
    return batch + "--accept-" + STAMP.format(acceptance.at());
  }

  /** Starts that run, or resumes it where it failed; one that is there or went well stays. */
  public TriggerOutcome start(String pipeline, String batch, Acceptance acceptance) {
    return platform.composer().trigger(pipeline, run(batch, acceptance), Map.of("batch", batch));
  }
}
