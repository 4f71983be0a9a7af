package dev.sluice.contracts;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code _artifact.json}: written last and only if absent, it alone says that an artifact exists.
 *
 * @param kind such as {@code examples}
 * @param fingerprint of the operation, its code, parameters, spec keys and inputs
 * @param objects what lies beside it
 * @param operation who made it
 * @param codeVersion of the function that made it
 * @param inputs name to uri of what it was made from
 * @param spec the spec keys that the operation reads, with their values
 * @param pipeline whose it is
 * @param run the run that made it
 * @param batch the batch of that run
 * @param createdAt when
 * @param result on the operation's first output alone: the whole answer, so that a repeated call
 *     gives it again
 */
public record Artifact(
    String kind,
    String fingerprint,
    List<StoredFile> objects,
    String operation,
    String codeVersion,
    Map<String, String> inputs,
    Map<String, Object> spec,
    String pipeline,
    String run,
    String batch,
    Instant createdAt,
    @Nullable StageResult result) {
  /** The name of the object itself. */
  public static final String FILE = "_artifact.json";

  public Artifact {
    objects = List.copyOf(objects);
    inputs = Map.copyOf(inputs);
    spec = Map.copyOf(spec);
  }

  /**
   * An object of the artifact.
   *
   * @param name below the artifact's folder
   * @param bytes its size
   * @param crc32c base64, as Cloud Storage writes it
   * @param sha256 64 hex digits; null in artifacts sealed before it was kept
   */
  public record StoredFile(String name, long bytes, String crc32c, @Nullable String sha256) {}
}
