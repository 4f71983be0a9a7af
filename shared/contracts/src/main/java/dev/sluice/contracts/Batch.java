package dev.sluice.contracts;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What arrived together, at {@code <artifacts>/<pipeline>/batches/<batch>.json}.
 *
 * @param batch a hash of pipeline and sources, so that the same delivery has the same name
 * @param pipeline whose it is
 * @param kind what it came from; batches written before there were kinds are of files
 * @param span the segment of the object's name that {@code {SPAN}} stands for, or ""
 * @param version the number that {@code {VERSION}} stands for, null without one
 * @param sources at least one, all objects or all tables; those of the batch's own span first
 * @param receivedAt when the newest source was created
 */
public record Batch(
    String batch,
    String pipeline,
    SourceKind kind,
    String span,
    @Nullable Long version,
    List<Source> sources,
    Instant receivedAt) {
  public Batch {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    Names.check("batch", batch, Names.RUN);
    kind = kind == null ? SourceKind.FILES : kind;
    sources = sources == null ? List.of() : List.copyOf(sources);
    if (sources.isEmpty()) {
      throw new BadInput("batch " + batch + " of pipeline " + pipeline + " has no sources");
    }
    long tables = sources.stream().filter(Source::isTable).count();
    boolean fits =
        switch (kind) {
          case FILES, OBJECTS -> tables == 0;
          case BIGQUERY -> tables == sources.size();
          case STREAM -> tables == 0 || tables == sources.size();
        };
    if (!fits) {
      throw new BadInput(
          "batch "
              + batch
              + " of pipeline "
              + pipeline
              + " is of "
              + kind.text()
              + ", and "
              + tables
              + " of its "
              + sources.size()
              + " sources are tables");
    }
  }

  /** The batch of these objects, which hold rows. */
  public static Batch of(String pipeline, String span, List<Source> sources, Instant receivedAt) {
    return of(pipeline, SourceKind.FILES, span, null, sources, receivedAt);
  }

  /** The batch of these sources; its name depends on the pipeline and the sources alone. */
  public static Batch of(
      String pipeline,
      SourceKind kind,
      String span,
      @Nullable Long version,
      List<Source> sources,
      Instant receivedAt) {
    List<String> pinned = sources.stream().map(Source::pinned).sorted().toList();
    String name = "b-" + Fingerprint.of(List.of(pipeline, pinned)).substring(0, 20);
    return new Batch(name, pipeline, kind, span, version, sources, receivedAt);
  }

  /**
   * The object, in the bucket of artifacts, that holds the batch which a cause made once and for
   * all: what the inbox holds may change between two deliveries of one event.
   *
   * @param cause a pinned uri, or whatever else happens once
   */
  public static String receipt(String pipeline, String cause) {
    return pipeline + "/receipts/" + Fingerprint.of(List.of(pipeline, cause)) + ".json";
  }

  /** The id of the batch's own run; {@code --force} makes others. */
  public String run() {
    return batch;
  }

  /** Total size of the sources. */
  public long bytes() {
    return sources.stream().mapToLong(Source::bytes).sum();
  }

  /** The first source without its pin: what tables and alarms call the batch's uri. */
  public String uri() {
    return sources.getFirst().object();
  }

  /**
   * What the sources hold, in any order, so that the same bytes sent again change nothing. Where an
   * object is an example its name is part of what it says.
   */
  public List<String> content() {
    return sources.stream()
        .map(source ->
            kind == SourceKind.OBJECTS
                ? source.object() + ":" + source.fingerprint()
                : source.fingerprint())
        .sorted()
        .toList();
  }
}
