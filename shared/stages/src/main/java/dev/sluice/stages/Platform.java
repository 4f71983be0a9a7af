package dev.sluice.stages;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.gcp.Backoff;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.Composer;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.Messages;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.Queries;
import dev.sluice.gcp.RowWriter;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.StructuredLog;
import dev.sluice.gcp.Tables;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The cloud as a function sees it: clients that are made at their first use, the names of things,
 * and the few writes that every function shares. Safe for use by several threads.
 */
public final class Platform {
  /** The topic of alarms. */
  public static final String ALARMS = "sluice-alarms";

  private final Configuration configuration;
  private final @Nullable String function;
  private final String codeVersion;
  private final Layout layout;
  private final ObjectStore objects;
  private final Supplier<Facts> facts;
  private final Supplier<Messages> messages;
  private final Supplier<Composer> composer;
  private final Supplier<Tables> tables;
  private final Supplier<RowWriter> rows;
  private final Supplier<Queries> queries;
  private final StructuredLog log;
  private final Clock clock;

  private Platform(
      Configuration configuration,
      @Nullable String function,
      String codeVersion,
      Clock clock,
      StructuredLog log,
      ObjectStore objects,
      Supplier<Facts> facts,
      Supplier<Messages> messages,
      Supplier<Composer> composer,
      Supplier<Tables> tables,
      Supplier<RowWriter> rows,
      Supplier<Queries> queries) {
    this.configuration = configuration;
    this.function = function;
    this.codeVersion = codeVersion;
    this.clock = clock;
    this.log = log;
    this.objects = objects;
    this.facts = facts;
    this.messages = messages;
    this.composer = composer;
    this.tables = tables;
    this.rows = rows;
    this.queries = queries;
    String artifacts = configuration.get("SLUICE_ARTIFACTS");
    String serving = configuration.get("SLUICE_SERVING");
    this.layout = new Layout(artifacts == null ? "" : artifacts, serving == null ? "" : serving);
  }

  /** The cloud of that function, as its configuration has it. */
  public static Platform of(Class<?> function) {
    return of(function, Backoff.ofDefaults());
  }

  /** As {@link #of(Class)}, for a function whose callers do not wait as long as stages do. */
  public static Platform of(Class<?> function, Backoff patience) {
    Configuration configuration = Configuration.of(function);
    Clock clock = Clock.systemUTC();
    CloudConfiguration cloud = CloudConfiguration.from(configuration::get);
    GoogleClients clients = new GoogleClients(cloud, patience, clock);
    String given = configuration.get("SLUICE_DATASET");
    String dataset = given == null ? "sluice" : given;
    return new Platform(
            configuration,
            /* function= */ null,
            CodeVersion.of(function),
            clock,
            new StructuredLog(System.out, clock, function.getSimpleName(), cloud.project())
                .hiding(cloud.composerPassword())
                .hiding(configuration.get("SLUICE_WEBHOOK")),
            clients.objects(),
            // Made at the first use, so that a function without facts needs no BigQuery client.
            () -> clients.facts(dataset),
            clients::messages,
            clients::composer,
            () -> clients.tables(dataset),
            clients::rows,
            () -> clients.queries(dataset))
        .in(function.getPackageName());
  }

  /** A cloud whose services are given, such as those in memory that tests use. */
  public static Platform of(
      Configuration configuration,
      String codeVersion,
      Clock clock,
      ObjectStore objects,
      Facts facts,
      Messages messages,
      Composer composer) {
    return new Platform(
        configuration,
        /* function= */ null,
        codeVersion,
        clock,
        new StructuredLog(System.out, clock, "sluice", "local"),
        objects,
        () -> facts,
        () -> messages,
        () -> composer,
        Platform::noTables,
        () -> {
          throw new Bug("this platform was given no writer of rows");
        },
        () -> {
          throw new Bug("this platform was given no queries");
        });
  }

  /** The same cloud with tables as sources of data. */
  public Platform with(Tables sources) {
    return new Platform(
        configuration,
        function,
        codeVersion,
        clock,
        log,
        objects,
        facts,
        messages,
        composer,
        () -> sources,
        rows,
        queries);
  }

  private static Tables noTables() {
    throw new Bug("this platform was given no tables");
  }

  /** The same cloud with tables of data to append to. */
  public Platform with(RowWriter writer, Queries jobs) {
    return new Platform(
        configuration,
        function,
        codeVersion,
        clock,
        log,
        objects,
        facts,
        messages,
        composer,
        tables,
        () -> writer,
        () -> jobs);
  }

  /** The function's settings. */
  public Configuration configuration() {
    return configuration;
  }

  /** Which code runs. */
  public String codeVersion() {
    return codeVersion;
  }

  /** Where things lie. */
  public Layout layout() {
    return layout;
  }

  /** Cloud Storage. */
  public ObjectStore objects() {
    return objects;
  }

  /** Pub/Sub. */
  public Messages messages() {
    return messages.get();
  }

  /** Composer. */
  public Composer composer() {
    return composer.get();
  }

  /** Tables as sources of data. */
  public Tables tables() {
    return tables.get();
  }

  /** Tables of data, to append to. */
  public RowWriter rows() {
    return rows.get();
  }

  /** Query jobs. */
  public Queries queries() {
    return queries.get();
  }

  /** The log. */
  public StructuredLog log() {
    return log;
  }

  /** The time of facts and alarms; nothing that a fingerprint covers depends on it. */
  public Clock clock() {
    return clock;
  }

  /** The decisions of pipelines. */
  public Registries registries() {
    return new Registries(objects, layout);
  }

