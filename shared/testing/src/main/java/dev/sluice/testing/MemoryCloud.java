package dev.sluice.testing;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every service of the cloud in memory, and the objects that a function finds there. */
public final class MemoryCloud {
  /** The bucket that files are dropped into. */
  public static final String INBOX = "test-inbox";

  /** The bucket of artifacts, batches and runs. */
  public static final String ARTIFACTS = "test-artifacts";

  /** The bucket of specs, registries, routes and released versions. */
  public static final String SERVING = "test-serving";

  private final MemoryObjects objects = new MemoryObjects();
  private final MemoryFacts facts = new MemoryFacts();
  private final MemoryMessages messages = new MemoryMessages();
  private final MemoryComposer composer = new MemoryComposer();
  private final Map<String, String> settings = new TreeMap<>();
  private final Clock clock = Clock.fixed(Instant.parse("2026-11-02T03:04:05Z"), ZoneOffset.UTC);

  public MemoryCloud() {
    set("GOOGLE_CLOUD_PROJECT", "test");
    set("SLUICE_INBOX", INBOX);
    set("SLUICE_ARTIFACTS", ARTIFACTS);
    set("SLUICE_SERVING", SERVING);
  }

  /** Cloud Storage. */
  public MemoryObjects objects() {
    return objects;
  }

  /** BigQuery. */
  public MemoryFacts facts() {
    return facts;
  }

  /** Pub/Sub. */
  public MemoryMessages messages() {
    return messages;
  }

  /** Composer. */
  public MemoryComposer composer() {
    return composer;
  }

  /** A time that stands. */
  public Clock clock() {
    return clock;
  }

  /** A setting of the function, or null. */
  public @Nullable String setting(@Nullable String name) {
    return name == null ? null : settings.get(name);
  }

  /** Sets a setting of the function. */
  public void set(String name, String value) {
    settings.put(name, value);
  }

  /** Puts a pipeline's spec where functions read it. */
  public StoredObject spec(String pipeline, String yaml) {
    return objects.put(SERVING, "specs/" + pipeline + ".yaml", yaml);
  }

  /** Drops a file into the inbox. */
  public Source drop(String name, String text) {
    StoredObject stored = objects.put(INBOX, name, text);
    return new Source(stored.name().uri(), stored.size(), stored.crc32c());
  }

  /** Drops a file and stores the batch that it makes. */
  public Batch batch(String pipeline, String span, String text) {
    return batch(pipeline, span, text, Instant.parse("2026-11-01T00:00:00Z"));
  }

  /** As {@link #batch(String, String, String)}, received then. */
  public Batch batch(String pipeline, String span, String text, Instant receivedAt) {
    Source source = drop(pipeline + "/" + span + "/data.csv", text);
    Batch batch = Batch.of(pipeline, span, List.of(source), receivedAt);
    store(ARTIFACTS, pipeline + "/batches/" + batch.batch() + ".json", Json.bytes(batch));
    return batch;
  }

  /** Pins a run to a batch, under the spec, and the schema that it names, as they stand. */
  public Pins pin(
      Batch batch,
      String run,
      @Nullable String schema,
      @Nullable String baseline,
      @Nullable String liveModel) {
    return pin(batch, run, schema, baseline, liveModel, /* accepted= */ null);
  }

  /** As above, of a batch that a person may have accepted. */
  public Pins pin(
      Batch batch,
      String run,
      @Nullable String schema,
      @Nullable String baseline,
      @Nullable String liveModel,
      @Nullable Acceptance accepted) {
    ObjectStore.Loaded spec =
        objects.load(ObjectName.of(SERVING, "specs/" + batch.pipeline() + ".yaml")).orElseThrow();
    String given =
        PipelineSpec.parse(batch.pipeline(), new String(spec.bytes(), StandardCharsets.UTF_8))
            .schema();
    Long schemaGeneration =
        given == null
            ? null
            : objects
                .find(ObjectName.of(SERVING, "specs/" + given))
                .map(StoredObject::generation)
                .orElse(null);
    Pins pins =
        new Pins(
            batch.batch(),
            spec.object().generation(),
            schemaGeneration,
            schema,
            baseline == null ? List.of() : List.of(baseline),
            /* history= */ List.of(),
            /* liveStatistics= */ null,
            liveModel,
            accepted);
    store(ARTIFACTS, batch.pipeline() + "/runs/" + run + "/pins.json", Json.bytes(pins));
    return pins;
  }

  /** Pins the batch's own run to it, with nothing before it. */
  public Pins pin(Batch batch) {
    return pin(batch, batch.run(), null, null, null);
  }

  /** A sealed artifact of these objects, named by what they hold. */
  public String artifact(
      String pipeline, String kind, Map<String, byte[]> content, Map<String, String> inputs) {
    Map<String, String> sums = new TreeMap<>();
    content.forEach((name, bytes) -> sums.put(name, Fingerprint.sha256(bytes)));
    String fingerprint = Fingerprint.of(List.of(pipeline, kind, sums, inputs));
    String folder = pipeline + "/" + kind + "/" + fingerprint + "/";
    List<StoredFile> files = new ArrayList<>();
    content.forEach((name, bytes) -> {
      StoredObject stored = store(ARTIFACTS, folder + name, bytes);
      files.add(new StoredFile(name, stored.size(), stored.crc32c(), Fingerprint.sha256(bytes)));
    });
    Artifact artifact =
        new Artifact(
            kind,
            fingerprint,
            files,
            "test",
            "test",
            inputs,
            Map.of(),
            pipeline,
            "run",
            "batch",
            clock.instant(),
            new StageResult(Map.of(), null, false, Map.of()));
    store(ARTIFACTS, folder + Artifact.FILE, Json.bytes(artifact));
    return "gs://" + ARTIFACTS + "/" + folder;
  }

  /** A sealed artifact of one object. */
  public String artifact(String pipeline, String kind, String name, String text) {
    return artifact(pipeline, kind, Map.of(name, text.getBytes(StandardCharsets.UTF_8)), Map.of());
  }

  /** Bytes of an object that a folder's uri ({@code gs://bucket/folder/}) and a name give. */
  public byte[] read(@Nullable String folder, String name) {
    return objects.read(ObjectName.parse(folder + name));
  }

  /** The call of an operation in the batch's own run. */
  public static StageRequest call(Batch batch, String operation, Map<String, String> inputs) {
    return call(batch, batch.run(), operation, inputs);
  }

  /** The call of an operation in some run of a batch. */
  public static StageRequest call(
      Batch batch, String run, String operation, Map<String, String> inputs) {
    Map<String, String> all = new LinkedHashMap<>(inputs);
    if (operation.equals("ingest")) {
      all.put(
          "batch",
          "gs://" + ARTIFACTS + "/" + batch.pipeline() + "/batches/" + batch.batch() + ".json");
    }
    return new StageRequest(
        batch.pipeline(), run, batch.batch(), operation, null, 1, all, Map.of());
  }

  private StoredObject store(String bucket, String name, byte[] bytes) {
    return objects.write(
        ObjectName.of(bucket, name), bytes, "application/octet-stream", WriteCondition.ifAbsent());
  }
}
