package dev.sluice.stages;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.StageRequest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What names the artifacts of a call: everything that they depend on, and nothing else. */
public final class CallFingerprint {
  private CallFingerprint() {}

  /**
   * @param sealed the artifacts that the request names
   * @param codeVersion of the function that performs the operation
   * @param batch the run's batch
   * @param spec the spec keys that the operation reads, with their values
   * @param others what {@link Stage#dependsOn} says
   * @return 32 hex digits
   * @throws BadInput where the request lacks an input that the operation cannot do without, or
   *     names one of another pipeline
   */
  public static String of(
      Platform platform,
      SealedArtifacts sealed,
      String codeVersion,
      StageRequest request,
      Operations operations,
      Batch batch,
      Map<String, Object> spec,
      Map<String, Object> others) {
    Operation operation = operations.get(request.operation());
    Map<String, Object> content = new TreeMap<>();
    content.put("others", others);
    content.put("operation", operation.name());
    content.put("code", codeVersion);
    content.put("spec", spec);
    content.put("parameters", request.parameters());
    if (request.isForced()) {
      // Of no other run; a repeated call of this one still finds what it made.
      content.put("forced_by", request.run());
    }
    if (request.shard() != null && request.shards() != null) {
      // One shard's part depends on where the others are cut.
      content.put("shard", request.shard());
      content.put("shards", request.shards());
    }
    Map<String, Object> inputs = new TreeMap<>();
    for (String name : operation.takes().keySet()) {
      boolean joined = operations.isJoined(operation, name);
      String one = request.inputs().get(name);
      List<String> uris = joined ? request.inputs(name) : one == null ? List.of() : List.of(one);
      if (uris.isEmpty()) {
        if (!operation.isOptional(name)) {
          throw new BadInput(
              "operation " + operation.name() + " takes '" + name + "', which the request lacks");
        }
      } else if (name.equals("batch")) {
        inputs.put(name, batch.content());
      } else {
        List<List<String>> held =
            uris.stream()
                .map(uri ->
                    content(
                        sealed.get(
                            ArtifactUri.owned(
                                platform.layout().artifacts(), request.pipeline(), name, uri))))
                .toList();
        if (!Operation.kind(name).equals("blessing")) {
          inputs.put(name, joined ? held : held.getFirst());
        }
      }
    }
    content.put("inputs", inputs);
    return Fingerprint.of(content);
  }

  /**
   * An artifact is known by its bytes rather than by how it came about: a batch that is judged
   * against another baseline but leaves the same schema is transformed once. A blessing permits and
   * changes nothing: it must be there and does not enter.
   *
   * @return name, sha256 (of artifacts of before, crc32c) and size of each object, in the order of
   *     names
   */
  public static List<String> content(SealedArtifact artifact) {
    return artifact.artifact().objects().stream()
        .map(file ->
            file.name()
                + ":"
                + (file.sha256() == null ? file.crc32c() : file.sha256())
                + ":"
                + file.bytes())
        .sorted()
        .toList();
  }
}
