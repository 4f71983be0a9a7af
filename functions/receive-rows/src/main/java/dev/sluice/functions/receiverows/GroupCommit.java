package dev.sluice.functions.receiverows;

import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.RowWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Group commit (DeWitt et al., 1984, "Implementation techniques for main memory database systems",
 * section 5.2): requests that come while an append is under way share the next one. The first of a
 * group leads it: it waits for its turn, while others join, then appends for all. Everything
 * happens inside requests, as an instance has no CPU outside of them; no row waits for a timer.
 *
 * <p>A group that is refused for good is appended a row at a time, so that one bad row takes down
 * no neighbour. One that fails otherwise fails for all: each is delivered again, and what was
 * stored all the same is stored twice, which {@code close-window} counts once.
 */
final class GroupCommit {
  /** Two, so that one group is prepared and sent while the other is stored. */
  private static final int APPENDS_AT_ONCE = 2;

  /** An append takes 10 MB; text may grow on its way. */
  static final long BYTES_A_GROUP = 4_000_000;

  static final int ROWS_A_GROUP = 1_000;

  private final RowWriter writer;
  private final String table;
  private final Semaphore turns = new Semaphore(APPENDS_AT_ONCE, /* fair= */ true);
  private @Nullable Group open;
  private int waiting;

  GroupCommit(RowWriter writer, String table) {
    this.writer = writer;
    this.table = table;
  }

  private static final class Group {
    final List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    final List<CompletableFuture<@Nullable Void>> ends = new ArrayList<>();
    long bytes;
  }

  /**
   * Returns once the row is stored.
   *
   * @param bytes about how large it is
   * @throws SluiceException as the writer's
   */
  void append(Map<String, @Nullable Object> row, long bytes) {
    CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    Group group;
    boolean leads;
    synchronized (this) {
      Group joined = open;
      leads =
          joined == null
              || joined.rows.size() >= ROWS_A_GROUP
              || joined.bytes + bytes > BYTES_A_GROUP;
      if (joined == null || leads) {
        joined = new Group();
        open = joined;
      }
      group = joined;
      group.rows.add(row);
      group.ends.add(end);
      group.bytes += bytes;
      waiting++;
    }
    if (leads) {
      lead(group);
    }
    try {
      end.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
  }

  /** Rows of groups whose turn has not come. */
  synchronized int waiting() {
    return waiting;
  }

  private void lead(Group group) {
    try {
      turns.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close(group);
      fail(group, new Unavailable("interrupted while waiting to store a row; deliver it again", e));
      return;
    }
    try {
      close(group);
      store(group);
    } finally {
      turns.release();
    }
  }

  /** From here on nobody joins, and the group is the leader's alone. */
  private synchronized void close(Group group) {
    waiting -= group.rows.size();
    if (open == group) {
      open = null;
    }
  }

  private void store(Group group) {
    try {
      writer.append(table, group.rows);
      group.ends.forEach(end -> end.complete(null));
    } catch (RuntimeException | Error e) {
      if (group.rows.size() > 1 && e instanceof SluiceException known && !known.retryable()) {
        for (int i = 0; i < group.rows.size(); i++) {
          alone(group.rows.get(i), group.ends.get(i));
        }
      } else {
        fail(group, e);
      }
    }
  }

  private void alone(Map<String, @Nullable Object> row, CompletableFuture<@Nullable Void> end) {
    try {
      writer.append(table, List.of(row));
      end.complete(null);
    } catch (RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  private static void fail(Group group, Throwable failure) {
    group.ends.forEach(end -> end.completeExceptionally(failure));
  }
}
