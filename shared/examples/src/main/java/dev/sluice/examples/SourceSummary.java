package dev.sluice.examples;

/**
 * What one source of a batch was found to be.
 *
 * @param name the object's or table's full name
 * @param bytes its size as stored
 * @param format such as {@code CSV, delimiter ';', gzip}
 * @param rows records read, the rejected ones included
 * @param rejectedRows those that could not be split or decoded
 * @param cutOff true where its last record is such a one, as that of a file is whose upload broke
 *     off; false in a manifest from before this was looked at
 */
public record SourceSummary(
    String name, long bytes, String format, long rows, long rejectedRows, boolean cutOff) {
  /** One that ends with a whole record. */
  public SourceSummary(String name, long bytes, String format, long rows, long rejectedRows) {
    this(name, bytes, format, rows, rejectedRows, false);
  }

  /** The same source, of which another shard read more. */
  SourceSummary and(SourceSummary more) {
    return new SourceSummary(
        name,
        bytes,
        format,
        rows + more.rows,
        rejectedRows + more.rejectedRows,
        more.rows == 0 ? cutOff : more.cutOff);
  }
}
