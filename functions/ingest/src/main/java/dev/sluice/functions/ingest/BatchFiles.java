package dev.sluice.functions.ingest;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.SplitSpec;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFile;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.SourceSummary;
import dev.sluice.examples.Split;
import dev.sluice.examples.Splits;
import dev.sluice.gcp.ObjectName;
import dev.sluice.stages.Output;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The sources of a batch as files of records, and how the spec wants them read. */
final class BatchFiles {
  private final StageCall call;
  private final List<RecordFile> files;

  private BatchFiles(StageCall call, List<RecordFile> files) {
    this.call = call;
    this.files = files;
  }

  /**
   * @throws BadInput where an object was deleted or is of no format that is read
   */
  static BatchFiles of(StageCall call) throws IOException {
    SourceSpec source = call.spec().source();
    return new BatchFiles(
        call,
        switch (call.batch().kind()) {
          case FILES -> files(call, source);
          case OBJECTS, BIGQUERY, STREAM -> throw new Bug("not here yet");
        });
  }

  private static List<RecordFile> files(StageCall call, SourceSpec source) throws IOException {
    List<RecordFile> out = new ArrayList<>();
    for (Source object : call.batch().sources()) {
      requireLive(call.platform(), object);
      out.add(RecordFiles.detect(new PinnedObject(call.platform(), object)));
    }
    return out;
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

  /** The sources in the batch's order. */
  List<RecordFile> files() {
    return files;
  }

  /** How rows are divided, and what is written. */
  Ingestion ingestion() {
    return new Ingestion(
        switch (call.spec().split()) {
          case SplitSpec.Hash hash -> Splits.of(hash.eval()).byKey(hash.key());
          case SplitSpec.Time time -> new Splits.ByTime(time.column(), time.evalFrom());
          case SplitSpec.Given given ->
              new Splits.ByColumn(given.column(), Set.copyOf(given.eval()));
        },
        call.spec().exportsTfRecord());
  }

  /**
   * Tells the call how far reading has come.
   *
   * @param shards how many share the bytes
   */
  Ingestion.Progress progress(int shards) {
    boolean known = files.stream().allMatch(file -> file.indivisible() == null);
    long total = known ? files.stream().mapToLong(RecordFile::bytes).sum() / shards : 0;
    return (rows, bytes) -> call.progress(rows, bytes, total);
  }

  static String contentType(String file) {
    return file.endsWith(".jsonl")
        ? "application/jsonl"
        : file.endsWith(".parquet") ? "application/vnd.apache.parquet" : "application/octet-stream";
  }

  static void writeManifest(Output output, ExamplesManifest manifest) {
    output.write(
        ExamplesManifest.NAME,
        manifest.toJson().getBytes(StandardCharsets.UTF_8),
        "application/json");
  }

  /** The figures of what was read. */
  static Map<String, Object> summary(ExamplesManifest manifest) {
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("rows", manifest.sources().stream().mapToLong(SourceSummary::rows).sum());
    summary.put(
        "rejected_rows", manifest.sources().stream().mapToLong(SourceSummary::rejectedRows).sum());
    summary.put("train", manifest.files(Split.TRAIN).rows());
    summary.put("eval", manifest.files(Split.EVAL).rows());
    summary.put("columns", manifest.fields().size());
    return summary;
  }

  /** An object at the generation that the batch names, opened anew for each pass. */
  private record PinnedObject(Platform platform, Source source) implements ByteSource {
    @Override
    public InputStream open() {
      return platform.objects().open(ObjectName.parse(source.uri()));
    }

    @Override
    public InputStream open(long from) {
      return platform.objects().open(ObjectName.parse(source.uri()), from);
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
