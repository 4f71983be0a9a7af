package dev.sluice.examples;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code manifest.json} of an examples artifact.
 *
 * @param fields the columns in order, {@code __row} and {@code __source} left out
 * @param splits by the split's label, {@code train} and {@code eval}
 * @param sources what was read, in order
 */
public record ExamplesManifest(
    List<Field> fields, Map<String, Files> splits, List<SourceSummary> sources) {
  /** The manifest's name within its artifact. */
  public static final String NAME = "manifest.json";

  /**
   * A split's rows and the files that hold them in order.
   *
   * @param tfrecord files of TFRecord that hold the same rows; none where nobody asked for them, or
   *     the manifest is from before there were any
   */
  public record Files(long rows, List<Part> files, List<Part> tfrecord) {
    /** Rows in Parquet alone. */
    public Files(long rows, List<Part> files) {
      this(rows, files, List.of());
    }

    public Files {
      files = List.copyOf(files);
      tfrecord = tfrecord == null ? List.of() : List.copyOf(tfrecord);
    }

    /** These and then those. */
    Files and(Files more) {
      List<Part> both = new ArrayList<>(files);
      both.addAll(more.files());
      List<Part> bothRecords = new ArrayList<>(tfrecord);
      bothRecords.addAll(more.tfrecord());
      return new Files(rows + more.rows(), both, bothRecords);
    }
  }

  /** A file's name within the artifact, and its rows. */
  public record Part(String file, long rows) {}

  public ExamplesManifest {
    fields = List.copyOf(fields);
    splits = Collections.unmodifiableMap(new TreeMap<>(splits));
    sources = List.copyOf(sources);
  }

  /** The name of a part, such as {@code train-00000.parquet}. */
  public static String partName(Split split, int shard) {
    return String.format(Locale.ROOT, "%s-%05d.parquet", split.label(), shard);
  }

  /** The name of the same rows as TFRecord, such as {@code train-00000.tfrecord}. */
  public static String tfRecordName(Split split, int shard) {
    return String.format(Locale.ROOT, "%s-%05d.tfrecord", split.label(), shard);
  }

  /** The split's rows and files; none of either where the manifest does not name it. */
  public Files files(Split split) {
    return splits.getOrDefault(split.label(), new Files(0, List.of()));
  }

  /** The names of all files. */
  public List<String> names() {
    return splits.values().stream()
        .flatMap(files -> Stream.concat(files.files().stream(), files.tfrecord().stream()))
        .map(Part::file)
        .toList();
  }

  /**
   * One manifest of the parts that shards have written, in their order.
   *
   * @param parts at least one, of equal fields
   * @throws Bug where their fields differ
   */
  public static ExamplesManifest join(List<ExamplesManifest> parts) {
    List<Field> fields = parts.getFirst().fields();
    Map<String, Files> splits = new TreeMap<>();
    Map<String, SourceSummary> sources = new LinkedHashMap<>();
    for (ExamplesManifest part : parts) {
      if (!part.fields().equals(fields)) {
        throw new Bug("a shard has fields " + part.fields() + ", the first one has " + fields);
      }
      part.splits().forEach((split, files) -> splits.merge(split, files, Files::and));
      part.sources().forEach(source -> sources.merge(source.name(), source, SourceSummary::and));
    }
    return new ExamplesManifest(fields, splits, List.copyOf(sources.values()));
  }

  /** The JSON text; equal manifests give equal texts. */
  public String toJson() {
    return Json.write(this);
  }

  /** Reads {@link #toJson}. */
  public static ExamplesManifest fromJson(String json) {
    return Json.read(json, ExamplesManifest.class, "an examples manifest");
  }
}
