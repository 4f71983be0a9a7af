package dev.sluice.gcp;

import dev.sluice.contracts.BadInput;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An object in Cloud Storage, or one generation of it.
 *
 * @param bucket 3 to 222 characters of a-z, 0-9, dot, dash and underscore
 * @param name 1 to 1,024 bytes of UTF-8 without line breaks
 * @param generation the one version that is meant, from 1; null means whichever is live
 */
public record ObjectName(String bucket, String name, @Nullable Long generation) {
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");
  private static final Pattern URI =
      Pattern.compile("gs://([^/]+)/(.+?)(?:#([1-9][0-9]{0,18}))?", Pattern.DOTALL);
  private static final Pattern LOOKS_PINNED =
      Pattern.compile(".+#[1-9][0-9]{0,18}", Pattern.DOTALL);

  public ObjectName {
    if (!BUCKET.matcher(bucket).matches()) {
      throw new BadInput("bucket is '" + bucket + "'; it must match " + BUCKET.pattern());
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > 1024 || name.indexOf('\n') >= 0 || name.indexOf('\r') >= 0) {
      throw new BadInput(
          "an object's name has 1 to 1,024 bytes and no line break; this one, in bucket "
              + bucket
              + ", has "
              + bytes
              + " bytes: '"
              + name
              + "'");
    }
    if (generation != null && generation < 1) {
      throw new BadInput(
          "generation of gs://" + bucket + "/" + name + " is " + generation + "; it is at least 1");
    }
    // Else uri() and parse() would not agree about what the number means.
    if (generation == null && LOOKS_PINNED.matcher(name).matches()) {
      throw new BadInput(
          "object 'gs://"
              + bucket
              + "/"
              + name
              + "' ends as a generation does; give its generation too, or rename it");
    }
  }

  /** The live generation of an object. */
  public static ObjectName of(String bucket, String name) {
    return new ObjectName(bucket, name, null);
  }

  /**
   * Reads {@code gs://bucket/name} or {@code gs://bucket/name#generation}.
   *
   * @throws BadInput where it is neither
   */
  public static ObjectName parse(String uri) {
    Matcher matcher = URI.matcher(uri);
    if (!matcher.matches()) {
      throw new BadInput("'" + uri + "' is not of the form gs://bucket/name or with #generation");
    }
    String generation = matcher.group(3);
    try {
      return new ObjectName(
          matcher.group(1), matcher.group(2), generation == null ? null : Long.valueOf(generation));
    } catch (NumberFormatException e) {
      throw new BadInput("the generation in '" + uri + "' is more than 2^63 - 1", e);
    }
  }

  /** What {@link #parse} reads back to an equal value. */
  public String uri() {
    String live = "gs://" + bucket + "/" + name;
    return generation == null ? live : live + "#" + generation;
  }

  /** The same object, whichever generation is live. */
  public ObjectName live() {
    return generation == null ? this : of(bucket, name);
  }

  @Override
  public String toString() {
    return uri();
  }
}
