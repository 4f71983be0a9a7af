package dev.sluice.stages;

import dev.sluice.contracts.BadInput;
import dev.sluice.gcp.ObjectName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code gs://<artifacts>/<pipeline>/<kind>/<fingerprint>/}: an artifact's folder.
 *
 * @param bucket the artifacts bucket
 * @param pipeline whose it is
 * @param kind such as {@code examples}
 * @param fingerprint 32 hex digits
 */
public record ArtifactUri(String bucket, String pipeline, String kind, String fingerprint) {
  private static final Pattern FORM =
      Pattern.compile("gs://([^/]+)/([a-z][a-z0-9_-]*)/([a-z]+)/([0-9a-f]{32})/");

  /**
   * @throws BadInput where the text is not the uri of an artifact
   */
  public static ArtifactUri parse(String uri) {
    Matcher matcher = FORM.matcher(uri);
    if (!matcher.matches()) {
      throw new BadInput("'" + uri + "' is not of the form gs://bucket/pipeline/kind/fingerprint/");
    }
    return new ArtifactUri(matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4));
  }

  /**
   * Reads the uri of an input.
   *
   * @param bucket the artifacts bucket
   * @param pipeline whose it must be
   * @param input its name, for the error
   * @throws BadInput where it is not an artifact of that bucket and pipeline
   */
  public static ArtifactUri owned(String bucket, String pipeline, String input, String uri) {
    ArtifactUri artifact = parse(uri);
    if (!artifact.bucket().equals(bucket) || !artifact.pipeline().equals(pipeline)) {
      throw new BadInput(
          "input '" + input + "' is " + uri + ", which is not of pipeline " + pipeline);
    }
    return artifact;
  }

  /** An object of the artifact. */
  public ObjectName object(String name) {
    return ObjectName.of(bucket, pipeline + "/" + kind + "/" + fingerprint + "/" + name);
  }

  @Override
  public String toString() {
    return "gs://" + bucket + "/" + pipeline + "/" + kind + "/" + fingerprint + "/";
  }
}
