package dev.sluice.emulators.bigquery;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A write stream's name. The default stream's may leave {@code streams/} out, as Google's may. */
record StreamName(String project, String dataset, String table, String stream) {
  static final String DEFAULT = "_default";
  private static final Pattern TABLE =
      Pattern.compile("projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)");
  private static final Pattern STREAM =
      Pattern.compile(TABLE.pattern() + "/(?:streams/([^/]+)|(_default))");

  static StreamName parse(String name) {
    Matcher m = STREAM.matcher(name);
    if (!m.matches()) {
      throw StorageErrors.invalid(
          "Invalid stream name \""
              + name
              + "\"; it must be projects/P/datasets/D/tables/T/streams/S");
    }
    return new StreamName(
        m.group(1), m.group(2), m.group(3), m.group(4) == null ? DEFAULT : m.group(4));
  }

  /** A stream of the table {@code projects/P/datasets/D/tables/T}. */
  static StreamName of(String table, String stream) {
    Matcher m = TABLE.matcher(table);
    if (!m.matches()) {
      throw StorageErrors.invalid(
          "Invalid table name \"" + table + "\"; it must be projects/P/datasets/D/tables/T");
    }
    return new StreamName(m.group(1), m.group(2), m.group(3), stream);
  }

  boolean isDefault() {
    return stream.equals(DEFAULT);
  }

  String parent() {
    return "projects/" + project + "/datasets/" + dataset + "/tables/" + table;
  }

  @Override
  public String toString() {
    return parent() + "/streams/" + stream;
  }
}
