package dev.sluice.stages;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One call of an operation, with everything that was pinned for its run. */
public final class StageCall implements AutoCloseable {
  private final Platform platform;
  private final StageRequest request;
  private final Operation operation;
  private final RunContext context;
  private final String fingerprint;
  private final Progress progress;
  private final Map<String, Output> outputs = new LinkedHashMap<>();
  private final SealedArtifacts sealed;
  private @Nullable Path directory;

  StageCall(
      Platform platform,
      StageRequest request,
      Operation operation,
      RunContext context,
      String fingerprint,
      SealedArtifacts sealed,
      Progress progress) {
    this.platform = platform;
    this.request = request;
    this.operation = operation;
    this.context = context;
    this.fingerprint = fingerprint;
    this.sealed = sealed;
    this.progress = progress;
  }

  /** The request as it came. */
  public StageRequest request() {
    return request;
  }

  /** The operation's row. */
  public Operation operation() {
    return operation;
  }

  /** The spec, at the generation that the run pinned. */
  public PipelineSpec spec() {
    return context.spec();
  }

  /** What the run pinned. */
  public Pins pins() {
    return context.pins();
  }

  /** The run's batch. */
  public Batch batch() {
    return context.batch();
  }

  /** The cloud. */
  public Platform platform() {
    return platform;
  }

  /** What names the artifacts of this call. */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * An artifact that the operation takes.
   *
   * @throws dev.sluice.contracts.BadInput where the request lacks it or it is another pipeline's
   */
  public ArtifactUri input(String name) {
    return owned(name, request.input(name));
  }

  /** An artifact that the operation also runs without. */
  public Optional<ArtifactUri> optionalInput(String name) {
    String uri = request.inputs().get(name);
    return uri == null ? Optional.empty() : Optional.of(owned(name, uri));
  }

  /**
   * A list of that name, or what each shard of a mapped operation gave under it, in order; empty
   * where there are none.
   *
   * @throws dev.sluice.contracts.BadInput where one is missing between others or is another
   *     pipeline's
   */
  public List<ArtifactUri> inputs(String name) {
    return request.inputs(name).stream().map(uri -> owned(name, uri)).toList();
  }

  /**
   * An input, or what this call sealed, as it was sealed.
   *
   * @throws dev.sluice.contracts.BadInput where it is another pipeline's
   */
  public SealedArtifact sealed(ArtifactUri artifact) {
    return sealed.get(owned(artifact.kind(), artifact.toString()));
  }

  /**
   * Bytes of an object of an input.
   *
   * @throws dev.sluice.contracts.BadInput where it was changed after it was sealed
   */
  public byte[] read(ArtifactUri artifact, String name) {
    return sealed(artifact).read(name);
  }

  /**
   * An object of an input as a local file, which goes when the call ends.
   *
   * @throws dev.sluice.contracts.BadInput where it was changed after it was sealed
   */
  public Path download(ArtifactUri artifact, String name) throws IOException {
    Path file =
        directory()
            .resolve(artifact.kind() + "-" + artifact.fingerprint() + "-" + name.replace('/', '_'));
    if (!Files.exists(file)) {
      sealed(artifact).download(name, file);
    }
    return file;
  }

  /** The artifact that the operation gives under this name, opened at its first use. */
  public Output output(String name) {
    if (!operation.gives().contains(name)) {
      throw new Bug("operation " + operation.name() + " does not give '" + name + "'");
    }
    return outputs.computeIfAbsent(name, n -> new Output(uri(n), platform.objects()));
  }

  /** Gives that output after all not, whatever was written to it. */
  public void withhold(String name) {
    outputs.remove(name);
  }

  /**
   * Tells how far the call has come: in the log and in table {@code stage_runs}, every few seconds
   * at the most.
   *
   * @param rows read so far
   * @param bytes read so far
   * @param total bytes in all, 0 where nobody knows
   */
  public void progress(long rows, long bytes, long total) {
    progress.at(rows, bytes, total);
  }

  /** Where the artifact of that output is or would be. */
  public ArtifactUri uri(String output) {
    return new ArtifactUri(
        platform.layout().artifacts(), request.pipeline(), Operation.kind(output), fingerprint);
  }

  /** A folder for files of this call, which goes when the call ends. */
  public Path directory() throws IOException {
    Path made = directory;
    if (made == null) {
      made = Files.createTempDirectory("sluice-");
      directory = made;
    }
    return made;
  }

  Map<String, Output> outputs() {
    return outputs;
  }

  private ArtifactUri owned(String name, String uri) {
    return ArtifactUri.owned(platform.layout().artifacts(), request.pipeline(), name, uri);
  }

  @Override
  public void close() throws IOException {
    if (directory != null) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
