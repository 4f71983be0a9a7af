package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import dev.sluice.contracts.Fact;
import dev.sluice.emulators.pubsub.PubSubEmulator;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.Messages;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ReplayDeadCommandTest {
  private static final String DEAD_TOPIC = "projects/p/topics/t-dead";
  private static final String DEAD = "projects/p/subscriptions/t-dead";

  @TempDir private Path folder;
  private PubSubEmulator emulator;
  private ManagedChannel channel;
  private final List<String> replayed = new ArrayList<>();

  private final Facts facts =
      new Facts() {
        @Override
        public void append(List<Fact> facts) {}

        @Override
        public List<Map<String, @Nullable Object>> query(
            String sql, Map<String, Object> parameters) {
          return List.of();
        }
      };

  @BeforeEach
  void start() throws IOException {
    emulator = PubSubEmulator.start(folder, 0);
    channel = ManagedChannelBuilder.forTarget(emulator.host()).usePlaintext().build();
    Topic _ =
        PublisherGrpc.newBlockingStub(channel)
            .createTopic(Topic.newBuilder().setName(DEAD_TOPIC).build());
    Subscription _ =
        SubscriberGrpc.newBlockingStub(channel)
            .createSubscription(
                Subscription.newBuilder().setName(DEAD).setTopic(DEAD_TOPIC).build());
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    emulator.close();
  }

  private void giveUp(String text) {
    PublisherGrpc.newBlockingStub(channel)
        .publish(
            PublishRequest.newBuilder()
                .setTopic(DEAD_TOPIC)
                .addMessages(PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(text)))
                .build());
  }

  private void replay(Messages messages, String... options) {
    ReplayDeadCommand command = new ReplayDeadCommand();
    CommandLine.ParseResult _ = new CommandLine(command).parseArgs(options);
    assertThat(command.replay(SubscriberGrpc.newBlockingStub(channel), DEAD, messages, facts))
        .isZero();
  }

  @Test
  void whatIsRefusedAgainAtOnceIsSentOnceACommandAndKept() {
    giveUp("a");
    giveUp("b");
    replay(
        (topic, messages) -> {
          for (Messages.Message message : messages) {
            String text = ByteString.copyFrom(message.data()).toStringUtf8();
            replayed.add(text);
            if (replayed.size() < 20) {
              giveUp(text);
            }
          }
          return List.of();
        },
        "--topic",
        "t");
    assertThat(replayed).containsExactlyInAnyOrder("a", "b");
    assertThat(emulator.pending(DEAD)).isEqualTo(2);
  }

  @Test
  void aDryRunSendsNothingAndKeepsAll() {
    giveUp("a");
    replay(
        (topic, messages) -> {
          throw new AssertionError("published");
        },
        "--topic",
        "t",
        "--dry-run");
    assertThat(emulator.pending(DEAD)).isEqualTo(1);
  }
}
