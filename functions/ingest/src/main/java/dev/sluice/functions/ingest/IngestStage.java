package dev.sluice.functions.ingest;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.RejectedLimit;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RejectedRow;
import dev.sluice.gcp.ObjectName;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Output;
import dev.sluice.stages.RowCounts;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives the examples of a batch, read here or put together from its shards' parts, unless too many
 * rows were rejected; what was rejected it always gives.
 */
final class IngestStage implements Stage {
  private static final String REJECTED = Ingestion.rejectedName();

  @Override
  public Made make(StageCall call) throws IOException {
    List<ArtifactUri> parts = call.inputs("part");
    ExamplesManifest manifest = parts.isEmpty() ? read(call) : join(call, parts);
    Map<String, Object> summary = new LinkedHashMap<>(BatchFiles.summary(manifest));
    summary.put("formats", manifest.sources().stream().map(s -> s.format()).distinct().toList());
    long rows = count(summary, "rows");
    long rejected = count(summary, "rejected_rows");
    if (rejected == rows || call.spec().maxRejected().passedBy(rejected, rows)) {
      call.withhold("examples");
      return new Made(Outcome.FAIL, summary);
    }
    BatchFiles.writeManifest(call.output("examples"), manifest);
    return Made.of(summary);
  }

  /** All sources in this call. */
  private static ExamplesManifest read(StageCall call) throws IOException {
    BatchFiles files = BatchFiles.of(call);
    return files
        .ingestion()
        .run(
            files.files(),
            file ->
                call.output(file.equals(REJECTED) ? "rejected" : "examples")
                    .create(file, BatchFiles.contentType(file)),
            files.progress(/* shards= */ 1))
        .manifest();
  }

  /** The parts, whose files are copied inside Cloud Storage. */
  private static ExamplesManifest join(StageCall call, List<ArtifactUri> parts) throws IOException {
    List<ExamplesManifest> manifests = new ArrayList<>();
    Output examples = call.output("examples");
    try (OutputStream rejected =
        call.output("rejected").create(REJECTED, BatchFiles.contentType(REJECTED))) {
      for (ArtifactUri part : parts) {
        ExamplesManifest manifest =
            ExamplesManifest.fromJson(
                new String(call.read(part, ExamplesManifest.NAME), StandardCharsets.UTF_8));
        manifests.add(manifest);
        for (String file : manifest.names()) {
          examples.copy(file, call.sealed(part));
        }
        try (InputStream in = call.platform().objects().open(part.object(REJECTED))) {
          in.transferTo(rejected);
        }
      }
    }
    return ExamplesManifest.join(manifests);
  }

  @Override
  public void report(StageCall call, StageResult result) throws IOException {
    ObjectName object = ArtifactUri.parse(result.outputs().get("rejected")).object(REJECTED);
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
    if (first == null) {
      return;
    }
    boolean held = result.verdict() == Outcome.FAIL;
    String text = text(result.summary(), first, held, call.spec().maxRejected());
    if (held) {
      facts.add(
          call.platform()
              .batchState(
                  call.batch(),
                  BatchState.BLOCKED,
                  text,
                  RowCounts.held(
                      count(result.summary(), "rows"), count(result.summary(), "rejected_rows"))));
    }
    call.platform().report(facts);
    call.platform()
        .alarm(
            List.of(
                Alarm.of(
                    call.request().pipeline(),
                    call.request().run(),
                    call.batch().batch(),
                    held ? Alarm.Severity.FAIL : Alarm.Severity.WARN,
                    "ingest",
                    text,
                    first.source(),
                    call.platform().clock().instant())));
  }

  private static String text(
      Map<String, Object> summary, RejectedRow first, boolean held, RejectedLimit limit) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d rows were rejected, %s. The first is %s of %s%s: %s. Correct these rows and upload"
            + " the file again%s; table rejected_rows lists them.",
        count(summary, "rejected_rows"),
        count(summary, "rows"),
        held
            ? "more than max_rejected allows (" + limit.describe() + "), so the batch is held"
            : "and the rest goes on",
        first.line() > 0 ? "on line " + first.line() : "row " + first.row(),
        first.source(),
        first.column() == null ? "" : ", column " + first.column(),
        first.reason(),
        held ? ", or raise max_rejected in the spec" : "");
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
    values.put("line", row.line() == 0 ? null : row.line());
    values.put("row", row.row());
    values.put("byte_offset", row.byteOffset());
    values.put("column", row.column());
    values.put("value", row.value());
    values.put("reason", row.reason());
    return new Fact(
        "rejected_rows", String.join("/", pipeline, batch, row.source(), "" + row.row()), values);
  }
}
