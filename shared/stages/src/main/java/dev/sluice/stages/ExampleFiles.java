package dev.sluice.stages;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExampleReaders;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.ParquetExampleReader;
import dev.sluice.examples.Split;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The Parquet files of an examples or features artifact, brought here as they are read. */
public final class ExampleFiles {
  private final StageCall call;
  private final ArtifactUri artifact;
  private final ExamplesManifest manifest;

  private ExampleFiles(StageCall call, ArtifactUri artifact, ExamplesManifest manifest) {
    this.call = call;
    this.artifact = artifact;
    this.manifest = manifest;
  }

  /** The files of an artifact that has an examples manifest. */
  public static ExampleFiles of(StageCall call, ArtifactUri artifact) {
    byte[] json = call.read(artifact, ExamplesManifest.NAME);
    return new ExampleFiles(
        call, artifact, ExamplesManifest.fromJson(new String(json, StandardCharsets.UTF_8)));
  }

  /** What the artifact holds. */
  public ExamplesManifest manifest() {
    return manifest;
  }

  /** Rows of both splits. */
  public long rows() {
    return manifest.files(Split.TRAIN).rows() + manifest.files(Split.EVAL).rows();
  }

  /** What became of the rows of the batch. */
  public RowCounts counts() {
    long read = 0;
    long rejected = 0;
    for (var source : manifest.sources()) {
      read += source.rows();
      rejected += source.rejectedRows();
    }
    return new RowCounts(
        read, rejected, manifest.files(Split.TRAIN).rows(), manifest.files(Split.EVAL).rows());
  }

  /**
   * The rows of a split, in order.
   *
   * @param columns those wanted; empty for all
   */
  public ExampleReader read(Split split, Set<String> columns) throws IOException {
    List<ExampleReaders.Part> parts = new ArrayList<>();
    for (ExamplesManifest.Part part : manifest.files(split).files()) {
      parts.add(() -> ParquetExampleReader.open(file(part), columns));
    }
    if (parts.isEmpty()) {
      throw new Bug(artifact + " has no file of split " + split.label());
    }
    return ExampleReaders.concat(parts);
  }

  /** The rows of both splits, train first. */
  public ExampleReader readAll(Set<String> columns) throws IOException {
    return ExampleReaders.concat(
        List.of(() -> read(Split.TRAIN, columns), () -> read(Split.EVAL, columns)));
  }

  /** As {@link #read}, for callers that cannot throw a checked exception. */
  public ExampleReader open(Split split) {
    try {
      return read(split, Set.of());
    } catch (IOException e) {
      throw new Unavailable(artifact + " cannot be read: " + e.getMessage(), e);
    }
  }

  private Path file(ExamplesManifest.Part part) throws IOException {
    return call.download(artifact, part.file());
  }
}
