package dev.sluice.emulators.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.DeadLetterPolicy;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.Subscription;
import dev.sluice.emulators.pubsub.SubscriptionQueue.Consumer;
import dev.sluice.emulators.pubsub.SubscriptionQueue.Leased;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SubscriptionQueueTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration NONE = Duration.ZERO;

  @TempDir private Path directory;
  private final List<String> dead = new ArrayList<>();
  private boolean deadTopicExists = true;

  private static PubsubMessage message(String id) {
    return PubsubMessage.newBuilder()
        .setMessageId(id)
        .setData(ByteString.copyFromUtf8(id))
        .setPublishTime(Timestamps.now())
        .build();
  }

  private SubscriptionQueue open(Subscription config) throws IOException {
    return new SubscriptionQueue(
        config,
        directory.resolve("journal"),
        (from, message, attempts, error) -> {
          if (deadTopicExists) {
            dead.add(message.getMessageId() + " after " + attempts);
          }
          return deadTopicExists;
        });
  }

  private static Subscription.Builder config() {
    return Subscription.newBuilder()
        .setName("projects/p/subscriptions/s")
        .setAckDeadlineSeconds(10)
        .setRetryPolicy(
            RetryPolicy.newBuilder()
                .setMinimumBackoff(com.google.protobuf.Duration.getDefaultInstance()));
  }

  private static Subscription withDeadLetters() {
    return config()
        .setDeadLetterPolicy(
            DeadLetterPolicy.newBuilder().setDeadLetterTopic("t").setMaxDeliveryAttempts(1))
        .build();
  }

  private static Consumer anyone() {
    return new Consumer(Integer.MAX_VALUE);
  }

  @Test
  void leaseThatRunsOutIsForwardedWithoutAnotherPull() throws Exception {
    try (SubscriptionQueue queue = open(withDeadLetters())) {
      queue.publish(List.of(message("1")));
      queue.publish(List.of(message("2")));
      assertThat(queue.lease(anyone(), 1, LONG, NONE)).hasSize(1);
      queue.forwardExhausted();
      assertThat(dead).containsExactly("1 after 1");
      assertThat(queue.size()).isEqualTo(1);
    }
  }

  @Test
  void messageIsKeptWhileItsDeadLetterTopicIsMissing() throws Exception {
    deadTopicExists = false;
    try (SubscriptionQueue queue = open(withDeadLetters())) {
      queue.publish(List.of(message("1")));
      Leased leased = queue.lease(anyone(), 1, LONG, LONG).get(0);
      queue.refuse(leased.ackId(), "no");
      assertThat(queue.size()).isEqualTo(1);
    }
    assertThat(dead).isEmpty();
  }

  @Test
  void expiredLeaseIsDeliveredAgainAndAnUnexpiredOneIsNot() throws Exception {
    try (SubscriptionQueue queue = open(config().build())) {
      queue.publish(List.of(message("1")));
      assertThat(queue.lease(anyone(), 1, LONG, NONE)).hasSize(1);
      List<Leased> again = queue.lease(anyone(), 1, LONG, LONG);
      assertThat(again).extracting(Leased::attempt).containsExactly(2);
      assertThat(queue.lease(anyone(), 1, NONE, LONG)).isEmpty();
    }
  }

  @Test
  void consumerGetsNoMoreThanItsLimitAtOnce() throws Exception {
    try (SubscriptionQueue queue = open(config().build())) {
      for (int i = 0; i < 5; i++) {
        queue.publish(List.of(message("m" + i)));
      }
      Consumer two = new Consumer(2);
      List<Leased> first = queue.lease(two, 10, LONG, LONG);
      assertThat(first).hasSize(2);
      assertThat(queue.lease(two, 10, NONE, LONG)).isEmpty();
      queue.acknowledge(first.get(0).ackId());
      assertThat(queue.lease(two, 10, LONG, LONG)).hasSize(1);
      assertThat(queue.lease(anyone(), 10, LONG, LONG)).hasSize(2);
    }
  }

  @Test
  void messageOlderThanTheRetentionIsDropped() throws Exception {
    try (SubscriptionQueue queue = open(config().build())) {
      queue.publish(
          List.of(message("1").toBuilder().setPublishTime(Timestamps.fromSeconds(1)).build()));
      assertThat(queue.lease(anyone(), 1, NONE, LONG)).isEmpty();
      assertThat(queue.size()).isZero();
    }
  }

  @Test
  void attemptsAreCountedAcrossARestart() throws Exception {
    try (SubscriptionQueue queue = open(config().build())) {
      queue.publish(List.of(message("1")));
      assertThat(queue.lease(anyone(), 1, LONG, LONG)).hasSize(1);
    }
    try (SubscriptionQueue queue = open(config().build())) {
      assertThat(queue.lease(anyone(), 1, LONG, LONG))
          .extracting(Leased::attempt)
          .containsExactly(2);
    }
  }
}