  /** Appends rows to BigQuery. */
  public void report(List<Fact> rows) {
    facts.get().append(rows);
  }

  /** The same cloud, as the function of that package sees it. */
  Platform in(String functionPackage) {
    return new Platform(
        configuration,
        functionPackage.substring(functionPackage.lastIndexOf('.') + 1),
        codeVersion,
        clock,
        log,
        objects,
        facts,
        messages,
        composer,
        tables,
        rows,
        queries);
  }

  /**
   * True where this is the cloud of the function that performs the operation, or of none in
   * particular. A function lies in the package of its name without dashes.
   */
  boolean performs(Operation operation) {
    return function == null || function.equals(operation.function().replace("-", ""));
  }

  /** The operations that this code was built with. */
  public Operations operations() {
    try (InputStream in =
        Platform.class.getClassLoader().getResourceAsStream("META-INF/sluice/operations.yaml")) {
      if (in == null) {
        throw new Bug("the library of stages carries no operations.yaml");
      }
      return Operations.parse(
          new String(in.readAllBytes(), StandardCharsets.UTF_8), "operations.yaml");
    } catch (IOException e) {
      throw new Bug("operations.yaml cannot be read", e);
    }
  }

  /** The newest specs' objects by pipeline, in the order of names; none of them is read. */
  public Map<String, StoredObject> specs() {
    Map<String, StoredObject> specs = new LinkedHashMap<>();
    objects
        .list(layout.serving(), "specs/")
        .forEach(file -> {
          String name = file.name().name().substring("specs/".length());
          if (name.endsWith(".yaml")) {
            String pipeline = name.substring(0, name.length() - ".yaml".length());
            if (Names.PIPELINE.matcher(pipeline).matches()) {
              specs.put(pipeline, file);
            }
          }
        });
    return specs;
  }

  /** The newest spec of a pipeline and its generation, or nothing where there is none. */
  public Optional<StoredObject> findSpec(String pipeline) {
    return Names.PIPELINE.matcher(pipeline).matches()
        ? objects.find(layout.spec(pipeline + ".yaml"))
        : Optional.empty();
  }

  /** The spec at that generation. */
  public PipelineSpec spec(String pipeline, long generation) {
    ObjectName name = layout.spec(pipeline + ".yaml");
    byte[] text = objects.read(new ObjectName(name.bucket(), name.name(), generation));
    return PipelineSpec.parse(pipeline, new String(text, StandardCharsets.UTF_8));
  }

  /** The batch of that name, or nothing where it was never received. */
  public Optional<Batch> findBatch(String pipeline, String batch) {
    ObjectName name = layout.batch(pipeline, batch);
    return objects.load(name).map(found -> Json.read(found.bytes(), Batch.class, name.uri()));
  }

  /** What the run pinned, or nothing where {@code resolve} has not. */
  public Optional<Pins> findPins(String pipeline, String run) {
    ObjectName name = layout.pins(pipeline, run);
    return objects.load(name).map(found -> Json.read(found.bytes(), Pins.class, name.uri()));
  }

  /**
   * Everything that the run pinned.
   *
   * @throws BadInput where {@code resolve} has not pinned it yet
   */
  public RunContext context(String pipeline, String run) {
    Pins pins =
        findPins(pipeline, run)
            .orElseThrow(() ->
                new BadInput(
                    "run " + run + " of " + pipeline + " has no pins; resolve must run first"));
    Batch batch =
        findBatch(pipeline, pins.batch())
            .orElseThrow(
                () -> new BadInput("batch " + pins.batch() + " of " + pipeline + " is gone"));
    return new RunContext(pins, spec(pipeline, pins.specGeneration()), batch);
  }

  /**
   * Has something done when the instance ends: Cloud Run sends SIGTERM and gives ten seconds. The
   * local cloud runs many functions in a process and tells them before its emulators go.
   */
  public void onShutdown(Runnable last) {
    if (System.getProperties().get("dev.sluice.shutdown") instanceof java.util.Queue<?> queue) {
      @SuppressWarnings("unchecked") // the local cloud puts it there
      java.util.Queue<Runnable> local = (java.util.Queue<Runnable>) queue;
      local.add(last);
    } else {
      Runtime.getRuntime().addShutdownHook(new Thread(last));
    }
  }

  /** Publishes alarms; a repeated one has the same id and shows once. */
  public void alarm(List<Alarm> alarms) {
    for (Alarm alarm : alarms) {
      messages()
          .publish(
              ALARMS,
              Json.bytes(alarm),
              Map.of("pipeline", alarm.pipeline(), "severity", alarm.severity().name()));
    }
  }

  /** Where a batch stands now, as far as the caller knows. */
  public Fact batchState(Batch batch, BatchState state, @Nullable String reason) {
    return batchState(batch, state, reason, null);
  }

  /** Where a batch stands now, and what became of its rows. */
  public Fact batchState(
      Batch batch, BatchState state, @Nullable String reason, @Nullable RowCounts counts) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", batch.pipeline());
    values.put("batch", batch.batch());
    values.put("span", batch.span());
    values.put("version", batch.version());
    values.put("source", batch.kind().text());
    values.put("uri", batch.uri());
    values.put("sources", batch.sources().size());
    if (counts != null) {
      values.put("rows", counts.rows());
      values.put("rejected_rows", counts.rejected());
      values.put("train_rows", counts.train());
      values.put("eval_rows", counts.eval());
    }
    values.put("bytes", batch.bytes());
    values.put("state", state.name());
    values.put("reason", reason);
    values.put("received_at", batch.receivedAt());
    return new Fact("batches", batch.pipeline() + "/" + batch.batch(), values);
  }
}
