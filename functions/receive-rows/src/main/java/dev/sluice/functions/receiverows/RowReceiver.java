package dev.sluice.functions.receiverows;

import dev.sluice.contracts.BadInput;
import dev.sluice.gcp.RowWriter;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint.Message;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks a message and stores its row. Requests that an instance answers at the same time share
 * appends: the writer sends what they bring together, and each waits for its own row.
 */
final class RowReceiver {
  static final String TABLE = "stream_rows";

  /** A sender's clock may be ahead so far; later times would keep their rows from every window. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  private static final int LONGEST_ID = 1_024;

  private final Platform platform;
  private final RowWriter rows;
  private final String table;
  private final StreamPipelines pipelines;
  private final DeadRows dead;

  RowReceiver(Platform platform, RowWriter writer) {
    this.platform = platform;
    this.rows = writer;
    this.table = platform.configuration().required("SLUICE_DATASET") + "." + TABLE;
    this.pipelines = new StreamPipelines(platform);
    this.dead = new DeadRows(platform);
  }

  /**
   * Returns once the row is stored.
   *
   * @throws BadInput where the message can never be stored, which is recorded
   */
  void receive(Message message) {
    try {
      rows.append(table, List.of(row(message)));
    } catch (BadInput e) {
      dead.refused(message, e);
      throw e;
    }
  }

  private Map<String, @Nullable Object> row(Message message) {
    String pipeline = message.attributes().get("pipeline");
    if (pipeline == null) {
      throw new BadInput("the message has no attribute 'pipeline'; say whose row it is");
    }
    pipelines.check(pipeline);
    Instant published = message.publishTime();
    if (published == null) {
      throw new BadInput("the push request of message " + message.id() + " has no publishTime");
    }
    Payload payload = Payload.of(message.data());
    Map<String, @Nullable Object> row = new HashMap<>();
    row.put("pipeline", pipeline);
    row.put("id", id(message));
    row.put("message_id", message.id());
    row.put("event_time", eventTime(message.attributes().get("event_time"), published));
    row.put("publish_time", published.truncatedTo(ChronoUnit.MICROS));
    row.put("received_at", platform.clock().instant().truncatedTo(ChronoUnit.MICROS));
    row.put("format", payload.format());
    row.put("payload", payload.text());
    return row;
  }

  private static String id(Message message) {
    String id = message.attributes().get("id");
    if (id == null) {
      return message.id();
    }
    if (id.isBlank() || id.length() > LONGEST_ID) {
      throw new BadInput(
          "the attribute 'id' has "
              + id.length()
              + " characters"
              + (id.isBlank() ? ", all blank" : "")
              + "; it must have 1 to "
              + LONGEST_ID
              + ", or be left out for the message's id");
    }
    return id;
  }

  private static Instant eventTime(@Nullable String given, Instant published) {
    if (given == null) {
      return published.truncatedTo(ChronoUnit.MICROS);
    }
    Instant time;
    try {
      time = OffsetDateTime.parse(given).toInstant().truncatedTo(ChronoUnit.MICROS);
    } catch (DateTimeParseException e) {
      throw new BadInput(
          "the attribute 'event_time' is '"
              + given
              + "', no time of RFC 3339; write it as 2026-11-25T10:05:00Z",
          e);
    }
    if (time.isBefore(Instant.EPOCH)) {
      throw new BadInput("the attribute 'event_time' is " + given + ", before 1970");
    }
    if (time.isAfter(published.plus(CLOCK_SKEW))) {
      throw new BadInput(
          "the attribute 'event_time' is "
              + given
              + ", more than "
              + CLOCK_SKEW.toMinutes()
              + " minutes after the message was published ("
              + published
              + "); set the sender's clock");
    }
    return time;
  }
}
