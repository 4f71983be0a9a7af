package dev.sluice.functions.validatedata;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Verdict;
import dev.sluice.examples.SourceSummary;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ExampleFiles;
import dev.sluice.stages.Pinning;
import dev.sluice.stages.Platform;
import dev.sluice.stages.RunContext;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.Relations;
import dev.sluice.statistics.StatisticsFiles;
import dev.sluice.validation.AcceptedBatch;
import dev.sluice.validation.Anomaly;
import dev.sluice.validation.BatchStatistics;
import dev.sluice.validation.ChecksParser;
import dev.sluice.validation.Comparison;
import dev.sluice.validation.DataValidator;
import dev.sluice.validation.SchemaText;
import dev.sluice.validation.Severity;
import dev.sluice.validation.SurprisingRow;
import dev.sluice.validation.Validation;
import dev.sluice.validation.ValidationFiles;
import dev.sluice.validation.ValidationInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Schema;

/**
 * Judges a batch by its statistics. A PASS makes the batch a baseline of those after it, and so
 * does a person's acceptance; a FAIL holds it and gives no blessing; WARN and UNKNOWN go on and
 * move no baseline. The registry knows all of them afterwards.
 */
final class ValidateDataStage implements Stage {
  @Override
  public Map<String, Object> dependsOn(RunContext context, Platform platform) {
    return Pinning.judgedBy(
        givenSchema(context.spec(), context.pins(), platform)
            .map(StoredObject::crc32c)
            .orElse(null),
        context.pins().accepted());
  }

  @Override
  public Made make(StageCall call) {
    PipelineSpec spec = call.spec();
    ArtifactUri examplesUri = call.input("examples");
    ExampleFiles examples = ExampleFiles.of(call, examplesUri);
    BatchStatistics batch = measured(call, call.input("statistics"));
    Optional<StoredObject> given = givenSchema(spec, call.pins(), call.platform());
    Map<ArtifactUri, BatchStatistics> known = new HashMap<>();
    Function<ArtifactUri, BatchStatistics> read =
        uri -> known.computeIfAbsent(uri, _ -> measured(call, uri));
    Validation judged =
        new DataValidator()
            .validate(
                new ValidationInput(
                        batch,
                        call.inputs("baseline").stream().map(read).toList(),
                        call.inputs("history").stream().map(read).toList(),
                        call.optionalInput("live_statistics").map(read).orElse(null),
                        schema(call, given),
                        given.isPresent(),
                        spec.section("checks", ChecksParser::parse),
                        spec.label().expression() == null ? spec.label().name() : null,
                        new HashSet<>(spec.exclude()),
                        examples::readAll)
                    .withCutOff(
                        examples.manifest().sources().stream()
                            .filter(SourceSummary::cutOff)
                            .map(source -> new ValidationInput.CutOff(source.name(), source.rows()))
                            .toList()));
    Acceptance accepted = call.pins().accepted();
    Validation validation =
        accepted == null ? judged : AcceptedBatch.of(judged, seen(call, accepted), accepted);
    Verdict verdict =
        new Verdict(
            Verdict.Subject.DATA,
            examplesUri.fingerprint(),
            validation.outcome(),
            validation.reasons());
    call.output("anomalies")
        .write(
            ValidationFiles.ANOMALIES,
            validation.toProto().toByteArray(),
            "application/x-protobuf");
    call.output("anomalies")
        .write(ValidationFiles.VALIDATION, validation.toJson(), "application/json");
    call.output("data_verdict").write(Verdict.FILE, Json.bytes(verdict), "application/json");
    if (validation.outcome().blesses()) {
      call.output("schema")
          .write(
              ValidationFiles.SCHEMA,
              SchemaText.write(validation.schema()).getBytes(StandardCharsets.UTF_8),
              "text/plain; charset=utf-8");
      call.output("data_blessing").write(Verdict.BLESSING, Json.bytes(verdict), "application/json");
    }
    return new Made(
        validation.outcome(),
        Map.of("anomalies", validation.anomalies().size(), "reasons", validation.reasons()));
  }

