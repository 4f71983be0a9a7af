package dev.sluice.contracts;

import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One object or table of a batch, pinned.
 *
 * @param uri {@code gs://bucket/name#generation}, or {@code bigquery://project.dataset.table@<epoch
 *     milliseconds of the snapshot>}
 * @param bytes its size; of a table as BigQuery tells it, 0 where unknown
 * @param crc32c an object's checksum as Cloud Storage gives it, base64; "" for a table
 * @param filter a row restriction that belongs to the source, null for all rows and for an object
 */
public record Source(String uri, long bytes, String crc32c, @Nullable String filter) {
  private static final Pattern OBJECT = Pattern.compile("(?s)gs://[^/]+/.+#[0-9]+");
  private static final Pattern TABLE =
      Pattern.compile("bigquery://([^/@]+\\.[A-Za-z0-9_]+\\.[^./@]+)@([0-9]{1,18})");

  public Source {
    crc32c = crc32c == null ? "" : crc32c;
    if (uri == null || !(OBJECT.matcher(uri).matches() || TABLE.matcher(uri).matches())) {
      throw new BadInput(
          "source '"
              + uri
              + "' is not of the form gs://bucket/name#generation or"
              + " bigquery://project.dataset.table@milliseconds");
    }
    if (filter != null && uri.startsWith("gs://")) {
      throw new BadInput("source '" + uri + "' is an object, which takes no filter");
    }
  }

  /** An object. */
  public Source(String uri, long bytes, String crc32c) {
    this(uri, bytes, crc32c, null);
  }

  /**
   * A table as it was then.
   *
   * @param table {@code project.dataset.table}
   * @param filter a row restriction, or null for all rows
   */
  public static Source ofTable(
      String table, Instant snapshot, long bytes, @Nullable String filter) {
    return new Source("bigquery://" + table + "@" + snapshot.toEpochMilli(), bytes, "", filter);
  }

  /** True for a table, false for an object. */
  public boolean isTable() {
    return uri.startsWith("bigquery://");
  }

  /**
   * The full name without the generation or the snapshot: {@code gs://bucket/name} or {@code
   * bigquery://project.dataset.table}.
   */
  public String object() {
    return uri.substring(0, uri.lastIndexOf(isTable() ? '@' : '#'));
  }

  /** A table's {@code project.dataset.table}. */
  public String table() {
    return matched().group(1);
  }

  /** When a table was as the source says. */
  public Instant snapshot() {
    return Instant.ofEpochMilli(Long.parseLong(matched().group(2)));
  }

  /** Equal for equal content: an object's checksum and size, a table's uri and filter. */
  public String fingerprint() {
    return isTable() ? pinned() : crc32c + ":" + bytes;
  }

  /** What a batch is named by: the uri, and the filter where there is one. */
  String pinned() {
    return filter == null ? uri : uri + "\n" + filter;
  }

  private Matcher matched() {
    Matcher matcher = TABLE.matcher(uri);
    if (!matcher.matches()) {
      throw new Bug("source '" + uri + "' is no table");
    }
    return matcher;
  }
}
