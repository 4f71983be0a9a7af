package dev.sluice.gcp;

import com.google.gson.JsonObject;
import dev.sluice.contracts.Json;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Logs as Cloud Logging reads them from a function's standard output: one JSON object a line (Cloud
 * Logging, "Structured logging": special fields), and errors with their stack trace as Error
 * Reporting groups them.
 *
 * <p>Values are immutable: {@link #about}, {@link #traced} and {@link #labelled} give a log that
 * says more. What looks like a credential never gets out: tokens in any text, labels named as
 * secrets are, and the values given as secrets.
 */
public final class StructuredLog {
  /** Cloud Logging's severities that Sluice uses. */
  public enum Severity {
    DEBUG,
    INFO,
    NOTICE,
    WARNING,
    ERROR,
    CRITICAL
  }

  /** An entry may have 256 KiB; text beyond this is cut. */
  private static final int TEXT_LIMIT = 50_000;

  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}.*");
  private static final Pattern CLOUD_TRACE =
      Pattern.compile("([0-9a-fA-F]{32})(?:/([0-9]{1,20}))?(?:;.*)?");
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "(?i:bearer|basic)\\s+[A-Za-z0-9._~+/=-]{8,}"
              + "|ya29\\.[A-Za-z0-9._-]+"
              + "|eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]*)?"
              + "|(?<=://)[^/\\s:@]{1,100}:[^/\\s@]{1,200}(?=@)"
              + "|(?<=hooks\\.slack\\.com/services/)[A-Za-z0-9/_-]+"
              + "|(?<=[?&](?i:access_token|token|key|sig|signature|x-goog-signature|secret|password)=)"
              + "[^&\\s\"'<>]+"
              + "|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
          Pattern.DOTALL);
  private static final Pattern SECRET_NAME =
      Pattern.compile(
          "(?i).*(password|passwd|secret|token|authorization|credential|api[-_]?key|private[-_]?key)"
              + ".*");
  private static final String HIDDEN = "[hidden]";

  private final PrintStream out;
  private final Clock clock;
  private final String component;
  private final String project;
  private final List<String> secrets;
  private final Map<String, String> fields;
  private final Map<String, String> labels;

  /**
   * A log of its own.
   *
   * @param out one line is one write, so that threads do not mix; {@code System.out} in a function
   * @param component the function's name
   * @param project the project's id, which the names of traces begin with
   */
  public StructuredLog(PrintStream out, Clock clock, String component, String project) {
    this(out, clock, component, project, List.of(), Map.of(), Map.of());
  }

  private StructuredLog(
      PrintStream out,
      Clock clock,
      String component,
      String project,
      List<String> secrets,
      Map<String, String> fields,
      Map<String, String> labels) {
    this.out = out;
    this.clock = clock;
    this.component = component;
    this.project = project;
    this.secrets = secrets;
    this.fields = fields;
    this.labels = labels;
  }

  /** The same log, which never shows this value, whatever text it turns up in. */
  public StructuredLog hiding(@Nullable String secret) {
    if (secret == null || secret.isBlank()) {
      return this;
    }
    List<String> more = new ArrayList<>(secrets);
    more.add(secret);
    return new StructuredLog(out, clock, component, project, List.copyOf(more), fields, labels);
  }

  /**
   * The same log, about one piece of work. A null is left out.
   *
   * @param operation as in operations.yaml
   */
  public StructuredLog about(
      @Nullable String pipeline,
      @Nullable String run,
      @Nullable String batch,
      @Nullable String operation) {
    Map<String, String> more = new TreeMap<>(fields);
    put(more, "pipeline", pipeline);
    put(more, "run", run);
    put(more, "batch", batch);
    put(more, "operation", operation);
    return with(more, labels);
  }

  /**
   * The same log, inside the trace of a request.
   *
   * @param header the value of {@code traceparent} (W3C) or {@code X-Cloud-Trace-Context}; null or
   *     any other text changes nothing
   */
  public StructuredLog traced(@Nullable String header) {
    if (header == null) {
      return this;
    }
    String trace;
    String span;
    Matcher w3c = TRACEPARENT.matcher(header);
    Matcher cloud = CLOUD_TRACE.matcher(header);
    if (w3c.matches()) {
      trace = w3c.group(1);
      span = w3c.group(2);
    } else if (cloud.matches()) {
      trace = cloud.group(1);
      span = cloud.group(2) == null ? null : hex(cloud.group(2));
    } else {
      return this;
    }
    Map<String, String> more = new TreeMap<>(fields);
    put(more, "logging.googleapis.com/trace", "projects/" + project + "/traces/" + trace);
    put(more, "logging.googleapis.com/spanId", span);
    return with(more, labels);
  }

  /** The same log with a label, which Cloud Logging indexes. */
  public StructuredLog labelled(String name, String value) {
    Map<String, String> more = new TreeMap<>(labels);
    more.put(name, SECRET_NAME.matcher(name).matches() ? HIDDEN : value);
    return with(fields, more);
  }

  public void debug(String message) {
    log(Severity.DEBUG, message, null);
  }

  public void info(String message) {
    log(Severity.INFO, message, null);
  }

  public void notice(String message) {
    log(Severity.NOTICE, message, null);
  }

  public void warning(String message) {
    log(Severity.WARNING, message, null);
  }

  /** An error, which Error Reporting groups by the stack trace. */
  public void error(String message, Throwable cause) {
    log(Severity.ERROR, message, cause);
  }

  /** One entry; a cause adds its stack trace. */
  public void log(Severity severity, String message, @Nullable Throwable cause) {
    JsonObject entry = new JsonObject();
    entry.addProperty("severity", severity.name());
    entry.addProperty("time", clock.instant().toString());
    entry.addProperty("component", component);
    fields.forEach((name, value) -> entry.addProperty(name, clean(value)));
    String text = clean(message);
    if (cause != null) {
      StringWriter stack = new StringWriter();
      cause.printStackTrace(new PrintWriter(stack));
      String trace = clean(stack.toString());
      // Error Reporting parses the trace where it stands by itself; people read the message.
      entry.addProperty("stack_trace", trace);
      JsonObject service = new JsonObject();
      service.addProperty("service", component);
      entry.add("serviceContext", service);
    }
    entry.addProperty("message", text);
    if (!labels.isEmpty()) {
      JsonObject all = new JsonObject();
      labels.forEach((name, value) -> all.addProperty(name, clean(value)));
      entry.add("logging.googleapis.com/labels", all);
    }
    byte[] line = (Json.write(entry) + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(line, 0, line.length);
    out.flush();
  }

  private StructuredLog with(Map<String, String> newFields, Map<String, String> newLabels) {
    return new StructuredLog(
        out,
        clock,
        component,
        project,
        secrets,
        Collections.unmodifiableMap(newFields),
        Collections.unmodifiableMap(newLabels));
  }

  private static void put(Map<String, String> map, String name, @Nullable String value) {
    if (value != null) {
      map.put(name, value);
    }
  }

  private static @Nullable String hex(String decimal) {
    try {
      return String.format("%016x", Long.parseUnsignedLong(decimal));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private String clean(String text) {
    String cleaned = text;
    for (String secret : secrets) {
      cleaned = cleaned.replace(secret, HIDDEN);
    }
    cleaned = CREDENTIAL.matcher(cleaned).replaceAll(HIDDEN);
    return cleaned.length() <= TEXT_LIMIT
        ? cleaned
        : cleaned.substring(0, TEXT_LIMIT) + "... (cut from " + cleaned.length() + " characters)";
  }
}
