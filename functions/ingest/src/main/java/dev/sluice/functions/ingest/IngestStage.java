package dev.sluice.functions.ingest;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.RejectedRow;
import dev.sluice.examples.Split;
import dev.sluice.examples.Splits;
import dev.sluice.gcp.ObjectName;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Output;
import dev.sluice.stages.Platform;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the batch's objects at their pinned generations and writes a file a split. */
final class IngestStage implements Stage {
  private static final String REJECTED = Ingestion.rejectedName();
  private static final String PARQUET = "application/vnd.apache.parquet";

  @Override
  public Made make(StageCall call) throws IOException {
    List<ByteSource> sources = new ArrayList<>();
    for (Source source : call.batch().sources()) {
      requireLive(call.platform(), source);
      sources.add(new PinnedObject(call.platform(), source));
    }
    Path folder = call.directory();
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults().byKey(call.spec().splitKey()))
            .run(
                RecordFiles.detect(sources),
                file ->
                    new BufferedOutputStream(Files.newOutputStream(folder.resolve(file)), 1 << 16),
                Ingestion.Progress.none());
    Output examples = call.output("examples");
    for (Split split : Split.values()) {
      for (ExamplesManifest.Part part : result.manifest().files(split).files()) {
        examples.write(part.file(), folder.resolve(part.file()), PARQUET);
      }
    }
    examples.write(
        ExamplesManifest.NAME,
        result.manifest().toJson().getBytes(StandardCharsets.UTF_8),
        "application/json");
    call.output("rejected").write(REJECTED, folder.resolve(REJECTED), "application/jsonl");
    return Made.of(
        Map.of(
            "rows", result.rows(),
            "rejected_rows", result.rejectedRows(),
            "train", result.rows(Split.TRAIN),
            "eval", result.rows(Split.EVAL),
            "columns", result.manifest().fields().size()));
  }

  /**
   * A versioned bucket still holds what was deleted; whoever deleted it did not want it learned.
   */
  private static void requireLive(Platform platform, Source source) {
    if (platform.objects().find(ObjectName.parse(source.uri()).live()).isEmpty()) {
      throw new BadInput(
          source.object() + " was deleted before it was read; upload it again if it was meant");
    }
  }

  @Override
  public void report(StageCall call, StageResult result) throws IOException {
    String rejected = result.outputs().get("rejected");
    if (rejected == null) {
      return;
    }
    ObjectName object = ArtifactUri.parse(rejected).object(REJECTED);
    List<Fact> facts = new ArrayList<>();
    RejectedRow first = null;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                call.platform().objects().open(object), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine();
          line != null && facts.size() < Ingestion.REJECTED_ROWS_KEPT;
          line = lines.readLine()) {
        RejectedRow row = Json.read(line, RejectedRow.class, object.uri());
        first = first == null ? row : first;
        facts.add(fact(call, row));
      }
    }
    if (first != null) {
      call.platform().report(facts);
      call.platform().alarm(List.of(alarm(call, first, result.summary())));
    }
  }

  private static Alarm alarm(StageCall call, RejectedRow first, Map<String, Object> summary) {
    String text =
        String.format(
            Locale.ROOT,
            "%,d of %,d rows of %s were left out and the rest goes on. The first is on line %d%s: %s."
                + " Correct these lines and upload the file again; table rejected_rows lists them.",
            count(summary, "rejected_rows"),
            count(summary, "rows"),
            first.source(),
            first.line(),
            first.column() == null ? "" : ", column " + first.column(),
            first.reason());
    return Alarm.of(
        call.request().pipeline(),
        call.request().run(),
        call.batch().batch(),
        Alarm.Severity.WARN,
        "ingest",
        text,
        first.source(),
        call.platform().clock().instant());
  }

  private static long count(Map<String, Object> summary, String name) {
    return summary.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static Fact fact(StageCall call, RejectedRow row) {
    String pipeline = call.request().pipeline();
    String batch = call.batch().batch();
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", pipeline);
    values.put("run", call.request().run());
    values.put("batch", batch);
    values.put("uri", call.uri("rejected").toString());
    values.put("object", row.source());
    values.put("line", row.line());
    values.put("row", row.row());
    values.put("byte_offset", row.byteOffset());
    values.put("column", row.column());
    values.put("value", row.value());
    values.put("reason", row.reason());
    return new Fact(
        "rejected_rows", String.join("/", pipeline, batch, row.source(), "" + row.row()), values);
  }

  /** An object at the generation that the batch names, opened anew for each pass. */
  private record PinnedObject(Platform platform, Source source) implements ByteSource {
    @Override
    public InputStream open() {
      return platform.objects().open(ObjectName.parse(source.uri()));
    }

    @Override
    public String name() {
      return source.object();
    }

    @Override
    public long size() {
      return source.bytes();
    }
  }
}
