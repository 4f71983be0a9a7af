package dev.sluice.functions.predict;

import dev.sluice.gcp.Messages.Message;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes answered rows as messages: the JSON object of a row of table {@code predictions}, as a
 * BigQuery subscription with the table's schema takes it. Safe for use by several threads.
 */
final class PredictionRows {
  /** Pub/Sub takes 10 MB a message, and escaping may double a row; larger ones go without text. */
  private static final int LARGEST_ROW = 1 << 20;

  private final byte[] head;
  private final Map<String, String> attributes;
  private final AtomicLong count = new AtomicLong();

  PredictionRows(String pipeline, int version) {
    this.head =
        ("{\"pipeline\":\""
                + pipeline
                + "\",\"version\":"
                + version
                + ",\"prediction\":\""
                + UUID.randomUUID()
                + "-")
            .getBytes(StandardCharsets.US_ASCII);
    this.attributes = Map.of("pipeline", pipeline);
  }

  /**
   * Adds the message of one row to the exchange.
   *
   * @param row JSON text from {@code start} to {@code end}
   * @param nonFinite whether it holds NaN or Infinity outside of texts
   * @param at RFC 3339
   */
  void add(
      Exchange exchange,
      byte[] row,
      int start,
      int end,
      boolean nonFinite,
      String at,
      String score) {
    Bytes out = exchange.message;
    out.clear();
    out.add(head);
    out.ascii(Long.toString(count.getAndIncrement()));
    out.ascii("\",\"at\":\"");
    out.ascii(at);
    out.ascii("\",\"score\":");
    out.ascii(score);
    if (end - start <= LARGEST_ROW) {
      out.ascii(",\"row\":\"");
      if (nonFinite) {
        byte[] text = standard(row, start, end);
        out.escaped(text, 0, text.length);
      } else {
        out.escaped(row, start, end);
      }
      out.add('"');
    }
    out.add('}');
    exchange.messages.add(new Message(out.copy(), attributes));
  }

  /** JSON as the standard has it: NaN is null, infinities are texts. */
  private static byte[] standard(byte[] row, int start, int end) {
    Bytes out = new Bytes();
    boolean inText = false;
    for (int i = start; i < end; i++) {
      byte b = row[i];
      if (inText && b == '\\') {
        out.add(row, i, i + 2);
        i++;
        continue;
      }
      inText ^= b == '"';
      boolean minus = b == '-' && row[i + 1] == 'I';
      if (!inText && b == 'N') {
        out.ascii("null");
        i += 2;
      } else if (!inText && (b == 'I' || minus)) {
        out.ascii(minus ? "\"-Infinity\"" : "\"Infinity\"");
        i += minus ? 8 : 7;
      } else {
        out.add((char) (b & 0xff));
      }
    }
    return out.copy();
  }
}
