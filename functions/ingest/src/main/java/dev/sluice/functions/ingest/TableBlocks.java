package dev.sluice.functions.ingest;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.BlockSource;
import dev.sluice.gcp.TableStream;
import dev.sluice.gcp.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A table's streams as one row of blocks: each is fetched by a thread of its own, some blocks
 * ahead, and they take turns, a block each, so that the order depends on no thread's speed. The
 * threads end with the reading.
 *
 * @param streams at least one, of one schema
 */
record TableBlocks(Tables tables, List<TableStream> streams) implements BlockSource {
  /** Blocks that all streams together hold ahead; one is some MiB at the most. */
  private static final int AHEAD = 32;

  @Override
  public Blocks open() {
    return new Turns();
  }

  /** The rows' Avro schema. */
  String schema() {
    return streams.getFirst().schema();
  }

  private final class Turns implements Blocks {
    private final List<Fetcher> fetchers = new ArrayList<>();
    private int turn;

    Turns() {
      for (TableStream stream : streams) {
        Fetcher fetcher = new Fetcher(stream);
        fetchers.add(fetcher);
        fetcher.thread = Thread.ofVirtual().name("fetch " + stream.name()).start(fetcher);
      }
    }

    @Override
    public @Nullable Block next() {
      while (!fetchers.isEmpty()) {
        turn = turn >= fetchers.size() ? 0 : turn;
        Fetched fetched = fetchers.get(turn).take();
        switch (fetched.failure()) {
          case null -> {}
          case RuntimeException e -> throw e;
          case Error e -> throw e;
          case Throwable e -> throw new Bug("a fetcher throws no checked exception", e);
        }
        if (fetched.block() != null) {
          turn++;
          return fetched.block();
        }
        fetchers.remove(turn);
      }
      return null;
    }

    @Override
    public void close() {
      for (Fetcher fetcher : fetchers) {
        fetcher.stop();
      }
    }
  }

  /** A block, why there is none, or neither at the stream's end. */
  private record Fetched(@Nullable Block block, @Nullable Throwable failure) {}

  private final class Fetcher implements Runnable {
    private final TableStream stream;
    private final BlockingQueue<Fetched> ahead =
        new ArrayBlockingQueue<>(Math.max(1, AHEAD / streams.size()));
    private @Nullable Thread thread;

    Fetcher(TableStream stream) {
      this.stream = stream;
    }

    @Override
    public void run() {
      try (TableStream.Blocks blocks = tables.read(stream, /* offset= */ 0)) {
        for (TableStream.Block block = blocks.next(); block != null; block = blocks.next()) {
          ahead.put(new Fetched(new Block(block.rows(), block.count()), null));
        }
        ahead.put(new Fetched(null, null));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | Error e) {
        // Who waits for a block must hear of it.
        fail(e);
      }
    }

    private void fail(Throwable e) {
      try {
        ahead.put(new Fetched(null, e));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    Fetched take() {
      try {
        return ahead.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unavailable("interrupted while reading " + stream.name(), e);
      }
    }

    void stop() {
      Thread started = thread;
      if (started != null) {
        started.interrupt();
      }
    }
  }
}
