package dev.sluice.functions.closewindow;

import dev.sluice.contracts.Bug;
import dev.sluice.gcp.Queries;
import dev.sluice.stages.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Tables {@code stream_rows}, what arrived, and {@code window_rows}, what counts. */
final class WindowRows {
  static final String TABLE = "window_rows";

  /** An id that is received again within this time of the closing that counted it is known. */
  static final Duration REMEMBERED = Duration.ofDays(7);

  /**
   * Rows that a job has not seen were received at most so long before the windows it closes: an
   * event time is at most minutes ahead of the clock, an append takes at most minutes. A whole day
   * costs no more than minutes do, as the table is partitioned by days.
   */
  private static final Duration UNDER_WAY = Duration.ofDays(1);

  private static final String TAKE =
      """
      SELECT
        pipeline,
        GREATEST(
          TIMESTAMP_SECONDS(DIV(UNIX_SECONDS(event_time), @window) * @window), @from) AS window_start,
        event_time < @from AND @late_apart AS late,
        id,
        message_id,
        event_time,
        publish_time,
        format,
        payload,
        @until AS closed_at
      FROM stream_rows
      WHERE
        pipeline = @pipeline
        AND received_at >= @since
        AND event_time < @until
        AND id NOT IN (
          SELECT id FROM window_rows
          WHERE pipeline = @pipeline AND closed_at >= @remembered)
      QUALIFY
        ROW_NUMBER() OVER (PARTITION BY id ORDER BY publish_time, message_id, received_at) = 1
      """;

  private static final String WINDOWS =
      """
      SELECT window_start, COUNT(*) AS taken, SUM(BYTE_LENGTH(payload)) AS bytes
      FROM window_rows
      WHERE
        pipeline = @pipeline
        AND closed_at = @until
        AND window_start >= @from
        AND NOT late
      GROUP BY window_start
      ORDER BY window_start
      """;

  private static final String FIRST =
      "SELECT MIN(event_time) AS first FROM stream_rows"
          + " WHERE pipeline = @pipeline AND received_at >= @since";

  private final Platform platform;

  /** When a pipeline had no row yet; only what was received since can be its first. */
  private final Map<String, Instant> empty = new ConcurrentHashMap<>();

  /**
   * A window with rows in it.
   *
   * @param start its start, included
   * @param rows at least 1
   * @param bytes of their payloads
   */
  record Window(Instant start, long rows, long bytes) {}

  WindowRows(Platform platform) {
    this.platform = platform;
  }

  /** The event time of the earliest row before that time, or nothing where there is none. */
  Optional<Instant> first(String pipeline, Instant until) {
    Instant now = platform.clock().instant();
    Instant known = empty.get(pipeline);
    Instant since = known == null ? Instant.EPOCH : known.minus(UNDER_WAY);
    List<Map<String, @Nullable Object>> rows =
        platform.queries().query(FIRST, Map.of("pipeline", pipeline, "since", since));
    if (rows.getFirst().get("first") instanceof Instant first) {
      return first.isBefore(until) ? Optional.of(first) : Optional.empty();
    }
    empty.put(pipeline, now);
    return Optional.empty();
  }

  /**
   * Puts each row that happened before {@code until} and is in no window yet into its own: the one
   * of its event time or, where that is closed, the first that is being closed, where {@code
   * lateApart} marks it as late.
   */
  Queries.Job take(
      String job,
      String pipeline,
      Instant from,
      Instant until,
      Duration window,
      boolean lateApart) {
    return platform
        .queries()
        .appendJob(
            job,
            TAKE,
            Map.of(
                "pipeline",
                pipeline,
                "from",
                from,
                "until",
                until,
                "window",
                window.toSeconds(),
                "late_apart",
                lateApart,
                "since",
                from.minus(UNDER_WAY),
                // A row that was left out before is looked at again while it may be under way, and
                // must not find its id forgotten then.
                "remembered",
                from.minus(UNDER_WAY).minus(REMEMBERED)),
            TABLE);
  }

  /** The windows of the closing until then that start at {@code from} or later, in order. */
  List<Window> windows(String pipeline, Instant from, Instant until) {
    List<Window> out = new ArrayList<>();
    for (Map<String, @Nullable Object> row :
        platform
            .queries()
            .query(WINDOWS, Map.of("pipeline", pipeline, "from", from, "until", until))) {
      if (row.get("window_start") instanceof Instant start
          && row.get("taken") instanceof Long rows
          && row.get("bytes") instanceof Long bytes) {
        out.add(new Window(start, rows, bytes));
      } else {
        throw new Bug("a window of pipeline " + pipeline + " is not as asked for: " + row);
      }
    }
    return out;
  }
}
