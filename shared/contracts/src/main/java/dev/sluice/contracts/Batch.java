package dev.sluice.contracts;

import java.time.Instant;
import java.util.List;

/**
 * What arrived together, at {@code <artifacts>/<pipeline>/batches/<batch>.json}.
 *
 * @param batch a hash of pipeline and sources, so that the same delivery has the same name
 * @param pipeline whose it is
 * @param span the segment of the object's name that {@code {SPAN}} stands for, or ""
 * @param sources at least one
 * @param receivedAt when the newest source was created
 */
public record Batch(
    String batch, String pipeline, String span, List<Source> sources, Instant receivedAt) {
  public Batch {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    Names.check("batch", batch, Names.RUN);
    sources = List.copyOf(sources);
    if (sources.isEmpty()) {
      throw new BadInput("batch " + batch + " of pipeline " + pipeline + " has no sources");
    }
  }

  /** The batch of these sources; its name depends on the pipeline and the sources alone. */
  public static Batch of(String pipeline, String span, List<Source> sources, Instant receivedAt) {
    List<String> uris = sources.stream().map(Source::uri).sorted().toList();
    String name = "b-" + Fingerprint.of(List.of(pipeline, uris)).substring(0, 20);
    return new Batch(name, pipeline, span, sources, receivedAt);
  }

  /** The id of the batch's own run; {@code --force} makes others. */
  public String run() {
    return batch;
  }

  /** Total size of the sources. */
  public long bytes() {
    return sources.stream().mapToLong(Source::bytes).sum();
  }
}
