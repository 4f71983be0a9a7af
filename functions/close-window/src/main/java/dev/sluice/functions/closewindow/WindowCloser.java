package dev.sluice.functions.closewindow;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceKind;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.Unavailable;
import dev.sluice.functions.closewindow.StreamState.Closing;
import dev.sluice.functions.closewindow.WindowRows.Window;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.Queries;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.TriggerOutcome;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.stages.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Closes a pipeline's windows: each row counts in one window, once, whatever is delivered twice,
 * late or out of order, and wherever a call stops half-way.
 *
 * <p>Rows are stored at least once; {@code stream.json} says how far windows are closed. A call
 *
 * <ol>
 *   <li>finds the newest boundary whose lateness is over, and stops where that is closed;
 *   <li>claims what lies between, over the generation it read: of several calls one wins, and the
 *       others, and calls after a crash, go on with the claim that stands;
 *   <li>runs one query job, whose id is the claim's. BigQuery takes an id once and appends a result
 *       whole or not at all, so that it does not matter who starts the job, how often, or who has
 *       gone away meanwhile. A job that failed appended nothing, and the claim moves to another id.
 *       The job takes every row that happened before the claim's end and whose id is in no window
 *       yet; the end of the job is written into the claim;
 *   <li>makes each window with rows a batch: its name derives from the claim alone, so that a
 *       repeated step finds what the first one made, as do the run's start and the batch's state.
 *       Its place among many windows is written into the claim now and then;
 *   <li>writes that the windows are closed.
 * </ol>
 *
 * <p>Why no row is lost: a row is acknowledged once it is stored, and what is stored is seen by
 * each job that starts later. A row still being stored while a job runs, because its append took
 * longer than the allowed lateness or its message was delivered again, is in no window yet; the
 * next job finds it by its id, not by its time, and it counts as late. So the lateness decides only
 * which window a row counts in. Why no row is doubled: jobs of a pipeline follow one another, as a
 * claim is made only where none stands, and a job leaves out every id that the jobs before it took
 * within the last seven days.
 *
 * <p>The first claim begins at the boundary at or before the earliest row that is there, so that
 * history published with its event times falls into its own windows; what comes after is late.
 * Windows are cut at multiples of their length since 1970; where a spec changes the length, the
 * first new one begins where the last old one ended.
 */
final class WindowCloser {
  /** Of several callers each change lets one through; more are not about one claim. */
  private static final int CHANGES = 10;

  /** A call may not last long enough for all windows; the next begins where it kept its place. */
  private static final int KEPT_EVERY = 100;

  private final Platform platform;
  private final WindowRows rows;

  WindowCloser(Platform platform) {
    this.platform = platform;
    this.rows = new WindowRows(platform);
  }

  /** What stands, and the generation to write over. */
  private record Held(StreamState state, long generation) {}

  /**
   * Closes what is due.
   *
   * @return the batches of the windows closed, empty where none was due or had rows
   */
  List<String> close(String pipeline, SourceSpec.Stream stream) {
    for (int change = 0; change < CHANGES; change++) {
      try {
        Optional<Held> claimed = claimed(pipeline, stream);
        return claimed.isPresent() ? finish(pipeline, stream, claimed.get()) : List.of();
      } catch (Conflict e) {
        // Another call was faster; what it wrote is gone on with.
      }
    }
    throw new Unavailable(
        "the state of pipeline "
            + pipeline
            + " changed "
            + CHANGES
            + " times while its windows were being closed; the next call goes on");
  }

  private ObjectName name(String pipeline) {
    return ObjectName.of(platform.layout().serving(), pipeline + "/stream.json");
  }

  private static Instant boundary(Instant time, Duration window) {
    long seconds = window.toSeconds();
    return Instant.ofEpochSecond(Math.floorDiv(time.getEpochSecond(), seconds) * seconds);
  }

  /** The claim that stands or is made now; nothing where no window is over. */
  private Optional<Held> claimed(String pipeline, SourceSpec.Stream stream) {
    Instant until =
        boundary(platform.clock().instant().minus(stream.allowedLateness()), stream.window());
    ObjectName name = name(pipeline);
    Optional<ObjectStore.Loaded> found = platform.objects().load(name);
    if (found.isEmpty()) {
      return rows.first(pipeline, until)
          .map(first ->
              write(
                  pipeline,
                  new StreamState(boundary(first, stream.window()), Closing.of(pipeline, until, 1)),
                  WriteCondition.ifAbsent()));
    }
    StreamState state = Json.read(found.get().bytes(), StreamState.class, name.uri());
    Held held = new Held(state, found.get().object().generation());
    if (state.closing() != null) {
      return Optional.of(held);
    }
    return until.isAfter(state.closedUntil())
        ? Optional.of(write(pipeline, state.with(Closing.of(pipeline, until, 1)), over(held)))
        : Optional.empty();
  }

