package dev.sluice.functions.ingest;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.SplitSpec;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.ObjectEntry;
import dev.sluice.examples.ObjectLabels;
import dev.sluice.examples.ObjectOptions;
import dev.sluice.examples.RecordFile;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.SourceSummary;
import dev.sluice.examples.Split;
import dev.sluice.examples.Splits;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.TableSnapshot;
import dev.sluice.gcp.Tables;
import dev.sluice.languages.OpenNlpLanguages;
import dev.sluice.stages.Output;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The sources of a batch as files of records, and how the spec wants them read. */
final class BatchFiles {
  /** The columns of a kept message that make it an example. */
  private static final List<String> MESSAGE = List.of("format", "payload");

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
    return new BatchFiles(
        call,
        switch (call.batch().kind()) {
          case FILES -> files(call);
          case OBJECTS -> List.of(objects(call));
          case BIGQUERY -> tables(call, columns(call), /* messages= */ false);
          case STREAM -> tables(call, MESSAGE, /* messages= */ true);
        });
  }

  private static List<RecordFile> files(StageCall call) throws IOException {
    List<String> columns =
        call.spec().source() instanceof SourceSpec.Files files ? files.columns() : List.of();
    List<RecordFile> out = new ArrayList<>();
    for (Source object : call.batch().sources()) {
      requireLive(call.platform(), object);
      out.add(
          RecordFiles.detect(
              new PinnedObject(call.platform(), object), columns.isEmpty() ? null : columns));
    }
    return out;
  }

  /** Thousands of small objects, so one listing tells of all of them. */
  private static RecordFile objects(StageCall call) throws IOException {
    if (!(call.spec().source() instanceof SourceSpec.Objects spec)) {
      throw changed(call);
    }
    Set<ObjectName> pinned =
        call.batch().sources().stream()
            .map(source -> ObjectName.parse(source.uri()))
            .collect(Collectors.toSet());
    Map<ObjectName, StoredObject> listed = new HashMap<>();
    call.platform()
        .objects()
        .list(pinned.iterator().next().bucket(), spec.pattern().prefix())
        .filter(object -> pinned.contains(object.name()))
        .forEach(object -> listed.put(object.name(), object));
    List<ObjectEntry> entries = new ArrayList<>();
    ObjectLabels labels =
        spec.labelByFolder() ? new ObjectLabels.ByFolder() : new ObjectLabels.None();
    for (Source source : call.batch().sources()) {
      ByteSource bytes = new PinnedObject(call.platform(), source);
      ObjectName name = ObjectName.parse(source.uri());
      if (spec.isManifest(name.name())) {
        labels = new ObjectLabels.ByManifest(bytes);
      }
      StoredObject object = listed.get(name);
      if (object == null) {
        // Replaced since: what is listed is another generation.
        requireLive(call.platform(), source);
        object =
            call.platform()
                .objects()
                .find(name)
                .orElseThrow(() -> new BadInput(source.uri() + " is gone; start a new batch"));
      }
      entries.add(new ObjectEntry(bytes, source.crc32c(), object.contentType(), object.created()));
    }
    SourceSpec.Inline inline = spec.inline();
    return RecordFiles.objects(
        entries,
        ObjectOptions.ofDefaults()
            .labels(labels)
            .inline(inline.text(), inline.images(), Math.toIntExact(inline.maxBytes()))
            .languages(new OpenNlpLanguages()));
  }

  private static List<String> columns(StageCall call) {
    return call.spec().source() instanceof SourceSpec.Table table ? table.columns() : List.of();
  }

  /** Each table over as many streams as the spec asks for. */
  private static List<RecordFile> tables(StageCall call, List<String> columns, boolean messages) {
    Tables tables = call.platform().tables();
    int streams = call.spec().source() instanceof SourceSpec.BigQuery table ? table.streams() : 1;
    List<RecordFile> out = new ArrayList<>();
    for (Source source : call.batch().sources()) {
      TableSnapshot snapshot =
          new TableSnapshot(
              source.table(),
              source.snapshot().toEpochMilli(),
              source.filter(),
              /* rows= */ -1,
              source.bytes(),
              /* view= */ false);
      TableBlocks blocks =
          new TableBlocks(tables, tables.open(snapshot, columns, /* filter= */ null, streams));
      out.add(
          messages
              ? RecordFiles.messages(source.object(), source.bytes(), blocks.schema(), blocks)
              : RecordFiles.avroBlocks(source.object(), source.bytes(), blocks.schema(), blocks));
    }
    return out;
  }

  private static BadInput changed(StageCall call) {
    return new BadInput(
        "batch "
            + call.batch().batch()
            + " is of "
            + call.batch().kind().text()
            + ", and the spec's source is of "
            + call.spec().source().kind().text()
            + " now; start a new batch");
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
    boolean known = files.stream().allMatch(RecordFile::isDivisible);
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
