package dev.sluice.functions.receiverows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import dev.sluice.testing.MemoryRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
  private final MemoryRows rows = new MemoryRows();
  private final GroupCommit commit = new GroupCommit(rows, "t");
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  private Future<?> append(int n) {
    return threads.submit(() -> commit.append(Map.of("n", n), 10));
  }

  /** Two appends that wait, and so many requests behind them. */
  private List<Future<?>> crowd(CountDownLatch go, int requests) throws InterruptedException {
    CountDownLatch under = new CountDownLatch(2);
    rows.before(batch -> {
      under.countDown();
      await(go);
    });
    List<Future<?>> all = new ArrayList<>();
    all.add(append(-1));
    while (under.getCount() == 2) {
      Thread.onSpinWait();
    }
    all.add(append(-2));
    assertThat(under.await(10, TimeUnit.SECONDS)).isTrue();
    for (int n = 0; n < requests; n++) {
      all.add(append(n));
    }
    while (commit.waiting() < requests) {
      Thread.onSpinWait();
    }
    return all;
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody came");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aRequestAloneIsStoredAtOnce() {
    commit.append(Map.of("n", 1), 10);
    assertThat(rows.sizes("t")).containsExactly(1);
  }

  @Test
  void requestsThatComeWhileAnAppendIsUnderWayShareTheNext() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> all = crowd(go, 50);
    assertThat(rows.sizes("t")).isEmpty();
    assertThat(all).noneMatch(Future::isDone);
    go.countDown();
    for (Future<?> one : all) {
      one.get(10, TimeUnit.SECONDS);
    }
    assertThat(rows.sizes("t")).containsExactlyInAnyOrder(1, 1, 50);
  }

  @Test
  void aFailureThatMayPassFailsAllOfTheGroup() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> all = crowd(go, 5);
    rows.before(batch -> {
      throw new Unavailable("BigQuery is away");
    });
    go.countDown();
    for (Future<?> one : all.subList(2, 7)) {
      assertThatThrownBy(() -> one.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(Unavailable.class);
    }
    rows.before(batch -> {});
    commit.append(Map.of("n", 9), 10);
    assertThat(rows.column("t", "n")).contains(9).doesNotContain(0, 1, 2, 3, 4);
  }

  @Test
  void oneRowThatIsRefusedForGoodTakesDownNoNeighbour() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> all = crowd(go, 5);
    rows.before(batch -> {
      if (batch.stream().anyMatch(row -> Integer.valueOf(3).equals(row.get("n")))) {
        throw new BadInput("3 is refused");
      }
    });
    go.countDown();
    for (int n = 0; n < 5; n++) {
      Future<?> one = all.get(2 + n);
      if (n == 3) {
        assertThatThrownBy(() -> one.get(10, TimeUnit.SECONDS)).hasMessageContaining("3 is refused");
      } else {
        one.get(10, TimeUnit.SECONDS);
      }
    }
    assertThat(rows.column("t", "n")).contains(0, 1, 2, 4).doesNotContain(3);
  }

  @Test
  void aGroupHoldsSoManyBytes() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> all = crowd(go, 0);
    long third = GroupCommit.BYTES_A_GROUP / 3 + 1;
    for (int n = 0; n < 4; n++) {
      int number = n;
      all.add(threads.submit(() -> commit.append(Map.of("n", number), third)));
    }
    while (commit.waiting() < 4) {
      Thread.onSpinWait();
    }
    go.countDown();
    for (Future<?> one : all) {
      one.get(10, TimeUnit.SECONDS);
    }
    assertThat(rows.sizes("t")).containsExactlyInAnyOrder(1, 1, 2, 2);
  }

  @Test
  void whateverHappensEachRequestIsAnsweredAndStoredIffItSucceeded() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    rows.before(batch -> {
      switch (calls.incrementAndGet() % 5) {
        case 1 -> throw new Unavailable("away");
        case 2 -> throw new Bug("wrong");
        case 3 -> throw new IllegalStateException("surprise");
        default -> {}
      }
    });
    List<Future<Integer>> all = new ArrayList<>();
    for (int n = 0; n < 2_000; n++) {
      int number = n;
      all.add(
          threads.submit(() -> {
            commit.append(Map.of("n", number), 10);
            return number;
          }));
    }
    List<Object> stored = new ArrayList<>();
    for (Future<Integer> one : all) {
      try {
        stored.add(one.get(20, TimeUnit.SECONDS));
      } catch (java.util.concurrent.ExecutionException e) {
        assertThat(e.getCause()).isInstanceOf(RuntimeException.class);
      }
    }
    assertThat(rows.column("t", "n")).containsExactlyInAnyOrderElementsOf(stored);
    assertThat(IntStream.range(0, 2_000).boxed().toList()).containsAll(stored.stream().map(Integer.class::cast).toList());
  }
}