  private static WriteCondition over(Held held) {
    return WriteCondition.ifGeneration(held.generation());
  }

  private Held write(String pipeline, StreamState state, WriteCondition condition) {
    StoredObject stored =
        platform.objects().write(name(pipeline), Json.bytes(state), "application/json", condition);
    return new Held(state, stored.generation());
  }

  private List<String> finish(String pipeline, SourceSpec.Stream stream, Held claimed) {
    Held held = claimed;
    Instant from = held.state().closedUntil();
    Closing closing = closing(held);
    Instant ended = closing.ended();
    if (ended == null) {
      Queries.Job job =
          rows.take(
              closing.job(),
              pipeline,
              from,
              closing.until(),
              stream.window(),
              stream.late() == SourceSpec.Late.TABLE);
      if (job.failure() != null) {
        write(
            pipeline,
            held.state().with(Closing.of(pipeline, closing.until(), closing.attempt() + 1)),
            over(held));
        throw new Bug(
            "job " + job.id() + " failed, and the next call tries again: " + job.failure());
      }
      ended = job.ended();
      closing = closing.ended(ended);
      held = write(pipeline, held.state().with(closing), over(held));
    }
    Instant started = closing.startedUntil();
    List<String> made = new ArrayList<>();
    for (Window window :
        rows.windows(pipeline, started == null ? from : started, closing.until())) {
      if (!made.isEmpty() && made.size() % KEPT_EVERY == 0) {
        held = write(pipeline, held.state().with(closing.startedUntil(window.start())), over(held));
      }
      made.add(start(pipeline, window, closing.until(), ended));
    }
    write(pipeline, new StreamState(closing.until(), null), over(held));
    return made;
  }

  private static Closing closing(Held held) {
    Closing closing = held.state().closing();
    if (closing == null) {
      throw new Bug("no claim stands where one was made");
    }
    return closing;
  }

  private String start(String pipeline, Window window, Instant until, Instant ended) {
    Batch batch = batch(pipeline, window, until, ended);
    platform
        .objects()
        .write(
            platform.layout().batch(pipeline, batch.batch()),
            Json.bytes(batch),
            "application/json",
            WriteCondition.ifAbsent());
    platform.report(List.of(platform.batchState(batch, BatchState.RECEIVED, null)));
    try {
      TriggerOutcome outcome =
          platform.composer().trigger(pipeline, batch.run(), Map.of("batch", batch.batch()));
      platform
          .log()
          .about(pipeline, batch.run(), batch.batch(), null)
          .info("window " + batch.span() + ", " + window.rows() + " rows: run " + outcome);
    } catch (BadInput e) {
      fail(batch, String.valueOf(e.getMessage()));
    }
    return batch.batch();
  }

  private Batch batch(String pipeline, Window window, Instant until, Instant ended) {
    String table =
        platform.configuration().required("GOOGLE_CLOUD_PROJECT")
            + "."
            + platform.configuration().required("SLUICE_DATASET")
            + "."
            + WindowRows.TABLE;
    String filter =
        "pipeline = '"
            + pipeline
            + "' AND closed_at = TIMESTAMP '"
            + until
            + "' AND window_start = TIMESTAMP '"
            + window.start()
            + "' AND NOT late";
    return Batch.of(
        pipeline,
        SourceKind.STREAM,
        window.start().toString(),
        /* version= */ null,
        // A snapshot of the job's last millisecond may be from before its end.
        List.of(Source.ofTable(table, ended.plusMillis(1), window.bytes(), filter)),
        ended);
  }

  private void fail(Batch batch, String reason) {
    platform.report(List.of(platform.batchState(batch, BatchState.FAILED, reason)));
    platform.alarm(
        List.of(
            Alarm.of(
                batch.pipeline(),
                null,
                batch.batch(),
                Alarm.Severity.FAIL,
                "close-window",
                reason,
                batch.uri(),
                platform.clock().instant())));
  }
}
