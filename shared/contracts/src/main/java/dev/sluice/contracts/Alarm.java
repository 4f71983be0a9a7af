package dev.sluice.contracts;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that a person should know, on topic {@code sluice-alarms}.
 *
 * @param alarm the same alarm has the same id, however often it is delivered
 * @param severity how bad
 * @param subject what it is about: DATA, MODEL, or the operation that failed
 * @param text what, where and what to do; enough to act on alone
 * @param uri the source object, if one is to blame
 * @param link a page with more, if there is one
 */
public record Alarm(
    String alarm,
    String pipeline,
    @Nullable String run,
    @Nullable String batch,
    Severity severity,
    String subject,
    String text,
    @Nullable String uri,
    @Nullable String link,
    Instant at) {
  /** How bad. */
  public enum Severity {
    /** Went on; look when there is time. */
    WARN,
    /** Held or failed; nothing moves until somebody acts. */
    FAIL
  }

  /** An alarm whose id depends on what it says and of whom, not on when. */
  public static Alarm of(
      String pipeline,
      @Nullable String run,
      @Nullable String batch,
      Severity severity,
      String subject,
      String text,
      @Nullable String uri,
      Instant at) {
    String id =
        "a-"
            + Fingerprint.of(
                    java.util.Arrays.asList(
                        pipeline, batch == null ? run : batch, severity, subject, text, uri))
                .substring(0, 20);
    return new Alarm(id, pipeline, run, batch, severity, subject, text, uri, null, at);
  }
}