  @Override
  public void report(StageCall call, StageResult result) {
    Platform platform = call.platform();
    String pipeline = call.request().pipeline();
    String run = call.request().run();
    String batch = call.batch().batch();
    ArtifactUri verdictUri = uri(result, "data_verdict");
    Verdict verdict = Json.read(call.read(verdictUri, Verdict.FILE), Verdict.class, Verdict.FILE);
    Validation validation =
        Validation.fromJson(
            call.read(uri(result, "anomalies"), ValidationFiles.VALIDATION),
            Schema.getDefaultInstance(),
            ValidationFiles.VALIDATION);
    String source = call.batch().uri();

    List<Fact> facts = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Anomaly anomaly : validation.anomalies()) {
      facts.add(
          new Fact(
              "anomalies",
              String.join(
                  "/", pipeline, run, anomaly.feature(), anomaly.slice(), anomaly.kind().name()),
              anomaly.toRow(pipeline, run, batch)));
      if (anomaly.severity() != Severity.INFO) {
        texts.add(anomaly.longText());
      }
    }
    for (Comparison comparison : validation.comparisons()) {
      facts.add(
          new Fact(
              "comparisons",
              String.join(
                  "/",
                  pipeline,
                  run,
                  comparison.against(),
                  comparison.feature(),
                  comparison.slice(),
                  comparison.aspect()),
              comparison.toRow(pipeline, run, batch)));
    }
    for (SurprisingRow row : validation.surprising()) {
      facts.add(
          new Fact(
              "surprising_rows",
              String.join("/", pipeline, run, row.source(), "" + row.row()),
              row.toRow(pipeline, run, batch)));
    }
    facts.add(verdict.fact(pipeline, run, batch, verdictUri.toString()));
    boolean blessed = verdict.outcome().blesses();
    ExampleFiles examples = ExampleFiles.of(call, call.input("examples"));
    String reasons = String.join("; ", verdict.reasons());
    facts.add(
        platform.batchState(
            call.batch(),
            blessed ? BatchState.PASSED : BatchState.BLOCKED,
            reasons.isEmpty() ? null : reasons,
            examples.counts()));
    Acceptance accepted = call.pins().accepted();
    BaselineRule rule =
        call.spec().section("checks", checks -> BaselineRule.parse(checks.get("baseline")));
    Registry.Judged judged =
        new Registry.Judged(
            batch,
            Order.of(call.batch()),
            verdict.outcome(),
            call.input("statistics").toString(),
            blessed ? uri(result, "schema").toString() : null,
            uri(result, "anomalies").toString(),
            accepted);
    platform
        .registries()
        .update(
            pipeline,
            registry ->
                registry.judged(
                    judged, rule instanceof BaselineRule.Pinned(String name) ? name : null));
    platform.report(facts);
    if (verdict.outcome() != Outcome.PASS) {
      String text =
          "batch "
              + batch
              + (blessed ? " goes on" : " is held")
              + (blessed && accepted != null
                  ? ", accepted by " + accepted.author() + " (" + accepted.reason() + ")"
                  : "")
              + listed(texts.isEmpty() ? verdict.reasons() : texts);
      platform.alarm(
          List.of(
              Alarm.of(
                  pipeline,
                  run,
                  batch,
                  blessed ? Alarm.Severity.WARN : Alarm.Severity.FAIL,
                  Verdict.Subject.DATA.name(),
                  text,
                  source,
                  platform.clock().instant())));
    }
  }

  /** What the person saw who accepted the batch. */
  private static List<Anomaly> seen(StageCall call, Acceptance accepted) {
    ArtifactUri uri = ArtifactUri.parse(accepted.anomalies());
    return Validation.fromJson(
            call.read(uri, ValidationFiles.VALIDATION),
            Schema.getDefaultInstance(),
            uri + ValidationFiles.VALIDATION)
        .anomalies();
  }

  /** One reason on the same line, several as a list, a line each. */
  private static String listed(List<String> reasons) {
    return reasons.size() == 1 ? ": " + reasons.getFirst() : ":\n- " + String.join("\n- ", reasons);
  }

  private static ArtifactUri uri(StageResult result, String output) {
    String uri = result.outputs().get(output);
    if (uri == null) {
      throw new Bug("validate-data gave no '" + output + "'");
    }
    return ArtifactUri.parse(uri);
  }

  /** The statistics of all rows and of their groups. */
  private static BatchStatistics measured(StageCall call, ArtifactUri statistics) {
    List<DatasetStatistics> all =
        StatisticsFiles.read(
            call.read(statistics, StatisticsFiles.SLICES), statistics + StatisticsFiles.SLICES);
    return new BatchStatistics(
        all.getFirst(), all.subList(1, all.size()), relations(call, statistics));
  }

  /** Null where the statistics are older than associations. */
  private static @Nullable Relations relations(StageCall call, ArtifactUri statistics) {
    return call.sealed(statistics).has(StatisticsFiles.RELATIONS)
        ? StatisticsFiles.readRelations(
            call.read(statistics, StatisticsFiles.RELATIONS),
            statistics + StatisticsFiles.RELATIONS)
        : null;
  }

  /** The schema that a person wrote, as it was when the run pinned it. */
  private static Optional<StoredObject> givenSchema(
      PipelineSpec spec, Pins pins, Platform platform) {
    String file = spec.schema();
    if (file == null) {
      return Optional.empty();
    }
    ObjectName newest = platform.layout().spec(file);
    Long generation = pins.schemaGeneration();
    if (generation == null) {
      throw new BadInput(
          "the spec names schema '"
              + file
              + "', and the run pinned no generation of "
              + newest.uri()
              + "; start another run of the batch");
    }
    ObjectName pinned = new ObjectName(newest.bucket(), newest.name(), generation);
    return Optional.of(
        platform
            .objects()
            .find(pinned)
            .orElseThrow(() ->
                new BadInput(
                    "the run pinned schema "
                        + pinned
                        + ", which is gone; start another run of the batch")));
  }

  private static @Nullable Schema schema(StageCall call, Optional<StoredObject> given) {
    if (given.isPresent()) {
      ObjectName name = given.get().name();
      return SchemaText.parse(
          name.uri(), new String(call.platform().objects().read(name), StandardCharsets.UTF_8));
    }
    return call.optionalInput("previous_schema")
        .map(uri ->
            SchemaText.parse(
                uri + ValidationFiles.SCHEMA,
                new String(call.read(uri, ValidationFiles.SCHEMA), StandardCharsets.UTF_8)))
        .orElse(null);
  }
}
