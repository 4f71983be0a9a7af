package dev.sluice.stages;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code <serving>/<pipeline>/versions/<n>/release.json}, written last: the version is complete.
 *
 * @param version its number
 * @param model uri of the model artifact that was copied
 * @param transform uri of the mapping artifact that was copied, into {@link #TRANSFORM}
 * @param checksums object below the version's folder to its crc32c
 * @param sha256 object to its SHA-256 in 64 hex digits; empty in versions released before it was
 *     kept
 */
public record Release(
    int version,
    String model,
    String transform,
    Map<String, String> checksums,
    Map<String, String> sha256) {
  /** The file's name. */
  public static final String FILE = "release.json";

  /** The folder of the mapping below the version's. */
  public static final String TRANSFORM = "transform/";

  public Release {
    // In one order in every process: a release that is repeated elsewhere writes the same bytes,
    // and
    // only then is the file that is there its own.
    checksums = Collections.unmodifiableMap(new TreeMap<>(checksums));
    sha256 = sha256 == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(sha256));
  }
}
